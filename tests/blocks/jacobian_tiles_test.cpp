// SPDX-License-Identifier: BSD-3-Clause
//
// The Jacobian's sums over time in tiles: the bits of the stage, barriers, threads.
#include "kernels/staged/jacobian_tiles.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "kapitza/block/serial_block.hpp"
#include "tests/support/checked_block.hpp"
#include "tests/support/drop_sync.hpp"
#include "tests/support/thread_block.hpp"

namespace kapitza::staged {
namespace {

constexpr int densities = 2;

/// Sums over a batch of times, of numbers without meaning.
struct Batch {
  int K, M, times;
  std::vector<Complex> sequences, phase;
  std::vector<TimeEntry> time;

  Batch(int momenta, int sites, int count)
      : K(momenta),
        M(sites),
        times(count),
        sequences(some(densities * 4 * capacity() * M)),
        phase(some(times * M)) {
    for (int t = 0; t < times; ++t) time.push_back({0, t, 0, 0.1 + 0.01 * t});
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
  std::vector<double> P, Q, R;
  explicit Matrices(const Batch& batch) : P(densities * batch.K * batch.M, 0.5), Q(P), R(P) {}
  AddTimes add(const Batch& b) {
    return {b.sequences.data(),
            b.phase.data(),
            b.time.data(),
            P.data(),
            Q.data(),
            R.data(),
            b.K,
            b.M,
            b.times,
            b.capacity()};
  }
  double difference(const Matrices& other) const {
    double largest = 0;
    for (std::size_t i = 0; i < P.size(); ++i)
      largest = std::max({largest, std::abs(P[i] - other.P[i]), std::abs(Q[i] - other.Q[i]),
                          std::abs(R[i] - other.R[i])});
    return largest;
  }
};

Matrices by_stage(const Batch& batch) {
  Matrices result(batch);
  const AddTimes add = result.add(batch);
  for (std::size_t i = 0; i < result.P.size(); ++i) add(i);
  return result;
}

template <class B>
Matrices by_tiles(const Batch& batch, B& blk) {
  Matrices result(batch);
  const AddTimesInTiles tiles{result.add(batch)};
  for (int i = 0; i < tiles.blocks(densities); ++i) tiles(blk, i);
  return result;
}

std::size_t bytes(const Batch& batch) {
  Matrices none(batch);
  const AddTimesInTiles tiles{none.add(batch)};
  return tiles.blocks(densities) * tiles.shared_bytes();  // a piece for every tile
}

TEST(JacobianTiles, AddWhatTheStageAdds) {
  // Tiles that end with the grid and tiles that do not, one site per momentum and many, an odd
  // number of times.
  for (const Batch& batch :
       {Batch(16, 128, 5), Batch(8, 256, 4), Batch(20, 40, 3), Batch(6, 6, 1), Batch(12, 384, 2)}) {
    block::CheckedBlock blk(AddTimesInTiles::lanes, bytes(batch));
    EXPECT_LT(by_tiles(batch, blk).difference(by_stage(batch)), 1e-13)
        << batch.K << ", " << batch.M;
    EXPECT_EQ(blk.hazards().count(), 0) << blk.hazards().text();
  }
}

TEST(JacobianTiles, NeedEveryBarrier) {
  const Batch batch(8, 128, 5);
  using Checked = block::DropSync<block::CheckedBlock>;
  Checked intact(AddTimesInTiles::lanes, bytes(batch));
  by_tiles(batch, intact);
  for (int which = 0; which < intact.seen; ++which) {
    Checked blk(AddTimesInTiles::lanes, bytes(batch), which);
    by_tiles(batch, blk);
    EXPECT_GT(blk.hazards().count(), 0) << "without barrier " << which;
  }
}

TEST(JacobianTiles, OnThreadsGiveTheSameBits) {
  const Batch batch(8, 128, 5);
  const auto run = [&](int threads) {
    Matrices result(batch);
    const AddTimesInTiles tiles{result.add(batch)};
    block::run_threads(AddTimesInTiles::lanes, threads, tiles.shared_bytes(),
                       [&](block::ThreadBlock& blk) { tiles(blk, 0); });
    return result;
  };
  EXPECT_EQ(run(3).difference(run(1)), 0);
}

}  // namespace
}  // namespace kapitza::staged
