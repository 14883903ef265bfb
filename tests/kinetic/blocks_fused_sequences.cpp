// SPDX-License-Identifier: BSD-3-Clause
//
// The sequences of the Jacobian as a block algorithm: against literal sums, barriers, mutants,
// threads. Jacobians that are made of them are compared with the CPU backend's in
// tests/kinetic/blocks_staged_collision.cpp.
#include <algorithm>
#include <cmath>
#include <complex>
#include <gtest/gtest.h>
#include <numbers>
#include <vector>

#include "kernels/device/block/fft_tables.hpp"
#include "kernels/kinetic/staged/fused_sequences.hpp"
#include "tests/support/checked_block.hpp"
#include "tests/support/drop_sync.hpp"
#include "tests/support/thread_block.hpp"

namespace kapitza::staged {
namespace {

using Checked = block::DropSync<block::CheckedBlock>;
using Wide = std::complex<long double>;

constexpr int M = 128, times = 3, capacity = 4, densities = 2;
using Algorithm = MakeSequences<block::StockhamIndex<M, double>, 2>;
constexpr int lanes = Algorithm::lanes;

/// Two densities and three times in two chunks, of numbers without meaning.
struct Batch {
  std::vector<Complex> fine = some(densities * M), start = some(2 * M), offset = some(2 * M);
  std::vector<Complex> twiddles = block::stockham_twiddles<double>(M);
  std::vector<ChannelRates> rates{{{0.7, 0.4}, 0}, {{0.2, 0.9}, 0}};
  std::vector<TimeEntry> time{{0, 0, 1, 1}, {0, 1, 1, 1}, {1, 0, 1, 1}};

  static std::vector<Complex> some(int count) {
    std::vector<Complex> values;
    for (int i = 0; i < count; ++i)
      values.push_back({0.1 * (1.5 + std::sin(i + count)), 0.1 * std::cos(3 * i)});
    return values;
  }

  /// What Block number i makes, in otherwise empty memory.
  template <class B>
  std::vector<Complex> sequences(B& blk, int i) const {
    std::vector<Complex> all(densities * 4 * capacity * M);
    const Algorithm algorithm{{fine.data(), rates.data(), start.data(), offset.data(), time.data(),
                               twiddles.data(), all.data(), times, capacity}};
    algorithm(blk, i);
    return all;
  }
};

Wide wide(Complex z) { return {z.re, z.im}; }

std::vector<Wide> transform(const std::vector<Wide>& x) {
  std::vector<Wide> X(M);
  for (int q = 0; q < M; ++q)
    for (int r = 0; r < M; ++r)
      X[q] += x[r] * std::polar(1.0L, 2 * std::numbers::pi_v<long double> * (q * r % M) / M);
  return X;
}

/// Lines by sums over all sites in wider numbers; the derivatives between them are tested where
/// they are defined.
struct Literal {
  std::vector<Wide> alpha, beta, gamma, delta;

  Literal(const Batch& batch, int x, int t) {
    const TimeEntry& time = batch.time[t];
    std::vector<Wide> f(M), h(M);
    for (int r = 0; r < M; ++r) {
      const Wide phase =
          wide(batch.start[time.chunk * M + r]) * wide(batch.offset[time.offset * M + r]);
      f[r] = phase * static_cast<long double>(batch.fine[x * M + r].re);
      h[r] = phase * static_cast<long double>(batch.fine[x * M + r].im);
    }
    f = transform(f);
    h = transform(h);
    const auto channels = batch.rates[x].polynomial<2>();
    for (int j = 0; j < M; ++j) {
      const auto d = kinetic::collision_derivatives(
          channels, Complex{static_cast<double>(f[j].real()), static_cast<double>(f[j].imag())},
          Complex{static_cast<double>(h[j].real()), static_cast<double>(h[j].imag())});
      alpha.push_back(wide(d.alpha));
      beta.push_back({d.beta, 0});
      gamma.push_back(wide(d.gamma));
      delta.push_back(wide(d.delta));
    }
    for (std::vector<Wide>* sequence : {&alpha, &beta, &gamma, &delta})
      *sequence = transform(*sequence);
  }
};

void expect_near(const Complex* found, const std::vector<Wide>& expected) {
  long double scale = 0;
  for (const Wide& z : expected) scale = std::max(scale, std::abs(z));
  ASSERT_GT(scale, 0);
  for (int q = 0; q < M; ++q) EXPECT_LT(std::abs(wide(found[q]) - expected[q]), 1e-13L * scale);
}

TEST(MakeSequences, OfEveryDensityAndTimeAreLiteral) {
  const Batch batch;
  for (int x = 0; x < densities; ++x)
    for (int t = 0; t < times; ++t) {
      Checked blk(lanes, Algorithm::shared_bytes());
      const std::vector<Complex> all = batch.sequences(blk, x * times + t);
      EXPECT_EQ(blk.hazards().count(), 0) << blk.hazards().text();
      const Literal literal(batch, x, t);
      constexpr int half = 2 * capacity * M;
      const int first = 2 * x * half + 2 * t * M, second = first + half;
      expect_near(all.data() + first, literal.alpha);
      expect_near(all.data() + first + M, literal.beta);
      expect_near(all.data() + second, literal.gamma);
      expect_near(all.data() + second + M, literal.delta);
      // Nobody else's place is touched.
      const auto is_empty = [](Complex z) { return z.re == 0 && z.im == 0; };
      EXPECT_EQ(std::ranges::count_if(all, is_empty), static_cast<long>(all.size()) - 4 * M);
    }
}

TEST(MakeSequences, NeedEveryBarrier) {
  const Batch batch;
  Checked intact(lanes, Algorithm::shared_bytes());
  const auto expected = batch.sequences(intact, 4);
  ASSERT_GT(intact.seen, 10);
  for (int which = 0; which < intact.seen; ++which) {
    Checked checked(lanes, Algorithm::shared_bytes(), which);
    batch.sequences(checked, 4);
    EXPECT_GT(checked.hazards().count(), 0) << "without barrier " << which;
  }
}

TEST(MakeSequences, OnThreadsGiveTheSameBits) {
  const Batch batch;
  const auto sequences = [&](int threads) {
    std::vector<Complex> all(densities * 4 * capacity * M);
    const Algorithm algorithm{{batch.fine.data(), batch.rates.data(), batch.start.data(),
                               batch.offset.data(), batch.time.data(), batch.twiddles.data(),
                               all.data(), times, capacity}};
    block::run_threads(lanes, threads, Algorithm::shared_bytes(),
                       [&](block::ThreadBlock& blk) { algorithm(blk, 1); });
    return all;
  };
  EXPECT_TRUE(sequences(4) == sequences(1));
}

}  // namespace
}  // namespace kapitza::staged
