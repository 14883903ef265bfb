// SPDX-License-Identifier: BSD-3-Clause
// The stationary defect: convergence from a cold start, conservation, limits, and what comes out.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "kapitza/core/error.hpp"
#include "kapitza/defect/stationary.hpp"
#include "tests/support/densities.hpp"
#include "tests/support/test_device.hpp"

namespace kapitza::defect {
namespace {

using testing::device;

kinetic::CollisionModel model_of(int K, std::vector<int> channels = {2, 3}) {
  kinetic::CollisionModel model;
  model.grid = {K};
  model.channels = std::move(channels);
  return model;
}

/// The reference injection from the left, `cold` times as much from the right.
Problem problem_of(double Lambda, int K = 64, int cells = 40, double cold = 1) {
  Problem problem;
  problem.model = model_of(K);
  problem.Lambda = Lambda;
  for (double k : problem.model.grid.momenta()) {
    problem.injection.left.push_back(testing::injection(k));
    problem.injection.right.push_back(cold * testing::injection(k));
  }
  const double path =
      mean_free_path(device().kinetic(), problem.model, problem.injection, std::max(Lambda, 1e-3));
  problem.mesh = Mesh::graded(cells, Mesh::layer_of(path));
  return problem;
}

StationaryOptions within(double tolerance) {
  StationaryOptions options;
  options.resolution.tolerance = tolerance;
  return options;
}

/// The same collision integral at every cell count.
StationaryOptions fixed_resolution(double T = 32) {
  StationaryOptions options = within(1e-2);
  options.resolution.T = T;
  return options;
}

std::unique_ptr<StationarySolver> solved(const Problem& problem, const StationaryOptions& options) {
  auto solver = make_newton(device().kinetic(), problem, options);
  while (!solver->converged()) solver->step();
  return solver;
}

Profile profile_of(const Problem& problem, const StationaryOptions& options) {
  return solved(problem, options)->slab().profile();
}

double number(const std::vector<double>& n) {
  double sum = 0;
  for (double x : n) sum += x;
  return sum / static_cast<double>(n.size());
}

/// max |a / b - 1| over the momenta with |k| above a limit that leave on the left.
double outgoing_distance(const Profile& a, const Profile& b, int K, double limit) {
  const std::vector<double> k = MomentumGrid{K}.momenta();
  double worst = 0;
  for (int m = 0; m < K; ++m)
    if (k[m] < -limit) worst = std::max(worst, std::abs(a.n_left[m] / b.n_left[m] - 1));
  return worst;
}

// --- convergence --------------------------------------------------------------------------------

struct Case {
  double Lambda, cold;
};

class ColdStart : public ::testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(Stationary, ColdStart,
                         ::testing::Values(Case{0.05, 1}, Case{0.2, 1}, Case{1, 1}, Case{2, 1},
                                           Case{10, 1}, Case{100, 1}, Case{1, 0.05},
                                           Case{10, 0.05}),
                         [](const auto& test) {
                           return (test.param.cold == 1 ? "Symmetric" : "Asymmetric") +
                                  std::to_string(static_cast<int>(100 * test.param.Lambda));
                         });

TEST_P(ColdStart, ConvergesToConstantCurrentsAndPositiveDensities) {
  const auto solver = solved(problem_of(GetParam().Lambda, 64, 24, GetParam().cold), within(1e-2));
  EXPECT_LE(solver->iterations(), 25);
  EXPECT_LE(solver->history().back().residual, 1e-10);
  const Profile profile = solver->slab().profile();
  EXPECT_LE(profile.currents.number_spread, 1e-12);
  EXPECT_LE(profile.currents.energy_spread, 1e-12);
  for (double n : solver->slab().n()) ASSERT_GT(n, 0);
  // A symmetric defect lets no net current through, an asymmetric one does.
  EXPECT_EQ(std::abs(profile.currents.number[0]) > 1e-3, GetParam().cold != 1);
}

TEST(Stationary, ConvergesOnMeshesThatResolveNothing) {
  for (double Lambda : {1.0, 100.0}) {
    Problem problem = problem_of(Lambda, 32, 4);
    problem.mesh = Mesh::uniform(4);
    const auto solver = solved(problem, within(0.05));
    EXPECT_LE(solver->slab().currents().number_spread, 1e-11) << Lambda;
    for (double n : solver->slab().n()) ASSERT_GT(n, 0);
  }
}

/// Pairs alone collide on curves in the plane of momenta, and coarse meshes lead Newton astray.
TEST(Stationary, ConvergesForPairsAlone) {
  for (int cells : {3, 8, 12, 16}) {
    Problem problem = problem_of(1, 32, cells, cells == 16 ? 0.05 : 1);
    problem.model = model_of(32, {2});
    const auto solver = solved(problem, within(0.05));
    EXPECT_LE(solver->slab().currents().energy_spread, 1e-11) << cells;
  }
}

TEST(Stationary, RefusesWhatIsNotFinite) {
  Problem problem = problem_of(1, 32, 4);
  for (auto* side : {&problem.injection.left, &problem.injection.right})
    side->assign(32, 1e70);  // n^5 is not a number any more
  EXPECT_THROW(make_newton(device().kinetic(), problem, within(0.1)), NumericsError);
  EXPECT_THROW(mean_free_path(device().kinetic(), problem.model, problem.injection, 1),
               NumericsError);
}

TEST(Stationary, OneLambdaIsAGoodStartForTheNext) {
  const StationaryOptions options = within(1e-2);
  const Problem next = problem_of(2);
  const auto cold = solved(next, options);
  const auto warm = make_newton(device().kinetic(), next, options);
  warm->start_from(solved(problem_of(1), options)->slab().all_nodes());
  while (!warm->converged()) warm->step();
  EXPECT_LT(warm->jacobians(), cold->jacobians() / 2 + 1);
  const double change =
      number(warm->slab().profile().n_centre) / number(cold->slab().profile().n_centre) - 1;
  EXPECT_NEAR(change, 0, 1e-3) << "the tolerance of the collision integral";
}

TEST(Stationary, GivesUpHonestlyAndKeepsTheBestState) {
  StationaryOptions options = within(1e-2);
  options.max_iterations = 3;
  const auto solver = make_newton(device().kinetic(), problem_of(1, 32, 10), options);
  EXPECT_THROW(
      {
        while (!solver->converged()) solver->step();
      },
      NumericsError);
  EXPECT_FALSE(solver->converged());
  EXPECT_EQ(solver->iterations(), 3);
  double smallest = 1e9;
  for (const Iteration& entry : solver->history()) smallest = std::min(smallest, entry.residual);
  solver->return_to_best();
  EXPECT_DOUBLE_EQ(solver->slab().residual(), smallest);
}

// --- the mesh -----------------------------------------------------------------------------------

TEST(StationaryMesh, IsOfSecondOrderOrBetter) {
  const int K = 64;
  const StationaryOptions options = fixed_resolution();
  // One mesh family, so that cells are halved exactly.
  const Profile fine = profile_of(problem_of(1, K, 80), options);
  const Profile medium = profile_of(problem_of(1, K, 40), options);
  const Profile coarse = profile_of(problem_of(1, K, 20), options);
  const double error = outgoing_distance(medium, fine, K, 0.2);
  EXPECT_LT(error, 2e-3);
  EXPECT_LT(std::abs(number(medium.n_centre) / number(fine.n_centre) - 1), 1e-3);
  // An error of h^p makes the ratio (1 - 4^-p) / (2^-p - 4^-p) = 2^p + 1.
  const double order = std::log2(outgoing_distance(coarse, fine, K, 0.2) / error - 1);
  RecordProperty("order", std::to_string(order));
  EXPECT_GT(order, 1.8);
}

// --- limits -------------------------------------------------------------------------------------

TEST(StationaryLimit, WithoutCollisionsCarriersStreamFreely) {
  const Problem problem = problem_of(0, 64, 10, 0.3);
  const auto solver = make_newton(device().kinetic(), problem, within(1e-2));
  EXPECT_TRUE(solver->converged()) << "the start is the solution";
  const Profile profile = solver->slab().profile();
  for (int m = 0; m < 64; ++m) {
    const double in = m < 32 ? problem.injection.right[m] : problem.injection.left[m];
    EXPECT_EQ(profile.n_left[m], in);
    EXPECT_EQ(profile.n_right[m], in);
  }
}

/// n_in is the same everywhere, so what leaves is n_in + Lambda I[n_in] / |v| + O(Lambda^2).
TEST(StationaryLimit, WeakDefectsFollowTheBornSeries) {
  const int K = 64;
  const std::vector<double> k = MomentumGrid{K}.momenta();
  const StationaryOptions options = fixed_resolution();
  const auto rest = [&](double Lambda) {
    const auto solver = solved(problem_of(Lambda, K, 40), options);
    const Profile profile = solver->slab().profile();
    const std::vector<double> n_in = Problem(solver->slab().problem()).injection.left;
    auto collision = device().kinetic().collision(solver->slab().collisions().plan());
    kinetic::CollisionBatch batch;
    collision->evaluate(n_in, batch);
    double worst = 0;
    for (int m = 0; m < K; ++m) {
      if (k[m] > -0.5) continue;
      const double born = n_in[m] + Lambda * batch.I[m] / std::abs(2 * k[m]);
      worst = std::max(worst, std::abs(profile.n_left[m] - born));
    }
    return worst;
  };
  const double far = rest(2e-3), near = rest(1e-3);
  EXPECT_LT(near, 1e-3);
  EXPECT_NEAR(far / near, 4, 0.2) << "what is left is of second order";
}

TEST(StationaryLimit, ThermalReservoirsOfOneKindMakeAThermalDefect) {
  for (double Lambda : {0.1, 1.0, 100.0}) {
    Problem problem = problem_of(Lambda, 64, 20);
    const std::vector<double> E = problem.model.dispersion.energy(problem.model.grid.momenta());
    const std::vector<double> thermal = ThermalState::from_beta_mu(0.7, -0.8)(E);
    problem.injection = {thermal, thermal};
    const auto solver = solved(problem, within(1e-2));
    for (std::size_t i = 0; i < solver->slab().n().size(); ++i)
      ASSERT_NEAR(solver->slab().n()[i] / thermal[i % 64], 1, 1e-10) << Lambda;
  }
}

/// As above, but from a start that is far from the solution.
TEST(StationaryLimit, AThermalDefectIsFoundFromAfar) {
  Problem problem = problem_of(1, 64, 20);
  const std::vector<double> E = problem.model.dispersion.energy(problem.model.grid.momenta());
  const std::vector<double> thermal = ThermalState::from_beta_mu(0.7, -0.8)(E);
  const std::vector<double> start(problem.injection.left);
  problem.injection = {thermal, thermal};
  StationaryOptions options = within(1e-2);
  options.residual = 1e-12;
  const auto solver = make_newton(device().kinetic(), problem, options);
  std::vector<double> nodes;
  for (int node = 0; node < 40; ++node) nodes.insert(nodes.end(), start.begin(), start.end());
  solver->start_from(nodes);
  ASSERT_FALSE(solver->converged());
  while (!solver->converged()) solver->step();
  for (std::size_t i = 0; i < solver->slab().n().size(); ++i)
    ASSERT_NEAR(solver->slab().n()[i] / thermal[i % 64], 1, 1e-10);
}

TEST(StationarySymmetry, TheWholeDefectIsItsOwnMirrorImage) {
  const int K = 64;
  StationaryOptions options = fixed_resolution();
  options.residual = 1e-13;
  const auto half = solved(problem_of(1, K, 20), options);
  options.mirror = Slab::Mirror::ignore;
  const auto whole = solved(problem_of(1, K, 20), options);
  const std::vector<double> n = whole->slab().all_nodes(), expected = half->slab().all_nodes();
  ASSERT_EQ(n.size(), expected.size());
  for (std::size_t i = 0; i < n.size(); ++i) {
    ASSERT_NEAR(n[i] / n[n.size() - 1 - i], 1, 1e-12);
    ASSERT_NEAR(n[i] / expected[i], 1, 1e-11);
  }
}

TEST(StationarySymmetry, ExchangedReservoirsMirrorTheDefect) {
  StationaryOptions options = fixed_resolution();
  options.residual = 1e-13;
  const Problem problem = problem_of(1, 64, 20, 0.3);
  Problem exchanged = problem;
  std::swap(exchanged.injection.left, exchanged.injection.right);
  const auto n = solved(problem, options)->slab().all_nodes();
  const auto mirror = solved(exchanged, options)->slab().all_nodes();
  for (std::size_t i = 0; i < n.size(); ++i) ASSERT_NEAR(n[i] / mirror[n.size() - 1 - i], 1, 1e-11);
}

// --- what the papers say ------------------------------------------------------------------------

TEST(BoundaryGeneralizedResistance, TheCentreThermalisesWhatLeavesDoesNot) {
  double before = 10;
  for (double Lambda : {0.05, 0.2, 1.0, 2.0}) {
    const Profile profile = profile_of(problem_of(Lambda), within(1e-2));
    EXPECT_LT(profile.centre.deviation, before) << "ever more thermal, Lambda = " << Lambda;
    EXPECT_GT(profile.left.deviation, 0.1) << "never what leaves, Lambda = " << Lambda;
    before = profile.centre.deviation;
  }
  EXPECT_LT(before, 1e-9) << "exponentially";
  const Profile strong = profile_of(problem_of(100), within(1e-2));
  EXPECT_LT(strong.centre.deviation, 1e-9);
  EXPECT_GT(strong.left.deviation, 0.1);
}

TEST(BoundaryGeneralizedResistance, HoldsForThreeBodyCollisionsAloneToo) {
  Problem problem = problem_of(2);
  problem.model = model_of(64, {3});
  const Profile profile = profile_of(problem, within(1e-2));
  EXPECT_LT(profile.centre.deviation, 1e-2);
  EXPECT_GT(profile.left.deviation, 0.1);
}

/// The outgoing carriers' prediction has their number and energy currents.
TEST(BoundaryGeneralizedResistance, ThePredictionCarriesTheSameCurrents) {
  const Problem problem = problem_of(1, 64, 20, 0.3);
  const Profile profile = profile_of(problem, within(1e-2));
  const std::vector<double> k = problem.model.grid.momenta();
  const std::vector<double> E = problem.model.dispersion.energy(k);
  double number_current = 0, energy_current = 0, predicted_number = 0, predicted_energy = 0;
  for (int m = 32; m < 64; ++m) {
    number_current += k[m] * profile.n_right[m];
    energy_current += k[m] * E[m] * profile.n_right[m];
    predicted_number += k[m] * profile.right.state(E[m]);
    predicted_energy += k[m] * E[m] * profile.right.state(E[m]);
  }
  EXPECT_NEAR(predicted_number / number_current, 1, 1e-12);
  EXPECT_NEAR(predicted_energy / energy_current, 1, 1e-12);
}

}  // namespace
}  // namespace kapitza::defect
