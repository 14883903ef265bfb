// SPDX-License-Identifier: BSD-3-Clause
// Bands, rates and thermal states against closed forms.
#include <cmath>
#include <gtest/gtest.h>
#include <numbers>

#include "kapitza/core/error.hpp"
#include "kapitza/model/dispersion.hpp"
#include "kapitza/model/interaction.hpp"
#include "kapitza/model/momentum_grid.hpp"
#include "kapitza/model/thermal.hpp"

namespace kapitza {
namespace {

using std::numbers::pi;

TEST(Dispersion, ParabolaIsContinuedWithPeriodTwoPi) {
  const Dispersion band = Dispersion::parabolic();

  EXPECT_NEAR(band.energy(2 * pi + 0.3), 0.09, 1e-14);
  EXPECT_NEAR(band.velocity(-2 * pi - 0.3), -0.6, 1e-14);
  EXPECT_NEAR(band.max_energy(), pi * pi, 1e-12);
  EXPECT_NEAR(band.max_speed(), 2 * pi, 1e-12);
}

TEST(Dispersion, VelocityIsTheSlopeOfTheEnergy) {
  const MomentumGrid grid{48};
  const std::vector<double> k = grid.momenta();
  for (const Dispersion& band : {Dispersion::parabolic(), Dispersion::cosine(),
                                 Dispersion::table(k, Dispersion::cosine().energy(k), "table")}) {
    for (double q : {-3.0, -1.234, 0.01, 0.7, 2.9}) {
      const double step = 1e-5;
      const double slope = (band.energy(q + step) - band.energy(q - step)) / (2 * step);
      EXPECT_NEAR(band.velocity(q), slope, 1e-8) << band.name() << " at k = " << q;
    }
  }
}

TEST(Dispersion, SplineOfACosineConvergesWithTheFourthPower) {
  const auto error = [](int K) {
    const std::vector<double> k = MomentumGrid{K}.momenta();
    const Dispersion band = Dispersion::table(k, Dispersion::cosine().energy(k), "table");
    double worst = 0;
    for (int i = 0; i < 1000; ++i) {
      const double q = -pi + 2 * pi * i / 1000;
      worst = std::max(worst, std::abs(band.energy(q) - Dispersion::cosine().energy(q)));
    }
    return worst;
  };

  EXPECT_NEAR(std::log2(error(32) / error(64)), 4, 0.2);
}

TEST(Dispersion, TablesThatMakeNoBandAreRefused) {
  EXPECT_THROW(Dispersion::table({0, 1, 2}, {0, 1, 2}, "t"), InputError);
  EXPECT_THROW(Dispersion::table({-3, 0, 0, 1}, {0, 1, 2, 3}, "t"), InputError);
  EXPECT_THROW(Dispersion::table({-3, 0, 1, 4}, {0, 1, 2, 3}, "t"), InputError);
  EXPECT_THROW(Dispersion::table({-3, 0, 1, 2}, {0, NAN, 2, 3}, "t"), InputError);
}

TEST(Interaction, Psi6HasTheRatesOfTheNotation) {
  const Interaction psi6 = Interaction::psi6();
  const double rho = 0.66;

  EXPECT_EQ(psi6.degree(), 3);
  EXPECT_DOUBLE_EQ(psi6.rate(3, rho), 108);
  EXPECT_DOUBLE_EQ(psi6.rate(2, rho), 648 * rho * rho);
  EXPECT_DOUBLE_EQ(psi6.rate_slope(2, rho), 2 * 648 * rho);
  EXPECT_DOUBLE_EQ(psi6.rate_slope(3, rho), 0);
}

TEST(Interaction, CountertermChangesNoCollisionRate) {
  const Interaction bare = Interaction::psi6(), shifted({{1, -7.84}, {3, 6.0}});

  for (int l : {2, 3}) EXPECT_DOUBLE_EQ(bare.rate(l, 0.66), shifted.rate(l, 0.66));
}

TEST(Interaction, VertexIsTheLiteralSum) {
  const Interaction U({{2, 0.5}, {3, 6.0}, {4, -2.0}, {5, 1.5}});
  const auto factorial = [](int n) { return std::tgamma(n + 1); };
  const double c[] = {0, 0, 0.5, 6, -2, 1.5}, rho = 0.8;
  for (int l = 1; l <= 5; ++l) {
    double g = 0;
    for (int s = l; s <= 5; ++s) g += c[s] * factorial(s) / factorial(s - l) * std::pow(rho, s - l);
    EXPECT_NEAR(U.rate(l, rho), g * g / (factorial(l) * factorial(l - 1)), 1e-10);
    const double step = 1e-6;
    EXPECT_NEAR(U.rate_slope(l, rho), (U.rate(l, rho + step) - U.rate(l, rho - step)) / (2 * step),
                1e-4);
  }
}

TEST(Thermal, StateIsRecoveredFromItsMoments) {
  const std::vector<double> E = Dispersion::parabolic().energy(MomentumGrid{256}.momenta());
  struct Case {
    double beta, mu;
  };
  for (const auto [beta, mu] : {Case{1, -1}, Case{0.3, -0.05}, Case{2, -1e-4}, Case{1e-3, -300},
                                Case{-0.4, 10.5}, Case{-1, 9.87}}) {
    const auto n = ThermalState::from_beta_mu(beta, mu)(E);

    const ThermalFit fit = thermal_fit(n, E);

    EXPECT_NEAR(fit.state.beta() / beta, 1, 1e-9) << "beta " << beta << ", mu " << mu;
    EXPECT_NEAR(fit.state.mu(), mu, 1e-9 * (1 + std::abs(mu)));
    EXPECT_LT(fit.deviation, 1e-9);
  }
}

TEST(Thermal, InfiniteTemperatureIsOneStateAmongOthers) {
  const std::vector<double> E = Dispersion::cosine().energy(MomentumGrid{64}.momenta());

  const ThermalFit fit = thermal_fit(std::vector<double>(64, 0.7), E);

  EXPECT_NEAR(fit.state.b, 0, 1e-13);
  EXPECT_NEAR(1 / fit.state.c, 0.7, 1e-13);
}

TEST(Thermal, EveryEnergyInsideTheBandHasAState) {
  const std::vector<double> E = Dispersion::parabolic().energy(MomentumGrid{128}.momenta());
  const double low = E[64], high = E[0];
  for (double share : {1e-6, 1e-3, 0.1, 0.33, 0.9, 1 - 1e-3, 1 - 1e-6}) {
    const Moments wanted{0.66, 0.66 * (low + share * (high - low))};

    const Moments found = moments(thermal_state(wanted, E)(E), E);

    // At the edges one mode holds all: b E + c there is a difference of numbers 1e6 times larger.
    EXPECT_NEAR(found.number / wanted.number, 1, 1e-8) << share;
    EXPECT_NEAR(found.energy / wanted.energy, 1, 1e-8) << share;
  }
}

TEST(Thermal, MomentsOutsideTheBandAreRefused) {
  const std::vector<double> E = Dispersion::parabolic().energy(MomentumGrid{64}.momenta());

  EXPECT_THROW(thermal_state({1, 10}, E), NumericsError);
  EXPECT_THROW(thermal_state({1, 0}, E), NumericsError);
  EXPECT_THROW(thermal_state({-1, -3}, E), NumericsError);
}

}  // namespace
}  // namespace kapitza
