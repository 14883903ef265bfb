// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <vector>

namespace kapitza {

/// Means over independent samples, and their standard errors.
struct Estimates {
  std::vector<double> mean, error;

  std::size_t size() const { return mean.size(); }
};

/// Of samples in rows of equal length, each number times `scale`. A single sample has no error:
/// NaN.
Estimates estimate(std::span<const double> rows, std::size_t samples, double scale = 1);

/// How probable it is that Student's t with so many degrees of freedom is farther from zero.
double student_tail(double t, double degrees);

}  // namespace kapitza
