// SPDX-License-Identifier: BSD-3-Clause
#include <memory>

#include "kernels/kinetic/cuda/backend.hpp"
#include "kernels/kinetic/cuda/parts.cuh"
#include "kernels/kinetic/staged/backend.hpp"

namespace kapitza::cuda {

std::unique_ptr<kinetic::Backend> make_kinetic(kinetic::TimeSweep sweep) {
  using Backend = staged::StagedKinetic<CudaDevice, std::shared_ptr<SharedState>>;
  return std::make_unique<Backend>(sweep, std::make_shared<SharedState>());
}

}  // namespace kapitza::cuda
