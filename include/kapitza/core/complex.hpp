// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/core/hd.hpp"

namespace kapitza {

/// A complex number laid out as every FFT library wants it: two reals in a row.
/// Not std::complex: that one is not callable on the device, and its product checks for
/// infinities, which keeps the compiler from vectorising the hot loops.
template <class T>
struct BasicComplex {
  T re{};
  T im{};

  KAPITZA_HD constexpr BasicComplex& operator+=(BasicComplex z) {
    re += z.re;
    im += z.im;
    return *this;
  }

  friend KAPITZA_HD constexpr BasicComplex operator+(BasicComplex a, BasicComplex b) {
    return {a.re + b.re, a.im + b.im};
  }
  friend KAPITZA_HD constexpr BasicComplex operator-(BasicComplex a, BasicComplex b) {
    return {a.re - b.re, a.im - b.im};
  }
  friend KAPITZA_HD constexpr BasicComplex operator*(BasicComplex a, BasicComplex b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
  }
  friend KAPITZA_HD constexpr BasicComplex operator*(T s, BasicComplex z) {
    return {s * z.re, s * z.im};
  }
  friend constexpr bool operator==(const BasicComplex&, const BasicComplex&) = default;
};

using Complex = BasicComplex<double>;

template <class T>
KAPITZA_HD constexpr BasicComplex<T> conj(BasicComplex<T> z) {
  return {z.re, -z.im};
}

/// |z|^2
template <class T>
KAPITZA_HD constexpr T norm(BasicComplex<T> z) {
  return z.re * z.re + z.im * z.im;
}

}  // namespace kapitza
