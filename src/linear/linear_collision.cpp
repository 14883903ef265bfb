// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/linear/linear_collision.hpp"

#include <Eigen/Core>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <utility>

#include "kapitza/core/error.hpp"
#include "kapitza/kinetic/interpolant.hpp"
#include "kapitza/model/statistics.hpp"

namespace kapitza {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using View = Eigen::Map<RowMajor>;
using ConstView = Eigen::Map<const RowMajor>;

CollisionModel with_channels(CollisionModel model, std::vector<int> channels) {
  model.channels = std::move(channels);
  return model;
}

/// The full width at half maximum of a thermal state, in momentum; infinite where n never falls to
/// one half.
double width(const Dispersion& dispersion, const ThermalState& state) {
  const std::vector<double> n = state(dispersion.energy(MomentumGrid{1 << 14}.momenta()));
  const double half = *std::max_element(n.begin(), n.end()) / 2;
  const auto above = std::count_if(n.begin(), n.end(), [&](double x) { return x >= half; });
  const auto points = static_cast<double>(n.size());
  if (above == std::ssize(n)) return std::numeric_limits<double>::infinity();
  return 2 * std::numbers::pi * static_cast<double>(above) / points;
}

/// Who does not move never leaves.
void require_motion(const Dispersion& band, const MomentumGrid& grid) {
  for (const double k : grid.momenta())
    if (std::abs(band.velocity(k)) < 1e-12 * band.max_speed())
      throw InputError("a carrier of the grid, at k = " + std::to_string(k) +
                       ", does not move: choose another number of momenta");
}

Eigen::ArrayXd weights(const std::vector<double>& n) {
  const Eigen::Map<const Eigen::ArrayXd> density(n.data(), std::ssize(n));
  return density.unaryExpr([](double one) { return Statistics::weight(one); });
}

/// J diag(n^2) of an operator at a density.
RowMajor form(CollisionOperator& collision, const std::vector<double>& n) {
  const auto K = static_cast<Eigen::Index>(n.size());
  RowMajor S(K, K);
  collision.jacobian(n, {S.data(), n.size() * n.size()});
  S.array().rowwise() *= weights(n).transpose();
  return S;
}

void store(const RowMajor& from, std::vector<double>& to) {
  to.assign(from.data(), from.data() + from.size());
}

/// 1, E, E^2, E^3 and v times these, orthonormal with the weights n^2; the first two columns span
/// 1 and E.
Eigen::MatrixXd smooth_functions(const LinearCollision& c) {
  // More of them would resolve the zone boundary, where what is computed is least symmetric: with
  // eight, answers were off by as much as with none.
  constexpr int powers = 4;
  const auto K = static_cast<Eigen::Index>(c.n.size());
  const Eigen::Map<const Eigen::ArrayXd> E(c.E.data(), K), v(c.v.data(), K);
  const Eigen::ArrayXd root = weights(c.n).sqrt();
  const Eigen::ArrayXd x = 2 * (E - E.minCoeff()) / (E.maxCoeff() - E.minCoeff()) - 1;
  Eigen::MatrixXd Q(K, 2 * powers);
  Eigen::ArrayXd power = root;
  for (int i = 0; i < powers; ++i, power *= x) {
    Q.col(i) = power;
    Q.col(powers + i) = power * v;
  }
  const Eigen::HouseholderQR<Eigen::MatrixXd> factors(Q);
  Q = factors.householderQ() * Eigen::MatrixXd::Identity(K, 2 * powers);
  return root.inverse().matrix().asDiagonal() * Q;
}

/// The symmetric matrix, even under k -> -k, that does the same to smooth functions as the one
/// computed, and nothing to 1 and E. Between all others the two triangles are averaged.
RowMajor made_exact(const RowMajor& raw, const LinearCollision& c) {
  const Eigen::MatrixXd Q = smooth_functions(c);
  const Eigen::MatrixXd P = weights(c.n).matrix().asDiagonal() * Q;  // P^T Q = 1
  Eigen::MatrixXd Y = raw * Q;
  Eigen::MatrixXd M = Q.transpose() * Y;
  Y -= P * M;
  M = (M + M.transpose()).eval() / 2;
  constexpr int conserved = 2;
  Y.leftCols(conserved).setZero();
  M.leftCols(conserved).setZero();
  M.topRows(conserved).setZero();

  const RowMajor rest = RowMajor::Identity(Q.rows(), Q.rows()) - Q * P.transpose();
  const RowMajor averaged = (raw + raw.transpose()) / 2;
  RowMajor S = rest.transpose() * averaged * rest;
  S += Y * P.transpose() + P * Y.transpose() + P * M * P.transpose();
  const RowMajor symmetric = (S + S.transpose()) / 2;
  return (symmetric + symmetric.reverse()) / 2;
}

}  // namespace

