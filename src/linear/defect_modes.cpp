// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/linear/defect_modes.hpp"

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <Eigen/QR>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "kapitza/core/error.hpp"
#include "kapitza/model/statistics.hpp"

namespace kapitza {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// The two modes that do not decay come first.
constexpr Index still = 2;

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

/// Cholesky's factors.
Eigen::LLT<MatrixXd> factors_of(const MatrixXd& A) {
  Eigen::LLT<MatrixXd> factors(A);
  if (factors.info() != Eigen::Success || !factors.matrixLLT().allFinite()) refuse_indefinite();
  return factors;
}

/// A symmetric, positive definite system, scaled to a diagonal of ones.
class Definite {
 public:
  explicit Definite(const MatrixXd& A)
      : scale_(A.diagonal().cwiseSqrt().cwiseInverse()),
        factors_(factors_of(scale_.asDiagonal() * A * scale_.asDiagonal())) {}
  MatrixXd solve(const MatrixXd& b) const {
    return scale_.asDiagonal() * factors_.solve(scale_.asDiagonal() * b);
  }
  double condition() const { return 1 / factors_.rcond(); }

 private:
  VectorXd scale_;
  Eigen::LLT<MatrixXd> factors_;
};

Matrix2 as_matrix2(const Eigen::Matrix2d& A) {
  return {{{A(0, 0), (A(0, 1) + A(1, 0)) / 2}, {(A(0, 1) + A(1, 0)) / 2, A(1, 1)}}};
}

/// What a matrix that is even under k -> -k does to even and to odd functions, on the half k > 0.
struct Parity {
  explicit Parity(const Eigen::Map<const MatrixXd>& A) {
    const Index size = A.rows() / 2;
    const MatrixXd same = A.bottomRightCorner(size, size);
    const MatrixXd opposite = A.bottomLeftCorner(size, size).rowwise().reverse();
    even = same + opposite;
    odd = same - opposite;
  }
  MatrixXd even, odd;
};

/// F with A = F^T F for a positive semi-definite A, whose null space is given.
MatrixXd semidefinite_factor(const MatrixXd& A, const MatrixXd& null_space) {
  const VectorXd scale = A.diagonal().cwiseAbs().cwiseSqrt(), inverse = scale.cwiseInverse();
  const Eigen::HouseholderQR<MatrixXd> frame(scale.asDiagonal() * null_space);
  const Index rank = A.rows() - null_space.cols();
  const MatrixXd range = MatrixXd(frame.householderQ()).rightCols(rank);
  const MatrixXd rows = range.transpose() * (inverse.asDiagonal() * A * inverse.asDiagonal());
  return factors_of(rows * range).matrixL().solve(rows) * scale.asDiagonal();
}

}  // namespace

/// Eq. (24) on the half k > 0, h = e + o split into its even and odd part. Every column j of Phi
/// and Odd belongs to a mode: e = Phi_j, o = nu_j Odd_j, with D Odd the dual basis of Phi:
/// Phi^T D Odd = 1.
struct DefectModes::Parts {
  explicit Parts(const LinearCollision& collision);

  Index half() const { return D.size(); }
  Index at(Index i) const { return half() + i; }          ///< of momentum i > 0 among all
  Index mirror(Index i) const { return half() - 1 - i; }  ///< of its opposite

  VectorXd weight;          ///< n^2
  VectorXd D;               ///< v n^2
  VectorXd sign;            ///< of v
  MatrixXd Phi, Odd;        ///< K/2 x K/2
  MatrixXd G;               ///< Phi^T |D| Phi
  VectorXd nu;              ///< ascending, with two zeros
  Eigen::Matrix2d thermal;  ///< (1, E) = Phi_still thermal
  std::vector<double> spectrum;
};

