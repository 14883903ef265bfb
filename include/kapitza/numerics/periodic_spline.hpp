// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <vector>

namespace kapitza {

/// A function of period 2 pi through given points, twice continuously differentiable: the cubic
/// spline.
class PeriodicSpline {
 public:
  /// Angles x ascending within one period [-pi, pi), at least four of them.
  PeriodicSpline(std::vector<double> x, std::vector<double> value);

  double operator()(double x) const;
  double slope(double x) const;

  friend bool operator==(const PeriodicSpline&, const PeriodicSpline&) = default;

 private:
  struct Place {
    std::size_t interval;
    double offset;
  };
  Place locate(double x) const;

  std::vector<double> x_, value_, width_, curvature_;
};

}  // namespace kapitza
