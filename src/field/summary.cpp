// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/field/summary.hpp"

#include <algorithm>
#include <cmath>

#include "kapitza/model/momentum_grid.hpp"
#include "kapitza/numerics/norms.hpp"

namespace kapitza::field {
namespace {

double root_mean_square(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum / static_cast<double>(values.size()));
}

std::vector<double> window_velocities(const Problem& problem) {
  return problem.dispersion.velocity(MomentumGrid{problem.window}.momenta());
}

}  // namespace

std::vector<double> expected_density(const Problem& problem) {
  return Window::sine(problem.window)
      .blur({problem.sites()}, problem.density(MomentumGrid{problem.sites()}.momenta()));
}

InjectionCheck check_injection(const Problem& problem, const std::vector<double>& expected,
                               const std::vector<WindowDensity>& sides) {
  const std::vector<double> v = window_velocities(problem);
  const int K = problem.window;
  double chi2 = 0, seen = 0, asked = 0, variance = 0;
  for (int m = 0; m < K; ++m) {
    const WindowDensity& side = sides[v[m] > 0 ? 0 : 1];
    chi2 += std::pow((side.n[m] - expected[m]) / side.error[m], 2) / K;
    seen += side.n[m];
    asked += expected[m];
    variance += side.error[m] * side.error[m];
  }
  return {seen / asked, std::sqrt(variance) / asked, chi2};
}

double error_ratio(const std::vector<WindowDensity>& sides) {
  double blocks = 0, trajectories = 0;
  for (const WindowDensity& side : sides)
    for (std::size_t m = 0; m < side.n.size(); ++m) {
      blocks += std::pow(side.block_error[m] / side.n[m], 2);
      trajectories += std::pow(side.error[m] / side.n[m], 2);
    }
  return std::sqrt(blocks / trajectories);
}

Estimates current(const SteadyState& state, const Problem& problem, std::vector<double> q) {
  const std::vector<double> v = window_velocities(problem);
  for (std::size_t m = 0; m < q.size(); ++m) q[m] *= v[m];
  return state.moments(q);
}

double relative_change(const std::vector<double>& change, const std::vector<double>& n) {
  return root_mean_square(change) / root_mean_square(n);
}

double step_error(const std::vector<WindowDensity>& sides) {
  return largest_of(sides.size(),
                    [&](std::size_t i) { return relative_change(sides[i].step, sides[i].n); });
}

}  // namespace kapitza::field
