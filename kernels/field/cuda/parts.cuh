// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kernels/device/cuda/cuda_device.cuh"
#include "kernels/field/staged/staged_ensemble.hpp"

/// Each in a file of its own: with every size of their fused kernels they take minutes to compile.
namespace kapitza::staged {

extern template class StagedEnsemble<cuda::CudaDevice, double>;
extern template class StagedEnsemble<cuda::CudaDevice, float>;

}  // namespace kapitza::staged
