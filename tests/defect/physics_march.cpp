// SPDX-License-Identifier: BSD-3-Clause
// The published method, explicit steps on uniform upwind cells: where it ends, and what its
// extrapolation to infinitely many cells is worth.
//
// Explicit steps number about Lambda^2: dt is bounded by the scattering rate, and the slowest mode
// decays by diffusion. Lambda = 0.1 is a mean free path of what is injected, and affordable.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "kapitza/defect/stationary.hpp"
#include "kapitza/numerics/extrapolate.hpp"
#include "kapitza/numerics/norms.hpp"
#include "tests/support/densities.hpp"
#include "tests/support/test_device.hpp"

namespace kapitza::defect {
namespace {

using testing::device;

/// The reference injection from both sides.
Problem uniform_upwind(int K, int cells, double Lambda = 0.1) {
  Problem problem;
  problem.model.grid = {K};
  problem.model.channels = {2, 3};
  problem.Lambda = Lambda;
  for (double k : problem.model.grid.momenta())
    problem.injection.left.push_back(testing::injection(k));
  problem.injection.right = problem.injection.left;
  problem.mesh = Mesh::uniform(cells);
  problem.transport = TransportScheme::upwind;
  return problem;
}

Problem graded_corner_balance(int K, int cells) {
  Problem problem = uniform_upwind(K, cells);
  const double path =
      mean_free_path(device().kinetic(), problem.model, problem.injection, problem.Lambda);
  problem.mesh = Mesh::graded(cells, path / 20);
  problem.transport = TransportScheme::corner_balance;
  return problem;
}

/// The same collision integral for every method and number of cells.
StationaryOptions fixed_resolution(double residual = 1e-10) {
  StationaryOptions options;
  options.resolution.tolerance = 0.1;
  options.resolution.T = 16;
  options.residual = residual;
  options.spread = residual;
  return options;
}

std::unique_ptr<StationarySolver> finished(std::unique_ptr<StationarySolver> solver) {
  while (!solver->converged()) solver->step();
  return solver;
}

std::unique_ptr<StationarySolver> newton(const Problem& problem) {
  return finished(make_newton(device().kinetic(), problem, fixed_resolution()));
}

TEST(March, EndsWhereNewtonEnds) {
  const Problem problem = uniform_upwind(32, 11);
  const auto exact = newton(problem);
  const auto march = finished(make_march(device().kinetic(), problem, fixed_resolution(1e-9)));

  // A residual r leaves r x (steps that the slowest mode takes to decay), here about 500.
  EXPECT_LT(largest_relative_difference(march->slab().n(), exact->slab().n()), 1e-6);
  EXPECT_GT(march->iterations(), 100 * exact->iterations());
}

struct Limit {
  double dt, distance;  ///< from Newton's answer
};

Limit limit_of(const MarchOptions& march) {
  const Problem problem = uniform_upwind(16, 6);
  const auto solver =
      finished(make_march(device().kinetic(), problem, fixed_resolution(1e-7), march));
  return {solver->history().back().dt,
          largest_relative_difference(solver->slab().n(), newton(problem)->slab().n())};
}

TEST(March, LimitDoesNotDependOnTheStep) { EXPECT_LT(limit_of({.courant = 0.45}).distance, 1e-4); }

TEST(March, LimitOfSplitStepsIsOffByOrderDt) {
  const Limit coarse = limit_of({.split = true, .courant = 0.4});
  const Limit fine = limit_of({.split = true, .courant = 0.2});

  EXPECT_GT(fine.distance, 1e-2);
  // 13 % are of second order at these steps.
  EXPECT_NEAR(coarse.distance / fine.distance * fine.dt / coarse.dt, 1, 0.2);
}

TEST(March, CurrentsAreAsConstantAsTheResidualSays) {
  StationaryOptions loose = fixed_resolution(1e-6);
  loose.spread = 1;
  const auto march = finished(make_march(device().kinetic(), uniform_upwind(32, 6), loose));
  const Iteration& last = march->history().back();

  // What a cell gains of number and energy is its imbalance, summed over the momenta; the residual
  // bounds each of these relative to what streams and scatters.
  const Slab& slab = march->slab();
  const std::vector<double> E =
      slab.problem().model.dispersion.energy(slab.problem().model.grid.momenta());
  const std::size_t K = E.size();
  double number = 0, energy = 0, number_in = 0, energy_in = 0;
  for (std::size_t i = 0; i < slab.n().size(); ++i) {
    const double streaming = slab.transport().frequency(i / K, i % K);
    const double scattering = slab.problem().Lambda * std::abs(slab.values().loss[i]);
    const double most = last.residual * (streaming + scattering) * slab.n()[i] *
                        slab.transport().mesh().width(i / K);
    number += most;
    energy += most * E[i % K];
  }
  for (std::size_t k = 0; k < K; ++k) {
    const double in = std::abs(slab.transport().velocity()[k]) * slab.problem().injection.left[k];
    number_in += in;
    energy_in += in * E[k];
  }
  EXPECT_LT(last.number_spread, number / number_in + 1e-12);
  EXPECT_LT(last.energy_spread, energy / energy_in + 1e-12);
  EXPECT_GT(last.number_spread, 0);
}

TEST(March, KeepsDensitiesPositiveFromAColdStart) {
  for (const bool split : {false, true}) {
    const auto march = make_march(device().kinetic(), uniform_upwind(32, 5, 10), fixed_resolution(),
                                  {.split = split, .courant = 1});
    for (int i = 0; i < 200; ++i) {
      march->step();
      ASSERT_GT(*std::min_element(march->slab().n().begin(), march->slab().n().end()), 0);
    }
  }
}

TEST(Extrapolation, IsExactForQuadraticsInTheInverseNumberOfCells) {
  const auto value = [](double N) { return 3 - 2 / N + 5 / (N * N); };

  EXPECT_NEAR(extrapolate({11, 21, 41}, {value(11), value(21), value(41)}), 3, 1e-13);
  EXPECT_NEAR(extrapolate({4, 40, 7}, {value(4), value(40), value(7)}), 3, 1e-13);
}

TEST(Extrapolation, OfUpwindCellsApproachesCornerBalanceOnGradedOnes) {
  constexpr int K = 32;
  const Profile reference = newton(graded_corner_balance(K, 80))->slab().profile();
  std::array<std::vector<double>, 3> outgoing, centre;
  const std::array<double, 3> cells{11, 21, 41};
  for (int i = 0; i < 3; ++i) {
    const auto solver = newton(uniform_upwind(K, static_cast<int>(cells[i])));
    const Profile profile = solver->slab().profile();
    outgoing[i] = profile.n_left;
    centre[i] = profile.n_centre;
  }
  const std::vector<double> k = MomentumGrid{K}.momenta();
  const auto outgoing_error = [&](const std::vector<double>& n) {
    double largest = 0;
    for (int m = 0; m < K; ++m)
      if (k[m] < -0.2) largest = std::max(largest, std::abs(n[m] / reference.n_left[m] - 1));
    return largest;
  };
  const auto centre_error = [&](const std::vector<double>& n) {
    double difference = 0;
    for (int m = 0; m < K; ++m) difference += (n[m] - reference.n_centre[m]) / K;
    return std::abs(difference);
  };

  EXPECT_LT(outgoing_error(extrapolate(cells, outgoing)), 0.1 * outgoing_error(outgoing[2]));
  EXPECT_LT(centre_error(extrapolate(cells, centre)), 0.1 * centre_error(centre[2]));
}

}  // namespace
}  // namespace kapitza::defect
