// SPDX-License-Identifier: BSD-3-Clause
//
// The Jacobian's sums over time as products: the numbers of the stage, barriers, threads.
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <set>
#include <vector>

#include "kernels/device/block/serial_block.hpp"
#include "kernels/kinetic/staged/jacobian_products.hpp"
#include "tests/support/checked_block.hpp"
#include "tests/support/drop_sync.hpp"
#include "tests/support/thread_block.hpp"

namespace kapitza::staged {
namespace {

constexpr int densities = 11;  // more than one group

/// Sums over a batch of times, of numbers without meaning. Behind the last time they are NaN.
struct Batch {
  int K, M, times;
  std::vector<Complex> sequences, phase;
  std::vector<TimeEntry> time;

  Batch(int momenta, int sites, int count)
      : K(momenta),
        M(sites),
        times(count),
        sequences(some(densities * 4 * capacity() * M)),
        phase(some(capacity() * M)) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    for (int t = 0; t < times; ++t) time.push_back({0, t, 0, 0.1 + 0.01 * t});
    time.push_back({0, times, 0, nan});
    const int lines = capacity() * 2 * M;
    for (int i = 0; i < 2 * M; ++i)
      for (int half = 0; half < 2 * densities; ++half)
        sequences[(half + 1) * lines - 1 - i] = {nan, nan};
    for (int i = times * M; i < capacity() * M; ++i) phase[i] = {nan, nan};
  }
  int capacity() const { return times + 1; }

