// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/core/hd.hpp"

namespace kapitza {

/// Coefficient i of the trigonometric interpolant on M points, from the K coefficients of the data
/// (K even, M a multiple of K). The alternating mode K/2 is shared equally by +K/2 and -K/2, so
/// that the interpolant of real data is real and passes through them. T: Complex, or double for
/// one part of it.
template <class T>
KAPITZA_HD constexpr T padded_mode(const T* modes, int K, int M, int i) {
  if (M == K) return modes[i];
  const int half = K / 2;
  if (i < half) return modes[i];
  if (i == half || i == M - half) return 0.5 * modes[half];
  if (i > M - half) return modes[i - M + K];
  return {};
}

/// Its transpose: coefficient i of K, from the M coefficients of a function on the fine points.
/// Modes: a pointer, or whatever else has modes[i].
template <class Modes>
KAPITZA_HD constexpr auto folded_mode(const Modes& modes, int K, int M, int i) {
  if (M == K) return modes[i];
  const int half = K / 2;
  if (i < half) return modes[i];
  if (i == half) return 0.5 * (modes[half] + modes[M - half]);
  return modes[i + M - K];
}

}  // namespace kapitza
