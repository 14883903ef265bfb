// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/kinetic/relaxation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "kapitza/core/error.hpp"
#include "kapitza/model/statistics.hpp"
#include "kapitza/numerics/norms.hpp"

namespace kapitza::kinetic {
namespace {

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
  state_.worst_error = resolved.errors.estimate();
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

ResolutionErrors Relaxation::errors() const {
  const double all = state_.worst_error, grid = std::min(batch_.grid_error[0], all);
  return {all - grid, grid, options_.resolution.tolerance};
}

double Relaxation::first_dt() const {
  const double rate =
      largest_of(slope_.size(), [&](std::size_t m) { return slope_[m] / state_.n[m]; });
  return rate > 0 ? 0.01 / rate : 1;
}

/// In units of what is tolerated, relative to each n_k.
double Relaxation::error_of(const RungeKuttaStep& step) const {
  const double tolerance = step_share * options_.resolution.tolerance;
  return largest_of(step.y.size(), [&](std::size_t m) {
    return std::abs(step.error[m]) / (tolerance * std::max(step.y[m], state_.n[m]));
  });
}

void Relaxation::step() {
  const AutonomousEquation equation{
      [this](const std::vector<double>& n, std::vector<double>& dn) { derivative(n, dn); },
      all_positive};
  if (state_.dt <= 0) state_.dt = first_dt();
  StepController controller{state_.previous_error};
  for (int attempt = 0; attempt < 60; ++attempt) {
    const bool last = state_.t + state_.dt >= options_.t_end;
    const double dt = last ? options_.t_end - state_.t : state_.dt;
    std::optional<RungeKuttaStep> tried = dormand_prince(equation, state_.n, slope_, dt);
    const double error = tried ? error_of(*tried) : std::numeric_limits<double>::infinity();
    if (!(error <= 1)) {
      ++rejected_;
      state_.dt = controller.after_rejection(dt, error);
      continue;
    }

    state_.t = last ? options_.t_end : state_.t + dt;
    state_.n = std::move(tried->y);
    slope_ = std::move(tried->slope);  // also where batch_ was evaluated
    const double next_dt = controller.after_acceptance(dt, error);
    if (!last) state_.dt = next_dt;
    state_.previous_error = controller.previous_error;
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

}  // namespace kapitza::kinetic
