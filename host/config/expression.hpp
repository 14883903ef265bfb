// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <vector>

namespace kapitza::host {

/// Values of an expression of one variable, with pi defined.
/// Throws InputError, with the position, where it is no such expression.
std::vector<double> evaluate_expression(const std::string& expression, const std::string& variable,
                                        std::span<const double> points);

}  // namespace kapitza::host
