// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <map>
#include <mutex>
#include <numbers>
#include <utility>
#include <vector>

#include "kapitza/core/complex.hpp"

namespace kapitza::block {

/// Tables that are made once in a process, because long double takes its time: operators and
/// ensembles want the same few over and over.
template <class T>
class Remembered {
 public:
  using Table = std::vector<BasicComplex<T>>;

  template <class Make>
  const Table& operator()(std::pair<int, int> sizes, const Make& make) {
    const std::lock_guard lock(one_at_a_time_);
    const auto [place, is_new] = tables_.try_emplace(sizes);
    if (is_new) place->second = make(sizes.first, sizes.second);
    return place->second;
  }

 private:
  std::mutex one_at_a_time_;
  std::map<std::pair<int, int>, Table> tables_;
};

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
  static Remembered<T> remembered;
  return remembered({n, full_radix}, make_stockham_twiddles<T>);
}

/// e^{2 pi i m / n}
template <class Real>
const std::vector<BasicComplex<Real>>& unit_roots(int n) {
  static Remembered<Real> remembered;
  return remembered({n, 1}, [](int length, int) {
    std::vector<BasicComplex<Real>> roots;
    for (int m = 0; m < length; ++m) {
      const long double angle = 2 * std::numbers::pi_v<long double> * m / length;
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
