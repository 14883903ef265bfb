// SPDX-License-Identifier: BSD-3-Clause
//
// Rows of the Jacobian as a block algorithm: against the stages that do the same, barriers,
// mutants, threads.
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "kernels/device/block/fft_tables.hpp"
#include "kernels/kinetic/staged/fused_rows.hpp"
#include "tests/support/checked_block.hpp"
#include "tests/support/drop_sync.hpp"
#include "tests/support/host_device.hpp"
#include "tests/support/thread_block.hpp"

namespace kapitza::staged {
namespace {

using Checked = block::DropSync<block::CheckedBlock>;

constexpr int M = 512, rows = 3;
using Algorithm = TransformRows<block::StockhamIndex<M, double>>;
constexpr int lanes = Algorithm::lanes;

/// Three rows of numbers without meaning, to be added to others.
struct Rows {
  explicit Rows(int momenta) : K(momenta), modes(rows * momenta, Complex{0.5, -1}) {}

  static std::vector<double> some(int count, double step) {
    std::vector<double> values;
    for (int i = 0; i < count; ++i) values.push_back(std::sin(step * i) + 0.3);
    return values;
  }
  PackRows pack() {
    return {P.data(), Q.data(), R.data(), S.data(), n.data(), h.data(), packed.data(), M};
  }
  Algorithm algorithm() {
    return {pack(), shape.data(), twiddles.data(), modes.data(), response.data(), K};
  }

  int K;
  std::vector<double> P = some(rows * M, 1), Q = some(rows * M, 2), R = some(rows * M, 3),
                      S = some(rows * M, 5), n = some(rows, 7), h = some(rows, 11),
                      shape = some(M, 13);
  std::vector<Complex> packed = std::vector<Complex>(rows * M), modes,
                       response = std::vector<Complex>(rows, Complex{2, 3}),
                       twiddles = block::stockham_twiddles<double>(M);
};

/// What the stages make of them.
Rows by_stages(int K) {
  Rows all(K);
  HostDevice device;
  device.each(rows * M, all.pack());
  device.each_block(rows,
                    RespondToKink{all.packed.data(), all.shape.data(), all.response.data(), M});
  std::vector<Complex> fine(rows * M);
  HostDevice::Fft<double>(device, M, rows, Sign::plus)(all.packed.data(), fine.data());
  device.each(rows * K, AddFoldedRows{fine.data(), all.modes.data(), K, M});
  return all;
}

void expect_near(const std::vector<Complex>& found, const std::vector<Complex>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found[i].re, expected[i].re, 1e-10) << i;
    EXPECT_NEAR(found[i].im, expected[i].im, 1e-10) << i;
  }
}

TEST(TransformRows, DoWhatTheStagesDo) {
  for (const int K : {8, 64, 256, M}) {
    const Rows expected = by_stages(K);
    Rows found(K);
    for (int i = 0; i < rows; ++i) {
      Checked blk(lanes, Algorithm::shared_bytes());
      found.algorithm()(blk, i);
      EXPECT_EQ(blk.hazards().count(), 0) << blk.hazards().text();
    }
    expect_near(found.modes, expected.modes);
    expect_near(found.response, expected.response);
  }
}

TEST(TransformRows, NeedEveryBarrier) {
  // With few momenta a mode is read by another lane than stored it; with many, modes are stored
  // where the transform's last numbers are read.
  Rows few(8), many(M);
  Checked intact(lanes, Algorithm::shared_bytes());
  few.algorithm()(intact, 1);
  ASSERT_GT(intact.seen, 5);
  for (int which = 0; which < intact.seen; ++which) {
    int hazards = 0;
    for (Rows* rows_of : {&few, &many}) {
      Checked checked(lanes, Algorithm::shared_bytes(), which);
      rows_of->algorithm()(checked, 1);
      hazards += checked.hazards().count();
    }
    EXPECT_GT(hazards, 0) << "without barrier " << which;
  }
}

TEST(TransformRows, OnThreadsGiveTheSameBits) {
  const auto transformed = [](int threads) {
    Rows all(32);
    block::run_threads(lanes, threads, Algorithm::shared_bytes(),
                       [&](block::ThreadBlock& blk) { all.algorithm()(blk, 2); });
    return all;
  };
  const Rows one = transformed(1), four = transformed(4);
  EXPECT_TRUE(four.modes == one.modes);
  EXPECT_TRUE(four.response == one.response);
}

}  // namespace
}  // namespace kapitza::staged
