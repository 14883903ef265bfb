// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>

#include "kapitza/solver/backend.hpp"
#include "kernels/staged/staged_collision.hpp"
#include "kernels/staged/staged_ensemble.hpp"
#include "tests/support/host_device.hpp"
#include "tests/support/needs_gpu.hpp"

namespace kapitza {

/// The GPU path without a GPU: what it leaves open are the libraries and the kernel launch.
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

/// A test body for all backends. Where no GPU is usable the cuda tests are skipped, unless
/// KAPITZA_REQUIRE_GPU is set: then they fail.
class OnEveryBackend : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam().starts_with("cuda")) {
      NEEDS_GPU();
    }
    backend_ = make_backend(GetParam());
  }

  std::unique_ptr<Backend> backend_;

 private:
  static std::unique_ptr<Backend> make_backend(const std::string& name) {
    CudaChoices choices;
    if (name.ends_with("two_pass"))
      choices.steps = FieldSteps::two_pass;
    else if (!name.ends_with("fused"))
      choices = {FieldSteps::transforms, TimeSweep::transforms};
    if (name.starts_with("cuda")) return make_cuda_backend(choices);
    if (name.starts_with("staged")) return std::make_unique<StagedBackend>(choices);
    return make_cpu_backend();
  }
};

/// Those that have two ways to do their work, once for each.
inline const auto all_backends =
    ::testing::Values("cpu", "staged", "staged_fused", "cuda", "cuda_fused");
/// Those that take two passes for a step, on the rings that are long enough.
inline const auto two_pass_backends = ::testing::Values("staged_two_pass", "cuda_two_pass");
inline constexpr auto backend_name = [](const auto& test) { return test.param; };

}  // namespace kapitza
