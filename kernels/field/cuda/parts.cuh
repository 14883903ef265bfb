// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kernels/device/cuda/cuda_device.cuh"
#include "kernels/field/staged/staged_ensemble.hpp"

/// In a file of its own: with every size of their fused kernels ensembles take a minute to compile.
/// Those in single precision are in backend.cu.
namespace kapitza::staged {

extern template class StagedEnsemble<cuda::CudaDevice, double>;

}  // namespace kapitza::staged
