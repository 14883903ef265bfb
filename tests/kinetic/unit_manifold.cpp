// SPDX-License-Identifier: BSD-3-Clause
// Layer 2: grids, interpolation, quadratures, the resonant manifold.
#include <cmath>
#include <gtest/gtest.h>
#include <memory>
#include <numbers>

#include "kapitza/core/error.hpp"
#include "kapitza/kinetic/balance.hpp"
#include "kapitza/kinetic/pair_table.hpp"
#include "kapitza/kinetic/resonant_manifold.hpp"
#include "kapitza/kinetic/stencil.hpp"
#include "kapitza/model/lattice.hpp"
#include "kapitza/model/momentum_grid.hpp"
#include "kapitza/numerics/gauss_legendre.hpp"

namespace kapitza {
namespace {

using std::numbers::pi;

TEST(MomentumGrid, IsSymmetricAscendingAndInsideTheZone) {
  for (int K : {32, 34, 100, 4096}) {
    const MomentumGrid grid{K};
    for (int m = 0; m < K; ++m) {
      EXPECT_NEAR(grid(m), -pi + 2 * pi * (m + 0.5) / K, 1e-14);
      EXPECT_NEAR(grid(m), -grid(K - 1 - m), 1e-14);
    }
  }
}

TEST(MomentumGrid, LatticesContainTheGrid) {
  const MomentumGrid grid{48};
  for (int ratio : {1, 2, 3, 8})
    for (int m = 0; m < grid.K; ++m) {
      EXPECT_NEAR(grid.lattice(ratio * m, ratio * grid.K), grid(m), 1e-14);
      EXPECT_NEAR(grid.coordinate(grid(m), ratio * grid.K), ratio * m, 1e-11);
    }
}

TEST(Lattice, FoldingIsTheTransposeOfPadding) {
  for (const auto& [K, M] : {std::pair{8, 8}, {8, 16}, {8, 24}, {6, 12}})
    for (int i = 0; i < M; ++i)
      for (int j = 0; j < K; ++j) {
        std::vector<double> modes(K, 0.0), fine(M, 0.0);
        modes[j] = fine[i] = 1;
        EXPECT_EQ(padded_mode(modes.data(), K, M, i), folded_mode(fine.data(), K, M, j));
      }
}

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

TEST(GaussLegendre, IntegratesPolynomialsExactly) {
  const GaussLegendre rule(7);
  for (int power = 0; power <= 13; ++power) {
    double sum = 0;
    for (int i = 0; i < 7; ++i) sum += rule.weight[i] * std::pow(rule.x[i], power);
    EXPECT_NEAR(sum, 1.0 / (power + 1), 1e-14);
  }
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

TEST(Balance, ThermalDensitiesHaveNoDeparture) {
  const std::vector<double> E = Dispersion::parabolic().energy(MomentumGrid{128}.momenta());
  for (double mu : {-3.0, -1.0, -0.05, -1e-3}) {
    std::vector<double> n, h(128);
    for (double e : E) n.push_back(1 / (0.7 * (e - mu)));

    const auto line = balance(n.data(), E.data(), 128, h.data());

    EXPECT_NEAR(line.b, 0.7, 1e-12);
    for (double x : h) EXPECT_NEAR(x, 0, 2e-14) << "mu = " << mu;
  }
}

TEST(Balance, ProjectionRestoresBothLawsAndIsIdempotent) {
  const int K = 96;
  const std::vector<double> E = Dispersion::parabolic().energy(MomentumGrid{K}.momenta());
  std::vector<double> n, I;
  for (int m = 0; m < K; ++m) {
    n.push_back(0.3 + std::exp(std::sin(0.4 * m)));
    I.push_back(std::cos(1.7 * m) + 0.3);
  }

  const Projection first = project(n.data(), E.data(), K, I.data());
  double number = 0, energy = 0;
  for (int m = 0; m < K; ++m) {
    number += I[m];
    energy += I[m] * E[m];
  }
  const std::vector<double> once = I;
  project(n.data(), E.data(), K, I.data());

  EXPECT_GT(std::abs(first.number_rate_raw), 1e-3);
  EXPECT_NEAR(number, 0, 1e-12);
  EXPECT_NEAR(energy, 0, 1e-11);
  for (int m = 0; m < K; ++m) EXPECT_NEAR(I[m], once[m], 1e-13);
}

}  // namespace
}  // namespace kapitza
