// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <initializer_list>

namespace kapitza {

/// Whether Fourier transforms of this length are fast: no prime factor above 5.
constexpr bool is_fast_length(int n) {
  for (const int p : {2, 3, 5})
    while (n % p == 0) n /= p;
  return n == 1;
}

/// The smallest even fast length that is at least n >= 1.
constexpr int fast_length(int n) {
  n += n % 2;
  while (!is_fast_length(n)) n += 2;
  return n;
}

}  // namespace kapitza
