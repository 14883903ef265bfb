// SPDX-License-Identifier: BSD-3-Clause
//
// Products and inverses of many matrices at once: against the textbook, barriers, threads.
#include <algorithm>
#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/device/block/serial_block.hpp"
#include "kernels/device/staged/dense_blocks.hpp"
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
    double alpha = 1, beta = 0;
    Product operator()(std::size_t i) const {
      const auto [rows, columns, inner, count] = of->shape;
      return {&of->A[i * rows * inner], &of->B[i * inner * columns], &of->C[i * rows * columns],
              alpha, beta};
    }
  };
  Products products(double alpha, double beta) { return {this, alpha, beta}; }

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
  const Multiply multiply{batch.products(alpha, beta), rows, columns, inner};
  for (int i = 0; i < multiply.blocks(count); ++i) multiply(blk, i);
}

std::size_t bytes(const Shape& s) {
  const Multiply multiply{{}, s.rows, s.columns, s.inner};
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

TEST(DenseBlocks, TwoKindsOfProductsAtOnce) {
  const Shape some{20, 70, 9, 2}, more{20, 70, 9, 3};
  Batch first(some), second(more), first_alone = first, second_alone = second;
  for (Batch* batch : {&second, &second_alone}) batch->A = random(batch->A.size(), 4);
  const Both both{first.products(2, 0), 2, second.products(-1, 1)};
  HostDevice device;
  multiply(device, 5, MultiplyBlocks<decltype(both)>{both, some.rows, some.columns, some.inner});
  for (const auto& [batch, products] : {std::pair(&first_alone, first_alone.products(2, 0)),
                                        std::pair(&second_alone, second_alone.products(-1, 1))})
    multiply(device, batch->shape.count, Multiply{products, some.rows, some.columns, some.inner});
  EXPECT_EQ(first.C, first_alone.C);
  EXPECT_EQ(second.C, second_alone.C);
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
    const Multiply multiply{batch.products(1, 0), 40, 30, 20};
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
  // Panels that divide K and panels that do not, of several sizes; condition numbers up to some
  // 1e4.
  for (const int K : {1, 2, 31, 32, 33, 64, 100, 128, 129, 300, 521}) {
    const int count = K < 500 ? 3 : 1;
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

/// Wherever it lies: in a row that was used before, too.
TEST(DenseBlocks, NoNanIsLost) {
  const int K = 35, count = 2 * K;
  std::vector<double> A = random(count * K * K, 7);
  for (int i = 0; i < count; ++i)
    A[(i * K + i % K) * K + (5 * i + i / K) % K] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(invert(A, K, count).singular, std::vector<int>(count, 1));
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
template <class Pivots>
struct PanelBatch {
  int K, first, width;
  std::vector<double> A, V;
  std::vector<int> order, column, singular = {0};

  PanelBatch(int rows, int before, int columns)
      : K(rows),
        first(before),
        width(columns),
        A(random(static_cast<std::size_t>(K) * (first + width), 9)),
        V(K * Pivots::width),
        order(K, -1),
        column(K, -1) {
    // 7 and K have no factor in common.
    for (int c = 0; c < first; ++c) column[order[c] = (7 * c + 2) % K] = c;
  }
  Pivots pivots() {
    return {
        {A.data(), order.data(), column.data(), V.data(), nullptr, K, first, width, Pivots::width},
        singular.data()};
  }
  double& at(int row, int c) { return A[static_cast<std::size_t>(first + c) * K + row]; }
  void run() {
    const Pivots pivot = pivots();
    block::SerialBlock blk(Pivots::lanes, pivot.shared_bytes());
    pivot(blk, 0);
  }
};

/// Gauss and Jordan by the book, on the rows that were chosen: V, and how much larger than a pivot
/// an unused row's number was.
template <class Pivots>
std::pair<std::vector<double>, double> literal_panel(PanelBatch<Pivots> batch) {
  double most = 0;
  std::vector<bool> used(batch.K);
  for (int c = 0; c < batch.first; ++c) used[batch.order[c]] = true;
  for (int c = 0; c < batch.width; ++c) {
    const int row = batch.order[batch.first + c];
    const double pivot = batch.at(row, c);
    for (int r = 0; r < batch.K; ++r)
      if (!used[r]) most = std::max(most, std::abs(batch.at(r, c) / pivot));
    used[row] = true;
    batch.at(row, c) = 1;
    for (int j = 0; j < batch.width; ++j) batch.at(row, j) /= pivot;
    for (int r = 0; r < batch.K; ++r) {
      if (r == row) continue;
      const double factor = batch.at(r, c);
      batch.at(r, c) = 0;
      for (int j = 0; j < batch.width; ++j) batch.at(r, j) -= factor * batch.at(row, j);
    }
  }
  return {{&batch.at(0, 0), &batch.at(0, 0) + batch.K * batch.width}, most};
}

template <class Pivots>
void expect_panel(int K, int first, int width) {
  SCOPED_TRACE(testing::Message() << K << " rows, " << width << " columns from " << first);
  PanelBatch<Pivots> batch(K, first, width);
  batch.run();
  EXPECT_EQ(batch.singular[0], 0);
  for (int c = 0; c < first + width; ++c) {
    const int row = batch.order[c];
    ASSERT_TRUE(row >= 0 && row < K && batch.column[row] == c) << c;
  }
  EXPECT_EQ(std::count(batch.column.begin(), batch.column.end(), -1), K - first - width);
  const auto [V, most] = literal_panel(batch);
  EXPECT_LT(most, 1 + 1 / 500.0);
  // Blocks of random numbers, far better conditioned than 1e5.
  for (int j = 0; j < K * width; ++j) ASSERT_NEAR(batch.V[j], V[j], 1e-10) << j;
}

TEST(DenseBlocks, PanelsLikeTheTextbook) {
  expect_panel<PivotPanel<128, 1>>(100, 0, 32);
  expect_panel<PivotPanel<128, 1>>(127, 64, 32);
  expect_panel<PivotPanel<128, 1>>(40, 32, 8);
  expect_panel<PivotPanel<128, 1>>(3, 2, 1);
  expect_panel<PivotPanel<256, 1>>(250, 96, 32);
  expect_panel<PivotPanel<512, 1>>(509, 480, 29);
  expect_panel<PivotPanel<512, 2>>(1003, 48, 16);
  expect_panel<PivotPanel<512, 4>>(2047, 16, 8);
  expect_panel<PivotPanel<512, 4>>(1100, 16, 3);
  expect_panel<PivotPanel<512, 8>>(4095, 12, 4);
}

TEST(DenseBlocks, EveryOrderHasAPanel) {
  for (const auto& [K, rows, width] : std::vector<std::array<int, 3>>{{1, 128, 1},
                                                                      {128, 128, 32},
                                                                      {129, 256, 32},
                                                                      {257, 512, 32},
                                                                      {513, 1024, 16},
                                                                      {1025, 2048, 8},
                                                                      {2049, 4096, 4},
                                                                      {4096, 4096, 4}}) {
    EXPECT_EQ(with_panel(K, []<class P>(std::type_identity<P>) { return P::most_rows; }), rows);
    EXPECT_EQ(panel_width(K), width) << K;
  }
  EXPECT_THROW(panel_width(4097), std::length_error);
}

TEST(DenseBlocks, OfEqualPivotsTheFirstIsTaken) {
  PanelBatch<PivotPanel<128, 1>> batch(7, 0, 2);
  const std::vector<double> numbers{0, -2, 2, 1, -2, 1, 0,  //
                                    0, 1,  1, 0, 0,  0, 4};
  batch.A = numbers;
  batch.run();
  EXPECT_EQ(batch.order, (std::vector<int>{1, 6, -1, -1, -1, -1, -1}));
  EXPECT_EQ(batch.singular[0], 0);
  // X is exact in these numbers.
  EXPECT_EQ(batch.V[1], -0.5);
  EXPECT_EQ(batch.V[7 + 1], 0.125);
  EXPECT_EQ(batch.V[6], 0);
  EXPECT_EQ(batch.V[7 + 6], 0.25);
}

/// All rows of the largest panel but the last one are used, and that one is zero.
TEST(DenseBlocks, AZeroInTheVeryLastRowIsTold) {
  const int K = 4096;
  for (const double last : {0.0, 2.0}) {
    PanelBatch<PivotPanel<512, 8>> batch(K, 0, 1);
    for (int r = 0; r < K; ++r) batch.A[r] = r + 1 < K ? 1 : last;
    // Used by panels that are no part of this test.
    for (int r = 0; r + 1 < K; ++r) batch.column[r] = r;
    batch.first = K - 1;
    batch.A.insert(batch.A.begin(), static_cast<std::size_t>(K) * (K - 1), 0.0);
    batch.run();
    EXPECT_EQ(batch.singular[0], last == 0);
    EXPECT_EQ(batch.order[K - 1], K - 1);
  }
}

/// With more rows than lanes, too.
template <class Pivots>
void expect_every_barrier(const PanelBatch<Pivots>& batch) {
  using Checked = block::DropSync<block::CheckedBlock>;
  const auto run = [&](Checked& blk) {
    PanelBatch<Pivots> copy = batch;
    copy.pivots()(blk, 0);
  };
  const std::size_t bytes = Pivots{}.shared_bytes();
  Checked intact(Pivots::lanes, bytes);
  run(intact);
  ASSERT_EQ(intact.seen, 3 * batch.width);
  EXPECT_EQ(intact.hazards().count(), 0) << intact.hazards().text();
  for (int which = 0; which < intact.seen; ++which) {
    Checked blk(Pivots::lanes, bytes, which);
    run(blk);
    EXPECT_GT(blk.hazards().count(), 0) << "without barrier " << which;
  }
}

TEST(DenseBlocks, PivotsNeedEveryBarrier) {
  expect_every_barrier(PanelBatch<PivotPanel<128, 1>>(109, 16, 5));
  expect_every_barrier(PanelBatch<PivotPanel<64, 8>>(309, 16, 4));
}

TEST(DenseBlocks, PivotsOnThreadsGiveTheSameBits) {
  const auto run = [](int threads) {
    PanelBatch<PivotPanel<64, 8>> batch(309, 16, 4);
    const auto pivots = batch.pivots();
    block::run_threads(pivots.lanes, threads, pivots.shared_bytes(),
                       [&](block::ThreadBlock& blk) { pivots(blk, 0); });
    return std::tuple(batch.V, batch.order, batch.column);
  };
  EXPECT_EQ(run(3), run(1));
}

}  // namespace
}  // namespace kapitza::staged
