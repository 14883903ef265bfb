// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

namespace kapitza::bench {

inline double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/// Times of two pieces of work, taken in turn so that a drift of the machine's speed hits both;
/// the ratio is the median of the ratios pair by pair.
struct Comparison {
  double first, second;  ///< medians, in seconds
  double ratio;          ///< first / second
};

inline Comparison compare(const std::function<void()>& first, const std::function<void()>& second,
                          int pairs) {
  first();
  second();
  std::vector<double> a, b, ratio;
  for (int i = 0; i < pairs; ++i) {
    a.push_back(seconds(first));
    b.push_back(seconds(second));
    ratio.push_back(a.back() / b.back());
  }
  return {median(a), median(b), median(ratio)};
}

}  // namespace kapitza::bench
