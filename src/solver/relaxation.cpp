// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/solver/relaxation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "kapitza/core/error.hpp"
#include "kapitza/physics/statistics.hpp"

namespace kapitza {
namespace {

/// The embedded pair of Dormand and Prince (1980), orders 5 and 4; its last stage is the first of
/// the next step.
constexpr int stages = 7;
constexpr double a[stages][stages] = {
    {},
    {1.0 / 5},
    {3.0 / 40, 9.0 / 40},
    {44.0 / 45, -56.0 / 15, 32.0 / 9},
    {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
    {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
    {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84}};
constexpr double error_weight[stages] = {71.0 / 57600,      0,          -71.0 / 16695, 71.0 / 1920,
                                         -17253.0 / 339200, 22.0 / 525, -1.0 / 40};

/// Local error per step relative to each n_k, as a share of the tolerance of I.
constexpr double step_share = 0.1;

bool all_positive(const std::vector<double>& n) {
  return std::ranges::all_of(n, Statistics::allows);
}

}  // namespace

Relaxation::Relaxation(Backend& backend, CollisionModel model, const RelaxationOptions& options,
                       RelaxationState start)
    : backend_(backend), model_(std::move(model)), options_(options), state_(std::move(start)) {
  if (!all_positive(state_.n))
    throw InputError(std::string("the density must be ") + Statistics::allowed_in_words);
  if (state_.resolution == Resolution{}) {
    resolve();
  } else {
    collision_ = backend_.collision(CollisionPlan(model_, state_.resolution));
  }
  derivative(state_.n, slope_);
  update_record();
  first_deviation_ = record_.fit.deviation;
}

void Relaxation::resolve() {
  ResolvedCollision resolved = resolve_collision(backend_, model_, state_.n, options_.resolution);
  collision_ = std::move(resolved.collision);
  state_.resolution = collision_->plan().resolution;
  state_.worst_error = resolved.error_estimate();
}

void Relaxation::derivative(const std::vector<double>& n, std::vector<double>& dn) {
  collision_->evaluate(n, batch_);
  ++evaluations_;
  const double scale = options_.lambda * options_.lambda;
  dn.resize(n.size());
  for (std::size_t m = 0; m < n.size(); ++m) dn[m] = scale * batch_.I[m];
}

void Relaxation::update_record() {
  const std::vector<double>& energy = collision_->plan().energy;
  const Moments sums = moments(state_.n, energy);
  double entropy = 0;
  for (double n : state_.n) entropy += Statistics::entropy(n);
  record_ = {state_.t, sums.number, sums.energy, entropy / static_cast<double>(state_.n.size()),
             thermal_fit(state_.n, energy)};
}

bool Relaxation::finished() const {
  return state_.t >= options_.t_end || record_.fit.deviation <= options_.deviation;
}

double Relaxation::progress() const {
  if (finished()) return 1;
  const double by_time = state_.t / options_.t_end;
  if (options_.deviation <= 0 || first_deviation_ <= options_.deviation) return by_time;
  const double by_deviation = std::log(record_.fit.deviation / first_deviation_) /
                              std::log(options_.deviation / first_deviation_);
  return std::clamp(std::max(by_time, by_deviation), 0.0, 1.0);
}

void Relaxation::step() {
  const std::size_t K = state_.n.size();
  const double tolerance = step_share * options_.resolution.tolerance;
  if (state_.dt <= 0) {
    double rate = 0;
    for (std::size_t m = 0; m < K; ++m) rate = std::max(rate, std::abs(slope_[m]) / state_.n[m]);
    state_.dt = rate > 0 ? 0.01 / rate : 1;
  }

  std::array<std::vector<double>, stages> slopes;
  slopes[0] = slope_;
  std::vector<double> n(K);
  for (int attempt = 0; attempt < 60; ++attempt) {
    const bool last = state_.t + state_.dt >= options_.t_end;
    const double dt = last ? options_.t_end - state_.t : state_.dt;
    bool positive = true;
    for (int i = 1; i < stages && positive; ++i) {
      for (std::size_t m = 0; m < K; ++m) {
        double sum = 0;
        for (int j = 0; j < i; ++j) sum += a[i][j] * slopes[j][m];
        n[m] = state_.n[m] + dt * sum;
      }
      positive = all_positive(n);
      if (positive) derivative(n, slopes[i]);
    }
    double error = 0;
    for (std::size_t m = 0; m < K && positive; ++m) {
      double sum = 0;
      for (int i = 0; i < stages; ++i) sum += error_weight[i] * slopes[i][m];
      error = std::max(error, std::abs(dt * sum) / (tolerance * std::max(n[m], state_.n[m])));
    }
    if (!positive || !(error <= 1)) {
      ++rejected_;
      const double shrink = positive && std::isfinite(error) ? 0.9 * std::pow(error, -0.2) : 0.25;
      state_.dt = dt * std::clamp(shrink, 0.1, 0.9);
      continue;
    }

    state_.t = last ? options_.t_end : state_.t + dt;
    state_.n = n;
    slope_ = slopes[stages - 1];  // also where batch_ was evaluated
    const double grow =
        0.9 * std::pow(std::max(error, 1e-8), -0.14) * std::pow(state_.previous_error, 0.08);
    if (!last) state_.dt = dt * std::clamp(grow, 0.2, 5.0);
    state_.previous_error = std::max(error, 1e-4);
    update_record();
    adapt_resolution();
    return;
  }
  throw NumericsError("relaxation: no acceptable step at t = " + std::to_string(state_.t) +
                      ", last tried " + std::to_string(state_.dt));
}

/// The resolution follows the density: T grows before the embedded estimate leaves the tolerance,
/// and shrinks where the estimate, which falls at least like T^-2, would stay well inside it.
/// A T given by hand stays. No memory of its own, so that a resumed run takes the same turns.
void Relaxation::adapt_resolution() {
  const double error = batch_.error[0], tolerance = options_.resolution.tolerance;
  state_.worst_error = std::max(state_.worst_error, error + batch_.grid_error[0]);
  if (options_.resolution.T || !model_.has_sweep()) return;
  double T = state_.resolution.T;
  if (error > 0.6 * tolerance) T *= std::sqrt(2.0);
  if (error < 0.01 * tolerance) T /= 2;
  T = std::clamp(T, least_T(model_), greatest_T(model_));
  if (T == state_.resolution.T || !resize_to_T(model_, options_.resolution, T, state_.resolution))
    return;
  collision_ = backend_.collision(CollisionPlan(model_, state_.resolution));
  derivative(state_.n, slope_);
}

}  // namespace kapitza
