// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/linear/modes.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kapitza/core/error.hpp"
#include "kapitza/model/statistics.hpp"
#include "kapitza/numerics/dense.hpp"

namespace kapitza::linear {
namespace {

using Vector = std::vector<double>;

/// The two modes that do not decay come first.
constexpr int still = 2;

// Below 1e-4, two terms of the series are exact to rounding; above 500, exp(-2 x) is zero.

/// x coth x
double x_coth(double x) { return x < 1e-4 ? 1 + x * x / 3 : x / std::tanh(x); }

/// 2 x / sinh 2 x
double x_csch(double x) {
  if (x > 500) return 0;
  return x < 1e-4 ? 1 - 2 * x * x / 3 : 4 * x * std::exp(-2 * x) / -std::expm1(-4 * x);
}

/// cosh z / cosh x and x cosh z / sinh x for |z| <= x, without large exponentials.
double cosh_over_cosh(double z, double x) {
  return (std::exp(std::abs(z) - x) + std::exp(-std::abs(z) - x)) / (1 + std::exp(-2 * x));
}
double cosh_over_sinh(double z, double x) {
  if (x < 1e-4) return 1 + z * z / 2 - x * x / 6;
  return x * (std::exp(std::abs(z) - x) + std::exp(-std::abs(z) - x)) / -std::expm1(-2 * x);
}
/// sinh z / cosh x and sinh z / sinh x
double sinh_over_cosh(double z, double x) {
  const double size = std::exp(std::abs(z) - x) * -std::expm1(-2 * std::abs(z));
  return std::copysign(size / (1 + std::exp(-2 * x)), z);
}
double sinh_over_sinh(double z, double x) {
  const double size = std::exp(std::abs(z) - x) * std::expm1(-2 * std::abs(z));
  return std::copysign(size / std::expm1(-2 * x), z);
}

[[noreturn]] void refuse_indefinite() {
  throw NumericsError(
      "the linearised collision integral is not negative definite, or too large or too small for "
      "floating point numbers: it is not resolved; more momenta or a longer T may help");
}

Cholesky factors_of(Matrix A) {
  try {
    return Cholesky(std::move(A));
  } catch (const NumericsError&) {
    refuse_indefinite();
  }
}

Vector inverse_of(const Vector& diagonal) {
  return mapped(diagonal, [](double d) { return 1 / d; });
}
/// Of two rows and two columns.
Matrix inverse_of(const Matrix& A) {
  Matrix adjugate(2, 2);
  adjugate(0, 0) = A(1, 1);
  adjugate(0, 1) = -A(0, 1);
  adjugate(1, 0) = -A(1, 0);
  adjugate(1, 1) = A(0, 0);
  return 1 / (A(0, 0) * A(1, 1) - A(0, 1) * A(1, 0)) * adjugate;
}

Matrix2 as_matrix2(const Matrix& A) {
  return {{{A(0, 0), (A(0, 1) + A(1, 0)) / 2}, {(A(0, 1) + A(1, 0)) / 2, A(1, 1)}}};
}

/// What a matrix that is even under k -> -k does to even and to odd functions, on the half k > 0.
struct Parity {
  Parity(std::span<const double> A, int K) : even(K / 2, K / 2), odd(even) {
    const int size = K / 2;
    for (int j = 0; j < size; ++j)
      for (int i = 0; i < size; ++i) {
        const double same = A[(size + j) * K + size + i],
                     opposite = A[(size - 1 - j) * K + size + i];
        even(i, j) = same + opposite;
        odd(i, j) = same - opposite;
      }
  }
  Matrix even, odd;
};

/// F with A = F^T F for a positive semi-definite A, whose null space is given.
Matrix semidefinite_factor(const Matrix& A, const Matrix& null_space) {
  const Vector scale = mapped(A.diagonal(), [](double a) { return std::sqrt(std::abs(a)); });
  const Vector inverse = inverse_of(scale);
  const Matrix range = qr(Diagonal(scale) * null_space).Q.right(A.rows() - null_space.columns());
  const Matrix rows = transpose_times(range, Diagonal(inverse) * A * Diagonal(inverse));
  return factors_of(rows * range).solve_lower(rows) * Diagonal(scale);
}

/// The columns in the opposite order: of singular values, the smallest first.
Matrix ascending(const Matrix& V) {
  Matrix turned(V.rows(), V.columns());
  for (int j = 0; j < V.columns(); ++j)
    std::ranges::copy(V.column(V.columns() - 1 - j), turned.column(j).begin());
  return turned;
}

}  // namespace

/// Eq. (24) on the half k > 0, h = e + o split into its even and odd part. Every column j of Phi
/// and Odd belongs to a mode: e = Phi_j, o = nu_j Odd_j, with D Odd the dual basis of Phi:
/// Phi^T D Odd = 1.
struct Modes::Parts {
  explicit Parts(const LinearisedCollision& collision);

