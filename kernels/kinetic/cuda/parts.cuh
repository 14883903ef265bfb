// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kernels/device/cuda/cuda_device.cuh"
#include "kernels/kinetic/staged/staged_collision.hpp"

/// Each in a file of its own: they take a minute to compile. Linear systems are in backend.cu.
namespace kapitza::staged {

extern template class Tables<cuda::CudaDevice>;
extern template class DensityPass<cuda::CudaDevice>;
extern template class JacobianPass<cuda::CudaDevice>;

}  // namespace kapitza::staged
