// SPDX-License-Identifier: BSD-3-Clause
// A row of densities, each at the resolution that it needs.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "kapitza/kinetic/collision_row.hpp"
#include "tests/support/densities.hpp"
#include "tests/support/test_device.hpp"

namespace kapitza::kinetic {
namespace {

using testing::device;

constexpr int K = 64;

CollisionModel model() {
  CollisionModel model;
  model.grid = {K};
  model.channels = {2, 3};
  return model;
}

/// Rough ones at both ends of smooth ones, as between two reservoirs.
std::vector<double> row_of_densities() {
  const auto all = testing::test_densities();
  std::vector<double> row;
  for (int i : {2, 4, 0, 0, 2}) {
    const std::vector<double> n = all[i].on(model().grid);
    row.insert(row.end(), n.begin(), n.end());
  }
  return row;
}

TEST(CollisionRow, MeetsTheToleranceAtEveryPlace) {
  const std::vector<double> n = row_of_densities();
  const double tolerance = 1e-3;
  CollisionRow row(device().kinetic(), model(), n, {.tolerance = tolerance});
  CollisionBatch batch, fine;
  row.evaluate(n, batch);
  Resolution finest = row.resolution();
  ASSERT_TRUE(resize_to_T(model(), {}, 4 * finest.T, finest));
  device().kinetic().collision(CollisionPlan(model(), finest))->evaluate(n, fine);
  for (std::size_t x = 0; x < row.size(); ++x) {
    double error = 0, gain = 0;
    for (std::size_t i = x * K; i < (x + 1) * K; ++i) {
      error = std::max(error, std::abs(batch.I[i] - fine.I[i]));
      gain = std::max(gain, fine.gain[i]);
    }
    EXPECT_LT(error, tolerance * gain) << x;
    EXPECT_LT(batch.error[x], tolerance) << x;
  }
}

TEST(CollisionRow, SparesTheSmoothOnesWhatTheRoughOnesNeed) {
  const std::vector<double> n = row_of_densities();
  const ResolvedRow row = resolve_row(device().kinetic(), model(), n, {.tolerance = 1e-3});
  ASSERT_GE(row.groups.size(), 2u);
  const std::vector<std::size_t>& rough = row.groups.back().members;
  EXPECT_EQ(rough, (std::vector<std::size_t>{0, 4}));
  std::size_t members = 0;
  double T = 0;
  for (const ResolvedGroup& group : row.groups) {
    EXPECT_GT(group.collision->plan().resolution.T, T) << "ascending";
    T = group.collision->plan().resolution.T;
    members += group.members.size();
  }
  EXPECT_EQ(members, 5u);
}

TEST(CollisionRow, GivesEveryDensityTheBitsOfItsOwnOperator) {
  const std::vector<double> n = row_of_densities();
  CollisionRow row(device().kinetic(), model(), n, {.tolerance = 1e-3});
  const ResolvedRow same = resolve_row(device().kinetic(), model(), n, {.tolerance = 1e-3});
  CollisionBatch batch, single;
  row.evaluate(n, batch);
  for (const auto& [collision, members] : same.groups) {
    for (std::size_t x : members) {
      collision->evaluate(std::span(n).subspan(x * K, K), single);
      for (int k = 0; k < K; ++k) {
        EXPECT_EQ(batch.I[x * K + k], single.I[k]);
        EXPECT_EQ(batch.gain[x * K + k], single.gain[k]);
        EXPECT_EQ(batch.loss[x * K + k], single.loss[k]);
      }
      EXPECT_EQ(batch.error[x], single.error[0]);
      EXPECT_EQ(batch.grid_error[x], single.grid_error[0]);
    }
  }
}

TEST(CollisionRow, LineariseIsTheDerivativeAtEveryPlace) {
  const std::vector<double> n = row_of_densities();
  CollisionRow row(device().kinetic(), model(), n, {.tolerance = 1e-2});
  const auto system = device().kinetic().node_system(K, row.size());
  row.linearise(n, *system);
  // Without coupling the system solves (1 - eps J) y = f node by node; to first order y = f + eps J
  // f.
  const std::size_t size = n.size();
  const double eps = 1e-6;
  NodeCoefficients c{
      eps, std::vector<double>(size, 1), std::vector<double>(size), std::vector<double>(size), {}};
  factorise(device().kinetic(), {system.get(), &c});
  std::vector<double> y(size), up(n), down(n);
  const double step = 1e-5;
  for (std::size_t i = 0; i < size; ++i) {
    y[i] = n[i] * std::cos(static_cast<double>(i));
    up[i] += step * y[i];
    down[i] -= step * y[i];
  }
  const std::vector<double> f = y;
  solve(device().kinetic(), {system.get(), y});
  CollisionBatch above, below;
  row.evaluate(up, above);
  row.evaluate(down, below);
  double largest = 0, error = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const double slope = (above.I[i] - below.I[i]) / (2 * step);
    largest = std::max(largest, std::abs(slope));
    error = std::max(error, std::abs((y[i] - f[i]) / eps - slope));
  }
  EXPECT_LT(error, 1e-3 * largest);
}

}  // namespace
}  // namespace kapitza::kinetic
