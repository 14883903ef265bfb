// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "kernels/device/block/stockham_index.hpp"

/// The index maps that are tested, and their names.
namespace kapitza::block {

template <int N>
using Double = StockhamIndex<N, double>;
template <int N>
using Single = StockhamIndex<N, float>;

template <int N, class T>
using Radix16 = StockhamIndex<N, T, 16>;

struct StockhamNames {
  template <class I>
  static std::string GetName(int) {
    std::string name =
        (sizeof(typename I::Value) == 16 ? "double" : "single") + std::to_string(I::length);
    if (I::full_radix != 8) name += "radix" + std::to_string(I::full_radix);
    return name;
  }
};

}  // namespace kapitza::block
