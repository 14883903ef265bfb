// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include "kapitza/field/backend.hpp"
#include "kapitza/field/ensemble.hpp"
#include "kapitza/field/step_checked_ensemble.hpp"
#include "kapitza/numerics/estimates.hpp"

namespace kapitza::field {

struct SteadyStateOptions {
  std::optional<double> burn_in;                ///< time; none: until nothing drifts any more, but
  double settling = 0;                          ///< at least this long
  std::optional<double> max_time;               ///< stop there, burn-in included
  std::optional<double> target_error;           ///< stop when errors of n are this small, and,
                                                ///< without a given burn_in, nothing drifts
  double target_low = 0.1, target_high = 3.15;  ///< at these |k|
  bool error_check = false;  ///< run with half the step beside it, with the same noise

  /// Whether the error at this momentum is to reach target_error.
  bool counts(double k) const { return std::abs(k) >= target_low && std::abs(k) <= target_high; }
};

/// The least burn-in time: the slowest carriers that count must have had the time to go from one
/// absorber to the other. Throws InputError where none of a window's momenta counts.
double burn_in_floor(const Problem& problem, const SteadyStateOptions& options);

/// Everything that a measurement needs to go on bit for bit.
struct SteadyStateCheckpoint {
  StepCheckedEnsemble::Fields fields;
  StepCheckedEnsemble::Totals totals;
  StepCheckedEnsemble::Totals first_totals;  ///< when the first part ended; empty before
  std::size_t observables = 0;               ///< numbers for every trajectory
  long slices = 0;                           ///< since the start
  long measured = 0;                         ///< of them, since the burn-in
  long first_part = 0;
  long slices_per_block = 0;
  bool settled = false;
  double drift_probability = 0;
  std::vector<double> block_end;  ///< ensemble means of the totals when the last block ended
  std::vector<double> blocks;     ///< ensemble means of every block, one after the other
};

/// The density that one window has seen.
struct WindowDensity {
  std::vector<double> n, error;          ///< error: from the scatter of the trajectories
  std::vector<double> block_error;       ///< from the scatter of stretches of time
  std::vector<double> autocorrelation;   ///< time, Eq. (35)
  std::vector<double> step, step_error;  ///< what half the step changes; empty without error_check
};

/// The stationary state of a driven field, measured until it is known well enough.
///
/// Time goes in slices, each of which ends in a measurement. What was measured while something
/// still drifts is dropped: whenever the stretch that was measured has doubled, its two halves are
/// compared (Eq. (36)), and where they differ, the first is forgotten.
class SteadyState {
 public:
  SteadyState(Backend& backend, const Problem& problem, const Numerics& numerics,
              const EnsembleSize& size, SteadyStateOptions options);
  void restore(const SteadyStateCheckpoint& from);
  SteadyStateCheckpoint checkpoint() const;

  /// One slice more. Throws NumericsError where the field is not finite any more.
  void step();
  bool finished() const;
  double progress() const;  ///< 0 .. 1

  double time() const { return slice_time() * static_cast<double>(slices_); }
  double burn_in() const { return slice_time() * static_cast<double>(slices_ - measured_); }
  double measured_time() const { return slice_time() * static_cast<double>(measured_); }
  /// Steps of the run itself, not of its twin with half of them.
  long steps() const { return slices_ * slice_; }
  long slice_steps() const { return slice_; }

  /// How probable it is that two parts of a stationary record differ by as much as the two parts of
  /// this one, in the observable where they differ most; 0 where there is no second part yet.
  double drift_probability() const;
  bool stationary() const { return settled_ && drift_probability() >= significance; }

  std::vector<WindowDensity> densities() const;
  Estimates site_density() const;  ///< <|psi_x|^2>
  Estimates site_step() const;     ///< what half the step changes in it; empty without error_check
  /// (1/W) sum_k weight(k) n(k) in each window.
  Estimates moments(const std::vector<double>& weight) const;
  /// Largest relative error of n where it was asked for; infinite while it is unknown.
  double relative_error() const;

 private:
  static constexpr double significance = 0.01;

  const EnsemblePlan& plan() const { return ensemble_.plan(); }
  double slice_time() const { return static_cast<double>(slice_) * plan().dt; }
  void begin();
  void end_block();
  void merge_blocks();
  void compare_parts(const std::vector<double>& totals);
  void forget_first_part();
  bool drifts() const;
  void begin_second_part();
  double compare(const std::vector<double>& totals) const;
  void add_bands(const double* sums, double scale, double* bands) const;
  std::size_t band_count() const;
  Estimates at_sites(std::span<const double> rows) const;
  double largest_error(const std::vector<double>& totals) const;

  Problem problem_;
  SteadyStateOptions options_;
  StepCheckedEnsemble ensemble_;
  StepCheckedEnsemble::Totals first_totals_;  ///< when the first part ended
  std::vector<double> k_, v_;                 ///< of the windows
  long slice_ = 0;                            ///< steps
  long slices_ = 0, measured_ = 0, first_part_ = 0, slices_per_block_ = 0;
  bool settled_ = false;
  double drift_probability_ = 0;
  std::vector<double> block_end_;
  std::vector<std::vector<double>> blocks_;
  double error_;
  bool is_known_ = false;  ///< as well as was asked for
};

}  // namespace kapitza::field
