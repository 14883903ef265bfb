// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/kinetic/collision_row.hpp"

#include <utility>

#include "kapitza/numerics/norms.hpp"

namespace kapitza::kinetic {

CollisionRow::CollisionRow(Backend& backend, const CollisionModel& model, std::span<const double> n,
                           const ResolutionRequest& request, const StopRefining& stop)
    : size_(n.size() / model.grid.K) {
  ResolvedRow row = resolve_row(backend, model, n, request, stop);
  groups_ = std::move(row.groups);
  constant_error_ = row.constant_error;
  complete_ = row.complete;
}

void CollisionRow::evaluate(std::span<const double> n, CollisionBatch& out) {
  const int K = plan().K();
  out.resize(size_, K);
  for (const ResolvedGroup& group : groups_) {
    group.collision->evaluate(gather(n, group.members, K), part_);
    for (std::size_t i = 0; i < group.members.size(); ++i)
      out.take(part_, i, 1, group.members[i], K);
  }
}

void CollisionRow::linearise(std::span<const double> n, NodeSystem& system) {
  const std::size_t K = plan().K();
  for (const auto& [collision, members] : groups_) {
    std::vector<Linearisation> stretches;
    for (std::size_t i = 0, end; i < members.size(); i = end) {
      for (end = i + 1; end < members.size() && members[end] == members[end - 1] + 1;) ++end;
      stretches.push_back({n.subspan(members[i] * K, (end - i) * K), &system, members[i]});
    }
    collision->linearise(stretches);
  }
}

ResolutionErrors CollisionRow::errors(const CollisionBatch& evaluated, double tolerance) const {
  return {constant_error_ + largest(evaluated.error), largest(evaluated.grid_error), tolerance};
}

std::size_t CollisionRow::memory() const {
  std::size_t bytes = 0;
  for (const ResolvedGroup& group : groups_) bytes += group.collision->memory(group.members.size());
  return bytes;
}

}  // namespace kapitza::kinetic
