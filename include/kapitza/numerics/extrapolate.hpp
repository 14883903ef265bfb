// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <vector>

namespace kapitza {

/// The limit of infinitely many cells, by the quadratic in 1/N through the values at three N.
double extrapolate(const std::array<double, 3>& cells, const std::array<double, 3>& values);

/// The same, value by value.
std::vector<double> extrapolate(const std::array<double, 3>& cells,
                                const std::array<std::vector<double>, 3>& values);

}  // namespace kapitza
