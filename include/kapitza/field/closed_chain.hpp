// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "kapitza/field/backend.hpp"
#include "kapitza/field/ensemble.hpp"
#include "kapitza/field/step_checked_ensemble.hpp"
#include "kapitza/numerics/estimates.hpp"

namespace kapitza::field {

/// A closed chain at one time. All densities are per site.
struct ChainRecord {
  double t;
  Estimates n;       ///< at the momenta of the ring
  Estimates change;  ///< of n since t = 0, from the changes of the single trajectories
  Estimates totals;  ///< number and energy
  double number_drift, energy_drift;  ///< largest relative change in any trajectory since t = 0
  Estimates step;  ///< what half the step changes in n; empty without error_check
};

/// Everything it needs to go on bit for bit.
struct ClosedChainCheckpoint {
  StepCheckedEnsemble::Fields fields;
  std::vector<double> first;  ///< what was measured at t = 0
  int trajectories = 0;
  long steps = 0;
};

/// An ensemble of fields without absorber, followed in time from a Gaussian state.
class ClosedChain {
 public:
  /// `records` intervals until t_end, equally long but for the length of a step.
  ClosedChain(Backend& backend, const Problem& problem, const Numerics& numerics,
              const EnsembleSize& size, double t_end, int records, bool error_check);
  void restore(const ClosedChainCheckpoint& from);
  ClosedChainCheckpoint checkpoint() const;

  /// Some steps more. Throws NumericsError where the field is not finite any more.
  void step();
  bool due() const { return steps_ == next_record(steps_ - 1); }  ///< whether to record now
  ChainRecord record() const;

  bool finished() const { return steps_ == end_; }
  double progress() const { return static_cast<double>(steps_) / static_cast<double>(end_); }
  long steps() const { return steps_; }
  double time() const { return static_cast<double>(steps_) * plan().dt; }

 private:
  const EnsemblePlan& plan() const { return ensemble_.plan(); }
  void advance(long steps);
  long next_record(long after) const;

  Problem problem_;
  StepCheckedEnsemble ensemble_;
  std::vector<double> energy_;  ///< E at the momenta of the ring
  std::vector<double> first_;
  long records_, end_, steps_ = 0;
};

}  // namespace kapitza::field
