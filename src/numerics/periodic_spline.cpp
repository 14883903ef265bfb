// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/numerics/periodic_spline.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "kapitza/core/error.hpp"
#include "kapitza/numerics/angle.hpp"

namespace kapitza {
namespace {

using std::numbers::pi;

void require_table(const std::vector<double>& x, const std::vector<double>& value) {
  if (x.size() < 4 || value.size() != x.size()) throw InputError("a table needs at least 4 points");
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x[i]) || !std::isfinite(value[i]))
      throw InputError("a table must be finite");
    if (x[i] < -pi - 1e-12 || x[i] >= pi)
      throw InputError("the points of a table must lie in [-pi, pi)");
    if (i > 0 && x[i] <= x[i - 1]) throw InputError("the points of a table must ascend");
  }
}

std::vector<double> widths(const std::vector<double>& x) {
  const std::size_t n = x.size();
  std::vector<double> width(n);
  for (std::size_t i = 0; i < n; ++i) width[i] = (i + 1 < n ? x[i + 1] : x[0] + 2 * pi) - x[i];
  return width;
}

/// Solves the cyclic tridiagonal system  lower_i x_{i-1} + diag_i x_i + upper_i x_{i+1} = rhs_i
/// by the Sherman-Morrison correction of an open one. Diagonally dominant, so no pivoting.
std::vector<double> solve_cyclic(std::vector<double> lower, std::vector<double> diag,
                                 std::vector<double> upper, std::vector<double> rhs) {
  const std::size_t n = diag.size();
  const double corner = -diag[0];
  std::vector<double> u(n, 0.0);
  u[0] = corner;
  u[n - 1] = upper[n - 1];
  const double v_last = lower[0] / corner;
  diag[0] -= corner;
  diag[n - 1] -= upper[n - 1] * v_last;
  for (std::size_t i = 1; i < n; ++i) {
    const double w = lower[i] / diag[i - 1];
    diag[i] -= w * upper[i - 1];
    rhs[i] -= w * rhs[i - 1];
    u[i] -= w * u[i - 1];
  }
  for (std::size_t i = n; i-- > 0;) {
    if (i + 1 < n) {
      rhs[i] -= upper[i] * rhs[i + 1];
      u[i] -= upper[i] * u[i + 1];
    }
    rhs[i] /= diag[i];
    u[i] /= diag[i];
  }
  const double factor = (rhs[0] + v_last * rhs[n - 1]) / (1 + u[0] + v_last * u[n - 1]);
  for (std::size_t i = 0; i < n; ++i) rhs[i] -= factor * u[i];
  return rhs;
}

/// The second derivatives with which the slopes to the left and right of each point agree.
std::vector<double> curvatures(const std::vector<double>& value, const std::vector<double>& width) {
  const std::size_t n = value.size();
  std::vector<double> diag(n), rhs(n), lower(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t before = (i + n - 1) % n, after = (i + 1) % n;
    lower[i] = width[before];
    diag[i] = 2 * (width[before] + width[i]);
    rhs[i] =
        6 * ((value[after] - value[i]) / width[i] - (value[i] - value[before]) / width[before]);
  }
  return solve_cyclic(lower, diag, width, rhs);
}

}  // namespace

PeriodicSpline::PeriodicSpline(std::vector<double> x, std::vector<double> value)
    : x_(std::move(x)), value_(std::move(value)) {
  require_table(x_, value_);
  width_ = widths(x_);
  curvature_ = curvatures(value_, width_);
}

PeriodicSpline::Place PeriodicSpline::locate(double x) const {
  double q = principal_angle(x);
  if (q < x_.front()) q += 2 * pi;
  const auto above = std::upper_bound(x_.begin(), x_.end(), q);
  const auto interval = static_cast<std::size_t>(above - x_.begin()) - 1;
  return {interval, q - x_[interval]};
}

double PeriodicSpline::operator()(double x) const {
  const auto [i, offset] = locate(x);
  const std::size_t j = (i + 1) % x_.size();
  const double h = width_[i], a = (h - offset) / h, b = offset / h;
  return a * value_[i] + b * value_[j] +
         ((a * a * a - a) * curvature_[i] + (b * b * b - b) * curvature_[j]) * h * h / 6;
}

double PeriodicSpline::slope(double x) const {
  const auto [i, offset] = locate(x);
  const std::size_t j = (i + 1) % x_.size();
  const double h = width_[i], a = (h - offset) / h, b = offset / h;
  return (value_[j] - value_[i]) / h +
         ((3 * b * b - 1) * curvature_[j] - (3 * a * a - 1) * curvature_[i]) * h / 6;
}

}  // namespace kapitza
