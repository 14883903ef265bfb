// SPDX-License-Identifier: BSD-3-Clause
// Homogeneous relaxation: laws that must hold along the way, and where it must end.
#include <cmath>
#include <gtest/gtest.h>

#include "kapitza/core/error.hpp"
#include "kapitza/kinetic/relaxation.hpp"
#include "tests/support/densities.hpp"
#include "tests/support/test_device.hpp"

namespace kapitza::kinetic {
namespace {

using testing::device;

CollisionModel model_of(int K, std::vector<int> channels = {2, 3}) {
  CollisionModel model;
  model.grid = {K};
  model.channels = std::move(channels);
  return model;
}

RelaxationOptions until(double deviation, double tolerance = 1e-3) {
  RelaxationOptions options;
  options.deviation = deviation;
  options.resolution.tolerance = tolerance;
  return options;
}

class RelaxationLaws : public ::testing::TestWithParam<std::size_t> {};

TEST_P(RelaxationLaws, HoldAtEveryStep) {
  const auto density = testing::test_densities()[GetParam()];
  RelaxationState start;
  start.n = density.on({64});
  Relaxation relaxation(device().kinetic(), model_of(64), until(1e-2), start);
  const RelaxationRecord first = relaxation.record();
  RelaxationRecord before = first;
  int steps = 0;
  for (; !relaxation.finished() && steps < 2000; ++steps) {
    relaxation.step();
    const RelaxationRecord& now = relaxation.record();
    EXPECT_NEAR(now.number, first.number, 1e-12 * first.number);
    EXPECT_NEAR(now.energy, first.energy, 1e-12 * first.energy);
    // The cut-off in T has no H-theorem of its own: monotone within the tolerance.
    EXPECT_GT(now.entropy, before.entropy - 1e-3 * (now.entropy - first.entropy) - 1e-12);
    for (double n : relaxation.state().n) ASSERT_GT(n, 0);
    before = now;
  }
  EXPECT_TRUE(relaxation.finished()) << density.name << " after " << steps << " steps";
  EXPECT_GT(before.entropy, first.entropy);
  EXPECT_LE(before.fit.deviation, 1e-2);
  EXPECT_LT(before.fit.deviation, first.fit.deviation);
}

INSTANTIATE_TEST_SUITE_P(Densities, RelaxationLaws, ::testing::Values(0, 1, 2, 4));

TEST(Relaxation, EndsInTheThermalStateOfTheInitialMoments) {
  RelaxationState start;
  start.n = testing::test_densities()[1].on({64});
  const std::vector<double> energy = Dispersion::parabolic().energy(MomentumGrid{64}.momenta());
  const ThermalState expected = thermal_state(moments(start.n, energy), energy);
  Relaxation relaxation(device().kinetic(), model_of(64), until(1e-4), start);
  while (!relaxation.finished()) relaxation.step();

  for (int m = 0; m < 64; ++m) EXPECT_NEAR(relaxation.state().n[m] / expected(energy[m]), 1, 2e-4);
}

TEST(Relaxation, ReachesNegativeTemperatures) {
  // Carriers near the top of the band: e / rho above its mean over the zone.
  RelaxationState start;
  for (double k : MomentumGrid{64}.momenta())
    start.n.push_back(0.1 + std::exp(-2 * (1 + std::cos(k))));
  Relaxation relaxation(device().kinetic(), model_of(64), until(1e-2), start);
  while (!relaxation.finished()) relaxation.step();

  EXPECT_LT(relaxation.record().fit.state.beta(), 0);
  EXPECT_GT(relaxation.record().fit.state.mu(), Dispersion::parabolic().max_energy());
}

TEST(Relaxation, TimeScalesWithLambdaSquared) {
  const auto run = [&](double lambda, double t_end) {
    RelaxationOptions options = until(0, 1e-3);
    options.lambda = lambda;
    options.t_end = t_end;
    RelaxationState start;
    start.n = testing::test_densities()[1].on({64});
    Relaxation relaxation(device().kinetic(), model_of(64), options, start);
    while (!relaxation.finished()) relaxation.step();
    return relaxation.state().n;
  };

  const auto slow = run(0.1, 1.0), fast = run(1.0, 0.01);

  for (int m = 0; m < 64; ++m) EXPECT_NEAR(slow[m], fast[m], 1e-10 * fast[m]);
}

TEST(Relaxation, ErrorOfTheStepsIsFarBelowTheTolerance) {
  const auto run = [&](double tolerance) {
    RelaxationOptions options = until(0, tolerance);
    options.t_end = 0.05;
    options.resolution.T = 33;
    options.resolution.M = 512;
    RelaxationState start;
    start.n = testing::test_densities()[1].on({64});
    Relaxation relaxation(device().kinetic(), model_of(64, {3}), options, start);
    while (!relaxation.finished()) relaxation.step();
    return relaxation.state().n;
  };

  const auto coarse = run(1e-3), fine = run(1e-7);

  for (int m = 0; m < 64; ++m) EXPECT_NEAR(coarse[m] / fine[m], 1, 1e-3);
}

TEST(Relaxation, RestartedFromItsStateTakesTheSameSteps) {
  RelaxationState start;
  start.n = testing::test_densities()[2].on({64});
  Relaxation whole(device().kinetic(), model_of(64), until(1e-9), start);
  for (int i = 0; i < 6; ++i) whole.step();
  Relaxation resumed(device().kinetic(), model_of(64), until(1e-9), whole.state());
  for (int i = 0; i < 6; ++i) {
    whole.step();
    resumed.step();
  }

  EXPECT_EQ(whole.state().t, resumed.state().t);
  EXPECT_EQ(whole.state().n, resumed.state().n);
}

TEST(Relaxation, ResultDoesNotDependOnTheNumberOfThreads) {
  const auto run = [&](int threads) {
    const auto machine = make_cpu_machine(threads);
    RelaxationState start;
    start.n = testing::test_densities()[4].on({64});
    Relaxation relaxation(machine->kinetic(), model_of(64), until(1e-9), start);
    for (int i = 0; i < 4; ++i) relaxation.step();
    return relaxation.state().n;
  };

  EXPECT_EQ(run(1), run(2));
  EXPECT_EQ(run(1), run(3));
}

TEST(Relaxation, DensitiesThatAreNotPositiveAreRefused) {
  for (double bad : {0.0, -1.0, std::nan("")}) {
    RelaxationState start;
    start.n.assign(64, 1.0);
    start.n[3] = bad;
    EXPECT_THROW(Relaxation(device().kinetic(), model_of(64), until(1e-3), start), InputError);
  }
}

}  // namespace
}  // namespace kapitza::kinetic