/// v n^2 turns even functions into odd ones and back:
///
///   D e' = -Lambda S_o o,      D o' = -Lambda S_e e
///
/// With S_o = C C^T and S_e = F^T F, o = C^-T b and F e = c this is c' = -Lambda N b and
/// b' = -Lambda N^T c, N = F D^-1 C: nu are the singular values of N, and their squares are never
/// formed. N has two null vectors, C^-1 D (1, E), which are known exactly.
DefectModes::Parts::Parts(const LinearCollision& c) {
  const Index K = std::ssize(c.n), size = K / 2, decaying = size - still;
  const Eigen::Map<const VectorXd> n(c.n.data(), K), v(c.v.data(), K), E(c.E.data(), K);
  weight = n.tail(size).unaryExpr([](double one) { return Statistics::weight(one); });
  D = v.tail(size).cwiseProduct(weight);
  sign = D.cwiseSign();
  MatrixXd conserved(size, still);
  conserved << VectorXd::Ones(size), E.tail(size);

  const Parity S(Eigen::Map<const MatrixXd>(c.S.data(), K, K));
  const MatrixXd F = semidefinite_factor(-S.even, conserved);
  const Eigen::LLT<MatrixXd> odd = factors_of(-S.odd);
  const MatrixXd DC = D.cwiseInverse().asDiagonal() * MatrixXd(odd.matrixL());

  const Eigen::HouseholderQR<MatrixXd> frame(odd.matrixL().solve(D.asDiagonal() * conserved));
  const MatrixXd basis = frame.householderQ();
  thermal = frame.matrixQR().topRows(still).triangularView<Eigen::Upper>();
  const Eigen::BDCSVD<MatrixXd> decays(F * DC * basis.rightCols(decaying), Eigen::ComputeFullV);
  MatrixXd V(size, size);
  V << basis.leftCols(still), basis.rightCols(decaying) * decays.matrixV().rowwise().reverse();
  nu = VectorXd::Zero(size);
  nu.tail(decaying) = decays.singularValues().reverse();

  Phi = DC * V;
  Odd = odd.matrixU().solve(V);
  G = Phi.transpose() * D.cwiseAbs().asDiagonal() * Phi;
  spectrum.assign(nu.begin() + still, nu.end());
}

/// What comes in, split by symmetry under the reflection of the whole defect, X -> 1 - X and
/// k -> -k. A column for each problem.
struct Halves {
  MatrixXd symmetric, antisymmetric;
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
  Parts(std::shared_ptr<const DefectModes::Parts> of, double strength);

  Index half() const { return modes->half(); }
  /// Index among all K momenta: of what enters at either end, in the order of the half k > 0.
  Index enters_left(Index i) const { return modes->sign[i] > 0 ? modes->at(i) : modes->mirror(i); }
  Index enters_right(Index i) const { return modes->sign[i] > 0 ? modes->mirror(i) : modes->at(i); }

  Halves split(std::span<const double> dn_in) const;
  MatrixXd drive(const MatrixXd& h_in) const {
    return modes->Phi.transpose() * (modes->D.cwiseAbs().asDiagonal() * h_in);
  }
  /// The part of h that comes back, and the part that crosses.
  MatrixXd reflected(const MatrixXd& h_in) const;
  MatrixXd transmitted(const MatrixXd& h_in) const;

  std::shared_ptr<const DefectModes::Parts> modes;
  Scaling scaling;
  VectorXd x;
  VectorXd symmetric_rates;  ///< nu tanh x
  std::unique_ptr<const Definite> symmetric, antisymmetric;
};

Scattering::Parts::Parts(std::shared_ptr<const DefectModes::Parts> of, double strength)
    : modes(std::move(of)), scaling(strength), x(VectorXd::Zero(half())), symmetric_rates(x) {
  VectorXd antisymmetric_rates(half());
  for (Index j = 0; j < half(); ++j) {
    const double nu = modes->nu[j];
    x[j] = scaling.x(nu);
    symmetric_rates[j] = nu * std::tanh(x[j]);
    antisymmetric_rates[j] = scaling.antisymmetric_rate(nu);
  }
  MatrixXd A = modes->G;
  A.diagonal() += symmetric_rates;
  symmetric = std::make_unique<Definite>(A);
  A = scaling.kappa * modes->G;
  A.diagonal() += antisymmetric_rates;
  antisymmetric = std::make_unique<Definite>(A);
}

Halves Scattering::Parts::split(std::span<const double> dn_in) const {
  VectorXd left(half()), right(half());
  for (Index i = 0; i < half(); ++i) {
    left[i] = dn_in[enters_left(i)] / modes->weight[i];
    right[i] = dn_in[enters_right(i)] / modes->weight[i];
  }
  return {(left + right) / 2, (left - right) / 2};
}

/// Half the sum of what leaves in both symmetries: o_symmetric and e_antisymmetric are all that is
/// left of it.
MatrixXd Scattering::Parts::reflected(const MatrixXd& h_in) const {
  const MatrixXd b = drive(h_in);
  const MatrixXd o = modes->Odd * (symmetric_rates.asDiagonal() * symmetric->solve(b));
  return scaling.kappa * modes->Phi * antisymmetric->solve(b) - modes->sign.asDiagonal() * o;
}

/// Half their difference, written as a product: it is as small as it is, not a small difference.
MatrixXd Scattering::Parts::transmitted(const MatrixXd& h_in) const {
  const VectorXd shares = scaling.rest * x.unaryExpr([](double y) { return x_csch(y); });
  return modes->Phi * symmetric->solve(shares.asDiagonal() * antisymmetric->solve(drive(h_in)));
}