void require_even(const Dispersion& band) {
  // A table has some digits less than a double, and its spline adds rounding.
  for (const double k : MomentumGrid{256}.momenta())
    if (std::abs(band.energy(k) - band.energy(-k)) > 1e-9 * band.bandwidth() ||
        std::abs(band.velocity(k) + band.velocity(-k)) > 1e-9 * band.max_speed())
      throw InputError("linear response needs a band that is even in k, E(-k) = E(k)");
}

void require_resolved(const CollisionModel& model, const ThermalState& state) {
  const int K = model.grid.K;
  if (K % 4 != 0) throw InputError("linear response needs a multiple of 4");
  for (const int momenta : {K, K / 2}) require_motion(model.dispersion, {momenta});
  // Four on half of the grid: its interpolants are then within a per cent of the peak.
  constexpr double least_points = 8;
  const double peak = width(model.dispersion, state);
  const double needed = least_points * 2 * std::numbers::pi / peak;
  if (K < needed)
    throw InputError("too few momenta for a density with a peak of width " + std::to_string(peak) +
                     ": at least " + std::to_string(4 * static_cast<int>(std::ceil(needed / 4))) +
                     " are needed");
}

Lineariser::Lineariser(kinetic::Backend& backend, CollisionModel model, const ThermalState& state)
    : backend_(backend), model_(std::move(model)), state_(state) {
  require_even(model_.dispersion);
  require_motion(model_.dispersion, model_.grid);
  const std::vector<double> k = model_.grid.momenta();
  result_.grid = model_.grid;
  result_.v = model_.dispersion.velocity(k);
  result_.E = model_.dispersion.energy(k);
  result_.n = state_(result_.E);
  sweep_.assign(k.size() * k.size(), 0.0);
  pairs_ = sweep_;
}

void Lineariser::sweep(const Resolution& resolution) {
  std::vector<int> channels = model_.channels;
  std::erase(channels, 2);
  const auto collision =
      backend_.collision(CollisionPlan(with_channels(model_, channels), resolution));
  store(form(*collision, result_.n), sweep_);
}

/// The kernel of the 2 -> 2 collisions is singular on curves that cross the grid: sampled at grid
/// momenta it is symmetric, and a quadrature, only between functions that know nothing of the
/// grid. So its collisions are counted on a finer grid, between the interpolants L of the grid's
/// functions, Eq. (23): S = L^T S_fine L / refinement.
void Lineariser::count_pairs(int refinement, int points) {
  CollisionModel fine = with_channels(model_, {2});
  const int K = model_.grid.K;
  fine.grid = {refinement * K};
  const auto collision = backend_.collision(CollisionPlan(fine, {0, 0, 0, 0, points}));
  const std::vector<double> k = fine.grid.momenta();
  const RowMajor S = form(*collision, state_(fine.dispersion.energy(k)));
  const Interpolant interpolant(model_.dispersion, model_.grid);
  RowMajor L(fine.grid.K, K);
  for (int m = 0; m < fine.grid.K; ++m)
    interpolant.weights(k[m], {&L(m, 0), static_cast<std::size_t>(K)});
  store(L.transpose() * (S * L) / refinement, pairs_);
}

const LinearCollision& Lineariser::operator()(const LinearResolution& resolution) {
  const bool sweeps = model_.has_sweep() && resolution.collision != computed_.collision;
  const bool pairs =
      model_.has_pairs() && (resolution.refinement != computed_.refinement ||
                             resolution.collision.points != computed_.collision.points);
  if (sweeps) sweep(resolution.collision);
  if (pairs) count_pairs(resolution.refinement, resolution.collision.points);
  computed_ = resolution;
  if (!sweeps && !pairs && !result_.S.empty()) return result_;
  const int K = model_.grid.K;
  const RowMajor raw = ConstView(sweep_.data(), K, K) + ConstView(pairs_.data(), K, K);
  const RowMajor S = made_exact(raw, result_);
  result_.change = (S - raw).cwiseAbs().maxCoeff() / S.cwiseAbs().maxCoeff();
  store(S, result_.S);
  return result_;
}

}  // namespace kapitza
