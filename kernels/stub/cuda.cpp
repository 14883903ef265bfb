// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/core/error.hpp"
#include "kapitza/solver/backend.hpp"

namespace kapitza {

std::string cuda_unavailable() { return "this build of kapitza contains no CUDA backend"; }

std::unique_ptr<Backend> make_cuda_backend() { throw BackendUnavailable(cuda_unavailable()); }

}  // namespace kapitza
