// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/linear/summary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "kapitza/core/digits.hpp"
#include "kapitza/core/error.hpp"
#include "kapitza/kinetic/balance.hpp"
#include "kapitza/model/statistics.hpp"
#include "kapitza/numerics/norms.hpp"

namespace kapitza::linear {
namespace {

Matrix2 sum(const Matrix2& a, double factor, const Matrix2& b) {
  Matrix2 result = b;
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 2; ++j) result[i][j] += factor * a[i][j];
  return result;
}

Matrix2 half(Matrix2 matrix) {
  for (auto& row : matrix)
    for (double& element : row) element /= 2;
  return matrix;
}

/// Every carrier counted with |dn|, in units of what is injected.
double size(const LinearisedCollision& collision, const std::vector<double>& dn_in,
            const std::vector<double>& out) {
  double outgoing = 0, incoming = 0;
  for (std::size_t k = 0; k < out.size(); ++k) {
    outgoing += std::abs(collision.v[k] * out[k]);
    incoming += std::abs(collision.v[k] * dn_in[k]);
  }
  return outgoing / incoming;
}

Point point_at(double Lambda, const Problem& problem, const Response& response) {
  const Modes& modes = response.modes;
  const Scattering scattering = modes.at(Lambda);
  Point point;
  point.Lambda = Lambda;
  point.out = scattering.respond(problem.dn_in);
  point.boundary = modes.boundary_resistance(Lambda);
  point.resistance = sum(modes.bulk_resistance(), Lambda, point.boundary);
  point.balance = current_balance(response.collision, problem.dn_in, point.out);
  point.condition = scattering.condition();
  point.layer = 1 / (modes.spectrum().front() * Lambda);
  point.reflected_size = size(response.collision, problem.dn_in, point.out.reflected);
  point.transmitted_size = size(response.collision, problem.dn_in, point.out.transmitted);
  return point;
}

void require_finite(const Point& point) {
  const auto finite = [](double x) { return std::isfinite(x); };
  if (std::ranges::all_of(point.out.reflected, finite) &&
      std::ranges::all_of(point.out.transmitted, finite) && finite(point.resistance[0][0]) &&
      finite(point.resistance[1][1]) && finite(point.balance) && finite(point.reflected_size))
    return;
  throw NumericsError("Lambda = " + digits(point.Lambda) +
                      ": the result is not finite: Lambda or dn is too large or too small for "
                      "floating point numbers");
}

MilneEnd milne_end(const Problem& problem, const Affinities& line, double misplaced) {
  const double beta = problem.background.beta(), mu = problem.background.mu();
  // Adding zero turns -0 into 0.
  const double dbeta = 0 - line.energy, dmu = (line.number - mu * dbeta) / beta + 0;
  return {dbeta, dmu, misplaced};
}

std::array<std::vector<double>, 2> interior_weights(const LinearisedCollision& collision,
                                                    const Scattering& strong) {
  const auto behind_left = strong.thermal_weights(0), behind_right = strong.thermal_weights(1);
  std::array<std::vector<double>, 2> weights;
  for (std::size_t affinity = 0; affinity < 2; ++affinity)
    for (std::size_t k = 0; k < collision.v.size(); ++k)
      weights[affinity].push_back((collision.v[k] > 0 ? behind_left : behind_right)[affinity][k]);
  return weights;
}

/// The loss rates are those of the collision integral itself, on the finest resolution.
std::vector<double> loss_rates(kinetic::Backend& backend, const kinetic::CollisionModel& model,
                               const Response& response) {
  const auto collision =
      backend.collision(kinetic::CollisionPlan(model, response.resolution.collision));
  kinetic::CollisionBatch batch;
  collision->evaluate(response.collision.n, batch);
  std::vector<double> rates;
  for (std::size_t k = 0; k < batch.gain.size(); ++k)
    rates.push_back(batch.gain[k] / response.collision.n[k]);
  return rates;
}

}  // namespace

double current_balance(const LinearisedCollision& collision, const std::vector<double>& dn_in,
                       const Scattering::Outgoing& out) {
  return largest_of(2, [&](std::size_t which) {
    const bool energy = which == 1;
    double difference = 0, size = 0;
    for (std::size_t k = 0; k < dn_in.size(); ++k) {
      const double weight = std::abs(collision.v[k]) * (energy ? std::abs(collision.E[k]) : 1.0);
      difference += std::copysign(weight, energy ? collision.E[k] : 1.0) *
                    (out.reflected[k] + out.transmitted[k] - dn_in[k]);
      size += weight * std::abs(dn_in[k]);
    }
    return difference / size;
  });
}

double continuum_edge(const LinearisedCollision& collision, const std::vector<double>& loss_rate) {
  double edge = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < loss_rate.size(); ++k)
    edge = std::min(edge, loss_rate[k] / std::abs(collision.v[k]));
  return edge;
}

ThermalReflection thermal_reflection(const LinearisedCollision& c, const std::vector<double>& dn_in,
                                     const std::vector<double>& reflected, int side) {
  const std::size_t K = reflected.size();
  kinetic::MomentSystem system;
  double number = 0, energy = 0;
  for (std::size_t k = 0; k < K; ++k) {
    if (side * c.v[k] < 0) continue;
    const double v = std::abs(c.v[k]);
    system.add(Statistics::weight(c.n[k], v), c.E[k]);
    number += v * reflected[k];
    energy += v * c.E[k] * reflected[k];
  }
  const kinetic::MomentSystem::Line line = system.solve(number, energy);
  ThermalReflection thermal{std::vector<double>(K), 0};
  double elsewhere = 0, all = 0;
  for (std::size_t k = 0; k < K; ++k) {
    if (side * c.v[k] < 0) continue;
    thermal.dn[k] = Statistics::weight(c.n[k]) * line(c.E[k]);
    elsewhere += std::abs(c.v[k] * (reflected[k] - thermal.dn[k]));
    all += std::abs(c.v[k] * reflected[k]);
  }
  thermal.misplaced = size(c, dn_in, reflected) > 1e-12 && all > 0 ? elsewhere / (2 * all) : 0;
  return thermal;
}

Summary summarise(kinetic::Backend& backend, const Problem& problem, const Response& response) {
  const LinearisedCollision& collision = response.collision;
  Summary summary;
  summary.loss_rate = loss_rates(backend, problem.model, response);
  summary.continuum_edge = continuum_edge(collision, summary.loss_rate);
  for (const double Lambda : problem.Lambda) {
    summary.points.push_back(point_at(Lambda, problem, response));
    require_finite(summary.points.back());
  }

  const Scattering strong = response.modes.at(Modes::infinity);
  summary.milne = strong.respond(problem.dn_in).reflected;
  ThermalReflection left = thermal_reflection(collision, problem.dn_in, summary.milne, -1);
  const ThermalReflection right = thermal_reflection(collision, problem.dn_in, summary.milne, +1);
  summary.left = milne_end(problem, strong.thermal_part(problem.dn_in, 0), left.misplaced);
  summary.right = milne_end(problem, strong.thermal_part(problem.dn_in, 1), right.misplaced);
  summary.milne_thermal = std::move(left.dn);
  for (std::size_t k = 0; k < right.dn.size(); ++k) summary.milne_thermal[k] += right.dn[k];
  summary.jump = half(response.modes.boundary_resistance(Modes::infinity));
  summary.interior = interior_weights(collision, strong);
  return summary;
}

}  // namespace kapitza::linear
