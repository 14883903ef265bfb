// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "kapitza/solver/chain.hpp"

namespace kapitza::cpu {

std::unique_ptr<CollisionChain> make_chain(int K, std::size_t nodes, int threads);

/// Where the Jacobians of a chain made here are kept: K x K values per node.
std::span<double> jacobians(CollisionChain& chain);

}  // namespace kapitza::cpu
