// SPDX-License-Identifier: BSD-3-Clause
//
// The fused sweep over auxiliary time as a block algorithm: barriers, mutants, threads. Its numbers
// are compared with the CPU backend's in tests/kinetic/blocks_staged_collision.cpp.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numbers>
#include <string>
#include <vector>

#include "kapitza/numerics/norms.hpp"
#include "kernels/device/block/fft_tables.hpp"
#include "kernels/device/block/serial_block.hpp"
#include "kernels/kinetic/staged/fused_sweep.hpp"
#include "tests/support/checked_block.hpp"
#include "tests/support/drop_sync.hpp"
#include "tests/support/thread_block.hpp"

namespace kapitza::staged {
namespace {

using Checked = block::DropSync<block::CheckedBlock>;
using Serial = block::DropSync<block::SerialBlock>;

/// A chunk of three times, of numbers without meaning.
template <int M, int K>
class Chunk {
 public:
  using Algorithm = SweepChunk<block::StockhamIndex<M, double>, 2>;
  static constexpr int lanes = Algorithm::lanes, times = 3;

  Chunk()
      : fine(some(M, 0.1)),
        start(phases(M, 1.0)),
        offset(phases(M * times, 2.0)),
        grid_start(phases(K, 3.0)),
        grid_offset(phases(K * times, 4.0)),
        twiddles(block::stockham_twiddles<double>(M)),
        roots(block::unit_roots<double>(K)) {}

  Algorithm algorithm(std::vector<double>& partial) const {
    return {{fine.data(), &rates, start.data(), offset.data(), time.data(), &chunk,
             grid_start.data(), grid_offset.data(), twiddles.data(), roots.data(), partial.data(),
             K, 1, 1}};
  }

  std::size_t bytes() const {
    std::vector<double> none;
    return algorithm(none).shared_bytes();
  }

  template <class B>
  std::vector<double> sums(B& blk) const {
    std::vector<double> partial(2 * K);
    algorithm(partial)(blk, 0);
    return partial;
  }

  std::vector<Complex> fine, start, offset, grid_start, grid_offset, twiddles, roots;
  ChannelRates rates{{0.7, 0.4}, 0};
  std::vector<TimeEntry> time{{0, 0, 0.5, 0}, {0, 1, 1.0, 0}, {0, 2, 0.5, 0}};
  ChunkEntry chunk{0, times};

 private:
  static std::vector<Complex> some(int count, double size) {
    std::vector<Complex> values;
    for (int i = 0; i < count; ++i)
      values.push_back({size * (1.5 + std::sin(i)), size * std::cos(3 * i)});
    return values;
  }
  static std::vector<Complex> phases(int count, double turn) {
    std::vector<Complex> values;
    for (int i = 0; i < count; ++i) values.push_back({std::cos(turn * i), std::sin(turn * i)});
    return values;
  }
};

template <class C>
struct FusedSweep : ::testing::Test {};
// Lanes that share a momentum, one momentum per lane, several, and a lattice that is the grid.
using Chunks = ::testing::Types<Chunk<512, 16>, Chunk<256, 32>, Chunk<256, 64>, Chunk<128, 128>>;
TYPED_TEST_SUITE(FusedSweep, Chunks);

TYPED_TEST(FusedSweep, HasNoHazards) {
  const TypeParam chunk;
  Checked blk(TypeParam::lanes, chunk.bytes());
  chunk.sums(blk);
  EXPECT_EQ(blk.hazards().count(), 0) << blk.hazards().text();
}

TEST(FusedSweepOfACoarseGrid, NeedsEveryBarrier) {
  // Eight lanes share a momentum. Elsewhere a lane happens to read again what it has stored itself,
  // and some of the barriers would not be missed.
  const Chunk<1024, 16> chunk;
  Checked intact(chunk.lanes, chunk.bytes());
  const std::vector<double> expected = chunk.sums(intact);
  EXPECT_EQ(intact.hazards().count(), 0) << intact.hazards().text();
  ASSERT_GT(intact.seen, 30);
  for (int which = 0; which < intact.seen; ++which) {
    Checked checked(chunk.lanes, chunk.bytes(), which);
    EXPECT_TRUE(chunk.sums(checked) == expected) << "without barrier " << which;
    EXPECT_GT(checked.hazards().count(), 0) << "without barrier " << which;
  }
}

TYPED_TEST(FusedSweep, OnThreadsGivesTheSameBits) {
  const TypeParam chunk;
  const auto sums = [&](int threads) {
    std::vector<double> partial(2 * chunk.roots.size());
    const auto algorithm = chunk.algorithm(partial);
    block::run_threads(TypeParam::lanes, threads, chunk.bytes(),
                       [&](block::ThreadBlock& blk) { algorithm(blk, 0); });
    return partial;
  };
  EXPECT_TRUE(sums(3) == sums(1));
}

TYPED_TEST(FusedSweep, FeelsEveryTable) {
  const TypeParam chunk;
  Serial blk(TypeParam::lanes, chunk.bytes());
  const std::vector<double> expected = chunk.sums(blk);
  for (const auto table :
       {&TypeParam::fine, &TypeParam::start, &TypeParam::offset, &TypeParam::grid_start,
        &TypeParam::grid_offset, &TypeParam::twiddles, &TypeParam::roots}) {
    TypeParam wrong;
    std::ranges::rotate(wrong.*table, (wrong.*table).begin() + 1);
    Serial other(TypeParam::lanes, chunk.bytes());
    EXPECT_GT(largest_difference(wrong.sums(other), expected), 1e-4);
  }
  TypeParam other_rates, other_weight;
  other_rates.rates.sweep[1] *= 1.1;
  other_weight.time[1].weight *= 1.1;
  for (const TypeParam* wrong : {&other_rates, &other_weight}) {
    Serial other(TypeParam::lanes, chunk.bytes());
    EXPECT_GT(largest_difference(wrong->sums(other), expected), 1e-4);
  }
}

}  // namespace
}  // namespace kapitza::staged
