// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/core/precision.hpp"

/// What the current device can do at most, measured: what the speed of a kernel is judged by. All
/// of it throws BackendUnavailable where no GPU is usable.
namespace kapitza::cuda {

struct Ceilings {
  double copy_bytes_per_second;  ///< within device memory, bytes read plus bytes written
  double fp64_fma_per_second;    ///< a fused multiply-add counts as one
  double fp32_fma_per_second;
  double shared_bytes_per_second;  ///< of all multiprocessors, bytes read plus bytes written
};

Ceilings measure_ceilings();

/// One batched cuFFT transform of contiguous lines of n values, out of place, as one of many in a
/// row.
double fft_seconds(int n, int batch, Precision precision);

}  // namespace kapitza::cuda
