// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "kapitza/core/precision.hpp"
#include "kapitza/field/ensemble.hpp"
#include "kernels/device/staged/table_set.hpp"
#include "kernels/field/staged/ensemble_stages.hpp"

namespace kapitza::staged {

/// What LocalStep needs of every slot and site.
inline std::vector<double> local_table(const field::EnsemblePlan& plan) {
  std::vector<double> table;
  for (int slot = 0; slot < plan.local_slots(); ++slot) {
    const std::vector<double> values = plan.local_values(slot);
    table.insert(table.end(), values.begin(), values.end());
  }
  return table;
}

/// The shape of a kick at every site of the ring.
inline std::vector<Complex> ring_kick_shape(const field::EnsemblePlan& plan) {
  std::vector<Complex> shape(plan.kick_every > 0 ? plan.sites : 0);
  for (int y = -plan.absorber_width; y < plan.absorber_width && !shape.empty(); ++y)
    shape[field::on_ring(y, plan.sites)] = plan.kick_shape[y + plan.absorber_width];
  return shape;
}

inline std::vector<Complex> kinetic_table(const field::EnsemblePlan& plan) {
  std::vector<Complex> table;
  for (const std::vector<Complex>& stage : plan.kinetic)
    table.insert(table.end(), stage.begin(), stage.end());
  return table;
}

inline std::vector<double> defect_potential(const field::EnsemblePlan& plan) {
  return {plan.potential.begin() + plan.defect.begin, plan.potential.begin() + plan.defect.end};
}

/// What does not depend on the fields, in device memory.
template <Device D, class Real>
class EnsembleTables : public TableSet<D> {
 public:
  template <class T>
  using Buffer = typename D::template Buffer<T>;

  EnsembleTables(D& device, const field::EnsemblePlan& plan)
      : step{plan.local_sites(), {field::in_precision<Real>(plan.slope)}},
        local(this->upload(device, in_precision<Real>(local_table(plan)))),
        kinetic(this->upload(device, in_precision<Real>(kinetic_table(plan)))),
        noise(this->upload(device, in_precision<Real>(plan.noise))),
        kick_shape(this->upload(device, in_precision<Real>(ring_kick_shape(plan)))),
        start(this->upload(device, in_precision<Real>(plan.start))),
        taper(this->upload(device, in_precision<Real>(plan.taper))),
        windows(this->upload(device, plan.windows)),
        potential(this->upload(device, defect_potential(plan))) {}

  field::LocalStep<Real> step;
  Buffer<Real> local;                     ///< [slot][site]
  Buffer<BasicComplex<Real>> kinetic;     ///< [stage][mode]
  Buffer<Real> noise;                     ///< [noise mode]
  Buffer<BasicComplex<Real>> kick_shape;  ///< [site]
  Buffer<Real> start;                     ///< [mode]
  Buffer<BasicComplex<Real>> taper;       ///< [site of a window]
  Buffer<int> windows;                    ///< [window]
  Buffer<double> potential;               ///< [site of the defect]
};

/// Trajectories that go through the stages together.
struct TrajectoryBatch {
  int first, size;
};

/// Trajectories in as few batches as possible with no more than `most` numbers in an array, of
/// which each trajectory has `row`. All batches are equally long, but for the last, which may be
/// shorter.
struct TrajectoryBatches {
  int trajectories, count, capacity;

  TrajectoryBatches(int all, std::size_t row, std::size_t most) : trajectories(all) {
    const std::size_t total = std::max(1, all);
    const std::size_t fit = std::clamp<std::size_t>(most / row, 1, total);
    count = static_cast<int>((total + fit - 1) / fit);
    capacity = static_cast<int>((total + count - 1) / count);
  }
  TrajectoryBatch operator[](int i) const {
    return {i * capacity, std::clamp(trajectories - i * capacity, 0, capacity)};
  }
  /// Rows of an array whose last batch is as long as the others.
  std::size_t rows() const { return static_cast<std::size_t>(count) * capacity; }
};

}  // namespace kapitza::staged
