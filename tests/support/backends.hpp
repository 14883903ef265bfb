// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "kapitza/field/backend.hpp"
#include "kapitza/kinetic/backend.hpp"
#include "kapitza/machine/machine.hpp"
#include "tests/support/needs_gpu.hpp"

namespace kapitza {

/// The GPU path without a GPU: what it leaves open are the libraries and the kernel launch.
std::unique_ptr<Machine> make_staged_machine(CudaChoices choices);

/// A test body for all backends. Where no GPU is usable the cuda tests are skipped, unless
/// KAPITZA_REQUIRE_GPU is set: then they fail.
class OnEveryBackend : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam().starts_with("cuda")) {
      NEEDS_GPU();
    }
    machine_ = make_machine(GetParam());
  }

  kinetic::Backend& kinetic() { return machine_->kinetic(); }
  field::Backend& field() { return machine_->field(); }

  std::unique_ptr<Machine> machine_;

 private:
  static std::unique_ptr<Machine> make_machine(const std::string& name) {
    CudaChoices choices;
    if (name.ends_with("two_pass"))
      choices.steps = field::Steps::two_pass;
    else if (!name.ends_with("fused"))
      choices = {field::Steps::transforms, kinetic::TimeSweep::transforms};
    if (name.starts_with("cuda")) return make_cuda_machine(choices);
    if (name.starts_with("staged")) return make_staged_machine(choices);
    return make_cpu_machine();
  }
};

/// Those that have two ways to do their work, once for each.
inline const auto all_backends =
    ::testing::Values("cpu", "staged", "staged_fused", "cuda", "cuda_fused");
/// Those that take two passes for a step, on the rings that are long enough.
inline const auto two_pass_backends = ::testing::Values("staged_two_pass", "cuda_two_pass");
inline constexpr auto backend_name = [](const auto& test) { return test.param; };

}  // namespace kapitza