  int half() const { return Phi.rows(); }
  int at(int i) const { return half() + i; }          ///< of momentum i > 0 among all
  int mirror(int i) const { return half() - 1 - i; }  ///< of its opposite

  Vector weight;    ///< n^2
  Vector flow;      ///< |D|, D = v n^2
  Vector sign;      ///< of v
  Matrix Phi, Odd;  ///< K/2 x K/2
  Matrix G;         ///< Phi^T |D| Phi
  Vector nu;        ///< ascending, with two zeros
  Matrix thermal;   ///< (1, E) = Phi_still thermal
  Vector spectrum;
};

/// v n^2 turns even functions into odd ones and back:
///
///   D e' = -Lambda S_o o,      D o' = -Lambda S_e e
///
/// With S_o = C C^T and S_e = F^T F, o = C^-T b and F e = c this is c' = -Lambda N b and
/// b' = -Lambda N^T c, N = F D^-1 C: nu are the singular values of N, and their squares are never
/// formed. N has two null vectors, C^-1 D (1, E), which are known exactly.
Modes::Parts::Parts(const LinearisedCollision& c) {
  const int K = static_cast<int>(c.n.size()), size = K / 2, decaying = size - still;
  Vector D;
  Matrix conserved(size, still);
  for (int i = 0; i < size; ++i) {
    const double v = c.v[size + i];
    weight.push_back(Statistics::weight(c.n[size + i]));
    D.push_back(v * weight[i]);
    sign.push_back((v > 0) - (v < 0));
    conserved(i, 0) = 1;
    conserved(i, 1) = c.E[size + i];
  }

  const Parity S(c.S, K);
  const Cholesky odd = factors_of(-S.odd);  // which refuses an S that is not finite
  const Matrix F = semidefinite_factor(-S.even, conserved);
  const Matrix DC = Diagonal(inverse_of(D)) * odd.L();

  const QR frame = qr(odd.solve_lower(Diagonal(D) * conserved));
  thermal = frame.R;
  const SVD decays = svd(F * DC * frame.Q.right(decaying));
  const Matrix V = beside(frame.Q.left(still), frame.Q.right(decaying) * ascending(decays.V));
  nu.assign(still, 0.0);
  nu.insert(nu.end(), decays.values.rbegin(), decays.values.rend());

  Phi = DC * V;
  Odd = odd.solve_upper(V);
  flow = mapped(D, [](double d) { return std::abs(d); });
  G = transpose_times(Phi, Diagonal(flow) * Phi);
  spectrum.assign(nu.begin() + still, nu.end());
}

/// What comes in, split by symmetry under the reflection of the whole defect, X -> 1 - X and
/// k -> -k. A column for each problem.
struct Halves {
  Matrix symmetric, antisymmetric;
};

/// A symmetric, positive definite system, scaled to a diagonal of ones.
class Definite {
 public:
  explicit Definite(const Matrix& A)
      : scale_(mapped(A.diagonal(), [](double a) { return 1 / std::sqrt(a); })),
        factors_(factors_of(Diagonal(scale_) * A * Diagonal(scale_))) {}
  Matrix solve(const Matrix& b) const {
    return Diagonal(scale_) * factors_.solve(Diagonal(scale_) * b);
  }
  double condition() const { return 1 / factors_.reciprocal_condition(); }

 private:
  Vector scale_;
  Cholesky factors_;
};

/// The systems of (25) multiplied by kappa = Lambda / (2 + Lambda), so that Lambda = 0 and infinity
/// need no formulae of their own.
struct Scaling {
  // For small Lambda, 1 - rest would lose the digits of kappa.
  explicit Scaling(double strength)
      : Lambda(strength),
        rest(1 / (1 + Lambda / 2)),
        kappa(Lambda < 1 ? Lambda / (2 + Lambda) : 1 - rest) {}

  double x(double nu) const { return nu > 0 ? nu * Lambda / 2 : 0; }
  /// kappa nu coth x
  double antisymmetric_rate(double nu) const {
    return x(nu) > 1 ? kappa * nu / std::tanh(x(nu)) : rest * x_coth(x(nu));
  }

  double Lambda, rest, kappa;  ///< rest = 1 - kappa
};

/// With kappa = Lambda / (2 + Lambda), x = nu Lambda / 2 and b = Phi^T |D| h_in, the amplitudes of
/// the modes at X = 0 are, Eq. (25),
///
///   symmetric        [G + nu tanh x] a = b
///   antisymmetric    [kappa G + (1 - kappa) x coth x] a = kappa b
///
/// where x coth x = 1 for the modes that do not decay. Nothing overflows.
struct Scattering::Parts {
  Parts(std::shared_ptr<const Modes::Parts> of, double strength);

