// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cmath>
#include <map>
#include <memory>
#include <numbers>
#include <utility>
#include <vector>

#include "kapitza/defect/stationary.hpp"
#include "kapitza/field/steady_state.hpp"
#include "tests/support/densities.hpp"

namespace kapitza::testing {

/// The injected density, at any momenta.
inline std::vector<double> two_peaks(const std::vector<double>& k) {
  std::vector<double> n;
  for (const double q : k) n.push_back(injection(q));
  return n;
}

/// A smooth |psi|^6 defect of length L on a ring with just enough room, the two-peaked density
/// coming from both sides.
struct DefectRun {
  double L = 100;
  double Lambda = 0.05;     ///< of the kinetic limit; lambda follows
  bool counterterm = true;  ///< A = -18 rho^2
  bool box = false;         ///< a sharp profile instead of the smooth one
  int absorber = 96, window = 96;
  double dt = 0.1;
  Spectrum density = two_peaks;
  field::EnsembleSize size{64, 1, Precision::double_};

  /// On a quarter of a ring, of which an eighth absorbs on either side of the seam.
  static DefectRun on_ring(int sites) {
    DefectRun run;
    run.L = sites / 4.0;
    run.absorber = run.window = sites / 8;
    return run;
  }

  field::Problem problem() const {
    field::Problem problem;
    problem.density = density;
    problem.absorber = field::Absorber{absorber, 16};
    problem.window = window;
    const auto needed = static_cast<unsigned>(L) + 2 * absorber + 2 * window;
    problem.profile.assign(std::bit_ceil(needed), 1.0);
    for (int site = 0; site < problem.sites(); ++site) {
      const double x = std::abs(problem.position(site)) / L;
      problem.profile[site] = box ? (x < 0.5 ? 1.0 : 0.0) : field::smooth_step(x);
    }
    problem.lambda = 1;
    problem.lambda = std::sqrt(Lambda / problem.strength());
    const double rho = problem.carrier_density();
    if (counterterm) problem.interaction = problem.interaction.with_potential(-18 * rho * rho);
    return problem;
  }

  /// Time in which carriers of this speed go from one absorber to the other.
  double crossing(double speed) const { return (problem().sites() - 2 * absorber) / speed; }

  field::SteadyState measure(field::Backend& backend, double burn_in, double time) const {
    field::SteadyStateOptions options;
    options.burn_in = burn_in;
    options.max_time = time;
    field::SteadyState run(backend, problem(), field::Numerics{dt, 4, 2}, size, options);
    while (!run.finished()) run.step();
    return run;
  }
};

/// What leaves a defect in the kinetic limit, on K momenta: n_left where v < 0, n_right where v >
/// 0.
inline std::vector<double> kinetic_outgoing(kinetic::Backend& backend, double Lambda, int K,
                                            std::vector<int> channels = {2, 3}) {
  defect::Problem problem;
  problem.model.grid = {K};
  problem.model.channels = std::move(channels);
  problem.injection.left = problem.injection.right = two_peaks(problem.model.grid.momenta());
  problem.Lambda = Lambda;
  problem.mesh = defect::Mesh::graded(20, 0.05);
  defect::StationaryOptions options;
  options.resolution.tolerance = 1e-3;
  const auto solver = defect::make_newton(backend, problem, options);
  while (!solver->converged()) solver->step();
  const defect::Profile profile = solver->slab().profile();
  std::vector<double> outgoing = profile.n_left;
  for (int m = K / 2; m < K; ++m) outgoing[m] = profile.n_right[m];
  return outgoing;
}

}  // namespace kapitza::testing
