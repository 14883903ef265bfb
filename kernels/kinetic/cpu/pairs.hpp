// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <vector>

#include "kapitza/kinetic/collision.hpp"
#include "kapitza/kinetic/stencil.hpp"
#include "kernels/kinetic/cpu/balanced_density.hpp"
#include "kernels/kinetic/cpu/grid_transforms.hpp"

namespace kapitza::cpu {

/// The channel l = 2 on its resonant manifold, Eq. (10), for a group of densities at a time.
class Pairs {
 public:
  /// Densities that share one pass over the nodes: one vector register.
  static constexpr int lanes = 8;

  explicit Pairs(const kinetic::CollisionPlan& plan);

  /// n and h of a group at one point of the fine grid.
  struct alignas(64) Lanes {
    double n[lanes], h[lanes];
  };
  /// A margin on both sides keeps every stencil from wrapping.
  std::vector<Lanes> refine(std::span<const BalancedDensity> group) const;

  /// Momenta [first, last) of every density of the group: result[lane][gain, rate][K], for C_2 = 1.
  void sums(std::span<const BalancedDensity> group, const std::vector<Lanes>& fine, int first,
            int last, double* result) const;

  /// Adds K x K matrices dI/dn at fixed h and dI/dh at fixed n, without their diagonal parts.
  void jacobian(const BalancedDensity& density, int threads, std::span<double> by_n,
                std::span<double> by_h) const;

  std::size_t table_bytes() const { return nodes_.size() * sizeof(kinetic::PlacedNode); }
  std::size_t bytes_per_group() const { return fine_size() * sizeof(Lanes); }

 private:
  /// n and h of one density at the three momenta of a node.
  struct Values {
    kinetic::Stencil stencil[3];
    double n[3], h[3];
  };
  Values values(const kinetic::PlacedNode& node, const BalancedDensity& density,
                const std::vector<Lanes>& fine) const;
  std::size_t fine_size() const { return interpolation_.lattice() + kinetic::Stencil::taps; }

  const kinetic::CollisionPlan& plan_;
  int K_;
  Interpolation interpolation_;
  const std::vector<kinetic::PlacedNode>& nodes_;
};

}  // namespace kapitza::cpu