Scattering::Outgoing Scattering::respond(std::span<const double> dn_in) const {
  const Parts& p = *parts_;
  const Halves in = p.split(dn_in);
  MatrixXd both(p.half(), 2);  // from the left, from the right
  both << in.symmetric + in.antisymmetric, in.symmetric - in.antisymmetric;
  const MatrixXd reflected = p.modes->weight.asDiagonal() * p.reflected(both);
  const MatrixXd transmitted = p.modes->weight.asDiagonal() * p.transmitted(both);
  Outgoing out{std::vector<double>(dn_in.size()), std::vector<double>(dn_in.size())};
  for (Index i = 0; i < p.half(); ++i) {
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
  const Index half = p.half(), K = 2 * half;
  const MatrixXd unit = p.modes->weight.cwiseInverse().asDiagonal();
  const MatrixXd reflected = p.modes->weight.asDiagonal() * p.reflected(unit);
  const MatrixXd transmitted = p.modes->weight.asDiagonal() * p.transmitted(unit);
  std::vector<double> S(K * K);
  for (Index out = 0; out < half; ++out)
    for (Index in = 0; in < half; ++in) {
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
  const VectorXd a = p.symmetric->solve(p.drive(in.symmetric));
  const VectorXd b = p.antisymmetric->solve(p.drive(in.antisymmetric));
  VectorXd even(p.half()), odd(p.half());
  for (Index j = 0; j < p.half(); ++j) {
    const double nu = p.modes->nu[j], x = p.x[j], z = x * (1 - 2 * X);
    const double slope = x > 0 ? sinh_over_sinh(z, x) : 1 - 2 * X;
    even[j] = a[j] * cosh_over_cosh(z, x) + p.scaling.kappa * b[j] * slope;
    odd[j] = a[j] * nu * sinh_over_cosh(z, x) + p.scaling.rest * b[j] * cosh_over_sinh(z, x);
  }
  const VectorXd e = p.modes->Phi * even, o = p.modes->Odd * odd;
  std::vector<double> dn(dn_in.size());
  for (Index i = 0; i < p.half(); ++i) {
    dn[p.modes->at(i)] = p.modes->weight[i] * (e[i] + o[i]);
    dn[p.modes->mirror(i)] = p.modes->weight[i] * (e[i] - o[i]);
  }
  return dn;
}

std::array<std::vector<double>, 2> Scattering::thermal_weights(double X) const {
  const Parts& p = *parts_;
  const MatrixXd still_modes = MatrixXd::Identity(p.half(), still);
  const MatrixXd drive = p.modes->D.cwiseAbs().asDiagonal() * p.modes->Phi;
  const MatrixXd a = drive * p.symmetric->solve(still_modes) / 2;
  const MatrixXd b =
      (1 - 2 * X) * p.scaling.kappa * drive * p.antisymmetric->solve(still_modes) / 2;
  const Eigen::Matrix2d to_line = p.modes->thermal.inverse().transpose();
  const MatrixXd left = p.modes->weight.cwiseInverse().asDiagonal() * (a + b) * to_line;
  const MatrixXd right = p.modes->weight.cwiseInverse().asDiagonal() * (a - b) * to_line;
  std::array<std::vector<double>, 2> weights;
  for (Index row = 0; row < still; ++row) {
    weights[row].resize(2 * p.half());
    for (Index i = 0; i < p.half(); ++i) {
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

DefectModes::DefectModes(const LinearCollision& collision)
    : parts_(std::make_shared<const Parts>(collision)) {}

const std::vector<double>& DefectModes::spectrum() const { return parts_->spectrum; }

Scattering DefectModes::at(double Lambda) const {
  return Scattering(std::make_shared<const Scattering::Parts>(parts_, Lambda));
}

Matrix2 DefectModes::bulk_resistance() const {
  const Eigen::Matrix2d inverse = parts_->thermal.inverse();
  return as_matrix2(static_cast<double>(parts_->half()) * inverse * inverse.transpose());
}

/// Of the amplitudes of the modes, those that decay are eliminated, from the same scaled system.
Matrix2 DefectModes::boundary_resistance(double Lambda) const {
  const Parts& p = *parts_;
  const Index decaying = p.half() - still;
  const Scaling scaling(Lambda);
  MatrixXd A = scaling.kappa * p.G.bottomRightCorner(decaying, decaying);
  for (Index j = 0; j < decaying; ++j) A(j, j) += scaling.antisymmetric_rate(p.nu[still + j]);
  const Eigen::Matrix2d Z = p.G.topLeftCorner<still, still>() -
                            scaling.kappa * p.G.topRightCorner(still, decaying) *
                                Definite(A).solve(p.G.bottomLeftCorner(decaying, still));
  const Eigen::Matrix2d inverse = p.thermal.inverse();
  return as_matrix2(2 * static_cast<double>(p.half()) * inverse * Z.inverse() *
                    inverse.transpose());
}

}  // namespace kapitza
