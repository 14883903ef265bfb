// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/kinetic/pair_table.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <list>
#include <mutex>
#include <utility>

namespace kapitza::kinetic {
namespace {

std::vector<PlacedNode> place(const ResonantManifold& manifold, const MomentumGrid& grid) {
  const int G = PairTable::grid_size(grid.K);
  const auto place = [&](double k) {
    const double x = grid.coordinate(k, G);
    return x - G * std::floor(x / G);
  };
  std::vector<double> smooth = Kink::chi(grid.lattice(G));  // L chi
  const std::vector<double> shape = kink_shape(grid, G);
  for (int i = 0; i < G; ++i) smooth[i] -= shape[i];
  const auto kink = [&](double k) {
    const Stencil stencil = Stencil::at(place(k));
    double sum = 0;
    for (int tap = 0; tap < Stencil::taps; ++tap)
      sum += stencil.weight[tap] * smooth[(stencil.first + tap + G) % G];
    return Kink::chi(k) - sum;
  };
  std::vector<PlacedNode> placed;
  placed.reserve(manifold.nodes.size());
  for (const auto& [weight, k2, q1, q2] : manifold.nodes)
    placed.push_back({weight, {place(k2), place(q1), place(q2)}, {kink(k2), kink(q1), kink(q2)}});
  return placed;
}

std::shared_ptr<const PairTable> build(const Dispersion& dispersion, const MomentumGrid& grid,
                                       int points) {
  ResonantManifold manifold = ResonantManifold::build(dispersion, grid, points);
  std::vector<PlacedNode> nodes = place(manifold, grid);
  return std::make_shared<const PairTable>(PairTable{std::move(manifold), std::move(nodes)});
}

/// Solvers try the same numbers of points each time they choose their resolution, and many solvers
/// side by side try them all at once.
class RecentTables {
 public:
  std::shared_ptr<const PairTable> operator()(const Dispersion& dispersion,
                                              const MomentumGrid& grid, int points) {
    // Held while a table is made: whoever waits mostly wants the same one.
    const std::lock_guard lock(one_at_a_time_);
    const auto asked_for = [&](const Entry& e) {
      return e.points == points && e.grid == grid && e.dispersion == dispersion;
    };
    const auto found = std::ranges::find_if(tables_, asked_for);
    if (found == tables_.end())
      tables_.push_front({dispersion, grid, points, build(dispersion, grid, points)});
    else
      tables_.splice(tables_.begin(), tables_, found);
    forget_the_oldest();
    return tables_.front().table;
  }

 private:
  struct Entry {
    Dispersion dispersion;
    MomentumGrid grid;
    int points;
    std::shared_ptr<const PairTable> table;
  };

  /// 180 MB: all from 32 to 1024 points at K = 512.
  static constexpr std::size_t most_nodes = std::size_t{1} << 21;

  void forget_the_oldest() {
    std::size_t nodes = tables_.front().table->nodes.size();
    const auto too_many = [&](const Entry& e) {
      return (nodes += e.table->nodes.size()) > most_nodes;
    };
    tables_.erase(std::find_if(std::next(tables_.begin()), tables_.end(), too_many), tables_.end());
  }

  std::mutex one_at_a_time_;
  std::list<Entry> tables_;  ///< the latest first
};

}  // namespace

std::shared_ptr<const PairTable> PairTable::of(const Dispersion& dispersion,
                                               const MomentumGrid& grid, int points) {
  static RecentTables recent;
  return recent(dispersion, grid, points);
}

}  // namespace kapitza::kinetic
