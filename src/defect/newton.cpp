// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "kapitza/defect/stationary.hpp"
#include "kapitza/model/statistics.hpp"
#include "kapitza/numerics/norms.hpp"

namespace kapitza::defect {
namespace {

/// No component changes by more than this factor in one step.
constexpr double bound = 3;

/// A step is taken back where the residual grows by more than the first factor, or beyond the
/// second times the best so far.
constexpr double too_much = 4, too_far = 10;
constexpr int most_refusals = 3;

/// Below the first residual the Jacobians serve again, as long as every step still multiplies the
/// residual by less than the last number. Where new ones do not do that either, below the second
/// residual, they are too coarse.
constexpr double close_enough = 1e-2, very_close = 1e-4, fast_enough = 0.1;

constexpr double longest_dt = 1e12;

class Newton final : public StationarySolver {
 public:
  Newton(kinetic::Backend& backend, Problem problem, StationaryOptions options)
      : StationarySolver(backend, std::move(problem), with_defaults(options)) {}

  long jacobians() const override { return jacobians_; }

 private:
  static StationaryOptions with_defaults(StationaryOptions options) {
    if (options.max_iterations == 0) options.max_iterations = 100;
    return options;
  }

  Advance advance() override;
  void resolve();
  bool linearise();
  std::vector<double> newton_step();
  std::size_t apply(const std::vector<double>& step);
  void choose_next_dt(double before, std::size_t bounded);
  double first_dt() const;

  std::optional<kinetic::CollisionRow> collisions_;  ///< of the Jacobians
  std::unique_ptr<kinetic::NodeSystem> system_;
  double tolerance_ = coarse_tolerance;  ///< of the Jacobians
  long slab_resolutions_ = 0;            ///< Slab::resolutions() when they were resolved
  kinetic::NodeCoefficients coefficients_;
  double reduction_ = 0;  ///< of the residual, by the latest step
  bool renewed_ = false;  ///< the Jacobians were new in the latest step
  bool fresh_ = false;    ///< they are of the present density
  int refusals_ = 0;      ///< steps taken back, in a row
  long jacobians_ = 0;
};

/// Jacobians need not be exact: a coarse resolution costs a few more steps and saves far more.
void Newton::resolve() {
  kinetic::ResolutionRequest request = options_.resolution;
  request.tolerance = std::max(tolerance_, request.tolerance);
  system_.reset();
  collisions_.emplace(backend_, slab_.problem().model, slab_.n(), request);
  system_ = backend_.node_system(collisions_->plan().K(), collisions_->size());
  slab_resolutions_ = slab_.resolutions();
}

StationarySolver::Advance Newton::advance() {
  if (dt_ == 0) dt_ = first_dt();
  const double before = slab_.residual(), dt = dt_;
  renewed_ = linearise();
  std::vector<double> n = slab_.n();
  const std::size_t bounded = apply(newton_step());
  const double after = slab_.residual();
  reduction_ = after / before;
  const bool refused = after > too_much * before || after > too_far * best_residual();
  refusals_ = refused ? refusals_ + 1 : 0;
  const bool taken_back = refused && refusals_ < most_refusals;
  fresh_ = fresh_ && taken_back;
  if (taken_back) slab_.set(std::move(n));
  if (refused && !taken_back) return_to_best();
  if (refused)
    dt_ /= 10;
  else
    choose_next_dt(before, bounded);
  return {dt, renewed_, bounded};
}

/// Renews the Jacobians where that pays, and says so.
bool Newton::linearise() {
  const bool outdated = slab_resolutions_ != slab_.resolutions();
  if (fresh_ && !outdated) return false;
  const bool slow = reduction_ > fast_enough;
  if (!outdated && !slow && slab_.residual() < close_enough) return false;
  const bool too_coarse = renewed_ && slow && slab_.residual() < very_close &&
                          tolerance_ > options_.resolution.tolerance;
  if (too_coarse && !outdated) tolerance_ /= 10;
  if (too_coarse || outdated) resolve();
  collisions_->linearise(slab_.n(), *system_);
  fresh_ = true;
  ++jacobians_;
  return true;
}

/// (1/dt + dF/dn)^{-1} F, Eqs. (18) and (19).
std::vector<double> Newton::newton_step() {
  slab_.transport().linearise(slab_.n(), coefficients_);
  for (double& d : coefficients_.diagonal) d += 1 / dt_;
  coefficients_.Lambda = slab_.problem().Lambda;
  kinetic::factorise(backend_, {system_.get(), &coefficients_});
  std::vector<double> step = slab_.imbalance();
  kinetic::solve(backend_, {system_.get(), step});
  return step;
}

/// n - step, within bounds.
std::size_t Newton::apply(const std::vector<double>& step) {
  std::vector<double> n = slab_.n();
  std::size_t bounded = 0;
  for (std::size_t i = 0; i < n.size(); ++i) {
    const double wanted = n[i] - step[i], allowed = Statistics::within(bound, n[i], wanted);
    if (wanted != allowed) ++bounded;
    n[i] = allowed;
  }
  slab_.set(std::move(n));
  return bounded;
}

/// A few times what an explicit step could take.
double Newton::first_dt() const {
  const double fastest = largest_of(
      slab_.n().size(), [&](std::size_t i) { return slab_.imbalance()[i] / slab_.n()[i]; });
  return fastest > 0 ? 3 / fastest : 1;
}

void Newton::choose_next_dt(double before, std::size_t bounded) {
  const double after = slab_.residual();
  if (bounded > 0) {
    if (after < before) dt_ *= 2;
  } else {
    dt_ *= std::clamp(2 * before / after, 0.5, 100.0);
    if (after < close_enough && after < before / 4) dt_ *= 100;
  }
  dt_ = std::min(dt_, longest_dt);
}

}  // namespace

std::unique_ptr<StationarySolver> make_newton(kinetic::Backend& backend, Problem problem,
                                              const StationaryOptions& options) {
  return std::make_unique<Newton>(backend, std::move(problem), options);
}

}  // namespace kapitza::defect
