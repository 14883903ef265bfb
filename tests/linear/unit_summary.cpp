// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <gtest/gtest.h>

#include "kapitza/core/error.hpp"
#include "kapitza/kinetic/backend.hpp"
#include "kapitza/linear/summary.hpp"
#include "kapitza/machine/machine.hpp"

namespace kapitza::linear {
namespace {

/// Eight momenta of a parabola about n = 1 / (1 + E), and nothing else.
LinearisedCollision made_up() {
  LinearisedCollision collision;
  collision.grid = {8};
  for (const double k : collision.grid.momenta()) {
    collision.E.push_back(k * k);
    collision.v.push_back(2 * k);
    collision.n.push_back(1 / (1 + k * k));
  }
  return collision;
}

const std::vector<double> ones(8, 1.0), zeros(8, 0.0);

TEST(LinearSummary, WhatLeavesAsItCameIsBalanced) {
  const LinearisedCollision collision = made_up();
  EXPECT_EQ(current_balance(collision, ones, {ones, zeros}), 0);
  EXPECT_EQ(current_balance(collision, ones, {zeros, ones}), 0);
}

TEST(LinearSummary, TheBalanceIsThatOfTheWorseCurrent) {
  const LinearisedCollision collision = made_up();
  EXPECT_NEAR(current_balance(collision, ones, {zeros, std::vector<double>(8, 0.9)}), 0.1, 1e-15);
  std::vector<double> moved = ones;  // as many carriers, with more energy
  moved[7] += 1 / collision.v[7];
  moved[6] -= 1 / collision.v[6];
  double energy = 0;
  for (int k = 0; k < 8; ++k) energy += std::abs(collision.v[k]) * collision.E[k];
  EXPECT_NEAR(current_balance(collision, ones, {moved, zeros}),
              (collision.E[7] - collision.E[6]) / energy, 1e-15);
}

TEST(LinearSummary, NoCurrentHidesThatAnotherIsNoNumber) {
  LinearisedCollision collision = made_up();
  std::vector<double> broken = ones;
  broken[3] = std::nan("");
  EXPECT_TRUE(std::isnan(current_balance(collision, ones, {broken, zeros})));
  collision.E[3] = std::nan("");  // that of energy alone
  EXPECT_TRUE(std::isnan(current_balance(collision, ones, {ones, zeros})));
}

TEST(LinearSummary, TheContinuumBeginsAtTheLeastRate) {
  const LinearisedCollision collision = made_up();
  std::vector<double> rate;
  for (const double v : collision.v) rate.push_back(3 * std::abs(v));
  rate[5] = 2 * collision.v[5];
  EXPECT_DOUBLE_EQ(continuum_edge(collision, rate), 2);
}

TEST(LinearSummary, AThermalReflectionIsFound) {
  const LinearisedCollision collision = made_up();
  std::vector<double> reflected;
  for (int k = 0; k < 8; ++k)
    reflected.push_back(collision.n[k] * collision.n[k] * (0.3 - 0.1 * collision.E[k]));
  for (const int side : {-1, 1}) {
    const ThermalReflection found = thermal_reflection(collision, ones, reflected, side);
    for (int k = 0; k < 8; ++k)
      EXPECT_NEAR(found.dn[k], side * collision.v[k] > 0 ? reflected[k] : 0, 1e-14);
    EXPECT_NEAR(found.misplaced, 0, 1e-14);
  }
}

TEST(LinearSummary, AnotherReflectionCarriesTheSameCurrents) {
  const LinearisedCollision collision = made_up();
  const std::vector<double> reflected{0, 0, 0, 0, 0.4, 0, 0.1, 0};
  const ThermalReflection thermal = thermal_reflection(collision, ones, reflected, 1);
  double number = 0, energy = 0, elsewhere = 0, all = 0;
  for (int k = 4; k < 8; ++k) {
    const double missing = collision.v[k] * (reflected[k] - thermal.dn[k]);
    number += missing;
    energy += collision.E[k] * missing;
    elsewhere += std::abs(missing);
    all += std::abs(collision.v[k] * reflected[k]);
  }
  EXPECT_NEAR(number, 0, 1e-14);
  EXPECT_NEAR(energy, 0, 1e-14);
  EXPECT_NEAR(thermal.misplaced, elsewhere / (2 * all), 1e-15);
  EXPECT_GT(thermal.misplaced, 0.1);
}

TEST(LinearSummary, ReflectedRoundingHasNoShare) {
  const std::vector<double> rounding{0, 0, 0, 0, 4e-15, 0, 1e-15, 0};
  EXPECT_EQ(thermal_reflection(made_up(), ones, rounding, 1).misplaced, 0);
}

class OfADefect : public testing::Test {
 protected:
  OfADefect() {
    problem_.model.grid = {32};
    problem_.model.channels = {3};
    problem_.background = ThermalState::from_beta_mu(1, -1);
    problem_.Lambda = {0.1, 10};
    for (const double v : problem_.model.dispersion.velocity(problem_.model.grid.momenta()))
      problem_.dn_in.push_back(v > 0 ? 1 : 0);
  }

  std::unique_ptr<Machine> machine_ = make_cpu_machine(1);
  Problem problem_;
};

TEST_F(OfADefect, ThePartsFitTogether) {
  const Response response = resolve(machine_->kinetic(), problem_, {0.1});
  const Summary summary = summarise(machine_->kinetic(), problem_, response);
  ASSERT_EQ(summary.points.size(), 2u);
  for (const Point& point : summary.points) {
    EXPECT_LT(point.balance, 1e-9);
    EXPECT_DOUBLE_EQ(point.layer * point.Lambda, 1 / response.modes.spectrum().front());
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j)
        EXPECT_NEAR(point.resistance[i][j] - point.Lambda * response.modes.bulk_resistance()[i][j],
                    point.boundary[i][j], 1e-12 * (1 + std::abs(point.resistance[i][j])));
  }
  EXPECT_LT(summary.points[1].transmitted_size, summary.points[0].transmitted_size);
  EXPECT_EQ(summary.milne.size(), 32u);
  EXPECT_GT(summary.continuum_edge, 0);
  // Affinities deep inside are what each momentum contributes; only the left end is heated.
  double dbeta = 0;
  for (int k = 0; k < 32; ++k) dbeta -= summary.interior[1][k] * problem_.dn_in[k];
  EXPECT_NEAR(summary.left.dbeta, dbeta, 1e-12);
  EXPECT_NEAR(summary.right.dbeta, 0, 1e-12);
}

TEST_F(OfADefect, WhatIsNotFiniteIsAnError) {
  for (double& dn : problem_.dn_in) dn *= 1e200;
  const Response response = resolve(machine_->kinetic(), problem_, {0.1});
  problem_.Lambda = {std::nan("")};
  EXPECT_THROW(summarise(machine_->kinetic(), problem_, response), NumericsError);
}

}  // namespace
}  // namespace kapitza::linear
