// SPDX-License-Identifier: BSD-3-Clause
#include <memory>

#include "kernels/field/cuda/backend.hpp"
#include "kernels/field/cuda/parts.cuh"
#include "kernels/field/staged/backend.hpp"

namespace kapitza::cuda {

std::unique_ptr<field::Backend> make_field(field::Steps steps) {
  using Backend = staged::StagedField<CudaDevice, std::shared_ptr<SharedState>>;
  return std::make_unique<Backend>(steps, std::make_shared<SharedState>());
}

}  // namespace kapitza::cuda
