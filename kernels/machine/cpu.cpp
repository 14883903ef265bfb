// SPDX-License-Identifier: BSD-3-Clause
#include <memory>
#include <omp.h>
#include <string>

#include "kapitza/machine/machine.hpp"
#include "kernels/field/cpu/backend.hpp"
#include "kernels/kinetic/cpu/backend.hpp"

namespace kapitza {
namespace cpu {
namespace {

class CpuMachine final : public Machine {
 public:
  explicit CpuMachine(int threads)
      : threads_(threads), kinetic_(make_kinetic(threads)), field_(make_field(threads)) {}

  std::string name() const override { return "cpu"; }
  std::string description() const override {
    return "CPU, " + std::to_string(threads_) + (threads_ == 1 ? " thread" : " threads");
  }
  kinetic::Backend& kinetic() override { return *kinetic_; }
  field::Backend& field() override { return *field_; }

 private:
  int threads_;
  std::unique_ptr<kinetic::Backend> kinetic_;
  std::unique_ptr<field::Backend> field_;
};

}  // namespace
}  // namespace cpu

std::unique_ptr<Machine> make_cpu_machine(int threads) {
  return std::make_unique<cpu::CpuMachine>(threads > 0 ? threads : omp_get_max_threads());
}

}  // namespace kapitza
