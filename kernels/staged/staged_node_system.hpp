// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kapitza/core/error.hpp"
#include "kapitza/solver/node_system.hpp"
#include "kernels/staged/dense_blocks.hpp"
#include "kernels/staged/node_system_stages.hpp"

namespace kapitza::staged {

/// Newton's linear systems, Eq. (19), by cyclic reduction: level by level every second node that is
/// left is eliminated, all of them at once, of one system or of many. So N nodes take log2 N steps
/// one after the other instead of N. Jacobians and factors stay on the device; couplings,
/// right-hand sides and solutions travel.
///
/// At level l the nodes 0, s, 2s, ... are left, s = 2^l, of which s, 3s, ... go. Node 0 is last.
template <Device D>
class StagedNodeSystem final : public NodeSystem {
 public:
  StagedNodeSystem(D& device, std::size_t nodes, int K);

  /// Where the Jacobian of a node is kept.
  double* jacobian(std::size_t x) { return J_.data() + x * area(); }

  void factorise(const NodeCoefficients& coefficients) override {
    const Factorisation alone{this, &coefficients};
    factorise_together({&alone, 1});
  }
  void solve(std::span<double> f) override {
    const Solution alone{this, f};
    solve_together({&alone, 1});
  }
  void factorise_together(std::span<const Factorisation> all) override;
  void solve_together(std::span<const Solution> all) override;

  /// With what a factorisation takes beside.
  std::size_t memory() const override;

 private:
  template <class T>
  using Buffer = typename D::template Buffer<T>;

  static constexpr Side left = &Elimination::left, right = &Elimination::right;

  /// Nodes that are eliminated at the same time; those with a right neighbour come first.
  struct Level {
    std::vector<Elimination> eliminations;
    std::vector<std::size_t> nodes;
    std::size_t paired = 0;

    void append(const Level& other, std::size_t first, std::size_t last);
  };
  struct LevelOnDevice {
    Level on_host;
    const Elimination* all;

    std::size_t count() const { return on_host.nodes.size(); }
    std::size_t paired() const { return on_host.paired; }
  };
  /// Level by level; the last one are the nodes 0 of all systems.
  struct Levels {
    std::vector<LevelOnDevice> each;
    Buffer<Elimination> eliminations;
  };
  /// One of those that are asked together.
  StagedNodeSystem& of(NodeSystem* system) const {
    auto& staged = dynamic_cast<StagedNodeSystem&>(*system);
    if (staged.K_ != K_) throw std::invalid_argument("systems of different numbers of momenta");
    return staged;
  }

  std::size_t area() const { return static_cast<std::size_t>(K_) * K_; }
  /// Levels whose nodes have neighbours.
  int levels() const { return static_cast<int>(std::bit_width(N_ - 1)); }
  std::size_t nodes_at(int level) const { return ((N_ - 1) >> level) + 1; }
  std::size_t dense_couplings() const {
    std::size_t count = 0;
    for (int level = 1; level < levels(); ++level) count += nodes_at(level);
    return count;
  }
  static constexpr std::size_t most_cells = (std::size_t{1} << 31) - 1;
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

  Level level(int number);
  Elimination elimination(int level, std::size_t x);
  void take(const NodeCoefficients& c);

  Levels levels_of(std::span<StagedNodeSystem* const> systems);
  void assemble(std::span<const Factorisation> all);
  void eliminate(LevelOnDevice& level, int number, InvertBlocks<D>& invert, int* singular);
  void condense(LevelOnDevice& level);
  void reduce(LevelOnDevice& level);
  template <class Products>
  void product(const Products& products, std::size_t count);
  template <class Row>
  void sum_rows(const Row& row, std::size_t count) {
    const SumRows<Row> sums{row};
    device_.each_block(sums.blocks(static_cast<int>(count)), sums);
  }

