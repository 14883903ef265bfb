// SPDX-License-Identifier: BSD-3-Clause
#include "kernels/kinetic/cuda/parts.cuh"

namespace kapitza::staged {

template class StagedNodeSystem<cuda::CudaDevice>;
template class CyclicReduction<cuda::CudaDevice>;

}  // namespace kapitza::staged
