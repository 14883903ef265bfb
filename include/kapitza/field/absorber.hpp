// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <numbers>

namespace kapitza::field {

/// The region around the seam of the ring that absorbs what comes and injects what is asked for,
/// Eq. (29): gamma(y) = (Gamma / b) cos^2(pi y / 2b) at the distance y = +-1/2, +-3/2, ... < b.
struct Absorber {
  int width = 0;     ///< b, sites on each side of the seam
  double Gamma = 0;  ///< sum of gamma over both sides

  double rate(double y) const {
    const double c = std::cos(std::numbers::pi * y / (2 * width));
    return Gamma / width * c * c;
  }
  double max_rate() const { return Gamma / width; }

  /// What crosses it unabsorbed, Eq. (30).
  double leak(double speed) const { return std::exp(-2 * Gamma / speed); }
  /// The Gamma that lets no more than this part of the carriers through.
  static double Gamma_for(double leak, double speed) { return -std::log(leak) * speed / 2; }

  /// The density of what it sends out, n_in, is half the strength s of the noise, Eq. (30).
  static double source(double n_in) { return 2 * n_in; }

  /// Amplitude of the kick in the middle of a stretch of damping of length t, Eq. (31).
  static double kick(double gamma, double t) { return std::sqrt(std::sinh(gamma * t)); }
};

}  // namespace kapitza::field
