// SPDX-License-Identifier: BSD-3-Clause
//
// The fused steps as a block algorithm: barriers, mutants, threads. Their numbers are compared with
// the CPU backend's in tests/field/blocks_staged_ensemble.cpp.
#include <algorithm>
#include <cmath>
#include <complex>
#include <gtest/gtest.h>
#include <numbers>
#include <string>
#include <vector>

#include "kapitza/numerics/fast_length.hpp"
#include "kapitza/numerics/norms.hpp"
#include "kernels/device/block/fft_tables.hpp"
#include "kernels/device/block/serial_block.hpp"
#include "kernels/field/block/split_step.hpp"
#include "kernels/field/staged/fused_steps.hpp"
#include "tests/support/checked_block.hpp"
#include "tests/support/densities.hpp"
#include "tests/support/drop_sync.hpp"
#include "tests/support/thread_block.hpp"

namespace kapitza::block {
namespace {

using Checked = DropSync<CheckedBlock>;
using Serial = DropSync<SerialBlock>;

// --- transforms of any fast length ---------------------------------------------------------------

using Signal = std::vector<Complex>;

Signal some_signal(int n) {
  Signal x;
  for (int j = 0; j < n; ++j) x.push_back({std::sin(1.0 + j * j), std::cos(2.0 + 3 * j)});
  return x;
}

/// Any number of lanes may do it.
template <class B>
Signal ring_transformed(B& blk, const Signal& x) {
  const int n = static_cast<int>(x.size());
  const std::vector<Complex> roots = unit_roots<double>(n);
  const auto buffer = blk.template shared<Complex>(2 * n);
  Signal result(x.size());
  blk.each(n, [&](int i) { buffer.store(i, x[i]); });
  blk.sync();
  const int first = ring_transform<1>(blk, buffer, n, [&](int i) { return roots.at(i); });
  blk.each(n, [&](int i) { result[i] = buffer.load(first + i); });
  return result;
}

Signal literal_sum(const Signal& x) {
  const std::size_t n = x.size();
  Signal result;
  for (std::size_t k = 0; k < n; ++k) {
    std::complex<long double> sum = 0;
    for (std::size_t j = 0; j < n; ++j)
      sum += std::complex<long double>(x[j].re, x[j].im) *
             std::polar(1.0L, 2 * std::numbers::pi_v<long double> * (j * k % n) / n);
    result.push_back({static_cast<double>(sum.real()), static_cast<double>(sum.imag())});
  }
  return result;
}

TEST(RingTransform, IsTheLiteralSumAtEveryFastLength) {
  for (int n = 2; n <= 300; n = fast_length(n + 1)) {
    const Signal x = some_signal(n);
    for (const int lanes : {7, 32}) {
      Checked blk(lanes, 2 * n * sizeof(Complex));
      EXPECT_LT(largest_difference(ring_transformed(blk, x), literal_sum(x)), 1e-13 * n) << n;
      EXPECT_EQ(blk.hazards().count(), 0) << n << ": " << blk.hazards().text();
    }
  }
}

TEST(RingTransform, NeedsEveryBarrier) {
  const Signal x = some_signal(2 * 4 * 3 * 5);
  Checked intact(32, 2 * x.size() * sizeof(Complex));
  ring_transformed(intact, x);
  ASSERT_EQ(intact.seen, 1 + 4);
  for (int which = 0; which < intact.seen; ++which) {
    Checked blk(32, 2 * x.size() * sizeof(Complex), which);
    ring_transformed(blk, x);
    EXPECT_GT(blk.hazards().count(), 0) << "without barrier " << which;
  }
}

// --- fused steps ---------------------------------------------------------------------------------

/// One trajectory on a ring, with all that its steps need.
template <class Index>
class Trajectory {
 public:
  explicit Trajectory(int order = 2) {
    field::Problem problem;
    problem.lambda = 0.5;
    problem.profile.assign(Index::length, 0.0);
    for (int x = 0; x < 9; ++x) problem.profile[Index::length / 2 - 4 + x] = 1 - 0.1 * x;
    problem.absorber = field::Absorber{10, 4.0};
    problem.window = 16;
    problem.density = [](const std::vector<double>& k) {
      std::vector<double> n;
      for (const double k_m : k) n.push_back(0.05 * kapitza::testing::random_smooth(3)(k_m));
      return n;
    };
    plan = field::make_plan(problem, {0.15, 2, order}, {1, 7, Precision::double_});
    local = staged::local_table(plan);
    shape = staged::ring_kick_shape(plan);
    kinetic = staged::kinetic_table(plan);
    twiddles = stockham_twiddles<double>(Index::length, Index::full_radix);
    roots = unit_roots<double>(modes());
    for (int x = 0; x < Index::length; ++x) start.push_back({std::sin(x * x), std::cos(3 * x)});
  }

  int modes() const { return static_cast<int>(plan.noise.size()); }

  FieldTables<double> tables() const {
    return {{plan.local_sites(), {plan.slope}},
            local.data(),
            kinetic.data(),
            twiddles.data(),
            {plan.noise.data(), plan.seed, Stream::noise, modes()},
            roots.data(),
            shape.data(),
            plan.composition.stages(),
            plan.kick_every};
  }

