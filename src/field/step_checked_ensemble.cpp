// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/field/step_checked_ensemble.hpp"

#include <algorithm>

#include "kapitza/core/error.hpp"

namespace kapitza::field {
namespace {

std::vector<double> totals_of(const Ensemble& ensemble) {
  std::vector<double> sums(ensemble.plan().observables() * ensemble.plan().trajectories);
  ensemble.totals(sums);
  return sums;
}

std::vector<Complex> fields_of(const Ensemble& ensemble) {
  const EnsemblePlan& plan = ensemble.plan();
  std::vector<Complex> fields(static_cast<std::size_t>(plan.sites) * plan.trajectories);
  ensemble.fields(fields);
  return fields;
}

}  // namespace

StepCheckedEnsemble::StepCheckedEnsemble(Backend& backend, const Problem& problem,
                                         const Numerics& numerics, const EnsembleSize& size,
                                         bool step_check) {
  ensembles_.push_back(backend.ensemble(make_plan(problem, numerics, size)));
  if (step_check)
    ensembles_.push_back(backend.ensemble(make_plan(problem, numerics.halved(), size)));
}

void StepCheckedEnsemble::start() {
  for (const auto& ensemble : ensembles_) ensemble->start();
}

void StepCheckedEnsemble::advance(long first, long steps) {
  for (std::size_t i = 0; i < ensembles_.size(); ++i) {
    const long factor = i == 0 ? 1 : 2;
    if (const auto blow_up = ensembles_[i]->advance(factor * first, factor * steps))
      throw NumericsError(blow_up->text(ensembles_[i]->plan().dt));
  }
}

void StepCheckedEnsemble::clear() {
  for (const auto& ensemble : ensembles_) ensemble->clear();
}

std::vector<double> StepCheckedEnsemble::totals() const { return totals_of(*ensembles_.front()); }

std::vector<double> StepCheckedEnsemble::step_difference() const {
  if (!checks_step()) return {};
  std::vector<double> difference = totals_of(*ensembles_.back());
  const std::vector<double> own = totals();
  std::ranges::transform(difference, own, difference.begin(), std::minus<>());
  return difference;
}

StepCheckedEnsemble::Totals StepCheckedEnsemble::each_totals() const {
  Totals each;
  for (const auto& ensemble : ensembles_) each.push_back(totals_of(*ensemble));
  return each;
}

void StepCheckedEnsemble::set_each_totals(const Totals& totals) {
  for (std::size_t i = 0; i < ensembles_.size(); ++i) ensembles_[i]->set_totals(totals.at(i));
}

StepCheckedEnsemble::Fields StepCheckedEnsemble::each_fields() const {
  Fields each;
  for (const auto& ensemble : ensembles_) each.push_back(fields_of(*ensemble));
  return each;
}

void StepCheckedEnsemble::set_each_fields(const Fields& fields) {
  for (std::size_t i = 0; i < ensembles_.size(); ++i) ensembles_[i]->set_fields(fields.at(i));
}

}  // namespace kapitza::field
