// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <numbers>

namespace kapitza {

/// An angle brought into [-pi, pi).
inline double principal_angle(double x) {
  using std::numbers::pi;
  return x - 2 * pi * std::floor((x + pi) / (2 * pi));
}

}  // namespace kapitza
