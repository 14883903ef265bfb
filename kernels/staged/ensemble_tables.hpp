// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <span>
#include <vector>

#include "kapitza/solver/ensemble.hpp"
#include "kernels/staged/ensemble_stages.hpp"
#include "kernels/staged/table_set.hpp"

namespace kapitza::staged {

/// A table of a plan in the precision of the fields.
template <class Real>
std::vector<Real> in_precision(const std::vector<double>& table) {
  return std::vector<Real>(table.begin(), table.end());
}

template <class Real>
std::vector<BasicComplex<Real>> in_precision(const std::vector<Complex>& table) {
  std::vector<BasicComplex<Real>> result;
  result.reserve(table.size());
  for (const Complex z : table)
    result.push_back({static_cast<Real>(z.re), static_cast<Real>(z.im)});
  return result;
}

inline LocalSites local_sites(const EnsemblePlan& plan) {
  return {plan.defect.begin, plan.defect.size(), plan.absorber_width, plan.sites};
}

/// What StepLocally needs of every slot and local site.
inline std::vector<double> local_table(const EnsemblePlan& plan) {
  const LocalSites sites = local_sites(plan);
  std::vector<double> table;
  for (int slot = 0; slot < plan.local_slots(); ++slot)
    for (int j = 0; j < sites.size(); ++j)
      table.push_back(sites.in_defect(j) ? plan.local(slot) * plan.turns[sites(j)]
                                         : std::exp(-plan.local(slot) * plan.damping[sites(j)]));
  return table;
}

/// What LocalStep needs of every slot and site of the ring.
inline std::vector<double> ring_local_table(const EnsemblePlan& plan) {
  const LocalSites sites = local_sites(plan);
  const std::vector<double> at_local_sites = local_table(plan);
  std::vector<double> table(static_cast<std::size_t>(plan.local_slots()) * plan.sites);
  for (int slot = 0; slot < plan.local_slots(); ++slot)
    for (int j = 0; j < sites.size(); ++j)
      table[slot * plan.sites + sites(j)] = at_local_sites[slot * sites.size() + j];
  return table;
}

/// The shape of a kick at every site of the ring.
inline std::vector<Complex> ring_kick_shape(const EnsemblePlan& plan) {
  std::vector<Complex> shape(plan.kick_every > 0 ? plan.sites : 0);
  for (int y = -plan.absorber_width; y < plan.absorber_width && !shape.empty(); ++y)
    shape[on_ring(y, plan.sites)] = plan.kick_shape[y + plan.absorber_width];
  return shape;
}

inline std::vector<Complex> kinetic_table(const EnsemblePlan& plan) {
  std::vector<Complex> table;
  for (const std::vector<Complex>& stage : plan.kinetic)
    table.insert(table.end(), stage.begin(), stage.end());
  return table;
}

inline std::vector<double> defect_potential(const EnsemblePlan& plan) {
  return {plan.potential.begin() + plan.defect.begin, plan.potential.begin() + plan.defect.end};
}

template <class Real>
PhaseKick<Real> phase_kick(const EnsemblePlan& plan) {
  PhaseKick<Real> kick;
  std::copy(std::begin(plan.slope.slope), std::end(plan.slope.slope), std::begin(kick.slope.slope));
  return kick;
}

/// What does not depend on the fields, in device memory.
template <Device D, class Real>
class EnsembleTables : public TableSet<D> {
 public:
  template <class T>
  using Buffer = typename D::template Buffer<T>;

  /// whole_ring: local steps and kicks for every site, as blocks want them, instead of only where
  /// they do something.
  EnsembleTables(D& device, const EnsemblePlan& plan, bool whole_ring)
      : step{local_sites(plan), phase_kick<Real>(plan)},
        local(this->upload(
            device, in_precision<Real>(whole_ring ? ring_local_table(plan) : local_table(plan)))),
        kinetic(this->upload(device, in_precision<Real>(kinetic_table(plan)))),
        noise(this->upload(device, in_precision<Real>(plan.noise))),
        kick_shape(this->upload(
            device, in_precision<Real>(whole_ring ? ring_kick_shape(plan) : plan.kick_shape))),
        start(this->upload(device, in_precision<Real>(plan.start))),
        taper(this->upload(device, in_precision<Real>(plan.taper))),
        windows(this->upload(device, plan.windows)),
        potential(this->upload(device, defect_potential(plan))) {}

  LocalStep<Real> step;
  Buffer<Real> local;                     ///< [slot][local site or site]
  Buffer<BasicComplex<Real>> kinetic;     ///< [stage][mode]
  Buffer<Real> noise;                     ///< [noise mode]
  Buffer<BasicComplex<Real>> kick_shape;  ///< [y + b or site]
  Buffer<Real> start;                     ///< [mode]
  Buffer<BasicComplex<Real>> taper;       ///< [site of a window]
  Buffer<int> windows;                    ///< [window]
  Buffer<double> potential;               ///< [site of the defect]
};

/// Trajectories that go through the stages together.
struct Chunk {
  int first, size;
};

/// Trajectories in as few chunks as possible with no more than `most` numbers in an array, of which
/// each trajectory has `row`. All chunks are equally long, but for the last, which may be shorter.
struct Chunks {
  int trajectories, count, capacity;

  Chunks(int all, std::size_t row, std::size_t most) : trajectories(all) {
    const std::size_t total = std::max(1, all);
    const std::size_t fit = std::clamp<std::size_t>(most / row, 1, total);
    count = static_cast<int>((total + fit - 1) / fit);
    capacity = static_cast<int>((total + count - 1) / count);
  }
  Chunk operator[](int i) const {
    return {i * capacity, std::clamp(trajectories - i * capacity, 0, capacity)};
  }
  /// Rows of an array whose last chunk is as long as the others.
  std::size_t rows() const { return static_cast<std::size_t>(count) * capacity; }
};

}  // namespace kapitza::staged
