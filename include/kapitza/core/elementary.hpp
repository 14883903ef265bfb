// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "kapitza/core/hd.hpp"

/// Logarithm, sine and cosine out of additions and multiplications alone.
///
/// The standard functions differ between host and device in their last bits, and g++ calls them
/// one number at a time. These are the same formula on both, and loops over them become vector
/// instructions. Taylor series: on the intervals that the arguments are reduced to they need a few
/// more terms than minimax polynomials, and no coefficient has to be believed.
namespace kapitza {

/// What differs between single and double precision.
template <class T>
struct FloatingPoint;

template <>
struct FloatingPoint<double> {
  using Bits = std::uint64_t;
  static constexpr Bits fraction = (Bits{1} << 52) - 1, one = Bits{1023} << 52;
  static constexpr int fraction_bits = 52, log_terms = 10, cis_terms = 10;
  static constexpr double rounder = 6755399441055744.0;  ///< 1.5 * 2^52
};

template <>
struct FloatingPoint<float> {
  using Bits = std::uint32_t;
  static constexpr Bits fraction = (Bits{1} << 23) - 1, one = Bits{127} << 23;
  static constexpr int fraction_bits = 23, log_terms = 4, cis_terms = 6;
  static constexpr float rounder = 12582912.0f;  ///< 1.5 * 2^23
};

/// The integer nearest to x, |x| < 2^51 (2^22 in single precision): adding so large a number leaves
/// no bits for the fraction.
template <class T>
KAPITZA_HD constexpr T nearest_integer(T x) {
  return (x + FloatingPoint<T>::rounder) - FloatingPoint<T>::rounder;
}

/// ln x for normal x > 0, to 2 ulp.
template <class T>
KAPITZA_HD constexpr T elementary_log(T x) {
  using F = FloatingPoint<T>;
  const auto bits = __builtin_bit_cast(typename F::Bits, x);
  // x = 2^e m, 1 <= m < 2; above sqrt 2 rather 2^{e + 1} m / 2, so that m - 1 is small.
  const T m1 = __builtin_bit_cast(T, (bits & F::fraction) | F::one);
  const bool large = m1 > T(1.4142135623730951);
  const T m = large ? T(0.5) * m1 : m1;
  const T e =
      static_cast<T>(static_cast<std::int32_t>(bits >> F::fraction_bits) -
                     static_cast<std::int32_t>(F::one >> F::fraction_bits) + (large ? 1 : 0));
  // ln m = 2 artanh s = 2 (s + s^3/3 + s^5/5 + ...), |s| <= 0.1716
  const T s = (m - 1) / (m + 1), s2 = s * s;
  T sum = 0;
  for (int i = F::log_terms; i > 0; --i) sum = (sum + T(1) / T(2 * i + 1)) * s2;
  return e * T(0.69314718055994530942) + 2 * (s + s * sum);
}

/// (-1)^{n/2} / n!
KAPITZA_HD constexpr double alternating_inverse_factorial(int n) {
  double product = n / 2 % 2 == 0 ? 1 : -1;
  for (int i = 2; i <= n; ++i) product /= i;
  return product;
}

/// Horner's rule for the terms n, n + 2, ..., last of a sine's or cosine's series, without x^n.
template <class T, int n, int last>
KAPITZA_HD constexpr T alternating_series(T x2) {
  constexpr T coefficient = static_cast<T>(alternating_inverse_factorial(n));
  if constexpr (n + 2 > last) {
    return coefficient;
  } else {
    return coefficient + x2 * alternating_series<T, n + 2, last>(x2);
  }
}

/// A point of the unit circle.
template <class T>
struct Cis {
  T cos, sin;
};

/// cos 2 pi t and sin 2 pi t, to 2 ulp of 1; of large t no more is known than its own ulp leaves.
template <class T>
KAPITZA_HD constexpr Cis<T> cis_turns(T t) {
  using F = FloatingPoint<T>;
  // Half turns change the sign of both; what is left is |x| <= pi/2.
  const T half_turns = nearest_integer(2 * t);
  const T odd = half_turns - 2 * nearest_integer(T(0.5) * half_turns);  // -1, 0 or 1
  const T sign = 1 - 2 * odd * odd;
  const T x = T(3.14159265358979323846) * (2 * t - half_turns), x2 = x * x;
  return {sign * alternating_series<T, 0, 2 * F::cis_terms>(x2),
          sign * x * alternating_series<T, 1, 2 * F::cis_terms + 1>(x2)};
}

}  // namespace kapitza
