// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/field/steady_state.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <span>
#include <utility>

#include "kapitza/core/digits.hpp"
#include "kapitza/numerics/norms.hpp"

namespace kapitza::field {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int bands_per_direction = 4;
constexpr std::size_t max_blocks = 64;

void subtract(std::vector<double>& from, const std::vector<double>& what) {
  std::transform(from.begin(), from.end(), what.begin(), from.begin(), std::minus<>());
}

/// Ensemble means of sums, trajectory-major.
std::vector<double> means(const std::vector<double>& sums, int trajectories) {
  const std::size_t width = sums.size() / trajectories;
  std::vector<double> mean(width);
  for (std::size_t i = 0; i < sums.size(); ++i) mean[i % width] += sums[i] / trajectories;
  return mean;
}

}  // namespace

double burn_in_floor(const Problem& problem, const SteadyStateOptions& options) {
  const std::vector<double> k = MomentumGrid{problem.window}.momenta();
  const auto counts = [&](double q) { return options.counts(q); };
  if (std::ranges::none_of(k, counts))
    throw InputError("none of the window's momenta, " + digits(k[1] - k[0], 4) +
                     " apart, lies in there");
  double slowest = problem.dispersion.max_speed();
  for (const double q : k)
    if (counts(q)) slowest = std::min(slowest, std::abs(problem.dispersion.velocity(q)));
  return (problem.sites() - 2 * problem.absorber->width) / slowest;
}

SteadyState::SteadyState(Backend& backend, const Problem& problem, const Numerics& numerics,
                         const EnsembleSize& size, SteadyStateOptions options)
    : problem_(problem),
      options_(options),
      ensemble_(backend, problem, numerics, size, options.error_check),
      settled_(options.burn_in == 0.0),  // there is nothing to wait for then
      error_(infinity) {
  ensemble_.start();
  k_ = MomentumGrid{plan().window_sites()}.momenta();
  v_ = problem_.dispersion.velocity(k_);
  // The fastest carriers cross half a window from one measurement to the next, and the ring within
  // the first block.
  const double crossing = plan().window_sites() / problem_.dispersion.max_speed();
  slice_ = std::max(1L, std::lround(crossing / 2 / plan().dt));
  slices_per_block_ = std::max(4L, 2L * plan().sites / plan().window_sites());
}

void SteadyState::restore(const SteadyStateCheckpoint& from) {
  ensemble_.set_each_fields(from.fields);
  ensemble_.set_each_totals(from.totals);
  first_totals_ = from.first_totals;
  slices_ = from.slices;
  measured_ = from.measured;
  first_part_ = from.first_part;
  slices_per_block_ = from.slices_per_block;
  settled_ = from.settled;
  drift_probability_ = from.drift_probability;
  block_end_ = from.block_end;
  blocks_.clear();
  const std::size_t width = plan().observables();
  for (std::size_t i = 0; i < from.blocks.size(); i += width)
    blocks_.emplace_back(from.blocks.begin() + static_cast<std::ptrdiff_t>(i),
                         from.blocks.begin() + static_cast<std::ptrdiff_t>(i + width));
}

SteadyStateCheckpoint SteadyState::checkpoint() const {
  SteadyStateCheckpoint to;
  to.fields = ensemble_.each_fields();
  to.totals = ensemble_.each_totals();
  to.first_totals = first_totals_;
  to.observables = plan().observables();
  to.slices = slices_;
  to.measured = measured_;
  to.first_part = first_part_;
  to.slices_per_block = slices_per_block_;
  to.settled = settled_;
  to.drift_probability = drift_probability_;
  to.block_end = block_end_;
  for (const std::vector<double>& block : blocks_)
    to.blocks.insert(to.blocks.end(), block.begin(), block.end());
  return to;
}

void SteadyState::step() {
  ensemble_.advance(steps(), slice_);
  ++slices_;
  ++measured_;
  const double least = options_.burn_in.value_or(options_.settling);
  if (measured_ == slices_ && least > 0) {
    if (time() >= least) begin();
  } else if (measured_ % slices_per_block_ == 0) {
    end_block();
  }
}

/// What was measured so far does not count.
void SteadyState::begin() {
  settled_ = options_.burn_in.has_value();
  measured_ = 0;
  ensemble_.clear();
}

