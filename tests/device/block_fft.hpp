// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/core/complex.hpp"
#include "kapitza/numerics/sign.hpp"

struct CUstream_st;  // cudaStream_t points to it

namespace kapitza::block {

/// Last radices 8, 2 and 4 in lines that share a thread block, shorter and longer than a warp, and
/// a line that fills one. Others cost seconds to compile, and fused kernels are tests of theirs.
inline constexpr int block_fft_lengths[] = {64, 128, 256, 512, 4096};

/// `batch` transforms of one of these lengths, not normalised, line after line, on the GPU; `in`
/// may be `out`. All pointers are device pointers, aligned like the values they hold (16 bytes in
/// double precision); `twiddles` is a copy of stockham_twiddles(n). `stream` is a cudaStream_t; the
/// call returns before the work is done. Throws std::invalid_argument for a bad length,
/// std::runtime_error if the launch fails.
void block_fft_cuda(int n, int batch, Sign sign, const BasicComplex<double>* in,
                    BasicComplex<double>* out, const BasicComplex<double>* twiddles,
                    CUstream_st* stream = nullptr);
void block_fft_cuda(int n, int batch, Sign sign, const BasicComplex<float>* in,
                    BasicComplex<float>* out, const BasicComplex<float>* twiddles,
                    CUstream_st* stream = nullptr);

}  // namespace kapitza::block
