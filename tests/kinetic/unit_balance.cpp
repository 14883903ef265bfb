// SPDX-License-Identifier: BSD-3-Clause
// The balance line and the projection, sums over all momenta of a density.
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "kapitza/kinetic/balance.hpp"
#include "kapitza/model/dispersion.hpp"
#include "kapitza/model/momentum_grid.hpp"

namespace kapitza::kinetic {
namespace {

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
}  // namespace kapitza::kinetic
