// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/solver/backend.hpp"

#include <omp.h>
#include <utility>

#include "kernels/cpu/collision.hpp"
#include "kernels/cpu/ensemble.hpp"

namespace kapitza {
namespace {

class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(int threads) : threads_(threads > 0 ? threads : omp_get_num_procs()) {}

  std::string name() const override { return "cpu"; }
  std::string description() const override {
    return "CPU, " + std::to_string(threads_) + (threads_ == 1 ? " thread" : " threads");
  }
  std::unique_ptr<CollisionOperator> collision(CollisionPlan plan) override {
    return cpu::make_collision(std::move(plan), threads_);
  }
  std::unique_ptr<Ensemble> ensemble(EnsemblePlan plan) override {
    return cpu::make_ensemble(std::move(plan), threads_);
  }

 private:
  int threads_;
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(int threads) {
  return std::make_unique<CpuBackend>(threads);
}

}  // namespace kapitza
