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

  std::unique_ptr<kinetic::CollisionOperator> collision(kinetic::CollisionPlan plan) override {
    return make_collision(std::move(plan), threads_);
  }
  std::unique_ptr<kinetic::NodeSystem> node_system(int K, std::size_t nodes) override {
    return make_node_system(K, nodes, threads_);
  }
  void factorise(std::span<const kinetic::Factorisation> all) override { cpu::factorise(all); }
  void solve(std::span<const kinetic::Solution> all) override { cpu::solve(all); }

 private:
  int threads_;
};

}  // namespace

std::unique_ptr<kinetic::Backend> make_kinetic(int threads) {
  return std::make_unique<CpuKinetic>(threads);
}

}  // namespace kapitza::cpu
