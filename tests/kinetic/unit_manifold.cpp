// SPDX-License-Identifier: BSD-3-Clause
// Stencils, the resonant manifold, the table of its pairs.
#include <cmath>
#include <gtest/gtest.h>
#include <memory>
#include <numbers>

#include "kapitza/core/error.hpp"
#include "kapitza/kinetic/pair_table.hpp"
#include "kapitza/kinetic/resonant_manifold.hpp"
#include "kapitza/kinetic/stencil.hpp"
#include "kapitza/model/momentum_grid.hpp"

namespace kapitza::kinetic {
namespace {

using std::numbers::pi;

TEST(Stencil, IsExactForPolynomialsOfDegreeFive) {
  const auto f = [](double x) {
    return 1 + x * (2 - x * (0.5 + x * (0.1 - x * (0.3 - 0.02 * x))));
  };
  for (double x : {3.0, 3.25, 3.5, 3.999, 7.1}) {
    const Stencil s = Stencil::at(x);
    double value = 0;
    for (int tap = 0; tap < Stencil::taps; ++tap) value += s.weight[tap] * f(s.first + tap);
    EXPECT_NEAR(value, f(x), 1e-11 * std::abs(f(x)));
  }
}

TEST(Stencil, ResolvesTheHighestModeOfTheGrid) {
  double worst = 0;
  for (int i = 0; i < 500; ++i) {
    const double x = 10 + i / 500.0, phase = pi / Stencil::oversampling;
    const Stencil s = Stencil::at(x);
    double value = 0;
    for (int tap = 0; tap < Stencil::taps; ++tap)
      value += s.weight[tap] * std::cos(phase * (s.first + tap));
    worst = std::max(worst, std::abs(value - std::cos(phase * x)));
  }
  EXPECT_LT(worst, 3e-7);
  EXPECT_GT(worst, 1e-8);  // the figure that stencil.hpp quotes is not idle
}

TEST(ResonantManifold, EveryNodeConservesMomentumAndEnergy) {
  const MomentumGrid grid{32};
  const std::vector<double> k = MomentumGrid{64}.momenta();
  std::vector<double> E;
  for (double q : k) E.push_back(2 * (1 - std::cos(q)) + 0.4 * (1 - std::cos(2 * q)));
  for (const Dispersion& band :
       {Dispersion::parabolic(), Dispersion::table(k, E, "two harmonics")}) {
    const auto manifold = ResonantManifold::build(band, grid, 8);
    ASSERT_FALSE(manifold.nodes.empty());
    for (int m = 0; m < grid.K; ++m)
      for (int i = manifold.first[m]; i < manifold.first[m + 1]; ++i) {
        const auto& node = manifold.nodes[i];
        const double total = grid(m) + node.k2 - node.q1 - node.q2;
        EXPECT_NEAR(std::remainder(total, 2 * pi), 0, 1e-12);
        EXPECT_NEAR(band.energy(grid(m)) + band.energy(node.k2),
                    band.energy(node.q1) + band.energy(node.q2), 1e-9);
        EXPECT_GT(node.weight, 0);
      }
  }
}

/// The bracket of Eq. (10) with n(k) given in closed form.
double integral(const ResonantManifold& manifold, int m, double k) {
  const auto n = [](double q) { return 1 / (1.5 + std::cos(q)) + 0.3 * std::exp(std::cos(q - 1)); };
  double sum = 0;
  for (int i = manifold.first[m]; i < manifold.first[m + 1]; ++i) {
    const auto& [weight, k2, q1, q2] = manifold.nodes[i];
    sum += weight * n(k) * n(k2) * n(q1) * n(q2) * (1 / n(k) + 1 / n(k2) - 1 / n(q1) - 1 / n(q2));
  }
  return sum;
}

TEST(ResonantManifold, RootFindingConvergesToTheClosedForm) {
  // The parabola is the hardest case of the general construction: its kink is a kink of the curve.
  const MomentumGrid grid{32};
  const auto closed = ResonantManifold::build(Dispersion::parabolic(), grid, 64);
  const auto error = [&](int points) {
    const auto found = ResonantManifold::by_root_finding(Dispersion::parabolic(), grid, points);
    double worst = 0, scale = 0;
    for (int m = 0; m < grid.K; ++m) {
      const double exact = integral(closed, m, grid(m));
      worst = std::max(worst, std::abs(integral(found, m, grid(m)) - exact));
      scale = std::max(scale, std::abs(exact));
    }
    return worst / scale;
  };

  const double coarse = error(64), fine = error(256);

  EXPECT_LT(coarse, 5e-4);
  EXPECT_LT(fine, 5e-5);
  EXPECT_LT(fine, coarse / 5);
}

TEST(ResonantManifold, GaussLegendrePointsConvergeQuickly) {
  const MomentumGrid grid{32};
  const auto error = [&](int points) {
    const auto coarse = ResonantManifold::build(Dispersion::parabolic(), grid, points);
    const auto fine = ResonantManifold::build(Dispersion::parabolic(), grid, 256);
    double worst = 0;
    for (int m = 0; m < grid.K; ++m)
      worst = std::max(worst, std::abs(integral(coarse, m, grid(m)) - integral(fine, m, grid(m))));
    return worst;
  };

  EXPECT_LT(error(32), 1e-5);
  EXPECT_LT(error(64), 1e-9);
}

TEST(ResonantManifold, BandsWithAFlatPairEnergyAreRefused) {
  EXPECT_EQ(ResonantManifold::divergence(Dispersion::parabolic()), "");
  EXPECT_NE(ResonantManifold::divergence(Dispersion::cosine()).find("channels"), std::string::npos);
  EXPECT_THROW(ResonantManifold::build(Dispersion::cosine(), {32}, 8), InputError);
}

TEST(PairTable, IsMadeOnceAsLongAsItIsWanted) {
  const Dispersion parabola = Dispersion::parabolic();
  const auto table = PairTable::of(parabola, {32}, 8);
  EXPECT_EQ(PairTable::of(Dispersion::parabolic(), {32}, 8), table);
  EXPECT_NE(PairTable::of(parabola, {32}, 16), table);
  EXPECT_NE(PairTable::of(parabola, {34}, 8), table);
  EXPECT_EQ(PairTable::of(parabola, {32}, 8), table);

  // What the latest ones leave no room for is forgotten, and the same when it is made again.
  const std::weak_ptr<const PairTable> large = PairTable::of(parabola, {512}, 1024);
  EXPECT_FALSE(large.expired());
  PairTable::of(parabola, {512}, 1025);
  EXPECT_TRUE(large.expired());
  const auto again = PairTable::of(parabola, {32}, 8);
  EXPECT_NE(again, table);
  ASSERT_EQ(again->nodes.size(), table->nodes.size());
  for (std::size_t i = 0; i < table->nodes.size(); ++i) {
    EXPECT_EQ(again->nodes[i].weight, table->nodes[i].weight);
    EXPECT_EQ(again->nodes[i].place[2], table->nodes[i].place[2]);
  }
}

}  // namespace
}  // namespace kapitza::kinetic
