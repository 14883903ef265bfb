// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "kapitza/core/complex.hpp"
#include "kapitza/numerics/remembered.hpp"

namespace kapitza::block {

template <class T>
std::vector<BasicComplex<T>> make_stockham_twiddles(int n, int full_radix) {
  std::vector<BasicComplex<T>> table;
  for (int span = full_radix; span < n; span *= full_radix) {
    const int radix = n / span < full_radix ? n / span : full_radix;
    for (int r = 1; r < radix; ++r) {
      for (int k = 0; k < span; ++k) {
        const long double angle =
            2 * std::numbers::pi_v<long double> * r * k / (static_cast<long double>(span) * radix);
        table.push_back({static_cast<T>(std::cos(angle)), static_cast<T>(-std::sin(angle))});
      }
    }
  }
  return table;
}

/// The twiddle factors of a transform of length n, in the order of StockhamIndex::twiddle; one
/// table for both signs. Made in long double, so that every entry is rounded once only.
template <class T>
const std::vector<BasicComplex<T>>& stockham_twiddles(int n, int full_radix = 8) {
  static Remembered<std::pair<int, int>, std::vector<BasicComplex<T>>> remembered;
  return remembered({n, full_radix}, [&] { return make_stockham_twiddles<T>(n, full_radix); });
}

/// e^{2 pi i m / n}
template <class Real>
const std::vector<BasicComplex<Real>>& unit_roots(int n) {
  static Remembered<int, std::vector<BasicComplex<Real>>> remembered;
  return remembered(n, [n] {
    std::vector<BasicComplex<Real>> roots;
    for (int m = 0; m < n; ++m) {
      const long double angle = 2 * std::numbers::pi_v<long double> * m / n;
      roots.push_back({static_cast<Real>(std::cos(angle)), static_cast<Real>(std::sin(angle))});
    }
    return roots;
  });
}

/// e^{2 pi i row factor / (rows part)} for every row and 0 <= factor < factors.
template <class Real>
std::vector<BasicComplex<Real>> turns_of_rows(int rows, int part, int factors) {
  std::vector<BasicComplex<Real>> table;
  for (int row = 0; row < rows; ++row)
    for (int factor = 0; factor < factors; ++factor) {
      const long double angle = 2 * std::numbers::pi_v<long double> * row * factor /
                                (static_cast<long double>(rows) * part);
      table.push_back({static_cast<Real>(std::cos(angle)), static_cast<Real>(std::sin(angle))});
    }
  return table;
}

}  // namespace kapitza::block
