// SPDX-License-Identifier: BSD-3-Clause
#include <memory>
#include <string>

#include "kapitza/core/error.hpp"
#include "kapitza/machine/machine.hpp"
#include "kernels/device/cuda/gpu.hpp"
#include "kernels/field/cuda/backend.hpp"
#include "kernels/kinetic/cuda/backend.hpp"

namespace kapitza {
namespace cuda {
namespace {

class CudaMachine final : public Machine {
 public:
  explicit CudaMachine(CudaChoices choices)
      : kinetic_(make_kinetic(choices.sweep)), field_(make_field(choices.steps)) {}

  std::string name() const override { return "cuda"; }
  std::string description() const override { return gpu_description(); }
  kinetic::Backend& kinetic() override { return *kinetic_; }
  field::Backend& field() override { return *field_; }

 private:
  std::unique_ptr<kinetic::Backend> kinetic_;
  std::unique_ptr<field::Backend> field_;
};

}  // namespace
}  // namespace cuda

std::string cuda_unavailable() { return cuda::gpu_unavailable(); }

std::unique_ptr<Machine> make_cuda_machine(CudaChoices choices) {
  if (const std::string why = cuda_unavailable(); !why.empty()) throw BackendUnavailable(why);
  return std::make_unique<cuda::CudaMachine>(choices);
}

}  // namespace kapitza
