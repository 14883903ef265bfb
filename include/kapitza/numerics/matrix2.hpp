// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>

namespace kapitza {

/// Two rows of two numbers.
using Matrix2 = std::array<std::array<double, 2>, 2>;

}  // namespace kapitza
