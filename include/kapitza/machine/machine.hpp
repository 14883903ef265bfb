// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>

#include "kapitza/machine/cuda_choices.hpp"

namespace kapitza {

namespace kinetic {
class Backend;
}
namespace field {
class Backend;
}

/// A machine to compute on: what it is called, and its part for every subject.
class Machine {
 public:
  virtual ~Machine() = default;

  virtual std::string name() const = 0;         ///< "cpu" or "cuda"
  virtual std::string description() const = 0;  ///< the device, in words

  virtual kinetic::Backend& kinetic() = 0;
  virtual field::Backend& field() = 0;
};

/// threads = 0: as many as OMP_NUM_THREADS says, or as there are.
std::unique_ptr<Machine> make_cpu_machine(int threads = 0);

/// Throws BackendUnavailable where this build has no CUDA or this machine no usable GPU.
std::unique_ptr<Machine> make_cuda_machine(CudaChoices choices = {});

/// Why make_cuda_machine() would throw; empty if it would not.
std::string cuda_unavailable();

}  // namespace kapitza
