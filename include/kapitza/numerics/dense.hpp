// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace kapitza {

/// A matrix, column after column; its elements are zero at first.
class Matrix {
 public:
  Matrix() = default;
  Matrix(int rows, int columns)
      : rows_(rows),
        columns_(columns),
        elements_(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns)) {}
  static Matrix identity(int rows, int columns);

  int rows() const { return rows_; }
  int columns() const { return columns_; }
  double& operator()(int i, int j) { return elements_[start_of(j) + i]; }
  double operator()(int i, int j) const { return elements_[start_of(j) + i]; }
  std::span<double> column(int j) { return elements().subspan(start_of(j), rows_); }
  std::span<const double> column(int j) const { return elements().subspan(start_of(j), rows_); }
  std::span<double> elements() { return elements_; }
  std::span<const double> elements() const { return elements_; }

  // Copies of some of its elements.
  std::vector<double> diagonal() const;
  Matrix block(int row, int column, int rows, int columns) const;
  Matrix left(int columns) const { return block(0, 0, rows_, columns); }
  Matrix right(int columns) const { return block(0, columns_ - columns, rows_, columns); }

  Matrix& operator+=(const Matrix& B);
  Matrix& operator-=(const Matrix& B);
  Matrix& operator*=(double factor);

 private:
  std::size_t start_of(int j) const {
    return static_cast<std::size_t>(j) * static_cast<std::size_t>(rows_);
  }

  int rows_ = 0, columns_ = 0;
  std::vector<double> elements_;
};

Matrix transposed(const Matrix& A);
/// (A + A^T) / 2
Matrix symmetric_part(const Matrix& A);
/// (A B), one beside the other.
Matrix beside(const Matrix& A, const Matrix& B);

inline Matrix operator+(Matrix A, const Matrix& B) { return A += B; }
inline Matrix operator-(Matrix A, const Matrix& B) { return A -= B; }
inline Matrix operator*(double factor, Matrix A) { return A *= factor; }
inline Matrix operator-(Matrix A) { return A *= -1; }

/// A diagonal matrix. The values are not copied.
struct Diagonal {
  explicit Diagonal(std::span<const double> of) : values(of) {}
  std::span<const double> values;
};

Matrix operator+(Matrix A, Diagonal d);
Matrix operator*(Diagonal d, Matrix A);
Matrix operator*(Matrix A, Diagonal d);

/// f of every value, for the elements of diagonal matrices.
template <class F>
std::vector<double> mapped(std::span<const double> values, F f) {
  std::vector<double> results(values.begin(), values.end());
  for (double& x : results) x = f(x);
  return results;
}

Matrix operator*(const Matrix& A, const Matrix& B);
/// A^T B
Matrix transpose_times(const Matrix& A, const Matrix& B);
/// A B^T
Matrix times_transpose(const Matrix& A, const Matrix& B);

// The decompositions throw NumericsError where an element is not finite, and where what they look
// for does not exist or was not found.

/// A = L L^T of a symmetric, positive definite A, of which the lower triangle is read.
class Cholesky {
 public:
  explicit Cholesky(Matrix A);

  const Matrix& L() const { return L_; }
  /// A^-1 B, L^-1 B and L^-T B
  Matrix solve(const Matrix& B) const { return solve_upper(solve_lower(B)); }
  Matrix solve_lower(Matrix B) const;
  Matrix solve_upper(Matrix B) const;
  /// 1 / (|A| |A^-1|) in the norm of the largest column sum, where |A^-1| is estimated.
  double reciprocal_condition() const;

 private:
  double norm_;
  Matrix L_;
};

/// A = Q (R above zeros) of an A with no more columns than rows; Q is square, R upper triangular.
struct QR {
  Matrix Q, R;
};
QR qr(Matrix A);

/// A = U diag(values) V^T, values descending, as many as A has rows or columns, whichever is less.
/// Their errors are those of rounding the largest: what is smaller by sixteen decades is noise.
struct SVD {
  Matrix U;
  std::vector<double> values;
  Matrix V;
};
SVD svd(Matrix A);

}  // namespace kapitza
