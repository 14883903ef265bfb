// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/numerics/embedded_runge_kutta.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

namespace kapitza {
namespace {

/// Its last stage is the first of the next step.
constexpr int stages = 7;
constexpr double a[stages][stages] = {
    {},
    {1.0 / 5},
    {3.0 / 40, 9.0 / 40},
    {44.0 / 45, -56.0 / 15, 32.0 / 9},
    {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
    {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
    {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84}};
constexpr double error_weight[stages] = {71.0 / 57600,      0,          -71.0 / 16695, 71.0 / 1920,
                                         -17253.0 / 339200, 22.0 / 525, -1.0 / 40};

using Slopes = std::array<std::vector<double>, stages>;

/// sum_i weight_i slope_i of component m
double weighted(const double* weight, int count, const Slopes& slopes, std::size_t m) {
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += weight[i] * slopes[i][m];
  return sum;
}

}  // namespace

std::optional<RungeKuttaStep> dormand_prince(const AutonomousEquation& equation,
                                             const std::vector<double>& y,
                                             const std::vector<double>& slope, double dt) {
  Slopes slopes;
  slopes[0] = slope;
  std::vector<double> next(y.size()), error(y.size());
  for (int i = 1; i < stages; ++i) {
    for (std::size_t m = 0; m < y.size(); ++m) next[m] = y[m] + dt * weighted(a[i], i, slopes, m);
    if (!equation.in_domain(next)) return std::nullopt;
    equation.slope(next, slopes[i]);
  }
  for (std::size_t m = 0; m < y.size(); ++m)
    error[m] = dt * weighted(error_weight, stages, slopes, m);
  return RungeKuttaStep{std::move(next), std::move(slopes.back()), std::move(error)};
}

double StepController::after_rejection(double dt, double error) const {
  const double shrink = std::isfinite(error) ? 0.9 * std::pow(error, -0.2) : 0.25;
  return dt * std::clamp(shrink, 0.1, 0.9);
}

double StepController::after_acceptance(double dt, double error) {
  const double grow = 0.9 * std::pow(std::max(error, 1e-8), -0.14) * std::pow(previous_error, 0.08);
  previous_error = std::max(error, 1e-4);
  return dt * std::clamp(grow, 0.2, 5.0);
}

}  // namespace kapitza
