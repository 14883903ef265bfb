// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdint>

#include "kapitza/core/complex.hpp"
#include "kapitza/core/elementary.hpp"
#include "kapitza/core/hd.hpp"
#include "kapitza/random/philox.hpp"

namespace kapitza {

/// Every use of random numbers, so that no two share a stream. Part of what a seed means: numbers
/// are given once and never change.
enum class Stream : std::uint32_t {
  start = 0,  ///< the field at t = 0
  noise = 1,  ///< the kicks of the absorber
};

/// A complex normal number, <|z|^2> = 1, from two random words: Box-Muller with 32 bits for the
/// modulus (which ends at 4.8 standard deviations of |z|, met once in 10^10) and 32 for the phase.
template <class T>
KAPITZA_HD inline BasicComplex<T> complex_normal(std::uint32_t modulus, std::uint32_t phase) {
  constexpr T unit = T(1) / T(4294967296.0);  // 2^-32
  const T u = (static_cast<T>(modulus) + T(0.5)) * unit;
  // Signed, so that the phase is exact around 0 in single precision too.
  const Cis<T> z = cis_turns(static_cast<T>(static_cast<std::int32_t>(phase)) * unit);
  const T r = std::sqrt(-elementary_log(u));
  return {r * z.cos, r * z.sin};
}

template <class T>
struct NormalPair {
  BasicComplex<T> even, odd;
};

/// White noise on a lattice: the numbers of sites 2 pair and 2 pair + 1. `step` counts the draws of
/// the stream.
template <class T>
KAPITZA_HD inline NormalPair<T> white_noise(std::uint64_t seed, Stream stream,
                                            std::uint32_t trajectory, std::uint32_t step,
                                            std::uint32_t pair) {
  const Words w = philox(seed, {pair, step, trajectory, static_cast<std::uint32_t>(stream)});
  return {complex_normal<T>(w.a, w.b), complex_normal<T>(w.c, w.d)};
}

}  // namespace kapitza
