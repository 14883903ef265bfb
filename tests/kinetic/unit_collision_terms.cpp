// SPDX-License-Identifier: BSD-3-Clause
// The products of Eq. (9).
#include <cmath>
#include <gtest/gtest.h>

#include "kapitza/kinetic/collision_terms.hpp"

namespace kapitza::kinetic {
namespace {

TEST(CollisionTerms, PolynomialIsTheSumOverChannels) {
  const ChannelPolynomial<3> P{{108, 7, 0.4}};
  const double a = 0.37;

  const auto [p, dp, ddp] = P(a);

  EXPECT_NEAR(p, 108 * a * a + 7 * a * a * a + 0.4 * std::pow(a, 4), 1e-13);
  EXPECT_NEAR(dp, 216 * a + 21 * a * a + 1.6 * a * a * a, 1e-13);
  EXPECT_NEAR(ddp, 216 + 42 * a + 4.8 * a * a, 1e-12);
}

}  // namespace
}  // namespace kapitza::kinetic
