// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/core/error.hpp"
#include "kapitza/machine/machine.hpp"

namespace kapitza {

std::string cuda_unavailable() { return "this build of kapitza contains no CUDA backend"; }

std::unique_ptr<Machine> make_cuda_machine(CudaChoices) {
  throw BackendUnavailable(cuda_unavailable());
}

}  // namespace kapitza
