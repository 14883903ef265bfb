// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "kapitza/kinetic/kink.hpp"
#include "kapitza/kinetic/resonant_manifold.hpp"
#include "kapitza/kinetic/stencil.hpp"

namespace kapitza::kinetic {

/// A node of the resonant manifold. Densities are read there by stencils from a periodic grid, on
/// which the kink is apart.
struct PlacedNode {
  double weight;
  double place[3];  ///< of k2, q1, q2 on the grid: coordinates in [0, its size]
  double kink[3];   ///< chi - (stencil of L chi) there
};

/// The resonant manifold of the 2 <-> 2 collisions, and where its nodes lie on the grid that
/// densities are read from. It depends on the band, on the grid and on the number of points alone,
/// and is dear: plans share it.
struct PairTable {
  ResonantManifold manifold;
  std::vector<PlacedNode> nodes;

  /// Points of the grid that K momenta are interpolated to.
  static int grid_size(int K) { return Stencil::oversampling * K; }

  /// One that was made before, of those made lately; from any thread.
  static std::shared_ptr<const PairTable> of(const Dispersion& dispersion, const MomentumGrid& grid,
                                             int points);
};

}  // namespace kapitza::kinetic
