// SPDX-License-Identifier: BSD-3-Clause
// In a file of its own: with all of their templates, the stages take minutes to compile.
#include "tests/conformance/backends.hpp"

#include <utility>

#include "kernels/staged/staged_collision.hpp"
#include "kernels/staged/staged_ensemble.hpp"
#include "tests/support/host_device.hpp"

namespace kapitza {
namespace {

class StagedBackend final : public Backend {
 public:
  explicit StagedBackend(CudaChoices choices) : choices_(choices) {}

  std::string name() const override { return "staged"; }
  std::string description() const override { return "the stages of the GPU path, on the host"; }
  std::unique_ptr<CollisionOperator> collision(CollisionPlan plan) override {
    using Collision = staged::StagedCollision<staged::HostDevice>;
    return std::make_unique<Collision>(std::move(plan), staged::default_workspace, choices_.sweep);
  }
  std::unique_ptr<Ensemble> ensemble(EnsemblePlan plan) override {
    using staged::HostDevice, staged::StagedEnsemble;
    if (plan.precision == Precision::single_)
      return std::make_unique<StagedEnsemble<HostDevice, float>>(
          std::move(plan), staged::most_indices, choices_.steps);
    return std::make_unique<StagedEnsemble<HostDevice, double>>(
        std::move(plan), staged::most_indices, choices_.steps);
  }

 private:
  CudaChoices choices_;
};

}  // namespace

std::unique_ptr<Backend> make_staged_backend(CudaChoices choices) {
  return std::make_unique<StagedBackend>(choices);
}

}  // namespace kapitza