  template <class T>
  Buffer<T> uploaded(const std::vector<T>& values) {
    Buffer<T> buffer(device_, values.size());
    device_.upload(std::span<const T>(values), buffer.data());
    return buffer;
  }

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
StagedNodeSystem<D>::StagedNodeSystem(D& device, std::size_t nodes, int K)
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

// ---- the plan ----------------------------------------------------------------------------------

template <Device D>
void StagedNodeSystem<D>::Level::append(const Level& other, std::size_t first, std::size_t last) {
  const auto from = [first](const auto& list) { return list.begin() + first; };
  const auto to = [last](const auto& list) { return list.begin() + last; };
  eliminations.insert(eliminations.end(), from(other.eliminations), to(other.eliminations));
  nodes.insert(nodes.end(), from(other.nodes), to(other.nodes));
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
typename StagedNodeSystem<D>::Level StagedNodeSystem<D>::level(int number) {
  Level level;
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
typename StagedNodeSystem<D>::Levels StagedNodeSystem<D>::levels_of(
    std::span<StagedNodeSystem* const> systems) {
  int most = 0;
  for (const StagedNodeSystem* system : systems) most = std::max(most, system->levels());
  std::vector<LevelOnDevice> result;
  std::vector<Elimination> eliminations;
  for (int number = 0; number <= most; ++number) {
    Level all;
    std::vector<Level> each;
    for (StagedNodeSystem* system : systems)
      each.push_back(number == most              ? system->level(system->levels())
                     : number < system->levels() ? system->level(number)
                                                 : Level{});
    for (const Level& level : each) all.append(level, 0, level.paired);
    all.paired = all.nodes.size();
    for (const Level& level : each) all.append(level, level.paired, level.nodes.size());
    eliminations.insert(eliminations.end(), all.eliminations.begin(), all.eliminations.end());
    result.push_back({std::move(all), nullptr});
  }
  // In one piece: every journey to the device waits.
  Buffer<Elimination> on_device = uploaded(eliminations);
  const Elimination* first = on_device.data();
  for (LevelOnDevice& level : result) {
    level.all = first;
    first += level.count();
  }
  return {std::move(result), std::move(on_device)};
}

// ---- factors -----------------------------------------------------------------------------------

template <Device D>
void StagedNodeSystem<D>::factorise_together(std::span<const Factorisation> all) {
  std::vector<StagedNodeSystem*> systems;
  for (const auto& [system, coefficients] : all) {
    systems.push_back(&of(system));
    systems.back()->take(*coefficients);
  }
  assemble(all);
  Levels on_device = levels_of(systems);
  std::vector<LevelOnDevice>& levels = on_device.each;
  std::size_t total = 0, most = 0;
  for (const LevelOnDevice& level : levels) {
    total += level.count();
    most = std::max(most, level.count());
  }
  InvertBlocks<D> invert(device_, most, K_);
  Buffer<int> singular(device_, total);
  std::size_t first = 0;
  for (std::size_t number = 0; number < levels.size(); ++number) {
    eliminate(levels[number], static_cast<int>(number), invert, singular.data() + first);
    first += levels[number].count();
  }
  std::vector<int> is_singular(total);
  device_.download(singular.data(), std::span(is_singular));
  auto flag = is_singular.begin();
  for (const LevelOnDevice& level : levels)
    for (const std::size_t x : level.on_host.nodes)
      if (*flag++)
        throw NumericsError("the linear system of the chain is singular at node " +
                            std::to_string(x));
}

template <Device D>
void StagedNodeSystem<D>::take(const NodeCoefficients& c) {
  device_.upload(std::span(c.diagonal), diagonal_.data());
  device_.upload(std::span(c.lower), lower_.data());
  device_.upload(std::span(c.upper), upper_.data());
  device_.upload(std::span(c.mirror), mirror_.data());
}

template <Device D>
void StagedNodeSystem<D>::assemble(std::span<const Factorisation> all) {
  std::vector<SystemNode> nodes;
  for (const auto& [system, coefficients] : all) {
    StagedNodeSystem& c = of(system);
    for (std::size_t x = 0; x < c.N_; ++x) {
      const bool mirrored = x + 1 == c.N_ && !coefficients->mirror.empty();
      nodes.push_back({c.jacobian(x), c.row(c.diagonal_, x), mirrored ? c.mirror_.data() : nullptr,
                       c.block(x), coefficients->Lambda});
    }
  }
  Buffer<SystemNode> on_device = uploaded(nodes);
  // Many long systems have more cells than one stage may have indices.
  const std::size_t at_most = std::max<std::size_t>(1, most_cells / area());
  for (std::size_t first = 0; first < nodes.size(); first += at_most)
    device_.each(std::min(at_most, nodes.size() - first) * area(),
                 AssembleBlock{on_device.data() + first, K_});
}

template <Device D>
void StagedNodeSystem<D>::eliminate(LevelOnDevice& level, int number, InvertBlocks<D>& invert,
                                    int* singular) {
  invert(InverseOf{level.all}, level.count(), singular);
  if (level.on_host.eliminations.front().left.block == nullptr) return;
  number == 0 ? condense(level) : reduce(level);
}

template <Device D>
void StagedNodeSystem<D>::condense(LevelOnDevice& level) {
  device_.each(level.count() * area(), Condense<left, right>{level.all, K_});
  device_.each(level.paired() * area(), Condense<right, left>{level.all, K_});
}

template <Device D>
void StagedNodeSystem<D>::reduce(LevelOnDevice& level) {
  const Elimination* all = level.all;
  const std::size_t count = level.count(), paired = level.paired();
  product(Both{PassThrough<left>{all}, count, PassThrough<right>{all}}, count + paired);
  product(Both{ReduceBlock<left>{all}, count,
               Both{ReachBeyond<left, right>{all}, paired, ReachBeyond<right, left>{all}}},
          count + 2 * paired);
  // By itself: a node that stays is the left neighbour of one and the right one of another.
  product(ReduceBlock<right>{all}, paired);
}

template <Device D>
template <class Products>
void StagedNodeSystem<D>::product(const Products& products, std::size_t count) {
  multiply(device_, count, MultiplyBlocks<Products>{products, K_, K_, K_});
}

// ---- solutions ---------------------------------------------------------------------------------

template <Device D>
void StagedNodeSystem<D>::solve_together(std::span<const Solution> all) {
  std::vector<StagedNodeSystem*> systems;
  for (const auto& [system, f] : all) {
    systems.push_back(&of(system));
    device_.upload(std::span<const double>(f), systems.back()->f_.data());
  }
  Levels on_device = levels_of(systems);
  std::vector<LevelOnDevice>& levels = on_device.each;
  for (LevelOnDevice& level : std::span(levels).first(levels.size() - 1)) {
    sum_rows(ApplyInverse<&Elimination::f, &Elimination::z>{level.all, K_}, level.count());
    sum_rows(ReduceRow<left>{level.all, K_}, level.count());
    sum_rows(ReduceRow<right>{level.all, K_}, level.paired());
  }
  for (std::size_t number = levels.size(); number-- > 0;) {
    LevelOnDevice& level = levels[number];
    sum_rows(ReturnToNode{level.all, K_}, level.count());
    sum_rows(ApplyInverse<&Elimination::z, &Elimination::f>{level.all, K_}, level.count());
  }
  for (const auto& [system, f] : all) device_.download(of(system).f_.data(), f);
}

}  // namespace kapitza::staged
