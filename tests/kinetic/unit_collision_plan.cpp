// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <gtest/gtest.h>
#include <utility>
#include <vector>

#include "kapitza/kinetic/collision_schedule.hpp"

namespace kapitza::kinetic {
namespace {

CollisionPlan plan_of_channels(std::vector<int> channels) {
  CollisionModel model;
  model.grid = {16};
  model.channels = std::move(channels);
  return {model, {.T = 3, .dtau = 0.05, .M = 64, .M_first = 32, .points = 8}};
}

TEST(CollisionPlan, PhasesAreThoseOfEveryStepAndEnergy) {
  const CollisionPlan plan = plan_of_channels({2, 3});
  const std::vector<int> steps{0, 7, 3, 2000};
  const std::vector<double> energies{0.25, 9.5};
  const std::vector<Complex> rows = plan.phases(steps, energies);
  ASSERT_EQ(rows.size(), steps.size() * energies.size());
  for (std::size_t s = 0; s < steps.size(); ++s)
    for (std::size_t e = 0; e < energies.size(); ++e) {
      const long double angle = static_cast<long double>(steps[s]) * plan.time.dtau * energies[e];
      // The angle is rounded four times on the way, the phase is known to 2 ulp of 1.
      const double bound = std::ldexp(4 * static_cast<double>(angle), -53) + 5e-16;
      EXPECT_NEAR(rows[s * energies.size() + e].re, static_cast<double>(std::cos(angle)), bound);
      EXPECT_NEAR(rows[s * energies.size() + e].im, static_cast<double>(std::sin(angle)), bound);
    }
}

/// Backends keep one row for every chunk and for every time within one: products are all others.
TEST(CollisionPlan, PhasesOfAChunkAndWithinItMakeUpAllTimes) {
  const CollisionPlan plan = plan_of_channels({3});
  const SweepSchedule schedule(plan);
  const std::size_t K = plan.energy.size();
  const std::vector<Complex> offset = plan.phases(SweepSchedule::steps_in_chunk(), plan.energy);
  ASSERT_EQ(offset.size(), SweepSchedule::chunk_times * K);
  for (const SweepSchedule::Chunk& chunk : schedule.chunks) {
    const std::vector<Complex> start = plan.phases({&chunk.first_step, 1}, plan.energy);
    for (int t = 0; t < chunk.times; ++t)
      for (std::size_t m = 0; m < K; ++m) {
        const Complex product = start[m] * offset[t * K + m];
        const double angle = (chunk.first_step + t) * plan.time.dtau * plan.energy[m];
        // Angles up to T E_max = 30 are rounded by 4e-15.
        EXPECT_NEAR(product.re, std::cos(angle), 1e-14);
        EXPECT_NEAR(product.im, std::sin(angle), 1e-14);
      }
  }
}

TEST(CollisionPlan, WithoutChannelsOfTheSweepThereAreNoTimes) {
  EXPECT_TRUE(SweepSchedule(plan_of_channels({2})).chunks.empty());
}

}  // namespace
}  // namespace kapitza::kinetic
