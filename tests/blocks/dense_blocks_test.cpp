// SPDX-License-Identifier: BSD-3-Clause
//
// Products and inverses of many matrices at once: against the textbook, barriers, threads.
#include "kernels/staged/dense_blocks.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

#include "kapitza/block/serial_block.hpp"
#include "tests/support/checked_block.hpp"
#include "tests/support/drop_sync.hpp"
#include "tests/support/host_device.hpp"
#include "tests/support/thread_block.hpp"

namespace kapitza::staged {
namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

std::vector<double> random(std::size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<double> values(count);
  for (double& v : values) v = engine() / 2147483648.0 - 1;
  return values;
}

// ---- products ----------------------------------------------------------------------------------

struct Shape {
  int rows, columns, inner, count;
};

struct Batch {
  Shape shape;
  std::vector<double> A, B, C;

  explicit Batch(const Shape& s)
      : shape(s),
        A(random(s.count * s.rows * s.inner, 1)),
        B(random(s.count * s.inner * s.columns, 2)),
        C(random(s.count * s.rows * s.columns, 3)) {}

  struct Products {
    Batch* of = nullptr;
    Product operator()(std::size_t i) const {
      const auto [rows, columns, inner, count] = of->shape;
      return {&of->A[i * rows * inner], &of->B[i * inner * columns], &of->C[i * rows * columns]};
    }
  };
  Products products() { return {this}; }

  std::vector<double> literal(double alpha, double beta) const {
    const auto [rows, columns, inner, count] = shape;
    std::vector<double> result = C;
    for (int i = 0; i < count; ++i)
      for (int c = 0; c < columns; ++c)
        for (int r = 0; r < rows; ++r) {
          double sum = 0;
          for (int k = 0; k < inner; ++k)
            sum += A[(i * inner + k) * rows + r] * B[(i * columns + c) * inner + k];
          double& cell = result[(i * columns + c) * rows + r];
          cell = alpha * sum + (beta == 0 ? 0 : beta * cell);
        }
    return result;
  }
};

using Multiply = MultiplyBlocks<Batch::Products>;

template <class Blk>
void multiply_on(Blk& blk, Batch& batch, double alpha, double beta) {
  const auto [rows, columns, inner, count] = batch.shape;
  const Multiply multiply{batch.products(), rows, columns, inner, alpha, beta};
  for (int i = 0; i < multiply.blocks(count); ++i) multiply(blk, i);
}

std::size_t bytes(const Shape& s) {
  const Multiply multiply{{}, s.rows, s.columns, s.inner, 1, 0};
  return multiply.blocks(s.count) * multiply.shared_bytes();
}

TEST(DenseBlocks, MultiplyLikeTheTextbook) {
  for (const Shape& shape :
       {Shape{5, 7, 3, 2}, Shape{64, 64, 16, 1}, Shape{65, 70, 33, 2}, Shape{100, 32, 100, 3}})
    for (const double beta : {0.0, 1.0, -0.5}) {
      Batch batch(shape);
      if (beta == 0) std::fill(batch.C.begin(), batch.C.end(), std::nan(""));
      const std::vector<double> exact = batch.literal(-2, beta);
      block::CheckedBlock blk(Multiply::lanes, bytes(shape));
      multiply_on(blk, batch, -2, beta);
      EXPECT_EQ(blk.hazards().count(), 0) << blk.hazards().text();
      // Sums of `inner` products of numbers up to 1, contracted or not.
      for (std::size_t i = 0; i < exact.size(); ++i)
        ASSERT_NEAR(batch.C[i], exact[i], 2 * eps * (shape.inner + 2) * shape.inner) << i;
    }
}

TEST(DenseBlocks, MultiplyNeedsEveryBarrier) {
  const Shape shape{8, 8, 40, 1};
  using Checked = block::DropSync<block::CheckedBlock>;
  const auto run = [&](Checked& blk) {
    Batch batch(shape);
    multiply_on(blk, batch, 1, 0);
  };
  Checked intact(Multiply::lanes, bytes(shape));
  run(intact);
  ASSERT_GT(intact.seen, 0);
  ASSERT_EQ(intact.hazards().count(), 0) << intact.hazards().text();
  for (int which = 0; which < intact.seen; ++which) {
    Checked blk(Multiply::lanes, bytes(shape), which);
    run(blk);
    EXPECT_GT(blk.hazards().count(), 0) << "without barrier " << which;
  }
}

TEST(DenseBlocks, MultiplyOnThreadsGivesTheSameBits) {
  const auto run = [](int threads) {
    Batch batch({40, 30, 20, 1});
    const Multiply multiply{batch.products(), 40, 30, 20, 1, 0};
    block::run_threads(Multiply::lanes, threads, multiply.shared_bytes(),
                       [&](block::ThreadBlock& blk) { multiply(blk, 0); });
    return batch.C;
  };
  EXPECT_EQ(run(3), run(1));
}

// ---- inverses ----------------------------------------------------------------------------------

struct Inverses {
  std::vector<double> matrices;
  std::vector<int> singular;
};

Inverses invert(std::vector<double> matrices, int K, int count,
                HostDevice::Order order = HostDevice::Order::forwards) {
  HostDevice device(order);
  InvertBlocks<HostDevice> inverse(device, count, K);
  std::vector<int> singular(count, 7);
  double* first = matrices.data();
  inverse([=](std::size_t i) { return first + i * K * K; }, count, singular.data());
  return {matrices, singular};
}

/// max |A A^{-1} - 1| and max |A^{-1} A - 1| of every matrix.
double distance_from_one(const std::vector<double>& A, const std::vector<double>& B, int K) {
  double most = 0;
  for (std::size_t first = 0; first < A.size(); first += K * K)
    for (int r = 0; r < K; ++r)
      for (int c = 0; c < K; ++c) {
        double ab = r == c ? -1 : 0, ba = ab;
        for (int k = 0; k < K; ++k) {
          ab += A[first + k * K + r] * B[first + c * K + k];
          ba += B[first + k * K + r] * A[first + c * K + k];
        }
        for (const double x : {std::abs(ab), std::abs(ba)})
          if (!(x <= most)) most = x;
        if (std::isnan(most)) return most;
      }
  return most;
}

TEST(DenseBlocks, InvertRandomMatrices) {
  // Panels that divide K and panels that do not; condition numbers up to some 1e4.
  for (const int K : {1, 2, 31, 32, 33, 64, 100, 300}) {
    const int count = 3;
    std::vector<double> A = random(count * K * K, K);
    const auto [inverse, singular] = invert(A, K, count);
    EXPECT_EQ(singular, std::vector<int>(count, 0)) << K;
    EXPECT_LT(distance_from_one(A, inverse, K), 1e-9) << K;
  }
}

/// Without exchanges every pivot of these is zero.
TEST(DenseBlocks, InvertPermutations) {
  for (const int K : {5, 40}) {
    std::vector<double> A(K * K), transposed(K * K);
    for (int c = 0; c < K; ++c) {
      const int r = (7 * c + 3) % K;
      A[c * K + r] = transposed[r * K + c] = 1;
    }
    const auto [inverse, singular] = invert(A, K, 1);
    EXPECT_EQ(inverse, transposed) << K;
    EXPECT_EQ(singular[0], 0);
  }
}

/// A small pivot that is taken costs all digits.
TEST(DenseBlocks, TheLargestPivotIsTaken) {
  const int K = 34;
  std::vector<double> A = random(K * K, 5);
  for (int c = 0; c < K; ++c) A[c * K + c] = 1e-17;
  const auto [inverse, singular] = invert(A, K, 1);
  EXPECT_EQ(singular[0], 0);
  EXPECT_LT(distance_from_one(A, inverse, K), 1e-10);
}

TEST(DenseBlocks, SingularMatricesAreTold) {
  const int K = 40, count = 4;
  std::vector<double> A = random(count * K * K, 6);
  for (int r = 0; r < K; ++r) A[K * K + 35 * K + r] = 0;                 // a column of zeros
  A[2 * K * K + 5] = std::numeric_limits<double>::quiet_NaN();           // a NaN
  A[3 * K * K + 39 * K + 39] = std::numeric_limits<double>::infinity();  // an infinity
  EXPECT_EQ(invert(A, K, count).singular, (std::vector<int>{0, 1, 1, 1}));
}

TEST(DenseBlocks, BitsDoNotDependOnOrderOrCompany) {
  const int K = 36;
  const std::vector<double> A = random(3 * K * K, 8);
  const std::vector<double> together = invert(A, K, 3).matrices;
  EXPECT_EQ(invert(A, K, 3, HostDevice::Order::backwards).matrices, together);
  const std::vector<double> last(A.end() - K * K, A.end());
  EXPECT_EQ(invert(last, K, 1).matrices,
            std::vector<double>(together.end() - K * K, together.end()));
}

/// A panel that starts in the middle.
struct PanelBatch {
  static constexpr int K = 309, first = 16, width = 4;  // more rows than lanes
  std::vector<double> A = random(K * K, 9), X = std::vector<double>(width * width);
  std::vector<int> order = std::vector<int>(K), singular = {0};

