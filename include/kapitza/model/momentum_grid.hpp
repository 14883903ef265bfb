// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <numbers>
#include <vector>

#include "kapitza/core/hd.hpp"

namespace kapitza {

/// The momentum grid k_m = -pi + 2 pi (m + 1/2) / K, Eq. (3), and the finer lattices nested in it.
///
/// The half offset keeps v = 0 and the kink of the parabolic band off the grid. A lattice of
/// M = R K momenta p_r = k_0 + 2 pi r / M contains the grid (p_{R m} = k_m), so that every phase
/// e^{i j k_0} drops out of products with one more F* than F: transforms on grid and lattice are
/// plain DFTs and folding M sites onto K is a plain sum.
struct MomentumGrid {
  int K = 0;

  KAPITZA_HD double operator()(int m) const { return lattice(m, K); }

  KAPITZA_HD double lattice(int r, int M) const {
    using std::numbers::pi;
    return -pi + pi / K + 2 * pi * r / M;
  }

  /// Where k lies, in units of the spacing of the lattice of M momenta: inverse of lattice().
  KAPITZA_HD double coordinate(double k, int M) const {
    using std::numbers::pi;
    return (k + pi - pi / K) * M / (2 * pi);
  }

  std::vector<double> momenta() const { return lattice(K); }
  std::vector<double> lattice(int M) const;

  friend bool operator==(const MomentumGrid&, const MomentumGrid&) = default;
};

}  // namespace kapitza
