// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>

#include "bench/device/ceilings.hpp"
#include "kernels/device/block/ring_fft.hpp"

/// What a kernel costs at least, counted by hand, and how long the device needs for that.
namespace kapitza::bench {

/// Bytes moved through device memory; bytes moved through shared memory, and through the
/// first-level cache, which shares its data path; instructions of the arithmetic, fused where that
/// is possible.
struct Work {
  double memory_bytes = 0, shared_bytes = 0, operations = 0;
};

/// A product of complex numbers: two products and two fused ones.
inline constexpr double product = 4;

/// Instructions of one butterfly. Turns by an eighth take four.
constexpr double butterfly_operations(int radix) {
  if (radix == 2) return 4;
  const double halves = 2 * butterfly_operations(radix / 2), join = 2 * radix;
  const double turns = radix == 8 ? 2 * 4 : radix == 16 ? 2 * 4 + 4 * product : 0;
  return halves + join + turns;
}

/// Of one transform of block::stockham.
template <class Index>
double transform_operations() {
  double sum = 0;
  for (int stage = 0; stage < Index::stages; ++stage) {
    const int radix = Index::radix(stage), twiddles = stage > 0 ? radix - 1 : 0;
    const int butterflies = Index::length / radix;
    sum += butterflies * (butterfly_operations(radix) + product * twiddles);
  }
  return sum;
}

/// Complex numbers that one transform writes to and reads from shared memory, and twiddle factors.
template <class Index>
double transform_cells() {
  double cells = 2.0 * Index::exchanges * Index::length;
  for (int stage = 1; stage < Index::stages; ++stage) {
    const int radix = Index::radix(stage), butterflies = Index::length / radix;
    cells += static_cast<double>(butterflies) * (radix - 1);
  }
  return cells;
}

/// What block::ring_transform writes and reads, for every line, but for its factors.
inline double ring_cells(int n) {
  double cells = 0;
  for (int left = n; left > 1; left /= block::ring_radix(left)) cells += 2.0 * n;
  return cells;
}

/// What the data sheet of an H200 says: 4.8 TB/s, 132 multiprocessors of 128 bytes of shared
/// memory, 64 and 128 multiply-adds in a cycle of up to 1.98 GHz. For predictions, where there is
/// no GPU.
inline constexpr double h200_cycles = 132 * 1.98e9;
inline constexpr cuda::Ceilings h200{4.8e12, 64 * h200_cycles, 128 * h200_cycles,
                                     128 * h200_cycles};

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
