// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "kapitza/solver/node_system.hpp"

namespace kapitza::cpu {

std::unique_ptr<NodeSystem> make_system(int K, std::size_t nodes, int threads);

/// Where the Jacobians of a system made here are kept: K x K values per node.
std::span<double> jacobians(NodeSystem& system);

}  // namespace kapitza::cpu