  PanelBatch() {
    for (int r = 0; r < K; ++r) order[r] = (r * 7) % K;
  }
  PivotPanel panel() {
    return {{A.data(), order.data(), X.data(), nullptr, nullptr, K, first, width, width},
            singular.data()};
  }
};

TEST(DenseBlocks, PivotsNeedEveryBarrier) {
  using Checked = block::DropSync<block::CheckedBlock>;
  const std::size_t bytes = PanelBatch().panel().shared_bytes();
  Checked intact(PivotPanel::lanes, bytes);
  PanelBatch().panel()(intact, 0);
  ASSERT_GT(intact.seen, 0);
  EXPECT_EQ(intact.hazards().count(), 0) << intact.hazards().text();
  for (int which = 0; which < intact.seen; ++which) {
    Checked blk(PivotPanel::lanes, bytes, which);
    PanelBatch().panel()(blk, 0);
    EXPECT_GT(blk.hazards().count(), 0) << "without barrier " << which;
  }
}

TEST(DenseBlocks, PivotsOnThreadsGiveTheSameBits) {
  const auto run = [](int threads) {
    PanelBatch batch;
    const PivotPanel panel = batch.panel();
    block::run_threads(PivotPanel::lanes, threads, panel.shared_bytes(),
                       [&](block::ThreadBlock& blk) { panel(blk, 0); });
    return std::pair(batch.X, batch.order);
  };
  EXPECT_EQ(run(3), run(1));
}

}  // namespace
}  // namespace kapitza::staged
