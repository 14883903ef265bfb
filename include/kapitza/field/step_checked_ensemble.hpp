// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "kapitza/field/backend.hpp"
#include "kapitza/field/ensemble.hpp"

namespace kapitza::field {

/// An ensemble of fields and, if asked for, its twin: the same noise at the same times with half
/// the step. Steps are those of the ensemble itself; what is said of each is said of the ensemble
/// first, then of its twin.
class StepCheckedEnsemble {
 public:
  using Fields = std::vector<std::vector<Complex>>;  ///< [ensemble, twin]
  using Totals = std::vector<std::vector<double>>;   ///< [ensemble, twin]

  /// How many ensembles that is, and how much work: the twin takes twice the steps.
  static constexpr std::size_t count(bool step_check) { return step_check ? 2 : 1; }
  static constexpr int work(bool step_check) { return step_check ? 3 : 1; }

  StepCheckedEnsemble(Backend& backend, const Problem& problem, const Numerics& numerics,
                      const EnsembleSize& size, bool step_check);

  const EnsemblePlan& plan() const { return ensembles_.front()->plan(); }
  bool checks_step() const { return ensembles_.size() > 1; }

  void start();
  /// Throws NumericsError where a field is not finite any more.
  void advance(long first, long steps);
  void clear();

  /// Of the ensemble itself, without its twin.
  std::vector<double> totals() const;
  /// What half the step changes in them; empty without a twin.
  std::vector<double> step_difference() const;

  Totals each_totals() const;
  void set_each_totals(const Totals& totals);
  Fields each_fields() const;
  void set_each_fields(const Fields& fields);

 private:
  std::vector<std::unique_ptr<Ensemble>> ensembles_;
};

}  // namespace kapitza::field
