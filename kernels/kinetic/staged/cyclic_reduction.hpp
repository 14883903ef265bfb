// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kapitza/core/error.hpp"
#include "kernels/device/staged/dense_blocks.hpp"
#include "kernels/kinetic/staged/staged_node_system.hpp"

namespace kapitza::staged {

/// Solves systems of as many momenta by cyclic reduction: level by level every second node that is
/// left is eliminated, all of them at once, of one system or of many. So N nodes take log2 N steps
/// one after the other instead of N.
template <Device D>
class CyclicReduction {
 public:
  CyclicReduction(D& device, int K) : device_(device), K_(K) {}

  void factorise(std::span<const kinetic::Factorisation> all);
  void solve(std::span<const kinetic::Solution> all);

 private:
  using System = StagedNodeSystem<D>;
  template <class T>
  using Buffer = typename D::template Buffer<T>;

  static constexpr Side left = &Elimination::left, right = &Elimination::right;
  static constexpr std::size_t most_cells = (std::size_t{1} << 31) - 1;

  struct LevelOnDevice {
    ReductionLevel on_host;
    const Elimination* all;

    std::size_t count() const { return on_host.nodes.size(); }
    std::size_t paired() const { return on_host.paired; }
  };
  /// Level by level; the last one are the nodes 0 of all systems.
  struct Levels {
    std::vector<LevelOnDevice> each;
    Buffer<Elimination> eliminations;
  };

  System& checked(kinetic::NodeSystem& system) const {
    System& ours = System::made_here(system);
    if (ours.K() != K_) throw std::invalid_argument("systems of different numbers of momenta");
    return ours;
  }
  std::size_t area() const { return static_cast<std::size_t>(K_) * K_; }

  Levels levels_of(std::span<System* const> systems);
  void assemble(std::span<const kinetic::Factorisation> all);
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
  int K_;
};

template <Device D>
typename CyclicReduction<D>::Levels CyclicReduction<D>::levels_of(
    std::span<System* const> systems) {
  int most = 0;
  for (const System* system : systems) most = std::max(most, system->levels());
  std::vector<LevelOnDevice> result;
  std::vector<Elimination> eliminations;
  for (int number = 0; number <= most; ++number) {
    ReductionLevel all;
    std::vector<ReductionLevel> each;
    for (System* system : systems)
      each.push_back(number == most              ? system->level(system->levels())
                     : number < system->levels() ? system->level(number)
                                                 : ReductionLevel{});
    for (const ReductionLevel& level : each) all.append(level, 0, level.paired);
    all.paired = all.nodes.size();
    for (const ReductionLevel& level : each) all.append(level, level.paired, level.nodes.size());
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
void CyclicReduction<D>::factorise(std::span<const kinetic::Factorisation> all) {
  std::vector<System*> systems;
  for (const auto& [system, coefficients] : all) {
    systems.push_back(&checked(*system));
    systems.back()->upload(*coefficients);
  }
  Levels on_device = levels_of(systems);
  std::vector<LevelOnDevice>& levels = on_device.each;
  std::size_t total = 0, most = 0;
  for (const LevelOnDevice& level : levels) {
    total += level.count();
    most = std::max(most, level.count());
  }
  InvertBlocks<D> invert(device_, most, K_);
  Buffer<int> singular(device_, total);
  assemble(all);  // nothing that may fail comes after it: it reads what others may free or change
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
void CyclicReduction<D>::assemble(std::span<const kinetic::Factorisation> all) {
  std::vector<SystemNode> nodes;
  for (const auto& [system, coefficients] : all)
    checked(*system).append_blocks(*coefficients, nodes);
  Buffer<SystemNode> on_device = uploaded(nodes);
  // Many long systems have more cells than one stage may have indices.
  const std::size_t at_most = std::max<std::size_t>(1, most_cells / area());
  for (std::size_t first = 0; first < nodes.size(); first += at_most)
    device_.each(std::min(at_most, nodes.size() - first) * area(),
                 AssembleBlock{on_device.data() + first, K_});
}

template <Device D>
void CyclicReduction<D>::eliminate(LevelOnDevice& level, int number, InvertBlocks<D>& invert,
                                   int* singular) {
  invert(InverseOf{level.all}, level.count(), singular);
  if (level.on_host.eliminations.front().left.block == nullptr) return;
  number == 0 ? condense(level) : reduce(level);
}

template <Device D>
void CyclicReduction<D>::condense(LevelOnDevice& level) {
  device_.each(level.count() * area(), Condense<left, right>{level.all, K_});
  device_.each(level.paired() * area(), Condense<right, left>{level.all, K_});
}

template <Device D>
void CyclicReduction<D>::reduce(LevelOnDevice& level) {
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
void CyclicReduction<D>::product(const Products& products, std::size_t count) {
  multiply(device_, count, MultiplyBlocks<Products>{products, K_, K_, K_});
}

// ---- solutions ---------------------------------------------------------------------------------

template <Device D>
void CyclicReduction<D>::solve(std::span<const kinetic::Solution> all) {
  std::vector<System*> systems;
  for (const auto& [system, f] : all) {
    systems.push_back(&checked(*system));
    device_.upload(std::span<const double>(f), systems.back()->right_hand_side());
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
  for (const auto& [system, f] : all) device_.download(checked(*system).right_hand_side(), f);
}

}  // namespace kapitza::staged
