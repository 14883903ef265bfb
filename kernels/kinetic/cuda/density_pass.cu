// SPDX-License-Identifier: BSD-3-Clause
#include "kernels/kinetic/cuda/parts.cuh"

namespace kapitza::staged {

template class Tables<cuda::CudaDevice>;
template class DensityPass<cuda::CudaDevice>;

}  // namespace kapitza::staged
