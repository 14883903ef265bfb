// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "kapitza/kinetic/collision.hpp"
#include "kapitza/kinetic/node_system.hpp"

namespace kapitza::kinetic {

/// Where the work of kinetic solvers is done. They see this and nothing below it.
///
/// Every operation is one on a whole batch. It must outlive the systems that it makes. Not
/// thread-safe: where several threads solve, kapitza/kinetic/together.hpp stands between.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::unique_ptr<CollisionOperator> collision(CollisionPlan plan) = 0;

  /// Newton's linear systems for so many nodes of K momenta.
  virtual std::unique_ptr<NodeSystem> node_system(int K, std::size_t nodes) = 0;

  /// Block elimination along the chains, which all have as many momenta. Their Jacobians are kept:
  /// they may serve several times. Throws NumericsError where a block is singular, and then spoils
  /// the other systems, too.
  virtual void factorise(std::span<const Factorisation> all) = 0;

  /// With the factors that were made before. One that fails spoils the others.
  virtual void solve(std::span<const Solution> all) = 0;
};

inline void factorise(Backend& backend, const Factorisation& one) { backend.factorise({&one, 1}); }
inline void solve(Backend& backend, const Solution& one) { backend.solve({&one, 1}); }

}  // namespace kapitza::kinetic