  int half() const { return modes->half(); }
  /// Index among all K momenta: of what enters at either end, in the order of the half k > 0.
  int enters_left(int i) const { return modes->sign[i] > 0 ? modes->at(i) : modes->mirror(i); }
  int enters_right(int i) const { return modes->sign[i] > 0 ? modes->mirror(i) : modes->at(i); }

  Halves split(std::span<const double> dn_in) const;
  Matrix drive(const Matrix& h_in) const {
    return transpose_times(modes->Phi, Diagonal(modes->flow) * h_in);
  }
  /// The part of h that comes back, and the part that crosses.
  Matrix reflected(const Matrix& h_in) const;
  Matrix transmitted(const Matrix& h_in) const;

  std::shared_ptr<const Modes::Parts> modes;
  Scaling scaling;
  Vector x;
  Vector symmetric_rates;  ///< nu tanh x
  std::unique_ptr<const Definite> symmetric, antisymmetric;
};

Scattering::Parts::Parts(std::shared_ptr<const Modes::Parts> of, double strength)
    : modes(std::move(of)), scaling(strength) {
  Vector antisymmetric_rates;
  for (const double nu : modes->nu) {
    x.push_back(scaling.x(nu));
    symmetric_rates.push_back(nu * std::tanh(x.back()));
    antisymmetric_rates.push_back(scaling.antisymmetric_rate(nu));
  }
  symmetric = std::make_unique<Definite>(modes->G + Diagonal(symmetric_rates));
  antisymmetric =
      std::make_unique<Definite>(scaling.kappa * modes->G + Diagonal(antisymmetric_rates));
}

Halves Scattering::Parts::split(std::span<const double> dn_in) const {
  Matrix left(half(), 1), right(half(), 1);
  for (int i = 0; i < half(); ++i) {
    left(i, 0) = dn_in[enters_left(i)] / modes->weight[i];
    right(i, 0) = dn_in[enters_right(i)] / modes->weight[i];
  }
  return {0.5 * (left + right), 0.5 * (left - right)};
}

/// Half the sum of what leaves in both symmetries: o_symmetric and e_antisymmetric are all that is
/// left of it.
Matrix Scattering::Parts::reflected(const Matrix& h_in) const {
  const Matrix b = drive(h_in);
  const Matrix o = modes->Odd * (Diagonal(symmetric_rates) * symmetric->solve(b));
  return scaling.kappa * (modes->Phi * antisymmetric->solve(b)) - Diagonal(modes->sign) * o;
}

/// Half their difference, written as a product: it is as small as it is, not a small difference.
Matrix Scattering::Parts::transmitted(const Matrix& h_in) const {
  const Vector shares = mapped(x, [&](double y) { return scaling.rest * x_csch(y); });
  return modes->Phi * symmetric->solve(Diagonal(shares) * antisymmetric->solve(drive(h_in)));
}

Scattering::Outgoing Scattering::respond(std::span<const double> dn_in) const {
  const Parts& p = *parts_;
  const Halves in = p.split(dn_in);
  const Matrix left = in.symmetric + in.antisymmetric, right = in.symmetric - in.antisymmetric;
  const Matrix reflected = Diagonal(p.modes->weight) * p.reflected(beside(left, right));
  const Matrix transmitted = Diagonal(p.modes->weight) * p.transmitted(beside(left, right));
  Outgoing out{std::vector<double>(dn_in.size()), std::vector<double>(dn_in.size())};
  for (int i = 0; i < p.half(); ++i) {
    // What leaves at the left has the opposite momentum of what enters there.
    out.reflected[p.enters_right(i)] = reflected(i, 0);
    out.reflected[p.enters_left(i)] = reflected(i, 1);
    out.transmitted[p.enters_left(i)] = transmitted(i, 0);
    out.transmitted[p.enters_right(i)] = transmitted(i, 1);
  }
  return out;
}

std::vector<double> Scattering::matrix() const {
  const Parts& p = *parts_;
  const int half = p.half(), K = 2 * half;
  const Matrix unit = Diagonal(inverse_of(p.modes->weight)) * Matrix::identity(half, half);
  const Matrix reflected = Diagonal(p.modes->weight) * p.reflected(unit);
  const Matrix transmitted = Diagonal(p.modes->weight) * p.transmitted(unit);
  Vector S(static_cast<std::size_t>(K) * K);
  for (int out = 0; out < half; ++out)
    for (int in = 0; in < half; ++in) {
      S[p.enters_right(out) * K + p.enters_left(in)] = reflected(out, in);
      S[p.enters_left(out) * K + p.enters_right(in)] = reflected(out, in);
      S[p.enters_left(out) * K + p.enters_left(in)] = transmitted(out, in);
      S[p.enters_right(out) * K + p.enters_right(in)] = transmitted(out, in);
    }
  return S;
}

std::vector<double> Scattering::inside(std::span<const double> dn_in, double X) const {
  const Parts& p = *parts_;
  const Halves in = p.split(dn_in);
  const Matrix a = p.symmetric->solve(p.drive(in.symmetric));
  const Matrix b = p.antisymmetric->solve(p.drive(in.antisymmetric));
  Matrix even(p.half(), 1), odd(p.half(), 1);
  for (int j = 0; j < p.half(); ++j) {
    const double nu = p.modes->nu[j], x = p.x[j], z = x * (1 - 2 * X);
    const double slope = x > 0 ? sinh_over_sinh(z, x) : 1 - 2 * X;
    even(j, 0) = a(j, 0) * cosh_over_cosh(z, x) + p.scaling.kappa * b(j, 0) * slope;
    odd(j, 0) =
        a(j, 0) * nu * sinh_over_cosh(z, x) + p.scaling.rest * b(j, 0) * cosh_over_sinh(z, x);
  }
  const Matrix e = p.modes->Phi * even, o = p.modes->Odd * odd;
  std::vector<double> dn(dn_in.size());
  for (int i = 0; i < p.half(); ++i) {
    dn[p.modes->at(i)] = p.modes->weight[i] * (e(i, 0) + o(i, 0));
    dn[p.modes->mirror(i)] = p.modes->weight[i] * (e(i, 0) - o(i, 0));
  }
  return dn;
}

std::array<std::vector<double>, 2> Scattering::thermal_weights(double X) const {
  const Parts& p = *parts_;
  const Matrix still_modes = Matrix::identity(p.half(), still);
  const Matrix drive = Diagonal(p.modes->flow) * p.modes->Phi;
  const Matrix a = 0.5 * (drive * p.symmetric->solve(still_modes));
  const Matrix b =
      (1 - 2 * X) * p.scaling.kappa / 2 * (drive * p.antisymmetric->solve(still_modes));
  const Matrix to_line = transposed(inverse_of(p.modes->thermal));
  const Vector unit = inverse_of(p.modes->weight);
  const Matrix left = Diagonal(unit) * (a + b) * to_line;
  const Matrix right = Diagonal(unit) * (a - b) * to_line;
  std::array<std::vector<double>, 2> weights;
  for (int row = 0; row < still; ++row) {
    weights[row].resize(2 * p.half());
    for (int i = 0; i < p.half(); ++i) {
      weights[row][p.enters_left(i)] = left(i, row);
      weights[row][p.enters_right(i)] = right(i, row);
    }
  }
  return weights;
}

Affinities Scattering::thermal_part(std::span<const double> dn_in, double X) const {
  const auto [number, energy] = thermal_weights(X);
  return {std::inner_product(dn_in.begin(), dn_in.end(), number.begin(), 0.0),
          std::inner_product(dn_in.begin(), dn_in.end(), energy.begin(), 0.0)};
}

double Scattering::condition() const {
  return std::max(parts_->symmetric->condition(), parts_->antisymmetric->condition());
}

Modes::Modes(const LinearisedCollision& collision)
    : parts_(std::make_shared<const Parts>(collision)) {}

const std::vector<double>& Modes::spectrum() const { return parts_->spectrum; }

Scattering Modes::at(double Lambda) const {
  return Scattering(std::make_shared<const Scattering::Parts>(parts_, Lambda));
}

Matrix2 Modes::bulk_resistance() const {
  const Matrix inverse = inverse_of(parts_->thermal);
  return as_matrix2(parts_->half() * times_transpose(inverse, inverse));
}

/// Of the amplitudes of the modes, those that decay are eliminated, from the same scaled system.
Matrix2 Modes::boundary_resistance(double Lambda) const {
  const Parts& p = *parts_;
  const int decaying = p.half() - still;
  const Scaling scaling(Lambda);
  const Vector rates =
      mapped(p.spectrum, [&](double nu) { return scaling.antisymmetric_rate(nu); });
  const Definite A(scaling.kappa * p.G.block(still, still, decaying, decaying) + Diagonal(rates));
  const Matrix Z = p.G.block(0, 0, still, still) -
                   scaling.kappa * (p.G.block(0, still, still, decaying) *
                                    A.solve(p.G.block(still, 0, decaying, still)));
  const Matrix inverse = inverse_of(p.thermal);
  return as_matrix2(2 * p.half() * times_transpose(inverse * inverse_of(Z), inverse));
}

}  // namespace kapitza::linear
