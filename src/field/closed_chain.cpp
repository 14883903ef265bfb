// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/field/closed_chain.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kapitza::field {

ClosedChain::ClosedChain(Backend& backend, const Problem& problem, const Numerics& numerics,
                         const EnsembleSize& size, double t_end, int records, bool error_check)
    : problem_(problem), ensemble_(backend, problem, numerics, size, error_check) {
  energy_ = problem_.dispersion.energy(MomentumGrid{problem_.sites()}.momenta());
  records_ = records;
  end_ = std::max(1L, std::lround(t_end / numerics.dt));
  ensemble_.start();
  advance(0);
  first_ = ensemble_.totals();
}

void ClosedChain::restore(const ClosedChainCheckpoint& from) {
  ensemble_.set_each_fields(from.fields);
  first_ = from.first;
  steps_ = from.steps;
}

ClosedChainCheckpoint ClosedChain::checkpoint() const {
  ClosedChainCheckpoint to;
  to.fields = ensemble_.each_fields();
  to.first = first_;
  to.trajectories = plan().trajectories;
  to.steps = steps_;
  return to;
}

/// The totals are then those of the present time alone.
void ClosedChain::advance(long steps) {
  ensemble_.clear();
  ensemble_.advance(steps_, steps);
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
  constexpr long most = 100;  // often enough to ask whether to stop
  advance(std::min(most, next_record(steps_) - steps_));
}

ChainRecord ClosedChain::record() const {
  const int N = plan().sites, T = plan().trajectories;
  const TotalsLayout at = plan().totals();
  const std::vector<double> now = ensemble_.totals();
  const std::vector<double> difference = ensemble_.step_difference();
  std::vector<double> n, change, sums, step;
  ChainRecord record{time(), {}, {}, {}, 0, 0, {}};
  const auto number_and_energy = [&](const double* row) {
    double number = 0, energy = row[at.energy()] / N;
    const double* density = row + at.n(0);
    for (int m = 0; m < N; ++m) {
      number += density[m] / N;
      energy += energy_[m] * density[m] / N;
    }
    return std::pair{number, energy};
  };
  for (int j = 0; j < T; ++j) {
    const double *row = at.row(now.data(), j), *before = at.row(first_.data(), j);
    n.insert(n.end(), row + at.n(0), row + at.n(0) + N);
    for (int m = 0; m < N; ++m) change.push_back(row[at.n(0, m)] - before[at.n(0, m)]);
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
  if (ensemble_.checks_step()) {
    for (int j = 0; j < T; ++j) {
      const double* row = at.row(difference.data(), j) + at.n(0);
      step.insert(step.end(), row, row + N);
    }
    record.step = estimate(step, T);
  }
  return record;
}

}  // namespace kapitza::field
