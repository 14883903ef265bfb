// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "kapitza/kinetic/node_system.hpp"

namespace kapitza::cpu {

std::unique_ptr<kinetic::NodeSystem> make_node_system(int K, std::size_t nodes, int threads);

/// One after the other, each by all threads: they are systems made here.
void factorise(std::span<const kinetic::Factorisation> all);
void solve(std::span<const kinetic::Solution> all);

/// Where the Jacobians of a system made here are kept: K x K values per node.
std::span<double> jacobians(kinetic::NodeSystem& system);

}  // namespace kapitza::cpu
