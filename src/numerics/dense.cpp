// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/numerics/dense.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "kapitza/core/error.hpp"
#include "kapitza/numerics/norms.hpp"

// LAPACK and BLAS are called by their Fortran names, as every one of them has these: a C interface
// would be one more package. The lengths of strings come last, as gfortran passes them.
extern "C" {
using Length = std::size_t;

void dgemm_(const char* transpose_A, const char* transpose_B, const int* rows, const int* columns,
            const int* inner, const double* alpha, const double* A, const int* lda, const double* B,
            const int* ldb, const double* beta, double* C, const int* ldc, Length, Length);
void dtrsm_(const char* side, const char* triangle, const char* transpose, const char* diagonal,
            const int* rows, const int* columns, const double* alpha, const double* A,
            const int* lda, double* B, const int* ldb, Length, Length, Length, Length);
void dpotrf_(const char* triangle, const int* n, double* A, const int* lda, int* info, Length);
void dpocon_(const char* triangle, const int* n, const double* L, const int* ldl,
             const double* norm, double* reciprocal_condition, double* work, int* integer_work,
             int* info, Length);
double dlansy_(const char* norm, const char* triangle, const int* n, const double* A,
               const int* lda, double* work, Length, Length);
void dgeqrf_(const int* rows, const int* columns, double* A, const int* lda, double* tau,
             double* work, const int* work_size, int* info);
void dorgqr_(const int* rows, const int* columns, const int* reflections, double* A, const int* lda,
             const double* tau, double* work, const int* work_size, int* info);
void dgesdd_(const char* job, const int* rows, const int* columns, double* A, const int* lda,
             double* values, double* U, const int* ldu, double* VT, const int* ldvt, double* work,
             const int* work_size, int* integer_work, int* info, Length);

[[gnu::weak]] void openblas_set_num_threads(int threads);
}