void SteadyState::end_block() {
  const std::vector<double> sums = ensemble_.totals();
  std::vector<double> end = means(sums, plan().trajectories), block = end;
  if (!block_end_.empty()) subtract(block, block_end_);
  block_end_ = std::move(end);
  blocks_.push_back(std::move(block));
  if (first_part_ == 0) {
    begin_second_part();
  } else if (measured_ == 2 * first_part_) {
    compare_parts(sums);
  }
  if (blocks_.size() == max_blocks) merge_blocks();
  error_ = settled_ && options_.target_error ? largest_error(ensemble_.totals()) : infinity;
  is_known_ = settled_ && options_.target_error && error_ <= *options_.target_error && !drifts();
}

/// Small errors of what drifts are worth nothing: the comparison to come will forget the first
/// part.
bool SteadyState::drifts() const { return !options_.burn_in && drift_probability() < significance; }

/// Twice as long, half as many: their errors are independent in the end, however slow the field is.
void SteadyState::merge_blocks() {
  for (std::size_t i = 0; 2 * i < blocks_.size(); ++i) {
    const std::vector<double>& odd = blocks_[2 * i + 1];
    std::vector<double> both = blocks_[2 * i];
    std::transform(both.begin(), both.end(), odd.begin(), both.begin(), std::plus<>());
    blocks_[i] = std::move(both);
  }
  blocks_.resize(blocks_.size() / 2);
  slices_per_block_ *= 2;
}

void SteadyState::compare_parts(const std::vector<double>& totals) {
  drift_probability_ = compare(totals);
  if (!options_.burn_in) {
    settled_ = drift_probability_ >= significance;
    if (!settled_) forget_first_part();
  }
  begin_second_part();
}

void SteadyState::forget_first_part() {
  StepCheckedEnsemble::Totals sums = ensemble_.each_totals();
  for (std::size_t i = 0; i < sums.size(); ++i) subtract(sums[i], first_totals_[i]);
  ensemble_.set_each_totals(sums);
  blocks_.erase(blocks_.begin(), blocks_.begin() + first_part_ / slices_per_block_);
  measured_ -= first_part_;
  block_end_ = means(ensemble_.totals(), plan().trajectories);
}

void SteadyState::begin_second_part() {
  first_totals_ = ensemble_.each_totals();
  first_part_ = measured_;
}

/// Sums of n over the bands of |k| in either direction of every window, and the number of carriers.
void SteadyState::add_bands(const double* sums, double scale, double* bands) const {
  const TotalsLayout at = plan().totals();
  for (int window = 0; window < at.windows; ++window) {
    const double* n = sums + at.n(window);
    for (int m = 0; m < at.momenta; ++m) {
      const double fraction = std::abs(k_[m]) / std::numbers::pi;
      const int band =
          std::min(static_cast<int>(fraction * bands_per_direction), bands_per_direction - 1);
      bands[v_[m] > 0 ? band : band + bands_per_direction] += scale * n[m];
    }
    bands += 2 * bands_per_direction;
  }
  const double* density = sums + at.site();
  for (int x = 0; x < at.sites; ++x) *bands += scale * density[x];
}

std::size_t SteadyState::band_count() const {
  return plan().windows.size() * 2 * bands_per_direction + 1;
}

double SteadyState::compare(const std::vector<double>& totals) const {
  const std::vector<double>& first = first_totals_.front();
  const int T = plan().trajectories;
  const TotalsLayout layout = plan().totals();
  const std::size_t count = band_count();
  const double first_slices = static_cast<double>(first_part_);
  const double second_slices = static_cast<double>(measured_ - first_part_);
  // Later minus earlier, in every trajectory: the differences of trajectories are independent.
  std::vector<double> rows(count * T);
  for (int j = 0; j < T; ++j) {
    double* row = rows.data() + count * j;
    add_bands(layout.row(totals.data(), j), 1 / second_slices, row);
    add_bands(layout.row(first.data(), j), -1 / second_slices - 1 / first_slices, row);
  }
  const Estimates difference = estimate(rows, T);
  double smallest = 1;
  for (std::size_t i = 0; i < count; ++i) {
    if (difference.mean[i] == 0) continue;  // nothing moves, exactly: an empty ring
    const double t = difference.mean[i] / difference.error[i];
    smallest = std::min(smallest, student_tail(t, T - 1) * static_cast<double>(count));
  }
  return smallest;
}

double SteadyState::drift_probability() const {
  const bool has_second_part = first_part_ > 0 && measured_ > first_part_ + first_part_ / 4;
  return has_second_part ? compare(ensemble_.totals()) : drift_probability_;
}

