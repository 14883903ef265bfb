// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/defect/stationary.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "kapitza/core/error.hpp"

namespace kapitza::defect {
namespace {

/// The residual below which the wanted tolerance takes over: far below the error of a coarse
/// integral nothing is gained any more.
constexpr double nearly_stationary = 1e-3;

/// A density that has moved since its collision integral was resolved may need another resolution.
constexpr int most_refinements = 4;

}  // namespace

StationarySolver::StationarySolver(kinetic::Backend& backend, Problem problem,
                                   const StationaryOptions& options)
    : backend_(backend),
      options_(options),
      slab_(backend, std::move(problem), options.resolution, options.mirror) {
  slab_.resolve(std::max(coarse_tolerance, options_.resolution.tolerance));
  log({});
}

void StationarySolver::start_from(std::vector<double> all_nodes, double dt) {
  dt_ = dt;
  slab_.set_all_nodes(std::move(all_nodes));
  slab_.resolve(std::max(coarse_tolerance, options_.resolution.tolerance));
  history_.clear();
  best_.clear();
  refinements_ = 0;
  log({});
}

void StationarySolver::step() {
  if (iterations() >= options_.max_iterations)
    throw NumericsError("not converged after " + std::to_string(iterations()) + " iterations");
  log(advance());
}

/// Appends to the history, and takes the consequences.
void StationarySolver::log(const Advance& advance) {
  const auto entry = [&] {
    const Currents currents = slab_.currents();
    return Iteration{history_.empty() ? 0 : iterations() + 1,
                     residual(),
                     currents.number_spread,
                     currents.energy_spread,
                     advance.dt,
                     advance.new_jacobian,
                     advance.bounded};
  };
  history_.push_back(entry());
  if (history_.size() == 1) first_distance_ = distance();
  if (best_.empty() || residual() < best_residual_) keep_as_best();
  decide();
}

/// The wanted resolution where it pays, and convergence where it holds.
void StationarySolver::decide() {
  const bool done = distance() <= 1;
  const bool first = refinements_ == 0 && (done || history_.back().residual <= nearly_stationary);
  const bool again = done && refinements_ > 0 && refinements_ < most_refinements &&
                     slab_.errors().cutoff > cutoff_tolerance();
  if (first || again) {
    slab_.resolve(cutoff_tolerance());
    const bool finest = again && slab_.errors().cutoff > cutoff_tolerance();
    refinements_ = finest ? most_refinements : refinements_ + 1;
    keep_as_best();  // residuals of another integral do not compare
  }
  converged_ = done && !again && residual() <= options_.residual;
}

/// What the error of the momentum grid, which no T mends, leaves of the tolerance; at least half.
double StationarySolver::cutoff_tolerance() const {
  const kinetic::ResolutionErrors errors = slab_.errors();
  return std::max(errors.tolerance - errors.grid, errors.tolerance / 2);
}

void StationarySolver::keep_as_best() {
  best_ = slab_.all_nodes();
  best_residual_ = residual();
}

void StationarySolver::return_to_best() { slab_.set_all_nodes(best_); }

double StationarySolver::distance() const {
  const Iteration& now = history_.back();
  return std::max(now.residual / options_.residual,
                  std::max(now.number_spread, now.energy_spread) / options_.spread);
}

double StationarySolver::progress() const {
  const double now = std::log(std::max(distance(), 1.0));
  const double start = std::log(std::max(first_distance_, 1.0));
  return start > 0 ? std::clamp(1 - now / start, 0.0, 1.0) : 1;
}

}  // namespace kapitza::defect
