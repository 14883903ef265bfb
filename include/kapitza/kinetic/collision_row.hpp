// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "kapitza/kinetic/resolve.hpp"

namespace kapitza::kinetic {

/// The collision integrals of a row of densities, each as finely resolved as it needs: beside a
/// reservoir, where n jumps at v = 0, the same tolerance may ask for a T that is thirty times what
/// the inside needs.
class CollisionRow {
 public:
  /// Chooses the resolutions for these densities.
  CollisionRow(Backend& backend, const CollisionModel& model, std::span<const double> n,
               const ResolutionRequest& request, const StopRefining& stop = {});

  std::size_t size() const { return size_; }
  /// False: it was stopped, and would have gone on refining.
  bool complete() const { return complete_; }

  /// n: as many densities as were given before.
  void evaluate(std::span<const double> n, CollisionBatch& out);

  /// Puts the Jacobians of n into a system of as many nodes.
  void linearise(std::span<const double> n, NodeSystem& system);

  /// The finest resolution of the row.
  const Resolution& resolution() const { return finest().plan().resolution; }
  const CollisionPlan& plan() const { return finest().plan(); }
  /// The largest of what was evaluated, beside the tolerance that it was meant to have.
  ResolutionErrors errors(const CollisionBatch& evaluated, double tolerance) const;
  /// Bytes of all operators.
  std::size_t memory() const;

 private:
  const CollisionOperator& finest() const { return *groups_.back().collision; }

  std::size_t size_;
  std::vector<ResolvedGroup> groups_;
  double constant_error_;  ///< the part that CollisionBatch::error does not know
  bool complete_;
  CollisionBatch part_;
};

}  // namespace kapitza::kinetic
