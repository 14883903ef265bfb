// SPDX-License-Identifier: BSD-3-Clause
#include "kernels/device/block/block.hpp"

#include <atomic>
#include <cmath>
#include <gtest/gtest.h>
#include <stdexcept>
#include <vector>

#include "kernels/device/block/serial_block.hpp"
#include "tests/support/checked_block.hpp"
#include "tests/support/thread_block.hpp"

namespace kapitza::block {
namespace {

static_assert(Block<SerialBlock>);
static_assert(Block<CheckedBlock>);
static_assert(Block<ThreadBlock>);

/// out_i = in_{n-1-i}: a value changes lanes twice, through private and through shared memory.
template <Block B>
void reverse(B& blk, const std::vector<int>& in, std::vector<int>& out) {
  const int n = static_cast<int>(in.size());
  typename B::template Private<int, 1> last(blk);
  const auto s = blk.template shared<int>(n);
  blk.each(n, [&](int i) { s.store(i, in[static_cast<std::size_t>(i)]); });
  blk.sync();
  blk.each([&](int lane) { last[lane][0] = s.load(n - 1 - lane); });
  blk.each(n, [&](int i) {
    const bool first_round = i < blk.lanes();
    out[static_cast<std::size_t>(i)] = first_round ? last[i][0] : s.load(n - 1 - i);
  });
}

const std::vector<int> forward = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
const std::vector<int> backward = {11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
constexpr std::size_t bytes = 1024;

TEST(Block, SerialRunsEveryLaneAndIndexOnce) {
  std::vector<int> out(forward.size());
  SerialBlock blk(4, bytes);
  reverse(blk, forward, out);
  EXPECT_EQ(out, backward);
}

TEST(Block, CheckedAgreesAndFindsNothing) {
  std::vector<int> out(forward.size());
  CheckedBlock blk(4, bytes);
  reverse(blk, forward, out);
  EXPECT_EQ(out, backward);
  EXPECT_EQ(blk.hazards().count(), 0) << blk.hazards().text();
}

TEST(Block, ThreadsAgreeForAnyNumberOfThreads) {
  for (const int threads : {1, 2, 3, 4, 9}) {
    std::vector<int> out(forward.size());
    run_threads(4, threads, bytes, [&](ThreadBlock& blk) { reverse(blk, forward, out); });
    EXPECT_EQ(out, backward) << threads << " threads";
  }
}

TEST(Block, ThreadsReachTheBarrierTogether) {
  constexpr int lanes = 8;
  std::atomic<int> arrived = 0;
  std::atomic<int> early = 0;
  run_threads(lanes, lanes, bytes, [&](ThreadBlock& blk) {
    for (int round = 1; round <= 50; ++round) {
      blk.each([&](int) { ++arrived; });
      blk.sync();
      blk.each([&](int) { early += arrived < lanes * round; });
      blk.sync();
    }
  });
  EXPECT_EQ(arrived, 50 * lanes);
  EXPECT_EQ(early, 0);
}

TEST(Block, UnrollPassesConstants) {
  int sum = 0;
  unroll<4>([&](auto i) {
    constexpr int square = i * i;
    sum += square;
  });
  EXPECT_EQ(sum, 0 + 1 + 4 + 9);
}

TEST(Block, SharedMemoryPiecesAreDisjointAndAligned) {
  alignas(16) std::byte memory[256];
  Arena arena(memory);
  const auto* odd = arena.take<char>(3);
  const auto* wide = arena.take<double>(5);
  EXPECT_EQ(reinterpret_cast<const std::byte*>(odd), memory);
  EXPECT_EQ(reinterpret_cast<const std::byte*>(wide), memory + 16);
  EXPECT_EQ(arena.used(), 16u + 48u);
}

TEST(Block, HostBlocksRefuseMoreSharedMemoryThanTheyHave) {
  SerialBlock serial(4, 64);
  EXPECT_NO_THROW(serial.shared<double>(8));
  EXPECT_THROW(serial.shared<double>(1), std::length_error);
  CheckedBlock checked(4, 64);
  EXPECT_NO_THROW(checked.shared<double>(8));
  EXPECT_THROW(checked.shared<double>(1), std::length_error);
}

TEST(Block, SerialSharedMemoryIsNaNUntilWritten) {
  SerialBlock blk(1, 64);
  EXPECT_TRUE(std::isnan(blk.shared<double>(1).load(0)));
  EXPECT_TRUE(std::isnan(blk.shared<float>(1).load(0)));
}

/// Four lanes, four cells, written by their own lanes and past a barrier.
struct CheckedBlockTest : testing::Test {
  CheckedBlockTest() {
    blk.each([&](int lane) { s.store(lane, lane); });
    blk.sync();
  }
  void expect_only(Hazard hazard, int count) const {
    EXPECT_EQ(blk.hazards().count(hazard), count) << blk.hazards().text();
    EXPECT_EQ(blk.hazards().count(), count) << blk.hazards().text();
  }

  CheckedBlock blk{4, bytes};
  CheckedBlock::Shared<int> s = blk.shared<int>(4);
  int sink = 0;
};

TEST_F(CheckedBlockTest, AllowsAllLanesToReadOneCell) {
  blk.each([&](int) { sink += s.load(0); });
  expect_only(Hazard::read_after_write, 0);
}

TEST_F(CheckedBlockTest, AllowsALaneToReadAndRewriteItsOwnCell) {
  blk.each([&](int lane) { s.store(lane, s.load(lane) + 1); });
  blk.each([&](int lane) { sink += s.load(lane); });
  expect_only(Hazard::write_after_read, 0);
}

TEST_F(CheckedBlockTest, FindsReadAfterWrite) {
  blk.each([&](int lane) { s.store(lane, 0); });
  blk.each([&](int lane) { sink += s.load(3 - lane); });
  expect_only(Hazard::read_after_write, 4);
}

TEST_F(CheckedBlockTest, FindsWriteAfterRead) {
  blk.each([&](int lane) { sink += s.load(3 - lane); });
  blk.each([&](int lane) { s.store(lane, 0); });
  expect_only(Hazard::write_after_read, 4);
}

TEST_F(CheckedBlockTest, FindsWriteAfterReadBehindTheWritersOwnRead) {
  blk.each([&](int) { sink += s.load(0); });
  blk.each([&](int lane) {
    if (lane == 0) s.store(0, 1);
  });
  expect_only(Hazard::write_after_read, 1);
}

TEST_F(CheckedBlockTest, FindsWriteAfterWrite) {
  blk.each([&](int lane) { s.store(lane / 2, lane); });
  expect_only(Hazard::write_after_write, 2);
}

TEST_F(CheckedBlockTest, ABarrierSeparates) {
  blk.each([&](int lane) { s.store(lane, 0); });
  blk.sync();
  blk.each([&](int lane) { sink += s.load(3 - lane); });
  blk.sync();
  blk.each([&](int lane) { s.store(3 - lane, 0); });
  expect_only(Hazard::read_after_write, 0);
}

TEST_F(CheckedBlockTest, KnowsTheLaneInAStridedPhase) {
  const auto more = blk.shared<int>(8);
  blk.each(8, [&](int i) { more.store(i, i); });
  blk.each([&](int lane) { sink += more.load(lane) + more.load(lane + 4); });
  expect_only(Hazard::read_after_write, 0);
}

TEST_F(CheckedBlockTest, FindsUninitialisedReads) {
  const auto fresh = blk.shared<int>(4);
  blk.each([&](int lane) { sink += fresh.load(lane); });
  expect_only(Hazard::uninitialised_read, 4);
}

TEST_F(CheckedBlockTest, FindsAccessesOutOfBounds) {
  blk.each([&](int lane) {
    if (lane == 0) sink += s.load(-1);
    if (lane == 1) s.store(4, 0);
  });
  expect_only(Hazard::out_of_bounds, 2);
}

TEST_F(CheckedBlockTest, FindsUseOfAnotherLanesRegisters) {
  CheckedBlock::Private<int, 2> x(blk);
  blk.each([&](int lane) { x[lane ^ 1][0] = lane; });
  expect_only(Hazard::foreign_private, 4);
}

TEST_F(CheckedBlockTest, FindsAccessesOutsideAPhase) {
  s.store(0, 1);
  expect_only(Hazard::outside_phase, 1);
}

TEST_F(CheckedBlockTest, FindsABarrierInsideAPhase) {
  blk.each([&](int lane) {
    if (lane == 2) blk.sync();
  });
  expect_only(Hazard::barrier_inside_phase, 1);
}

TEST_F(CheckedBlockTest, DescribesTheFirstHazards) {
  blk.each([&](int lane) { s.store(2, lane); });
  EXPECT_EQ(blk.hazards().text(),
            "3 hazards\n"
            "  write after write: cell 2, epoch 1, lane 1 after lane 0\n"
            "  write after write: cell 2, epoch 1, lane 2 after lane 1\n"
            "  write after write: cell 2, epoch 1, lane 3 after lane 2");
}

}  // namespace
}  // namespace kapitza::block
