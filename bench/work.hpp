// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>

#include "kernels/block/ring_fft.hpp"
#include "kernels/cuda/ceilings.hpp"

/// What a kernel costs at least, counted by hand, and how long the device needs for that.
namespace kapitza::bench {

/// Bytes moved, sums and products: these count one each, as many are not fused.
struct Work {
  double memory_bytes = 0, shared_bytes = 0, operations = 0;
};

/// Sums and products of one butterfly. Turns by an eighth take four, by a sixteenth six.
constexpr int butterfly_operations(int radix) {
  if (radix == 2) return 4;
  const int halves = 2 * butterfly_operations(radix / 2), join = 2 * radix;
  const int turns = radix == 8 ? 2 * 4 : radix == 16 ? 2 * 4 + 4 * 6 : 0;
  return halves + join + turns;
}

/// Of one transform of block::stockham.
template <class Index>
double transform_operations() {
  double sum = 0;
  for (int stage = 0; stage < Index::stages; ++stage) {
    const int radix = Index::radix(stage), twiddles = stage > 0 ? radix - 1 : 0;
    const int butterflies = Index::length / radix;
    sum += butterflies * (butterfly_operations(radix) + 6.0 * twiddles);
  }
  return sum;
}

/// Cells of shared memory that one transform writes and reads.
template <class Index>
constexpr double transform_cells = 2.0 * Index::exchanges * Index::length;

/// The same of block::ring_transform, for every line.
inline double ring_cells(int n) {
  double cells = 0;
  for (int left = n; left > 1; left /= block::ring_radix(left)) cells += 2.0 * n;
  return cells;
}

struct Limit {
  const char* name;
  double seconds;
};

inline Limit limit_of(const Work& work, const cuda::Ceilings& can, Precision precision) {
  const double fma =
      precision == Precision::double_ ? can.fp64_fma_per_second : can.fp32_fma_per_second;
  return std::max({Limit{"device memory", work.memory_bytes / can.copy_bytes_per_second},
                   Limit{"shared memory", work.shared_bytes / can.shared_bytes_per_second},
                   Limit{"arithmetic", work.operations / fma}},
                  [](const Limit& a, const Limit& b) { return a.seconds < b.seconds; });
}

}  // namespace kapitza::bench
