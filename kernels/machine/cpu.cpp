// SPDX-License-Identifier: BSD-3-Clause
#include <omp.h>
#include <utility>

#include "kapitza/field/backend.hpp"
#include "kapitza/kinetic/backend.hpp"
#include "kapitza/machine/machine.hpp"
#include "kernels/field/cpu/ensemble.hpp"
#include "kernels/kinetic/cpu/collision.hpp"
#include "kernels/kinetic/cpu/node_system.hpp"

namespace kapitza {
namespace cpu {
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

class CpuField final : public field::Backend {
 public:
  explicit CpuField(int threads) : threads_(threads) {}

  std::unique_ptr<Ensemble> ensemble(EnsemblePlan plan) override {
    return make_ensemble(std::move(plan), threads_);
  }

 private:
  int threads_;
};

class CpuMachine final : public Machine {
 public:
  explicit CpuMachine(int threads) : threads_(threads), kinetic_(threads), field_(threads) {}

  std::string name() const override { return "cpu"; }
  std::string description() const override {
    return "CPU, " + std::to_string(threads_) + (threads_ == 1 ? " thread" : " threads");
  }
  kinetic::Backend& kinetic() override { return kinetic_; }
  field::Backend& field() override { return field_; }

 private:
  int threads_;
  CpuKinetic kinetic_;
  CpuField field_;
};

}  // namespace
}  // namespace cpu

std::unique_ptr<Machine> make_cpu_machine(int threads) {
  return std::make_unique<cpu::CpuMachine>(threads > 0 ? threads : omp_get_num_procs());
}

}  // namespace kapitza
