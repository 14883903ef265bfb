// SPDX-License-Identifier: BSD-3-Clause
// Dense linear algebra against literal sums and matrices whose answers are known exactly.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <gtest/gtest.h>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "kapitza/core/error.hpp"
#include "kapitza/numerics/dense.hpp"

extern "C" [[gnu::weak]] void openblas_set_num_threads(int threads);
extern "C" [[gnu::weak]] int openblas_get_parallel();

namespace kapitza {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

Matrix filled(int rows, int columns, const std::function<double(int, int)>& element) {
  Matrix A(rows, columns);
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j) A(i, j) = element(i, j);
  return A;
}

Matrix random(int rows, int columns, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal;
  return filled(rows, columns, [&](int, int) { return normal(generator); });
}

/// sum_k a(i, k) b(k, j)
Matrix literal(int rows, int inner, int columns, const std::function<double(int, int)>& a,
               const std::function<double(int, int)>& b) {
  return filled(rows, columns, [&](int i, int j) {
    double sum = 0;
    for (int k = 0; k < inner; ++k) sum += a(i, k) * b(k, j);
    return sum;
  });
}

Matrix literal(const Matrix& A, const Matrix& B) {
  return literal(A.rows(), A.columns(), B.columns(), std::cref(A), std::cref(B));
}

/// max |A - B|; infinite where their sizes differ.
double distance(const Matrix& A, const Matrix& B) {
  if (A.rows() != B.rows() || A.columns() != B.columns()) return infinity;
  double most = 0;
  for (int i = 0; i < A.rows(); ++i)
    for (int j = 0; j < A.columns(); ++j) most = std::max(most, std::abs(A(i, j) - B(i, j)));
  return most;
}

/// max |Q^T Q - 1|
double skewness(const Matrix& Q) {
  const Matrix product = literal(
      Q.columns(), Q.rows(), Q.columns(), [&](int i, int k) { return Q(k, i); }, std::cref(Q));
  return distance(product, Matrix::identity(Q.columns(), Q.columns()));
}

/// The sine transform: symmetric, and its own inverse.
Matrix sines(int n) {
  return filled(n, n, [n](int i, int j) {
    return std::sqrt(2.0 / (n + 1)) * std::sin(std::numbers::pi * (i + 1) * (j + 1) / (n + 1));
  });
}

/// Sums of this many terms of order one, each rounded by 2e-16 or less.
constexpr int n = 60;
constexpr double rounding = 2e-14;

// --- matrices ------------------------------------------------------------------------------------

TEST(Matrix, IsStoredColumnAfterColumn) {
  Matrix A = filled(2, 3, [](int i, int j) { return 10 * i + j; });
  EXPECT_TRUE(std::ranges::equal(A.elements(), std::vector<double>{0, 10, 1, 11, 2, 12}));
  EXPECT_TRUE(std::ranges::equal(A.column(1), std::vector<double>{1, 11}));
  A.column(2)[0] = 7;
  EXPECT_EQ(A(0, 2), 7);
  EXPECT_EQ(A.diagonal(), (std::vector<double>{0, 11}));
}

TEST(Matrix, GivesItsParts) {
  const Matrix A = random(5, 4, 1);
  EXPECT_EQ(
      distance(A.block(1, 2, 3, 2), filled(3, 2, [&](int i, int j) { return A(1 + i, 2 + j); })),
      0);
  EXPECT_EQ(distance(A.left(3), filled(5, 3, std::cref(A))), 0);
  EXPECT_EQ(distance(A.right(3), filled(5, 3, [&](int i, int j) { return A(i, 1 + j); })), 0);
  EXPECT_EQ(distance(beside(A.left(1), A.right(3)), A), 0);
  EXPECT_EQ(distance(transposed(A), filled(4, 5, [&](int i, int j) { return A(j, i); })), 0);
  EXPECT_THROW(A.block(3, 0, 3, 1), std::invalid_argument);
}

