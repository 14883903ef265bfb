// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include "kapitza/core/hd.hpp"

namespace kapitza::field {

/// What is summed up in the measurements of one trajectory, and where: for every window n(k), then
/// n(k)^2; |psi_x|^2 of every site; lambda sum_x D U(|psi_x|^2).
struct TotalsLayout {
  int windows, momenta;  ///< momenta: of a window
  int sites;

  KAPITZA_HD constexpr std::size_t n(int window, int m = 0) const {
    return static_cast<std::size_t>(2 * window) * momenta + m;
  }
  KAPITZA_HD constexpr std::size_t n_squared(int window, int m = 0) const {
    return n(window, m) + momenta;
  }
  KAPITZA_HD constexpr std::size_t site(int x = 0) const { return n(windows) + x; }
  KAPITZA_HD constexpr std::size_t energy() const { return site(sites); }
  KAPITZA_HD constexpr std::size_t size() const { return energy() + 1; }

  /// The totals of one trajectory among those of all.
  template <class T>
  KAPITZA_HD constexpr T* row(T* totals, std::size_t trajectory) const {
    return totals + trajectory * size();
  }
};

}  // namespace kapitza::field
