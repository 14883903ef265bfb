// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "kapitza/defect/mesh.hpp"
#include "kapitza/kinetic/node_system.hpp"

namespace kapitza::defect {

/// How v d_X n is discretised.
enum class TransportScheme {
  upwind,         ///< one node per cell, first order, Eq. (20): the paper's
  corner_balance  ///< two nodes per cell, second order, positive, Eq. (16)
};

/// What the reservoirs send in: K values each, of which only those that move inwards count.
struct Injection {
  std::vector<double> left, right;
};

/// A mean of a, b > 0, Eq. (16): the arithmetic one up to ((a - b) / (a + b))^4 / 2, yet zero where
/// one of them is.
struct PositiveMean {
  double value, by_a, by_b;  ///< and its derivatives

  static PositiveMean of(double a, double b);
};

/// The streaming term v d_X n on the nodes of a mesh, with its boundary conditions.
///
/// Nodes are ordered by X. The sum over a cell of (streaming term x share of the cell) is what
/// flows out of its two faces minus what flows in, exactly: with sum I = sum E I = 0 at every node,
/// stationary currents are the same through all faces, to rounding.
class Transport {
 public:
  /// mirrored: X = 1 of the mesh is a plane of symmetry instead of a reservoir.
  Transport(TransportScheme scheme, Mesh mesh, std::vector<double> velocity, Injection injection,
            bool mirrored = false);

  std::size_t K() const { return velocity_.size(); }
  std::size_t cells() const { return mesh_.cells(); }
  std::size_t nodes_per_cell() const { return scheme_ == TransportScheme::upwind ? 1 : 2; }
  std::size_t nodes() const { return cells() * nodes_per_cell(); }
  const Mesh& mesh() const { return mesh_; }
  const std::vector<double>& velocity() const { return velocity_; }

  /// What streams freely from the reservoirs to every node.
  std::vector<double> free_streaming() const;

  /// v d_X n at every node.
  void apply(std::span<const double> n, std::span<double> rate) const;

  /// The derivative of apply(): all of `out` but Lambda.
  void linearise(std::span<const double> n, kinetic::NodeCoefficients& out) const;

  /// Inverse time of flight through the cell of a node.
  double frequency(std::size_t node, std::size_t k) const;

  /// The density that streams through a face, 0 ... cells().
  std::vector<double> at_face(std::span<const double> n, std::size_t face) const;

  /// The density in the middle of a cell.
  std::vector<double> at_centre(std::span<const double> n, std::size_t cell) const;

 private:
  /// The nodes of a cell in the order in which a carrier of momentum k meets them.
  std::size_t entry(std::size_t cell, std::size_t k) const;
  std::size_t exit(std::size_t cell, std::size_t k) const;
  bool rightwards(std::size_t k) const { return velocity_[k] > 0; }
  /// What a carrier of momentum k brings into the cell.
  double inflow(std::span<const double> n, std::size_t cell, std::size_t k) const;

  TransportScheme scheme_;
  Mesh mesh_;
  std::vector<double> velocity_;
  Injection injection_;
  bool mirrored_;
};

}  // namespace kapitza::defect