TEST(Matrix, IsCombinedElementByElement) {
  const Matrix A = random(4, 4, 2), B = random(4, 4, 3);
  const std::vector<double> d{2, -3, 5, 0.5};
  const auto expect = [&](const Matrix& result, const std::function<double(int, int)>& element) {
    EXPECT_LT(distance(result, filled(4, 4, element)), 1e-15);
  };
  expect(A + B, [&](int i, int j) { return A(i, j) + B(i, j); });
  expect(A - B, [&](int i, int j) { return A(i, j) - B(i, j); });
  expect(-3 * A, [&](int i, int j) { return -3 * A(i, j); });
  expect(-A, [&](int i, int j) { return -A(i, j); });
  expect(symmetric_part(A), [&](int i, int j) { return (A(i, j) + A(j, i)) / 2; });
  expect(A + Diagonal(d), [&](int i, int j) { return A(i, j) + (i == j ? d[i] : 0); });
  expect(Diagonal(d) * A, [&](int i, int j) { return d[i] * A(i, j); });
  expect(A * Diagonal(d), [&](int i, int j) { return A(i, j) * d[j]; });
  EXPECT_THROW(A + random(4, 3, 4), std::invalid_argument);
  EXPECT_THROW(Diagonal(d) * random(3, 4, 4), std::invalid_argument);
}

TEST(Product, IsTheSumOverTheInnerIndex) {
  const Matrix A = random(7, n, 5), B = random(n, 4, 6);
  const Matrix expected = literal(A, B);
  EXPECT_LT(distance(A * B, expected), rounding);
  EXPECT_LT(distance(transpose_times(transposed(A), B), expected), rounding);
  EXPECT_LT(distance(times_transpose(A, transposed(B)), expected), rounding);
  EXPECT_EQ(distance(Matrix(3, 0) * Matrix(0, 2), Matrix(3, 2)), 0) << "an empty sum";
  EXPECT_THROW(A * A, std::invalid_argument);
}

// --- Cholesky ------------------------------------------------------------------------------------

/// A = sines diag(1..n) sines: its inverse is known.
Matrix definite() {
  std::vector<double> values;
  for (int i = 1; i <= n; ++i) values.push_back(i);
  return literal(sines(n) * Diagonal(values), sines(n));
}

TEST(Cholesky, GivesALowerTriangleWhoseSquareIsTheMatrix) {
  const Matrix A = definite();
  const Matrix L = Cholesky(A).L();
  EXPECT_LT(distance(literal(L, transposed(L)), A), n * rounding);
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < j; ++i) EXPECT_EQ(L(i, j), 0);
}

TEST(Cholesky, ReadsTheLowerTriangleAlone) {
  const Matrix A = definite();
  Matrix lower = A;
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < j; ++i) lower(i, j) = 1e3;
  EXPECT_EQ(distance(Cholesky(lower).L(), Cholesky(A).L()), 0);
  EXPECT_EQ(Cholesky(lower).reciprocal_condition(), Cholesky(A).reciprocal_condition());
}

TEST(Cholesky, SolvesWithTheMatrixAndWithEachOfItsFactors) {
  const Matrix x = random(n, 3, 7);
  const Matrix A = definite();
  const Cholesky factors(A);
  EXPECT_LT(distance(factors.solve(literal(A, x)), x), n * rounding);
  EXPECT_LT(distance(factors.solve_lower(literal(factors.L(), x)), x), n * rounding);
  EXPECT_LT(distance(factors.solve_upper(literal(transposed(factors.L()), x)), x), n * rounding);
  EXPECT_THROW(factors.solve(Matrix(n + 1, 1)), std::invalid_argument);
}

TEST(Cholesky, RefusesWhatIsNotPositiveDefinite) {
  EXPECT_THROW(Cholesky(filled(2, 2, [](int i, int j) { return i == j ? 1 : 2; })), NumericsError);
  EXPECT_THROW(Cholesky(Matrix(2, 2)), NumericsError) << "semi-definite";
  Matrix A = definite();
  A(n - 1, n - 1) = 0;
  EXPECT_THROW(Cholesky{A}, NumericsError) << "which is found out in the last row";
}

/// The estimate is exact for a diagonal matrix, and for 2 x 2.
TEST(Cholesky, KnowsItsCondition) {
  const std::vector<double> d{1e-7, 3, 0.2, 1e4};
  EXPECT_NEAR(Cholesky(Matrix(4, 4) + Diagonal(d)).reciprocal_condition() / 1e-11, 1, 1e-12);
  // The inverse of (5 2; 2 1) is (1 -2; -2 5): the norms are 7.
  Matrix A(2, 2);
  A(0, 0) = 5;
  A(0, 1) = A(1, 0) = 2;
  A(1, 1) = 1;
  EXPECT_NEAR(Cholesky(A).reciprocal_condition(), 1.0 / 49, 1e-14);
}

// --- orthogonal decompositions -------------------------------------------------------------------

