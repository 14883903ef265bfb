// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace kapitza {

/// A chain of N nodes of K momenta that carriers stream along, linearised, Eq. (19):
///
///   A_x y_x + lower_x o y_{x-1} + upper_x o y_{x+1} = f_x,    A_x = diag(diagonal_x) - Lambda J_x
///
/// with o the product momentum by momentum: streaming couples neighbours, collisions couple
/// momenta, nothing couples both. lower of the first and upper of the last node are ignored. Where
/// the last node sees its own mirror image, mirror_k adds A(k, K-1-k) there.
struct NodeCoefficients {
  double Lambda = 0;
  std::vector<double> diagonal, lower, upper;  ///< N x K
  std::vector<double> mirror;                  ///< K values, or none
};

class NodeSystem;

/// What one of several systems is asked to do, where all are asked at once.
struct Factorisation {
  NodeSystem* system;
  const NodeCoefficients* coefficients;
};
struct Solution {
  NodeSystem* system;
  std::span<double> f;
};

/// Newton's linear systems. The Jacobians J_x, put in by CollisionOperator::linearise(), and the
/// factors stay where they are computed.
class NodeSystem {
 public:
  virtual ~NodeSystem() = default;

  /// Block elimination along the chain. The Jacobians are kept: they may serve several times.
  /// Throws NumericsError where a block is singular.
  virtual void factorise(const NodeCoefficients& coefficients) = 0;

  /// f becomes y: N x K values.
  virtual void solve(std::span<double> f) = 0;

  /// The same for several systems of one backend and of as many momenta, of which this is one. One
  /// that fails spoils the others.
  virtual void factorise_together(std::span<const Factorisation> all) {
    for (const auto& [system, coefficients] : all) system->factorise(*coefficients);
  }
  virtual void solve_together(std::span<const Solution> all) {
    for (const auto& [system, f] : all) system->solve(f);
  }

  /// Bytes that it holds.
  virtual std::size_t memory() const = 0;
};

}  // namespace kapitza
