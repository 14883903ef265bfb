// SPDX-License-Identifier: BSD-3-Clause
#include "kernels/field/cuda/parts.cuh"

namespace kapitza::staged {

template class StagedEnsemble<cuda::CudaDevice, float>;

}  // namespace kapitza::staged
