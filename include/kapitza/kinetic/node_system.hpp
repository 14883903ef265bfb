// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace kapitza::kinetic {

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

/// The Jacobians J_x of such a chain, put in by CollisionOperator::linearise(), and its factors:
/// they stay where they are computed. What can be done with it is the backend's business.
class NodeSystem {
 public:
  virtual ~NodeSystem() = default;

  /// Bytes that it holds, and that a factorisation of it takes beside.
  virtual std::size_t memory() const = 0;
};

/// What is asked of one system, where many are asked at once.
struct Factorisation {
  NodeSystem* system;
  const NodeCoefficients* coefficients;
};
struct Solution {
  NodeSystem* system;
  std::span<double> f;  ///< becomes y: N x K values
};

}  // namespace kapitza::kinetic
