// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "kapitza/model/dispersion.hpp"
#include "kapitza/model/momentum_grid.hpp"

namespace kapitza::kinetic {

/// Quadrature of the 2 <-> 2 collisions of every grid momentum on their resonant manifold, Eq.
/// (10):
///
///   I_2(k) = C_2 sum_nodes weight x bracket(k, k2; q1, q2)
///
/// The trivial exchange {q1, q2} = {k, k2} is left out: it cancels in I, and it makes gain and
/// loss diverge. What is left is one-dimensional: k2 given, both deltas fix q1 and q2.
struct ResonantManifold {
  struct Node {
    double weight;
    double k2, q1, q2;
  };

  std::vector<Node> nodes;
  std::vector<int> first;  ///< nodes of grid momentum m: first[m] .. first[m + 1] - 1

  /// points: Gauss-Legendre points per smooth piece of the manifold.
  /// Throws InputError where the integral diverges (a band with E(q) + E(P - q) constant in q).
  static ResonantManifold build(const Dispersion& dispersion, const MomentumGrid& grid, int points);

  /// The general construction by root finding, for any dispersion; build() prefers closed forms.
  static ResonantManifold by_root_finding(const Dispersion& dispersion, const MomentumGrid& grid,
                                          int points);

  /// Why the 2 <-> 2 integral of this band diverges; empty if it does not.
  static std::string divergence(const Dispersion& dispersion);
};

}  // namespace kapitza::kinetic
