// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cuda_runtime.h>

namespace kapitza::cuda {

/// The sum of every row of a matrix, by CUB, in a file of its own: CUB is half of what it takes to
/// read the device's headers. CUB gives every row to one block, whose threads add in a fixed order.
/// Without memory it only says how many bytes it wants.
cudaError_t sum_rows(void* memory, std::size_t& bytes, const double* values, int rows, int columns,
                     double* sums, cudaStream_t stream);

}  // namespace kapitza::cuda
