// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/solver/collision_row.hpp"

#include <algorithm>
#include <utility>

namespace kapitza {
namespace {

/// The values of a group's members back to their places.
template <class T>
void scatter(const std::vector<T>& part, const std::vector<std::size_t>& members, std::size_t width,
             std::vector<T>& whole) {
  for (std::size_t i = 0; i < members.size(); ++i)
    std::copy_n(part.begin() + i * width, width, whole.begin() + members[i] * width);
}

void scatter(const CollisionBatch& part, const std::vector<std::size_t>& members, int K,
             CollisionBatch& whole) {
  scatter(part.gain, members, K, whole.gain);
  scatter(part.loss, members, K, whole.loss);
  scatter(part.I, members, K, whole.I);
  scatter(part.error, members, 1, whole.error);
  scatter(part.grid_error, members, 1, whole.grid_error);
  scatter(part.number_rate_raw, members, 1, whole.number_rate_raw);
  scatter(part.energy_rate_raw, members, 1, whole.energy_rate_raw);
  scatter(part.projection, members, 1, whole.projection);
}

}  // namespace

CollisionRow::CollisionRow(Backend& backend, const CollisionModel& model, std::span<const double> n,
                           const ResolutionRequest& request)
    : size_(n.size() / model.grid.K) {
  ResolvedRow row = resolve_row(backend, model, n, request);
  groups_ = std::move(row.groups);
  constant_error_ = row.constant_error;
}

void CollisionRow::evaluate(std::span<const double> n, CollisionBatch& out) {
  const int K = plan().K();
  out.resize(size_, K);
  for (const ResolvedGroup& group : groups_) {
    group.collision->evaluate(gather(n, group.members, K), part_);
    scatter(part_, group.members, K, out);
  }
}

void CollisionRow::linearise(std::span<const double> n, CollisionChain& chain) {
  const std::size_t K = plan().K();
  for (const auto& [collision, members] : groups_) {
    for (std::size_t i = 0, end; i < members.size(); i = end) {
      for (end = i + 1; end < members.size() && members[end] == members[end - 1] + 1;) ++end;
      collision->linearise(n.subspan(members[i] * K, (end - i) * K), chain, members[i]);
    }
  }
}

std::size_t CollisionRow::memory() const {
  std::size_t bytes = 0;
  for (const ResolvedGroup& group : groups_) bytes += group.collision->memory(group.members.size());
  return bytes;
}

}  // namespace kapitza
