// SPDX-License-Identifier: BSD-3-Clause
#include "kernels/kinetic/cpu/backend.hpp"

#include <utility>

#include "kernels/kinetic/cpu/collision.hpp"
#include "kernels/kinetic/cpu/node_system.hpp"

namespace kapitza::cpu {
namespace {

class CpuKinetic final : public kinetic::Backend {
 public:
  explicit CpuKinetic(int threads) : threads_(threads) {}

  std::unique_ptr<CollisionOperator> collision(CollisionPlan plan) override {
    return make_collision(std::move(plan), threads_);
  }
  std::unique_ptr<NodeSystem> node_system(int K, std::size_t nodes) override {
    return make_node_system(K, nodes, threads_);
  }
  void factorise(std::span<const Factorisation> all) override { cpu::factorise(all); }
  void solve(std::span<const Solution> all) override { cpu::solve(all); }

 private:
  int threads_;
};

}  // namespace

std::unique_ptr<kinetic::Backend> make_kinetic(int threads) {
  return std::make_unique<CpuKinetic>(threads);
}

}  // namespace kapitza::cpu