bool SteadyState::finished() const {
  if (measured_ == 0) return false;
  if (options_.max_time && time() >= *options_.max_time) return true;
  return is_known_;
}

double SteadyState::progress() const {
  const double by_time = options_.max_time ? time() / *options_.max_time : 0;
  // Errors fall like the square root of time.
  const double by_error = options_.target_error ? std::pow(*options_.target_error / error_, 2) : 0;
  return std::min(finished() ? 1.0 : 0.99, std::max(by_time, by_error));
}

std::vector<WindowDensity> SteadyState::densities() const {
  const TotalsLayout at = plan().totals();
  const int T = plan().trajectories;
  const auto slices = static_cast<double>(measured_);
  const std::vector<double> sums = ensemble_.totals();
  const Estimates all = estimate(sums, T, 1 / slices);
  std::vector<double> block_rows;
  for (const std::vector<double>& block : blocks_)
    block_rows.insert(block_rows.end(), block.begin(), block.end());
  const Estimates blocks = estimate(block_rows, std::max<std::size_t>(blocks_.size(), 1),
                                    1 / static_cast<double>(slices_per_block_));
  Estimates step;
  if (ensemble_.checks_step()) step = estimate(ensemble_.step_difference(), T, 1 / slices);

  std::vector<WindowDensity> result;
  for (int window = 0; window < at.windows; ++window) {
    WindowDensity& density = result.emplace_back();
    for (int m = 0; m < at.momenta; ++m) {
      const std::size_t i = at.n(window, m);
      density.n.push_back(all.mean[i]);
      density.error.push_back(all.error[i]);
      density.block_error.push_back(blocks_.size() > 1 ? blocks.error[i]
                                                       : std::numeric_limits<double>::quiet_NaN());
      // The variance of one number, of which the sums have the squares, against that of its mean.
      const double variance = all.mean[at.n_squared(window, m)] - all.mean[i] * all.mean[i];
      density.autocorrelation.push_back(measured_time() * T * all.error[i] * all.error[i] /
                                        (2 * variance));
      if (!ensemble_.checks_step()) continue;
      density.step.push_back(step.mean[i]);
      density.step_error.push_back(step.error[i]);
    }
  }
  return result;
}

Estimates SteadyState::at_sites(std::span<const double> rows) const {
  const Estimates all = estimate(rows, plan().trajectories, 1 / static_cast<double>(measured_));
  const auto first = static_cast<std::ptrdiff_t>(plan().totals().site());
  const auto part = [&](const std::vector<double>& numbers) {
    return std::vector<double>(numbers.begin() + first, numbers.begin() + first + plan().sites);
  };
  return {part(all.mean), part(all.error)};
}

Estimates SteadyState::site_density() const { return at_sites(ensemble_.totals()); }

Estimates SteadyState::site_step() const {
  if (!ensemble_.checks_step()) return {};
  return at_sites(ensemble_.step_difference());
}

Estimates SteadyState::moments(const std::vector<double>& weight) const {
  const TotalsLayout at = plan().totals();
  const int T = plan().trajectories;
  const std::vector<double> sums = ensemble_.totals();
  std::vector<double> rows(static_cast<std::size_t>(at.windows) * T);
  for (int j = 0; j < T; ++j)
    for (int window = 0; window < at.windows; ++window) {
      const double* n = at.row(sums.data(), j) + at.n(window);
      double& mean = rows[static_cast<std::size_t>(at.windows) * j + window];
      for (int m = 0; m < at.momenta; ++m) mean += weight[m] * n[m] / at.momenta;
    }
  return estimate(rows, T, 1 / static_cast<double>(measured_));
}

double SteadyState::largest_error(const std::vector<double>& totals) const {
  const TotalsLayout at = plan().totals();
  const Estimates all = estimate(totals, plan().trajectories, 1 / static_cast<double>(measured_));
  std::vector<double> errors;
  for (int window = 0; window < at.windows; ++window)
    for (int m = 0; m < at.momenta; ++m) {
      if (!options_.counts(k_[m])) continue;
      const std::size_t i = at.n(window, m);
      errors.push_back(all.error[i] / all.mean[i]);
    }
  const double most = largest(errors);
  return most > 0 ? most : infinity;
}

double SteadyState::relative_error() const {
  return measured_ > 0 ? largest_error(ensemble_.totals()) : infinity;
}

}  // namespace kapitza::field