  std::size_t bytes() const { return field_cells<Index>(modes()) * sizeof(Complex); }

  /// The field after the steps 1, 2, ..., of which every second one ends with a kick.
  template <class B>
  Signal after(B& blk, long steps) const {
    Signal field = start;
    AdvanceFields<Index, double>{tables(), field.data(), 3, 1, steps}(blk, 0);
    return field;
  }

  field::EnsemblePlan plan;
  std::vector<double> local;
  Signal kinetic, twiddles, roots, shape, start;
};

template <class I>
struct FusedSteps : ::testing::Test {};
using Indices = ::testing::Types<StockhamIndex<256, double>, StockhamIndex<256, double, 16>>;
struct Names {
  template <class I>
  static std::string GetName(int) {
    return std::to_string(I::length) + "radix" + std::to_string(I::full_radix);
  }
};
TYPED_TEST_SUITE(FusedSteps, Indices, Names);

TYPED_TEST(FusedSteps, HaveNoHazards) {
  using I = TypeParam;
  for (const int order : {2, 4}) {
    const Trajectory<I> trajectory(order);
    Checked blk(I::lanes, trajectory.bytes());
    trajectory.after(blk, 4);
    EXPECT_EQ(blk.hazards().count(), 0) << blk.hazards().text();
  }
}

TYPED_TEST(FusedSteps, NeedEveryBarrierAndOnlyTheCheckerSeesThat) {
  using I = TypeParam;
  const Trajectory<I> trajectory;
  Serial intact(I::lanes, trajectory.bytes());
  const Signal expected = trajectory.after(intact, 3);
  // Steps 1 to 3: six transforms, of which only the very first exchange has none before it; two
  // kicks, each with one before, one after the draw and one for each of the stages 2, 3 and 5.
  ASSERT_EQ(trajectory.modes(), 30);
  EXPECT_EQ(intact.seen, 6 * 2 * I::exchanges - 1 + 2 * (2 + 3));
  for (int which = 0; which < intact.seen; ++which) {
    Checked checked(I::lanes, trajectory.bytes(), which);
    trajectory.after(checked, 3);
    EXPECT_GT(checked.hazards().count(), 0) << "without barrier " << which;
    Serial blind(I::lanes, trajectory.bytes(), which);
    EXPECT_TRUE(trajectory.after(blind, 3) == expected) << "without barrier " << which;
  }
}

TYPED_TEST(FusedSteps, OnThreadsGiveTheSameBits) {
  using I = TypeParam;
  const Trajectory<I> trajectory;
  const auto after = [&](int threads) {
    Signal field = trajectory.start;
    const AdvanceFields<I, double> advance{trajectory.tables(), field.data(), 3, 1, 3};
    run_threads(I::lanes, threads, trajectory.bytes(), [&](ThreadBlock& blk) { advance(blk, 0); });
    return field;
  };
  const Signal expected = after(1);
  EXPECT_TRUE(after(3) == expected);
  // Compiled for another Block, products and sums may be contracted otherwise.
  Serial serial(I::lanes, trajectory.bytes());
  EXPECT_LT(largest_difference(trajectory.after(serial, 3), expected), 1e-11);
}

TYPED_TEST(FusedSteps, InOneLaunchOrInManyAreTheSame) {
  // Between two launches a local stretch is cut in two: the same but for rounding.
  using I = TypeParam;
  const Trajectory<I> trajectory;
  Serial one(I::lanes, trajectory.bytes());
  const Signal expected = trajectory.after(one, 4);
  Signal field = trajectory.start;
  for (long step = 1; step <= 4; ++step) {
    Serial blk(I::lanes, trajectory.bytes());
    AdvanceFields<I, double>{trajectory.tables(), field.data(), 3, step, 1}(blk, 0);
  }
  EXPECT_LT(largest_difference(field, expected), 1e-11);
}

/// A table with one entry off, and what that does to the field.
template <class I>
double change_by(void (*spoil)(Trajectory<I>&)) {
  Trajectory<I> trajectory;
  Serial right(I::lanes, trajectory.bytes()), wrong(I::lanes, trajectory.bytes());
  const Signal expected = trajectory.after(right, 3);
  spoil(trajectory);
  return largest_difference(trajectory.after(wrong, 3), expected);
}

TYPED_TEST(FusedSteps, FeelEveryTable) {
  using I = TypeParam;
  using T = Trajectory<I>;
  constexpr double seen = 1e-3;
  EXPECT_GT(change_by<I>([](T& t) { std::ranges::rotate(t.twiddles, t.twiddles.begin() + 1); }),
            seen);
  EXPECT_GT(change_by<I>([](T& t) { std::ranges::rotate(t.roots, t.roots.begin() + 1); }), seen);
  EXPECT_GT(change_by<I>([](T& t) { std::ranges::rotate(t.kinetic, t.kinetic.begin() + 1); }),
            seen);
  EXPECT_GT(change_by<I>([](T& t) { std::ranges::rotate(t.local, t.local.begin() + 1); }), seen);
  EXPECT_GT(change_by<I>([](T& t) { std::ranges::rotate(t.shape, t.shape.begin() + 1); }), seen);
  EXPECT_GT(change_by<I>([](T& t) { ++t.plan.seed; }), seen);
}

}  // namespace
}  // namespace kapitza::block
