// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "kapitza/core/complex.hpp"

namespace kapitza {

/// The largest |f(i)| for 0 <= i < count, zero of none. NaN where one is NaN, so that no comparison
/// with a bound accepts it.
template <class F>
double largest_of(std::size_t count, F f) {
  double most = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double size = std::abs(f(i));
    if (std::isnan(size)) return size;
    if (size > most) most = size;
  }
  return most;
}

/// max |a|
inline double largest(std::span<const double> a) {
  return largest_of(a.size(), [&](std::size_t i) { return a[i]; });
}

/// max |a - b|
inline double largest_difference(std::span<const double> a, std::span<const double> b) {
  return largest_of(a.size(), [&](std::size_t i) { return a[i] - b[i]; });
}

/// max |a / b - 1|
inline double largest_relative_difference(std::span<const double> a, std::span<const double> b) {
  return largest_of(a.size(), [&](std::size_t i) { return a[i] / b[i] - 1; });
}

/// max |z| of complex numbers
template <class T>
double largest(const std::vector<BasicComplex<T>>& z) {
  return largest_of(z.size(), [&](std::size_t i) { return std::sqrt(norm(z[i])); });
}

/// max |z - w| of complex numbers
template <class T>
double largest_difference(const std::vector<BasicComplex<T>>& z,
                          const std::vector<BasicComplex<T>>& w) {
  return largest_of(z.size(), [&](std::size_t i) { return std::sqrt(norm(z[i] - w[i])); });
}

}  // namespace kapitza
