// SPDX-License-Identifier: BSD-3-Clause
#include "kernels/field/cpu/backend.hpp"

#include <utility>

#include "kernels/field/cpu/ensemble.hpp"

namespace kapitza::cpu {
namespace {

class CpuField final : public field::Backend {
 public:
  explicit CpuField(int threads) : threads_(threads) {}

  std::unique_ptr<field::Ensemble> ensemble(field::EnsemblePlan plan) override {
    return make_ensemble(std::move(plan), threads_);
  }

 private:
  int threads_;
};

}  // namespace

std::unique_ptr<field::Backend> make_field(int threads) {
  return std::make_unique<CpuField>(threads);
}

}  // namespace kapitza::cpu
