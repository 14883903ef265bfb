// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/defect/slab.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "kapitza/core/error.hpp"
#include "kapitza/model/statistics.hpp"
#include "kapitza/numerics/norms.hpp"

namespace kapitza::defect {
namespace {

bool nearly_equal(double a, double b) {
  return std::abs(a - b) <= 1e-13 * std::max(std::abs(a), std::abs(b));
}

std::vector<double> velocities(const kinetic::CollisionModel& model) {
  return model.dispersion.velocity(model.grid.momenta());
}

Transport make_transport(const Problem& problem, bool mirrored) {
  return {problem.transport, mirrored ? problem.mesh.left_half() : problem.mesh,
          velocities(problem.model), problem.injection, mirrored};
}

/// A state without thermal counterpart has a fit of NaN.
ThermalFit fit_if_any(const std::vector<double>& n, const std::vector<double>& energy,
                      Weights weight = {}) {
  try {
    return thermal_fit(n, energy, weight);
  } catch (const NumericsError&) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    return {{none, none}, none, none};
  }
}

/// |v| of what moves outwards at an end.
std::vector<double> outgoing_weights(const std::vector<double>& velocity, int side) {
  std::vector<double> weight;
  for (double v : velocity) weight.push_back(std::max(0.0, side * v));
  return weight;
}

}  // namespace

bool Problem::is_symmetric() const {
  if (mesh.cells() % 2 != 0) return false;
  const std::vector<double> v = velocities(model);
  const std::vector<double> E = model.dispersion.energy(model.grid.momenta());
  for (std::size_t k = 0, K = v.size(); k < K; ++k) {
    const std::size_t mirror = K - 1 - k;
    if (!nearly_equal(E[k], E[mirror]) || !nearly_equal(v[k], -v[mirror])) return false;
    if (v[k] > 0 && !nearly_equal(injection.left[k], injection.right[mirror])) return false;
  }
  for (std::size_t i = 0; i <= mesh.cells(); ++i)
    if (std::abs(mesh.faces()[i] + mesh.faces()[mesh.cells() - i] - 1) > 1e-14) return false;
  return true;
}

double mean_free_path(kinetic::Backend& backend, const kinetic::CollisionModel& model,
                      const Injection& injection, double Lambda) {
  const std::vector<double> v = velocities(model);
  std::vector<double> n;
  for (std::size_t k = 0; k < v.size(); ++k)
    n.push_back(v[k] > 0 ? injection.left[k] : injection.right[k]);
  const kinetic::ResolvedCollision resolved = kinetic::resolve_collision(backend, model, n, {0.1});
  kinetic::CollisionBatch batch;
  resolved.collision->evaluate(n, batch);
  double streaming = 0, scattering = 0;
  for (std::size_t k = 0; k < v.size(); ++k) {
    streaming += std::abs(v[k]) * n[k];
    scattering += Lambda * std::abs(batch.loss[k]) * n[k];
  }
  if (!std::isfinite(scattering)) throw NumericsError("the collision integral is not finite");
  return streaming / scattering;
}

Slab::Slab(kinetic::Backend& backend, Problem problem, kinetic::ResolutionRequest request,
           Mirror mirror)
    : backend_(backend),
      problem_(std::move(problem)),
      request_(request),
      mirrored_(mirror == Mirror::use && problem_.is_symmetric()),
      transport_(make_transport(problem_, mirrored_)),
      whole_(make_transport(problem_, false)),
      n_(transport_.free_streaming()) {}

std::vector<double> Slab::all_nodes() const {
  std::vector<double> all = n_;
  if (!mirrored_) return all;
  all.resize(2 * n_.size());
  std::reverse_copy(n_.begin(), n_.end(), all.begin() + n_.size());
  return all;
}

void Slab::set_all_nodes(std::vector<double> n) {
  n.resize(n_.size());
  set(std::move(n));
}

void Slab::set(std::vector<double> n) {
  n_ = std::move(n);
  if (collisions_) evaluate();
}

void Slab::resolve(double tolerance) {
  kinetic::ResolutionRequest request = request_;
  request.tolerance = tolerance;
  collisions_.emplace(backend_, problem_.model, n_, request);
  ++resolutions_;
  evaluate();
}

void Slab::evaluate() {
  for (double n : n_)
    if (!Statistics::allows(n))
      throw NumericsError(std::string("a density is not ") + Statistics::allowed_in_words);
  collisions_->evaluate(n_, batch_);
  ++evaluations_;
  imbalance_.resize(n_.size());
  transport_.apply(n_, imbalance_);
  residual_ = 0;
  const std::size_t K = transport_.K();
  for (std::size_t i = 0; i < n_.size(); ++i) {
    imbalance_[i] -= problem_.Lambda * batch_.I[i];
    if (!std::isfinite(imbalance_[i])) throw NumericsError("the collision integral is not finite");
    if (imbalance_[i] == 0) continue;
    const double scale =
        transport_.frequency(i / K, i % K) + problem_.Lambda * std::abs(batch_.loss[i]);
    residual_ = std::max(residual_, std::abs(imbalance_[i]) / (scale * n_[i]));
  }
}

kinetic::ResolutionErrors Slab::errors() const {
  return collisions_->errors(batch_, request_.tolerance);
}

Currents Slab::currents() const {
  const std::vector<double> all = all_nodes();
  const std::vector<double>& v = whole_.velocity();
  const std::vector<double>& E = collisions_->plan().energy;
  const double K = static_cast<double>(v.size());
  Currents currents;
  for (std::size_t face = 0; face <= whole_.cells(); ++face) {
    const std::vector<double> n = whole_.at_face(all, face);
    double number = 0, energy = 0;
    for (std::size_t k = 0; k < v.size(); ++k) {
      number += v[k] * n[k] / K;
      energy += v[k] * E[k] * n[k] / K;
    }
    currents.number.push_back(number);
    currents.energy.push_back(energy);
  }
  double number_in = 0, energy_in = 0;
  for (std::size_t k = 0; k < v.size(); ++k) {
    const double n = v[k] > 0 ? problem_.injection.left[k] : problem_.injection.right[k];
    number_in += std::abs(v[k]) * n / K;
    energy_in += std::abs(v[k]) * std::abs(E[k]) * n / K;
  }
  const auto range = [](const std::vector<double>& values) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    return *most - *least;
  };
  currents.number_spread = range(currents.number) / number_in;
  currents.energy_spread = range(currents.energy) / energy_in;
  return currents;
}

Profile Slab::profile() const {
  const std::vector<double> all = all_nodes();
  const std::vector<double>& E = collisions_->plan().energy;
  Profile profile;
  profile.X = whole_.mesh().centres();
  profile.X_face = whole_.mesh().faces();
  for (std::size_t cell = 0; cell < whole_.cells(); ++cell) {
    const std::vector<double> n = whole_.at_centre(all, cell);
    profile.n.insert(profile.n.end(), n.begin(), n.end());
    profile.density.push_back(moments(n, E).number);
  }
  const std::size_t cells = whole_.cells();
  profile.n_left = whole_.at_face(all, 0);
  profile.n_right = whole_.at_face(all, cells);
  profile.n_centre =
      cells % 2 == 0 ? whole_.at_face(all, cells / 2) : whole_.at_centre(all, cells / 2);
  profile.currents = currents();
  profile.centre = fit_if_any(profile.n_centre, E);
  profile.left = fit_if_any(profile.n_left, E, outgoing_weights(whole_.velocity(), -1));
  profile.right = fit_if_any(profile.n_right, E, outgoing_weights(whole_.velocity(), +1));
  return profile;
}

}  // namespace kapitza::defect
