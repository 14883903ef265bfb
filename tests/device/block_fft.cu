// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cstddef>
#include <cuda_runtime.h>
#include <iterator>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "kernels/device/block/stockham.hpp"
#include "kernels/device/cuda/check.cuh"
#include "kernels/device/cuda/cuda_block.cuh"
#include "tests/device/block_fft.hpp"

namespace kapitza::block {
namespace {

/// Short lines share a thread block of four warps: alone, 64 points fill a quarter of a warp.
template <class Index>
constexpr int lines_per_block = std::max(1, 128 / Index::lanes);

/// Reads each line from `in` and writes it to `out`: N values of global memory each way, and the
/// twiddle table, N - 8 values, which stays in the caches.
template <class Index, Sign sign>
__global__ void __launch_bounds__(Index::lanes* lines_per_block<Index>)
    fft_kernel(int batch, const typename Index::Value* in, typename Index::Value* out,
               const typename Index::Value* twiddles) {
  using Value = typename Index::Value;
  extern __shared__ __align__(16) unsigned char shared_memory[];
  CudaBlock<Index::lanes> blk(shared_memory + threadIdx.y * Index::cells * sizeof(Value));

  const long long line = static_cast<long long>(blockIdx.x) * blockDim.y + threadIdx.y;
  const long long first = line * Index::length;
  // A row of threads without a line of its own transforms zeros: it must reach the barriers.
  const bool mine = line < batch;
  transform_line<Index, sign>(
      blk, [&](int i) { return mine ? aligned(in + first + i) : Value{}; },
      [&](int i, Value z) {
        if (mine) aligned(out + first + i) = z;
      },
      [&](int i) { return aligned(twiddles + i); });
}

template <class Index, Sign sign>
void launch(int batch, const typename Index::Value* in, typename Index::Value* out,
            const typename Index::Value* twiddles, cudaStream_t stream) {
  constexpr int lines = lines_per_block<Index>;
  constexpr int bytes = lines * Index::cells * sizeof(typename Index::Value);
  const auto kernel = fft_kernel<Index, sign>;
  KAPITZA_CUDA(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
  const dim3 threads(Index::lanes, lines);
  kernel<<<(batch + lines - 1) / lines, threads, bytes, stream>>>(batch, in, out, twiddles);
  KAPITZA_CUDA_LAUNCHED("fft_kernel of " + cuda::type_name<Index>());
}

template <class T>
void launch(int n, int batch, Sign sign, const BasicComplex<T>* in, BasicComplex<T>* out,
            const BasicComplex<T>* twiddles, cudaStream_t stream) {
  const auto launch_if = [&](auto length) {
    if (n != length) return false;
    using Index = StockhamIndex<length, T>;
    if (sign == Sign::minus)
      launch<Index, Sign::minus>(batch, in, out, twiddles, stream);
    else
      launch<Index, Sign::plus>(batch, in, out, twiddles, stream);
    return true;
  };
  const bool launched = [&]<std::size_t... i>(std::index_sequence<i...>) {
    return (launch_if(std::integral_constant<int, block_fft_lengths[i]>()) || ...);
  }(std::make_index_sequence<std::size(block_fft_lengths)>());
  if (!launched)
    throw std::invalid_argument("block_fft_cuda: no kernel of length " + std::to_string(n));
}

}  // namespace

void block_fft_cuda(int n, int batch, Sign sign, const BasicComplex<double>* in,
                    BasicComplex<double>* out, const BasicComplex<double>* twiddles,
                    CUstream_st* stream) {
  if (batch > 0) launch(n, batch, sign, in, out, twiddles, stream);
}

void block_fft_cuda(int n, int batch, Sign sign, const BasicComplex<float>* in,
                    BasicComplex<float>* out, const BasicComplex<float>* twiddles,
                    CUstream_st* stream) {
  if (batch > 0) launch(n, batch, sign, in, out, twiddles, stream);
}

}  // namespace kapitza::block