namespace kapitza {
namespace {

/// OpenBLAS divides work among as many threads as there are, and rounding with it. Other libraries
/// do not have this function. Where OpenBLAS uses OpenMP, it is the number of the calling thread.
void use_one_thread() {
  thread_local bool done = false;
  if (done || !openblas_set_num_threads) return;
  openblas_set_num_threads(1);
  done = true;
}

void require(bool fit) {
  if (!fit) throw std::invalid_argument("matrices whose sizes do not fit");
}

void require_finite(const Matrix& A) {
  if (!std::isfinite(largest(A.elements())))
    throw NumericsError("a matrix that is to be decomposed has an element that is not finite");
}

/// A negative status says which argument was wrong.
void require_accepted(const char* routine, int info) {
  if (info < 0)
    throw LibraryFailure(routine, "argument " + std::to_string(-info) + " was not accepted");
}

/// The distance of two columns, which must not be zero even if they are.
int stride(const Matrix& A) { return std::max(A.rows(), 1); }

/// call(work, size): asked with a size of -1, LAPACK says which would be best.
template <class Call>
void with_workspace(Call call) {
  double best = 0;
  call(&best, -1);
  const int size = std::max(static_cast<int>(best), 1);
  std::vector<double> work(size);
  call(work.data(), size);
}

enum class As { is, transposed };

Matrix product(const Matrix& A, As a, const Matrix& B, As b) {
  const auto rows = [](const Matrix& M, As as) { return as == As::is ? M.rows() : M.columns(); };
  const auto columns = [](const Matrix& M, As as) { return as == As::is ? M.columns() : M.rows(); };
  const auto letter = [](As as) { return as == As::is ? "N" : "T"; };
  require(columns(A, a) == rows(B, b));
  use_one_thread();
  Matrix C(rows(A, a), columns(B, b));
  const int m = C.rows(), n = C.columns(), inner = rows(B, b);
  const int lda = stride(A), ldb = stride(B), ldc = stride(C);
  const double one = 1, zero = 0;
  dgemm_(letter(a), letter(b), &m, &n, &inner, &one, A.elements().data(), &lda, B.elements().data(),
         &ldb, &zero, C.elements().data(), &ldc, 1, 1);
  return C;
}

/// B becomes L^-1 B or L^-T B.
void solve_triangular(const Matrix& L, As as, Matrix& B) {
  require(L.columns() == B.rows());
  use_one_thread();
  const int n = B.rows(), columns = B.columns(), lda = stride(L), ldb = stride(B);
  const double one = 1;
  dtrsm_("L", "L", as == As::is ? "N" : "T", "N", &n, &columns, &one, L.elements().data(), &lda,
         B.elements().data(), &ldb, 1, 1, 1, 1);
}

}  // namespace

Matrix Matrix::identity(int rows, int columns) {
  Matrix A(rows, columns);
  for (int i = 0; i < std::min(rows, columns); ++i) A(i, i) = 1;
  return A;
}

std::vector<double> Matrix::diagonal() const {
  std::vector<double> values;
  for (int i = 0; i < std::min(rows_, columns_); ++i) values.push_back((*this)(i, i));
  return values;
}

Matrix Matrix::block(int row, int column, int rows, int columns) const {
  require(row >= 0 && row + rows <= rows_ && column >= 0 && column + columns <= columns_);
  Matrix B(rows, columns);
  for (int j = 0; j < columns; ++j)
    std::ranges::copy(this->column(column + j).subspan(row, rows), B.column(j).begin());
  return B;
}

Matrix& Matrix::operator+=(const Matrix& B) {
  require(rows_ == B.rows_ && columns_ == B.columns_);
  std::ranges::transform(elements_, B.elements_, elements_.begin(), std::plus{});
  return *this;
}

Matrix& Matrix::operator-=(const Matrix& B) {
  require(rows_ == B.rows_ && columns_ == B.columns_);
  std::ranges::transform(elements_, B.elements_, elements_.begin(), std::minus{});
  return *this;
}

Matrix& Matrix::operator*=(double factor) {
  for (double& x : elements_) x *= factor;
  return *this;
}

Matrix transposed(const Matrix& A) {
  Matrix T(A.columns(), A.rows());
  for (int j = 0; j < A.columns(); ++j)
    for (int i = 0; i < A.rows(); ++i) T(j, i) = A(i, j);
  return T;
}

Matrix symmetric_part(const Matrix& A) { return 0.5 * (A + transposed(A)); }

Matrix beside(const Matrix& A, const Matrix& B) {
  require(A.rows() == B.rows());
  Matrix both(A.rows(), A.columns() + B.columns());
  std::ranges::copy(A.elements(), both.elements().begin());
  std::ranges::copy(B.elements(), both.elements().begin() + std::ssize(A.elements()));
  return both;
}

Matrix operator+(Matrix A, Diagonal d) {
  require(A.rows() == std::ssize(d.values) && A.columns() == A.rows());
  for (int i = 0; i < A.rows(); ++i) A(i, i) += d.values[i];
  return A;
}

Matrix operator*(Diagonal d, Matrix A) {
  require(A.rows() == std::ssize(d.values));
  for (int j = 0; j < A.columns(); ++j)
    for (int i = 0; i < A.rows(); ++i) A(i, j) *= d.values[i];
  return A;
}

Matrix operator*(Matrix A, Diagonal d) {
  require(A.columns() == std::ssize(d.values));
  for (int j = 0; j < A.columns(); ++j)
    for (double& x : A.column(j)) x *= d.values[j];
  return A;
}

Matrix operator*(const Matrix& A, const Matrix& B) { return product(A, As::is, B, As::is); }
Matrix transpose_times(const Matrix& A, const Matrix& B) {
  return product(A, As::transposed, B, As::is);
}
Matrix times_transpose(const Matrix& A, const Matrix& B) {
  return product(A, As::is, B, As::transposed);
}

Cholesky::Cholesky(Matrix A) : L_(std::move(A)) {
  require(L_.rows() == L_.columns());
  require_finite(L_);
  use_one_thread();
  const int n = L_.rows(), lda = stride(L_);
  std::vector<double> sums(n);
  norm_ = dlansy_("1", "L", &n, L_.elements().data(), &lda, sums.data(), 1, 1);
  int info = 0;
  dpotrf_("L", &n, L_.elements().data(), &lda, &info, 1);
  require_accepted("dpotrf", info);
  if (info > 0) throw NumericsError("a matrix that is to be decomposed is not positive definite");
  for (int j = 0; j < n; ++j) std::ranges::fill(L_.column(j).first(j), 0.0);
  require_finite(L_);
}

Matrix Cholesky::solve_lower(Matrix B) const {
  solve_triangular(L_, As::is, B);
  return B;
}

Matrix Cholesky::solve_upper(Matrix B) const {
  solve_triangular(L_, As::transposed, B);
  return B;
}

double Cholesky::reciprocal_condition() const {
  use_one_thread();
  const int n = L_.rows(), ldl = stride(L_);
  std::vector<double> work(3 * static_cast<std::size_t>(n));
  std::vector<int> integer_work(n);
  double result = 0;
  int info = 0;
  dpocon_("L", &n, L_.elements().data(), &ldl, &norm_, &result, work.data(), integer_work.data(),
          &info, 1);
  require_accepted("dpocon", info);
  return result;
}

QR qr(Matrix A) {
  require(A.columns() <= A.rows());
  require_finite(A);
  use_one_thread();
  const int rows = A.rows(), columns = A.columns(), lda = stride(A);
  std::vector<double> tau(columns);
  int info = 0;
  with_workspace([&](double* work, int size) {
    dgeqrf_(&rows, &columns, A.elements().data(), &lda, tau.data(), work, &size, &info);
  });
  require_accepted("dgeqrf", info);
  QR result{beside(A, Matrix(rows, rows - columns)), A.block(0, 0, columns, columns)};
  for (int j = 0; j < columns; ++j) std::ranges::fill(result.R.column(j).subspan(j + 1), 0.0);
  with_workspace([&](double* work, int size) {
    dorgqr_(&rows, &rows, &columns, result.Q.elements().data(), &lda, tau.data(), work, &size,
            &info);
  });
  require_accepted("dorgqr", info);
  return result;
}

/// Divide and conquer: 2.5 times as fast as the QR iteration of dgesvd for 510 rows, and as
/// accurate in the smallest values, as both begin with the same bidiagonal matrix. Jacobi's
/// rotations (dgejsv) would know the small ones better where rows or columns alone are graded, at 4
/// times the time.
SVD svd(Matrix A) {
  require_finite(A);
  use_one_thread();
  const int rows = A.rows(), columns = A.columns(), count = std::min(rows, columns);
  Matrix U(rows, count), VT(count, columns);
  std::vector<double> values(count);
  std::vector<int> integer_work(8 * static_cast<std::size_t>(count));
  const int lda = stride(A), ldu = stride(U), ldvt = stride(VT);
  int info = 0;
  with_workspace([&](double* work, int size) {
    dgesdd_("S", &rows, &columns, A.elements().data(), &lda, values.data(), U.elements().data(),
            &ldu, VT.elements().data(), &ldvt, work, &size, integer_work.data(), &info, 1);
  });
  require_accepted("dgesdd", info);
  if (info > 0) throw NumericsError("the singular value decomposition did not converge");
  return {std::move(U), std::move(values), transposed(VT)};
}

}  // namespace kapitza
