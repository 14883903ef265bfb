// SPDX-License-Identifier: BSD-3-Clause
// Choosing a resolution takes long: it stops where it is told to.
#include <cmath>
#include <cstddef>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "kapitza/kinetic/resolve.hpp"
#include "kapitza/machine/machine.hpp"

namespace kapitza::kinetic {
namespace {

/// A band whose 3 -> 3 integral converges so slowly in T that a tolerance like this takes minutes.
struct Slow {
  CollisionModel model{Dispersion::cosine(), Interaction::psi6(), {32}, {3}};
  std::vector<double> n;
  std::unique_ptr<Machine> machine = make_cpu_machine(1);

  Slow() {
    for (const double k : model.grid.momenta()) n.push_back(0.1 + std::exp(-5 * k * k));
  }
};

TEST(ResolveCollision, StopsBeforeTheRefinementThatIsTooMuch) {
  const Slow slow;
  for (const int most : {1, 2, 3, 6}) {
    int asked = 0;
    const auto stop = [&](double) { return ++asked == most; };
    const ResolvedCollision resolved =
        resolve_collision(slow.machine->kinetic(), slow.model, slow.n, {.tolerance = 1e-9}, stop);
    EXPECT_EQ(asked, most);
    EXPECT_FALSE(resolved.complete);
    EXPECT_EQ(resolved.errors.tolerance, 1e-9);
    ASSERT_TRUE(resolved.collision);
    EXPECT_LT(resolved.collision->plan().resolution.T, greatest_T(slow.model));
  }
}

TEST(ResolveCollision, IsAskedWithTheSecondsThatComeNext) {
  const Slow slow;
  std::vector<double> seconds;
  const auto stop = [&](double next) {
    seconds.push_back(next);
    return seconds.size() == 8;
  };
  resolve_collision(slow.machine->kinetic(), slow.model, slow.n, {.tolerance = 1e-9}, stop);
  for (const double next : seconds) EXPECT_GT(next, 0);
}

TEST(ResolveRow, StopsAsWell) {
  const Slow slow;
  int asked = 0;
  const ResolvedRow row = resolve_row(slow.machine->kinetic(), slow.model, slow.n,
                                      {.tolerance = 1e-9}, [&](double) { return ++asked == 4; });
  EXPECT_EQ(asked, 4);
  EXPECT_FALSE(row.complete);
  ASSERT_EQ(row.groups.size(), 1);
  EXPECT_EQ(row.groups[0].members, std::vector<std::size_t>{0});
}

}  // namespace
}  // namespace kapitza::kinetic
