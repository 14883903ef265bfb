// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <span>
#include <vector>

#include "kapitza/kinetic/node_system.hpp"
#include "kernels/device/staged/dense_blocks.hpp"
#include "kernels/kinetic/staged/node_system_stages.hpp"

namespace kapitza::staged {

/// What cyclic reduction needs to know about nodes that are eliminated at the same time; those with
/// a right neighbour come first.
struct ReductionLevel {
  std::vector<Elimination> eliminations;
  std::vector<std::size_t> nodes;
  std::size_t paired = 0;

  void append(const ReductionLevel& other, std::size_t first, std::size_t last) {
    const auto from = [first](const auto& list) { return list.begin() + first; };
    const auto to = [last](const auto& list) { return list.begin() + last; };
    eliminations.insert(eliminations.end(), from(other.eliminations), to(other.eliminations));
    nodes.insert(nodes.end(), from(other.nodes), to(other.nodes));
  }
};

/// One of Newton's linear systems, Eq. (19): Jacobians and factors, which stay on the device;
/// couplings, right-hand sides and solutions travel.
///
/// At level l of the reduction the nodes 0, s, 2s, ... are left, s = 2^l, of which s, 3s, ... go.
/// Node 0 is last.
template <Device D>
class StagedNodeSystem final : public kinetic::NodeSystem {
 public:
  StagedNodeSystem(D& device, int K, std::size_t nodes);

  static StagedNodeSystem& made_here(kinetic::NodeSystem& system) {
    return dynamic_cast<StagedNodeSystem&>(system);
  }

  std::size_t memory() const override;

  int K() const { return K_; }
  /// Where the Jacobian of a node is kept.
  double* jacobian(std::size_t x) { return J_.data() + x * area(); }
  double* right_hand_side() { return f_.data(); }

  void upload(const kinetic::NodeCoefficients& c);
  /// How every block is made of what was uploaded, for these coefficients.
  void append_blocks(const kinetic::NodeCoefficients& c, std::vector<SystemNode>& nodes);

  /// Levels whose nodes have neighbours.
  int levels() const { return static_cast<int>(std::bit_width(N_ - 1)); }
  /// The last one, of that number, is node 0.
  ReductionLevel level(int number);

 private:
  template <class T>
  using Buffer = typename D::template Buffer<T>;

  std::size_t area() const { return static_cast<std::size_t>(K_) * K_; }
  std::size_t nodes_at(int level) const { return ((N_ - 1) >> level) + 1; }
  std::size_t dense_couplings() const {
    std::size_t count = 0;
    for (int level = 1; level < levels(); ++level) count += nodes_at(level);
    return count;
  }
  static std::size_t at_once(std::size_t nodes) { return std::max<std::size_t>(1, nodes / 2); }

  double* block(std::size_t x) { return A_.data() + x * area(); }
  double* row(Buffer<double>& rows, std::size_t x) { return rows.data() + x * K_; }
  double* dense(Buffer<double>& couplings, int level, std::size_t x) {
    std::size_t place = x >> level;
    for (int l = 1; l < level; ++l) place += nodes_at(l);
    return couplings.data() + place * area();
  }
  Coupling lower(int level, std::size_t x) {
    if (level == 0) return {row(lower_, x), true};
    return {dense(dense_lower_, level, x), false};
  }
  Coupling upper(int level, std::size_t x) {
    if (level == 0) return {row(upper_, x), true};
    return {dense(dense_upper_, level, x), false};
  }
  Elimination elimination(int level, std::size_t x);

  D& device_;
  std::size_t N_;
  int K_;
  Buffer<double> J_;                          ///< [x][k][p]
  Buffer<double> A_;                          ///< [x][p][k]: blocks, then their inverses
  Buffer<double> dense_lower_, dense_upper_;  ///< [level > 0][x][p][k]
  Buffer<double> G_, H_;                      ///< [x at level 1][p][k]
  Buffer<double> diagonal_, lower_, upper_;   ///< [x][K]
  Buffer<double> f_, z_;                      ///< [x][K]
  Buffer<double> mirror_;                     ///< [K]
};

template <Device D>
StagedNodeSystem<D>::StagedNodeSystem(D& device, int K, std::size_t nodes)
    : device_(device),
      N_(nodes),
      K_(K),
      J_(device, nodes * area()),
      A_(device, J_.size()),
      dense_lower_(device, dense_couplings() * area()),
      dense_upper_(device, dense_lower_.size()),
      G_(device, levels() > 1 ? at_once(nodes_at(1)) * area() : 0),
      H_(device, G_.size()),
      diagonal_(device, nodes * K),
      lower_(device, diagonal_.size()),
      upper_(device, diagonal_.size()),
      f_(device, diagonal_.size()),
      z_(device, diagonal_.size()),
      mirror_(device, K) {}

template <Device D>
std::size_t StagedNodeSystem<D>::memory() const {
  return (J_.size() + A_.size() + 2 * dense_lower_.size() + 2 * G_.size() + 5 * f_.size() +
          mirror_.size()) *
             sizeof(double) +
         InvertBlocks<D>::memory(at_once(N_), K_);
}

/// Everything about node x of a level; the last level knows no neighbours.
template <Device D>
Elimination StagedNodeSystem<D>::elimination(int level, std::size_t x) {
  Elimination e;
  e.inverse = block(x);
  e.f = row(f_, x);
  e.z = row(z_, x);
  if (level == levels()) return e;
  const std::size_t stride = std::size_t{1} << level, l = x - stride, r = x + stride;
  const bool dense_now = level > 0, paired = r < N_;
  const std::size_t scratch = (x >> (level + 1)) * area();
  e.left = {block(l), row(f_, l), upper(level, l), lower(level, x)};
  if (dense_now) e.left.through = G_.data() + scratch;
  if (!paired) return e;
  e.right = {block(r), row(f_, r), lower(level, r), upper(level, x)};
  if (dense_now) e.right.through = H_.data() + scratch;
  e.left.beyond = dense(dense_upper_, level + 1, l);
  e.right.beyond = dense(dense_lower_, level + 1, r);
  return e;
}

template <Device D>
ReductionLevel StagedNodeSystem<D>::level(int number) {
  ReductionLevel level;
  const auto add = [&](std::size_t x) {
    level.eliminations.push_back(elimination(number, x));
    level.nodes.push_back(x);
    if (level.eliminations.back().right.block) ++level.paired;
  };
  if (number == levels()) add(0);
  if (number >= levels()) return level;
  const std::size_t stride = std::size_t{1} << number;
  for (std::size_t x = stride; x < N_; x += 2 * stride) add(x);
  return level;
}

template <Device D>
void StagedNodeSystem<D>::upload(const kinetic::NodeCoefficients& c) {
  device_.upload(std::span(c.diagonal), diagonal_.data());
  device_.upload(std::span(c.lower), lower_.data());
  device_.upload(std::span(c.upper), upper_.data());
  device_.upload(std::span(c.mirror), mirror_.data());
}

template <Device D>
void StagedNodeSystem<D>::append_blocks(const kinetic::NodeCoefficients& c,
                                        std::vector<SystemNode>& nodes) {
  for (std::size_t x = 0; x < N_; ++x) {
    const bool mirrored = x + 1 == N_ && !c.mirror.empty();
    nodes.push_back(
        {jacobian(x), row(diagonal_, x), mirrored ? mirror_.data() : nullptr, block(x), c.Lambda});
  }
}

}  // namespace kapitza::staged
