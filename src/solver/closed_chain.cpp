// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/solver/closed_chain.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kapitza/core/error.hpp"

namespace kapitza {

ClosedChain::ClosedChain(Backend& backend, const FieldProblem& problem,
                         const FieldNumerics& numerics, const EnsembleSize& size, double t_end,
                         int records, bool error_check)
    : problem_(problem) {
  ensembles_.push_back(backend.ensemble(make_plan(problem, numerics, size)));
  if (error_check)
    ensembles_.push_back(backend.ensemble(make_plan(problem, numerics.halved(), size)));
  energy_ = problem_.dispersion.energy(MomentumGrid{problem_.sites()}.momenta());
  records_ = records;
  end_ = std::max(1L, std::lround(t_end / numerics.dt));
  for (const auto& ensemble : ensembles_) ensemble->start();
  advance(0);
  first_ = totals(*ensembles_.front());
}

void ClosedChain::restore(const ClosedChainCheckpoint& from) {
  for (std::size_t i = 0; i < ensembles_.size(); ++i) ensembles_[i]->set_fields(from.fields.at(i));
  first_ = from.first;
  steps_ = from.steps;
}

ClosedChainCheckpoint ClosedChain::checkpoint() const {
  ClosedChainCheckpoint to;
  for (const auto& ensemble : ensembles_) {
    to.fields.emplace_back(static_cast<std::size_t>(plan().sites) * plan().trajectories);
    ensemble->fields(to.fields.back());
  }
  to.first = first_;
  to.trajectories = plan().trajectories;
  to.steps = steps_;
  return to;
}

std::vector<double> ClosedChain::totals(const Ensemble& ensemble) const {
  std::vector<double> sums(plan().observables() * plan().trajectories);
  ensemble.totals(sums);
  return sums;
}

/// The totals are then those of the present time alone.
void ClosedChain::advance(long steps) {
  for (std::size_t i = 0; i < ensembles_.size(); ++i) {
    Ensemble& ensemble = *ensembles_[i];
    const long factor = i == 0 ? 1 : 2;
    ensemble.clear();
    if (const auto blow_up = ensemble.advance(factor * steps_, factor * steps))
      throw NumericsError(blow_up->text(ensemble.plan().dt));
  }
  steps_ += steps;
}

/// The first step after this one that ends in a record: number i ends at i / records of the time.
long ClosedChain::next_record(long after) const {
  const auto step_of = [&](long i) { return (2 * i * end_ + records_) / (2 * records_); };
  long i = std::max(0L, after * records_ / end_ - 1);
  while (step_of(i) <= after) ++i;
  return step_of(i);
}

void ClosedChain::step() {
  constexpr long chunk = 100;  // often enough to ask whether to stop
  advance(std::min(chunk, next_record(steps_) - steps_));
}

ChainRecord ClosedChain::record() const {
  const int N = plan().sites, T = plan().trajectories;
  const TotalsLayout at = plan().totals();
  const std::vector<double> now = totals(*ensembles_.front());
  std::vector<double> n, change, sums, step;
  ChainRecord record{time(), {}, {}, {}, 0, 0, {}};
  const auto number_and_energy = [&](const double* row) {
    double number = 0, energy = row[at.energy()] / N;
    for (int m = 0; m < N; ++m) {
      number += row[m] / N;
      energy += energy_[m] * row[m] / N;
    }
    return std::pair{number, energy};
  };
  for (int j = 0; j < T; ++j) {
    const double *row = at.row(now.data(), j), *before = at.row(first_.data(), j);
    n.insert(n.end(), row, row + N);
    for (int m = 0; m < N; ++m) change.push_back(row[m] - before[m]);
    const auto [number, energy] = number_and_energy(row);
    const auto [first_number, first_energy] = number_and_energy(before);
    sums.push_back(number);
    sums.push_back(energy);
    record.number_drift =
        std::max(record.number_drift, std::abs(number - first_number) / first_number);
    record.energy_drift =
        std::max(record.energy_drift, std::abs(energy - first_energy) / std::abs(first_energy));
  }
  record.n = estimate(n, T);
  record.change = estimate(change, T);
  record.totals = estimate(sums, T);
  if (ensembles_.size() > 1) {
    const std::vector<double> twin = totals(*ensembles_.back());
    for (int j = 0; j < T; ++j)
      for (int m = 0; m < N; ++m)
        step.push_back(at.row(twin.data(), j)[m] - at.row(now.data(), j)[m]);
    record.step = estimate(step, T);
  }
  return record;
}

}  // namespace kapitza
