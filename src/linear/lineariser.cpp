// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/linear/lineariser.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <string>
#include <utility>

#include "kapitza/core/error.hpp"
#include "kapitza/kinetic/interpolant.hpp"
#include "kapitza/model/statistics.hpp"
#include "kapitza/numerics/dense.hpp"
#include "kapitza/numerics/norms.hpp"

namespace kapitza::linear {
namespace {

kinetic::CollisionModel with_channels(kinetic::CollisionModel model, std::vector<int> channels) {
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

std::vector<double> weights(const std::vector<double>& n) {
  return mapped(n, [](double one) { return Statistics::weight(one); });
}

/// J diag(n^2) of an operator at a density.
Matrix form(kinetic::CollisionOperator& collision, const std::vector<double>& n) {
  const int K = static_cast<int>(n.size());
  Matrix J_transposed(K, K);  // J comes row after row
  collision.jacobian(n, J_transposed.elements());
  return transposed(Diagonal(weights(n)) * std::move(J_transposed));
}

void store(const Matrix& from, std::vector<double>& to) {
  to.assign(from.elements().begin(), from.elements().end());
}

/// 1, E, E^2, E^3 and v times these, orthonormal with the weights n^2; the first two columns span
/// 1 and E.
Matrix smooth_functions(const LinearisedCollision& c) {
  // More of them would resolve the zone boundary, where what is computed is least symmetric: with
  // eight, answers were off by as much as with none.
  constexpr int powers = 4;
  const auto [least, greatest] = std::ranges::minmax(c.E);
  const std::vector<double> root = mapped(weights(c.n), [](double w) { return std::sqrt(w); });
  Matrix Q(static_cast<int>(c.n.size()), 2 * powers);
  for (int k = 0; k < Q.rows(); ++k) {
    const double x = 2 * (c.E[k] - least) / (greatest - least) - 1;
    double power = root[k];
    for (int i = 0; i < powers; ++i, power *= x) {
      Q(k, i) = power;
      Q(k, powers + i) = power * c.v[k];
    }
  }
  return Diagonal(mapped(root, [](double r) { return 1 / r; })) * qr(Q).Q.left(2 * powers);
}

/// The symmetric matrix, even under k -> -k, that does the same to smooth functions as the one
/// computed, and nothing to 1 and E. Between all others the two triangles are averaged.
Matrix made_exact(const Matrix& raw, const LinearisedCollision& c) {
  const Matrix Q = smooth_functions(c);
  const Matrix P = Diagonal(weights(c.n)) * Q;  // P^T Q = 1
  Matrix Y = raw * Q;
  Matrix M = transpose_times(Q, Y);
  Y -= P * M;
  M = symmetric_part(M);
  constexpr int conserved = 2;
  for (int j = 0; j < conserved; ++j) {
    std::ranges::fill(Y.column(j), 0.0);
    for (int i = 0; i < M.rows(); ++i) M(i, j) = M(j, i) = 0;
  }

  const Matrix rest = Matrix::identity(Q.rows(), Q.rows()) - times_transpose(Q, P);
  Matrix S = transpose_times(rest, symmetric_part(raw)) * rest;
  S += times_transpose(Y, P) + times_transpose(P, Y) + times_transpose(P * M, P);
  S = symmetric_part(S);
  Matrix mirror_image = S;
  std::ranges::reverse(mirror_image.elements());
  return 0.5 * (S + mirror_image);
}

}  // namespace

void require_even(const Dispersion& band) {
  // A table has some digits less than a double, and its spline adds rounding.
  for (const double k : MomentumGrid{256}.momenta())
    if (std::abs(band.energy(k) - band.energy(-k)) > 1e-9 * band.bandwidth() ||
        std::abs(band.velocity(k) + band.velocity(-k)) > 1e-9 * band.max_speed())
      throw InputError("linear response needs a band that is even in k, E(-k) = E(k)");
}

void require_resolved(const kinetic::CollisionModel& model, const ThermalState& state) {
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

Lineariser::Lineariser(kinetic::Backend& backend, kinetic::CollisionModel model,
                       const ThermalState& state)
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

void Lineariser::sweep(const kinetic::Resolution& resolution) {
  std::vector<int> channels = model_.channels;
  std::erase(channels, 2);
  const auto collision =
      backend_.collision(kinetic::CollisionPlan(with_channels(model_, channels), resolution));
  store(form(*collision, result_.n), sweep_);
}

/// The kernel of the 2 -> 2 collisions is singular on curves that cross the grid: sampled at grid
/// momenta it is symmetric, and a quadrature, only between functions that know nothing of the
/// grid. So its collisions are counted on a finer grid, between the interpolants L of the grid's
/// functions, Eq. (23): S = L^T S_fine L / refinement.
void Lineariser::count_pairs(int refinement, int points) {
  kinetic::CollisionModel fine = with_channels(model_, {2});
  const int K = model_.grid.K;
  fine.grid = {refinement * K};
  const auto collision = backend_.collision(kinetic::CollisionPlan(fine, {0, 0, 0, 0, points}));
  const std::vector<double> k = fine.grid.momenta();
  const Matrix S = form(*collision, state_(fine.dispersion.energy(k)));
  const kinetic::Interpolant interpolant(model_.dispersion, model_.grid);
  Matrix L_transposed(K, fine.grid.K);
  for (int m = 0; m < fine.grid.K; ++m) interpolant.weights(k[m], L_transposed.column(m));
  store(1.0 / refinement * (L_transposed * times_transpose(S, L_transposed)), pairs_);
}

const LinearisedCollision& Lineariser::operator()(const Resolution& resolution) {
  const bool sweeps = model_.has_sweep() && resolution.collision != computed_.collision;
  const bool pairs =
      model_.has_pairs() && (resolution.refinement != computed_.refinement ||
                             resolution.collision.points != computed_.collision.points);
  if (sweeps) sweep(resolution.collision);
  if (pairs) count_pairs(resolution.refinement, resolution.collision.points);
  computed_ = resolution;
  if (!sweeps && !pairs && !result_.S.empty()) return result_;
  Matrix raw(model_.grid.K, model_.grid.K);
  std::ranges::transform(sweep_, pairs_, raw.elements().begin(), std::plus{});
  const Matrix S = made_exact(raw, result_);
  result_.change = largest_difference(S.elements(), raw.elements()) / largest(S.elements());
  store(S, result_.S);
  return result_;
}

}  // namespace kapitza::linear
