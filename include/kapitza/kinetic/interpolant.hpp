// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "kapitza/kinetic/kink.hpp"
#include "kapitza/model/momentum_grid.hpp"

namespace kapitza::kinetic {

/// The continuation of K grid values to any momentum, Eq. (6), as a row of K weights:
///
///   n(k) = sum_m [ c(k - k_m) + (chi - L chi)(k) weight_m ] n_m
///   c(x) = sin(K x / 2) cos(x / 2) / (K sin(x / 2))
///
/// Slow and literal, for few momenta: backends interpolate many of them by FFT.
class Interpolant {
 public:
  Interpolant(const Dispersion& dispersion, const MomentumGrid& grid)
      : grid_(grid), kink_(dispersion, grid), chi_(Kink::chi(grid.momenta())) {}

  /// row: K values.
  void weights(double k, std::span<double> row) const {
    double rest = kink_.present ? Kink::chi(k) : 0;
    for (int m = 0; m < grid_.K; ++m) {
      row[m] = cardinal(k - grid_(m));
      if (kink_.present) rest -= row[m] * chi_[m];
    }
    if (kink_.present) kink_.add_transpose(rest, row.data(), grid_.K);
  }

 private:
  double cardinal(double x) const {
    const double s = std::sin(x / 2);
    if (std::abs(s) < 1e-14) return 1;
    return std::sin(grid_.K * x / 2) * std::cos(x / 2) / (grid_.K * s);
  }

  MomentumGrid grid_;
  Kink kink_;
  std::vector<double> chi_;
};

}  // namespace kapitza::kinetic
