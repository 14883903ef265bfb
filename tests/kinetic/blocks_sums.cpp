// SPDX-License-Identifier: BSD-3-Clause
//
// Sums by a block: numbers, barriers, mutants, threads; and the balance of a density written in
// terms of them.
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "kapitza/kinetic/balance.hpp"
#include "kernels/device/block/in_block.hpp"
#include "kernels/device/block/serial_block.hpp"
#include "tests/support/checked_block.hpp"
#include "tests/support/drop_sync.hpp"
#include "tests/support/thread_block.hpp"

namespace kapitza::block {
namespace {

using Checked = DropSync<CheckedBlock>;

constexpr int lanes = 16;

/// Numbers of very different sizes: another order of additions gives other bits.
double term(int i) { return std::sin(i) * std::pow(10.0, i % 7); }

/// Two sums and a maximum, one after the other in the same memory.
template <class B>
std::vector<double> sums(B& blk, int count) {
  InBlock<B> all(blk, count);
  const Sums<3> first =
      all.template sum<3>([](int i) { return Sums<3>{{term(i), 1, term(2 * i)}}; });
  const Sums<1> largest = all.template most<1>([](int i) { return Sums<1>{{term(i)}}; });
  const Sums<2> second = all.template sum<2>([](int i) { return Sums<2>{{term(i + 1), 2}}; });
  return {first[0], first[1], first[2], largest[0], second[0], second[1]};
}

TEST(InBlock, AddsWhatInOrderAdds) {
  for (const int count : {0, 1, 5, 16, 17, 100, 1000}) {
    SerialBlock blk(lanes, in_block_bytes(lanes));
    const std::vector<double> found = sums(blk, count);
    InOrder order(count);
    const auto expected =
        order.sum<3>([](int i) { return Sums<3>{{std::abs(term(i)), 1, term(i)}}; });
    const auto largest = order.most<1>([](int i) { return Sums<1>{{term(i)}}; });
    EXPECT_NEAR(found[0], expected[2], 1e-14 * expected[0]) << count;
    EXPECT_EQ(found[1], count);
    EXPECT_EQ(found[3], largest[0]);
    EXPECT_EQ(found[5], 2 * count);
  }
}

TEST(InBlock, HasNoHazardsAndNeedsEveryBarrier) {
  Checked intact(lanes, in_block_bytes(lanes));
  const std::vector<double> expected = sums(intact, 40);
  EXPECT_EQ(intact.hazards().count(), 0) << intact.hazards().text();
  ASSERT_EQ(intact.seen, 3 * 5 + 2);
  for (int which = 0; which < intact.seen; ++which) {
    Checked checked(lanes, in_block_bytes(lanes), which);
    EXPECT_TRUE(sums(checked, 40) == expected) << "without barrier " << which;
    EXPECT_GT(checked.hazards().count(), 0) << "without barrier " << which;
  }
}

TEST(InBlock, OnThreadsGivesTheSameBits) {
  std::vector<double> expected;
  run_threads(lanes, 1, in_block_bytes(lanes),
              [&](ThreadBlock& blk) { expected = sums(blk, 100); });
  for (const int threads : {2, 5, lanes})
    run_threads(lanes, threads, in_block_bytes(lanes),
                [&](ThreadBlock& blk) { EXPECT_TRUE(sums(blk, 100) == expected); });
}

TEST(InBlock, BalancesADensityAsOneThreadDoes) {
  constexpr int K = 40;
  std::vector<double> n(K), E(K), h(K), expected(K);
  for (int m = 0; m < K; ++m) {
    const double k = -3.0 + 0.15 * m;
    E[m] = k * k;
    n[m] = 1 / (0.4 + 0.6 * E[m]) + 0.2 * std::exp(-4 * (k - 1) * (k - 1));
  }
  const kinetic::MomentSystem::Line line = kinetic::balance(n.data(), E.data(), K, expected.data());

  Checked blk(lanes, in_block_bytes(lanes));
  InBlock<Checked> momenta(blk, K);
  const kinetic::MomentSystem::Line found = kinetic::balance(momenta, n.data(), E.data(), h.data());

  EXPECT_EQ(blk.hazards().count(), 0) << blk.hazards().text();
  EXPECT_NEAR(found.b, line.b, 1e-13);
  EXPECT_NEAR(found.c, line.c, 1e-13);
  double number = 0, energy = 0;
  for (int m = 0; m < K; ++m) {
    EXPECT_NEAR(h[m], expected[m], 1e-13);
    number += n[m] * h[m];
    energy += n[m] * h[m] * E[m];
  }
  EXPECT_NEAR(number, 0, 1e-13);
  EXPECT_NEAR(energy, 0, 1e-13);
}

}  // namespace
}  // namespace kapitza::block
