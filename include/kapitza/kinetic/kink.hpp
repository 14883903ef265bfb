// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "kapitza/core/hd.hpp"
#include "kapitza/model/dispersion.hpp"
#include "kapitza/model/momentum_grid.hpp"
#include "kapitza/numerics/angle.hpp"

namespace kapitza::kinetic {

/// The kink that densities inherit from the band at k = +-pi, Eq. (6).
///
/// A trigonometric interpolant rounds a kink off over one spacing, and the collision integral near
/// +-pi feels that like 1/K. So the kink is taken out of the data, and put back after the
/// interpolation L:
///
///   n(k) = L n + a [ chi - L chi ],     chi(k) = k^2 / (2 pi),     a = sum_m weight_m n_m
///
/// with a the kink of the data: half the difference of the one-sided slopes at pi and -pi, each
/// from four points. It is linear in n, zero for data without kink up to the fourth order in the
/// spacing, and zero throughout for a band that is smooth at +-pi.
struct Kink {
  static constexpr int points = 4;

  bool present = false;
  double weight[points] = {};  ///< of n_i and of n_{K-1-i}; all others are zero

  Kink(const Dispersion& dispersion, const MomentumGrid& grid) {
    constexpr double edge = std::numbers::pi * (1 - 1e-15);
    present = std::abs(dispersion.velocity(edge) - dispersion.velocity(-edge)) >
              1e-6 * dispersion.max_speed();
    if (!present) return;
    // d/dt at t = 0 of the cubic through t = 1/2, 3/2, 5/2, 7/2.
    constexpr double slope[points] = {-71.0 / 24, 47.0 / 8, -31.0 / 8, 23.0 / 24};
    const double spacing = 2 * std::numbers::pi / grid.K;
    for (int i = 0; i < points; ++i) weight[i] = -slope[i] / (2 * spacing);
  }

  KAPITZA_HD double amplitude(const double* n, int K) const {
    double a = 0;
    for (int i = 0; i < points; ++i) a += weight[i] * (n[i] + n[K - 1 - i]);
    return a;
  }

  /// Adds the transpose: row_m += weight_m response.
  void add_transpose(double response, double* row, int K) const {
    for (int i = 0; i < points; ++i) {
      row[i] += weight[i] * response;
      row[K - 1 - i] += weight[i] * response;
    }
  }

  static double chi(double k) {
    const double q = principal_angle(k);
    return q * q / (2 * std::numbers::pi);
  }

  static std::vector<double> chi(const std::vector<double>& k) {
    std::vector<double> values;
    values.reserve(k.size());
    for (double q : k) values.push_back(chi(q));
    return values;
  }
};

/// chi - L chi of Eq. (6) on the lattice of M momenta: the shape of a kink of amplitude one.
///
/// chi is even, so L chi = a_0 + 2 sum_{0 < j < K/2} a_j cos j k. Every angle j p_r is a multiple
/// of pi / M, hence one table of cosines.
std::vector<double> kink_shape(const MomentumGrid& grid, int M);

}  // namespace kapitza::kinetic
