// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kernels/device/block/block.hpp"

namespace kapitza::block {

/// f(Constant<n>{}) where n is a power of two from `low` to `high`, for code that is compiled for
/// every size; false elsewhere.
template <int low, int high, class F>
bool with_power_of_two(int n, const F& f) {
  if (n == low) return f(Constant<low>{});
  if constexpr (2 * low <= high) return with_power_of_two<2 * low, high>(n, f);
  return false;
}

}  // namespace kapitza::block
