// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "kapitza/core/hd.hpp"

namespace kapitza {

/// Classical waves: a mode of a thermal state, Eq. (4), has the density n = 1 / x at x = b E + c.
struct RayleighJeans {
  KAPITZA_HD static constexpr double density(double x) { return 1 / x; }
  KAPITZA_HD static constexpr double x(double density) { return 1 / density; }

  /// Whether there is a density at this x.
  KAPITZA_HD static constexpr bool exists(double x) { return x > 0; }

  /// -dn/dx, how much a thermal state answers: the metric of every least squares and every
  /// symmetric form here, Eqs. (8), (13) and (22). Of a share of a mode, or of the current that it
  /// carries.
  KAPITZA_HD static constexpr double weight(double n, double share = 1) { return share * n * n; }
  /// d weight / dn
  KAPITZA_HD static constexpr double weight_slope(double n) { return 2 * n; }

  /// Of one mode, up to a constant; its derivative by n is x.
  static double entropy(double n) { return std::log(n); }
  static constexpr const char* entropy_in_words = "ln n";

  /// Whether a mode can be this full.
  static constexpr bool allows(double n) {
    return n > 0 && n < std::numeric_limits<double>::infinity();
  }
  static constexpr const char* allowed_in_words = "finite and positive";

  /// The allowed density nearest to `wanted` that is within this factor of n.
  static double within(double factor, double n, double wanted) {
    return std::clamp(wanted, n / factor, n * factor);
  }

  /// density(a x) = density(x) / a: a density may be counted in any unit.
  static constexpr bool scale_free = true;
};

/// What the carriers are. Whoever needs one of these functions asks `Statistics`, which is chosen
/// when the program is compiled, so that no kernel branches on it. Bosons (eta = 1) and fermions
/// (eta = -1) are structs with the same members,
///
///   n = 1 / (e^x - eta)
///   weight   n (1 + eta n)
///   entropy  eta (1 + eta n) ln (1 + eta n) - n ln n
///
/// which exist for x > 0 or any x, allow any n > 0 or n < 1, and are not free of scale. What
/// Rayleigh-Jeans has beside them is the bracket of a collision, Eqs. (7) to (12), with its h.
using Statistics = RayleighJeans;

}  // namespace kapitza
