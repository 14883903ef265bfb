// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/solver/pair_table.hpp"

#include <cmath>
#include <utility>

namespace kapitza {
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

}  // namespace

std::shared_ptr<const PairTable> PairTable::build(const Dispersion& dispersion,
                                                  const MomentumGrid& grid, int points) {
  ResonantManifold manifold = ResonantManifold::build(dispersion, grid, points);
  std::vector<PlacedNode> nodes = place(manifold, grid);
  return std::make_shared<const PairTable>(PairTable{std::move(manifold), std::move(nodes)});
}

}  // namespace kapitza
