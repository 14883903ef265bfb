// SPDX-License-Identifier: BSD-3-Clause
#include <cub/device/device_segmented_reduce.cuh>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>

#include "kernels/device/cuda/sum_rows.cuh"

namespace kapitza::cuda {
namespace {

/// Where a row of a matrix begins.
struct RowStart {
  int columns;
  __host__ __device__ std::ptrdiff_t operator()(std::ptrdiff_t row) const { return row * columns; }
};

}  // namespace

cudaError_t sum_rows(void* memory, std::size_t& bytes, const double* values, int rows, int columns,
                     double* sums, cudaStream_t stream) {
  const auto starts = thrust::make_transform_iterator(
      thrust::make_counting_iterator(std::ptrdiff_t{0}), RowStart{columns});
  return cub::DeviceSegmentedReduce::Sum(memory, bytes, values, sums, rows, starts, starts + 1,
                                         stream);
}

}  // namespace kapitza::cuda