TEST(Qr, MakesAnOrthogonalMatrixAndATriangle) {
  for (const int columns : {0, 1, 7, n}) {
    const Matrix A = random(n, columns, 8);
    const auto [Q, R] = qr(A);
    EXPECT_LT(skewness(Q), rounding);
    EXPECT_EQ(Q.columns(), n);
    EXPECT_LT(distance(literal(Q.left(columns), R), A), rounding);
    for (int j = 0; j < columns; ++j)
      for (int i = j + 1; i < columns; ++i) EXPECT_EQ(R(i, j), 0);
  }
  EXPECT_THROW(qr(Matrix(2, 3)), std::invalid_argument);
}

Matrix product_of(const SVD& parts) {
  return literal(parts.U * Diagonal(parts.values), transposed(parts.V));
}

TEST(Svd, MakesOrthonormalColumnsOnBothSides) {
  for (const auto& [rows, columns] : {std::pair{n, n}, {n, 7}, {7, n}, {1, 1}, {0, 0}}) {
    const Matrix A = random(rows, columns, 9);
    const SVD parts = svd(A);
    EXPECT_EQ(std::ssize(parts.values), std::min(rows, columns));
    EXPECT_LT(skewness(parts.U), rounding);
    EXPECT_LT(skewness(parts.V), rounding);
    EXPECT_LT(distance(product_of(parts), A), n * rounding);
    EXPECT_TRUE(std::ranges::is_sorted(parts.values, std::greater{}));
  }
}

/// A = diag(1 ... 1e-12) sines, or the other way round: graded rows and columns cost no digits, as
/// long as the largest come first.
TEST(Svd, FindsSmallValuesOfGradedRowsAndColumns) {
  std::vector<double> exact;
  for (int i = 0; i < n; ++i) exact.push_back(std::pow(10, -12.0 * i / (n - 1)));
  for (const Matrix& A : {Diagonal(exact) * sines(n), sines(n) * Diagonal(exact)}) {
    const std::vector<double> values = svd(A).values;
    for (int i = 0; i < n; ++i) EXPECT_NEAR(values[i] / exact[i], 1, 1e-12) << i;
  }
}

/// Otherwise they are known as well as the largest.
TEST(Svd, FindsSmallValuesToTheRoundingOfTheLargest) {
  std::vector<double> exact;
  for (int i = 0; i < n; ++i) exact.push_back(std::pow(10, -12.0 * i / (n - 1)));
  Matrix other = sines(n);
  std::ranges::reverse(other.elements());
  const std::vector<double> values = svd(literal(sines(n) * Diagonal(exact), other)).values;
  for (int i = 0; i < n; ++i) EXPECT_NEAR(values[i], exact[i], rounding) << i;
}

// --- what all have in common ---------------------------------------------------------------------

TEST(Decompositions, RefuseWhatIsNotFinite) {
  for (const double bad : {not_a_number, infinity, -infinity})
    for (const int at : {0, n / 2, n - 1}) {
      Matrix A = definite();
      A(at, at / 2) = bad;
      EXPECT_THROW(Cholesky{A}, NumericsError) << bad << ' ' << at;
      EXPECT_THROW(qr(A), NumericsError) << bad << ' ' << at;
      EXPECT_THROW(svd(A), NumericsError) << bad << ' ' << at;
    }
}

std::vector<std::uint64_t> bits(const Matrix& A) {
  std::vector<std::uint64_t> all;
  for (const double x : A.elements()) all.push_back(std::bit_cast<std::uint64_t>(x));
  return all;
}

/// So large that OpenBLAS, left alone, divides it among its threads.
TEST(Decompositions, HaveTheSameBitsHoweverManyThreadsThereAre) {
  if (!openblas_get_parallel || openblas_get_parallel() == 0)
    GTEST_SKIP() << "this LAPACK is no OpenBLAS with threads: nothing can be got wrong here";
  constexpr int large = 260;
  const Matrix A = random(large, large, 10);
  const auto all = [&] {
    const Matrix square = times_transpose(A, A);
    const Cholesky factors(square + Diagonal(std::vector<double>(large, 1.0)));
    return bits(beside(beside(square, factors.solve(A)), beside(qr(A).Q, svd(A).V)));
  };
  for (const int count : {1, 2, 3})
    std::jthread([&, expected = all()] {
      if (openblas_set_num_threads) openblas_set_num_threads(count);
      EXPECT_EQ(all(), expected) << count;
    }).join();
}

}  // namespace
}  // namespace kapitza
