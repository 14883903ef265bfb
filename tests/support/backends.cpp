// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/backends.hpp"

#include "kernels/field/staged/backend.hpp"
#include "kernels/kinetic/staged/backend.hpp"
#include "tests/support/staged_on_host.hpp"

namespace kapitza {
namespace {

class StagedMachine final : public Machine {
 public:
  explicit StagedMachine(CudaChoices choices) : kinetic_(choices.sweep), field_(choices.steps) {}

  std::string name() const override { return "staged"; }
  std::string description() const override { return "the stages of the GPU path, on the host"; }
  kinetic::Backend& kinetic() override { return kinetic_; }
  field::Backend& field() override { return field_; }

 private:
  staged::StagedKinetic<staged::HostDevice> kinetic_;
  staged::StagedField<staged::HostDevice> field_;
};

}  // namespace

std::unique_ptr<Machine> make_staged_machine(CudaChoices choices) {
  return std::make_unique<StagedMachine>(choices);
}

}  // namespace kapitza