  static std::vector<Complex> some(int count) {
    std::vector<Complex> values;
    for (int i = 0; i < count; ++i)
      values.push_back({std::sin(1.3 * i + 0.01 * i * (i % 7)), std::cos(0.7 * i)});
    return values;
  }
};

struct Matrices {
  std::vector<double> P, Q, R, S;
  explicit Matrices(const Batch& batch, int count = densities, double before = 0.5)
      : P(count * batch.K * batch.M, before), Q(P), R(P), S(P) {}
  AddTimes add(const Batch& b, bool first = false) {
    return {b.sequences.data(), b.phase.data(), b.time.data(), P.data(), Q.data(),
            R.data(),           S.data(),       b.K,           b.M,      b.times,
            b.capacity(),       first};
  }
  /// The first densities only.
  Matrices of(int count) const {
    Matrices part = *this;
    for (std::vector<double>* sums : {&part.P, &part.Q, &part.R, &part.S})
      sums->resize(sums->size() / densities * count);
    return part;
  }
  double difference(const Matrices& other) const {
    double largest = 0;
    for (const auto sums : {&Matrices::P, &Matrices::Q, &Matrices::R, &Matrices::S})
      for (std::size_t i = 0; i < P.size(); ++i) {
        const double x = std::abs((this->*sums)[i] - (other.*sums)[i]);
        if (!(x <= largest)) largest = x;
        if (std::isnan(largest)) return largest;
      }
    return largest;
  }
};

Matrices by_stage(const Batch& batch, double before = 0.5, bool first = false) {
  Matrices result(batch, densities, before);
  const AddTimes add = result.add(batch, first);
  for (std::size_t i = 0; i < result.P.size(); ++i) add(i);
  return result;
}

template <int group, class B>
Matrices by_products(const Batch& batch, B& blk, int count = densities, double before = 0.5,
                     bool first = false) {
  Matrices result(batch, count, before);
  const AddTimesAsProducts<Sign::plus, group> sums{result.add(batch, first), count};
  const AddTimesAsProducts<Sign::minus, group> differences{result.add(batch, first), count};
  for (int i = 0; i < sums.blocks(); ++i) sums(blk, i);
  for (int i = 0; i < differences.blocks(); ++i) differences(blk, i);
  return result;
}

constexpr int most = 8;  // in a group
constexpr int lanes = AddTimesAsProducts<Sign::plus, most>::lanes;

/// A piece for every block.
template <int group = most>
std::size_t bytes(const Batch& batch) {
  Matrices none(batch);
  const AddTimesAsProducts<Sign::plus, group> sums{none.add(batch), densities};
  return 2 * sums.blocks() * sums.shared_bytes();
}

/// f(group), for all of them.
template <class F>
void for_each_group(const F& f) {
  std::set<int> met;
  for (int count = 1; count < 100; ++count)
    with_group(count, [&](auto group) {
      if (met.insert(group).second) f(group);
    });
}

TEST(JacobianProducts, AddWhatTheStageAdds) {
  // Blocks that end with the grid and blocks that do not, one and several for the momenta, one site
  // per momentum and many, numbers of times that are no multiple of what is loaded at once.
  for (const Batch& batch : {Batch(16, 128, 5), Batch(8, 64, 4), Batch(70, 70, 3), Batch(6, 6, 1),
                             Batch(12, 36, 6), Batch(130, 260, 2), Batch(8, 24, 9)}) {
    block::SerialBlock blk(lanes, bytes(batch));
    const Matrices exact = by_stage(batch);
    // Four products of numbers up to 2 in a row of sums, in another order.
    const double bound = 4 * 4 * batch.times * 8 * std::numeric_limits<double>::epsilon();
    EXPECT_LT(by_products<most>(batch, blk).difference(exact), bound) << batch.K << ", " << batch.M;
  }
}

TEST(JacobianProducts, BitsDoNotDependOnTheNumberOfDensities) {
  const Batch batch(16, 64, 5);
  block::SerialBlock all(lanes, bytes(batch));
  const Matrices together = by_products<most>(batch, all);
  for (const int count : {1, 8, 9}) {
    block::SerialBlock blk(lanes, bytes(batch));
    EXPECT_EQ(by_products<most>(batch, blk, count).difference(together.of(count)), 0) << count;
  }
}

TEST(JacobianProducts, BitsDoNotDependOnTheGroup) {
  const Batch batch(16, 64, 5);
  block::SerialBlock all(lanes, bytes(batch));
  const Matrices together = by_products<most>(batch, all);
  for_each_group([&](auto group) {
    block::SerialBlock blk(lanes, bytes<group>(batch));
    EXPECT_EQ(by_products<group>(batch, blk).difference(together), 0) << group;
  });
}

TEST(JacobianProducts, GroupsNeedNoMoreBlocksThanEights) {
  for (int count = 1; count <= 100; ++count)
    with_group(count, [&](auto group) {
      const int groups = (count + group - 1) / group;
      EXPECT_EQ(groups, (count + most - 1) / most) << count;
      // Little is computed for nobody.
      const int spare = groups * group - count;
      EXPECT_LT(spare, count > 2 * most ? 0.2 * groups * group : 6) << count;
    });
  with_group(1, [](auto group) { EXPECT_EQ(group, 1); });
  with_group(41, [](auto group) { EXPECT_EQ(group, 7); });
}

TEST(JacobianProducts, TheFirstBatchBeginsWithZero) {
  const Batch batch(16, 64, 5);
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(by_stage(batch, nan, true).difference(by_stage(batch, 0)), 0);
  block::SerialBlock zeros(lanes, bytes(batch)), blk(lanes, bytes(batch));
  const Matrices on_zeros = by_products<most>(batch, zeros, densities, 0);
  EXPECT_EQ(by_products<most>(batch, blk, densities, nan, true).difference(on_zeros), 0);
}

using Checked = block::DropSync<block::CheckedBlock>;

template <int group>
void expect_no_hazards() {
  for (const Batch& batch : {Batch(16, 32, 9), Batch(70, 70, 3), Batch(8, 8, 1)}) {
    Checked blk(lanes, bytes<group>(batch));
    by_products<group>(batch, blk);
    EXPECT_EQ(blk.hazards().count(), 0) << group << ": " << blk.hazards().text();
  }
}

TEST(JacobianProducts, HaveNoHazards) {
  // Every lane brings a number of a sequence, or few do.
  expect_no_hazards<most>();
  expect_no_hazards<1>();
}

TEST(JacobianProducts, NeedEveryBarrier) {
  // Places are used twice, so that there is a barrier of every kind.
  const Batch batch(8, 8, 12);
  Checked intact(lanes, bytes(batch));
  by_products<most>(batch, intact);
  ASSERT_GT(intact.seen, 0);
  ASSERT_EQ(intact.hazards().count(), 0) << intact.hazards().text();
  for (int which = 0; which < intact.seen; ++which) {
    Checked blk(lanes, bytes(batch), which);
    by_products<most>(batch, blk);
    EXPECT_GT(blk.hazards().count(), 0) << "without barrier " << which;
  }
}

TEST(JacobianProducts, OnThreadsGiveTheSameBits) {
  const Batch batch(8, 16, 12);
  const auto run = [&](int threads) {
    Matrices result(batch);
    const AddTimesAsProducts<Sign::plus, most> sums{result.add(batch), densities};
    block::run_threads(lanes, threads, sums.shared_bytes(),
                       [&](block::ThreadBlock& blk) { sums(blk, 0); });
    return result;
  };
  EXPECT_EQ(run(3).difference(run(1)), 0);
}

}  // namespace
}  // namespace kapitza::staged
