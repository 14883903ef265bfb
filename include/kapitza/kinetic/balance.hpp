// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/core/hd.hpp"
#include "kapitza/core/in_order.hpp"
#include "kapitza/model/statistics.hpp"

namespace kapitza::kinetic {

/// Least squares in the two functions E and 1 with weights w_k >= 0: the 2 x 2 system behind both
/// the thermal part of a density and the projection onto the conservation laws.
struct MomentSystem {
  double s0 = 0, s1 = 0, s2 = 0;  ///< sums of w, w E, w E^2

  KAPITZA_HD void add(double weight, double energy) {
    s0 += weight;
    s1 += weight * energy;
    s2 += weight * energy * energy;
  }

  struct Line {
    double b, c;
    KAPITZA_HD double operator()(double energy) const { return b * energy + c; }
  };

  /// b E + c with sum w (b E + c) = number and sum w (b E + c) E = energy.
  KAPITZA_HD Line solve(double number, double energy) const {
    const double mean = s1 / s0;
    const double variance = s2 - s1 * mean;
    const double b = (energy - number * mean) / variance;
    return {b, number / s0 - b * mean};
  }
};

/// The system of a density, with the weights of its statistics, n^2.
template <class Momenta>
KAPITZA_HD MomentSystem moments_of(Momenta& momenta, const double* n, const double* energy) {
  const auto sums = momenta.template sum<3>([&](int m) {
    const double weight = Statistics::weight(n[m]);
    return Sums<3>{{weight, weight * energy[m], weight * energy[m] * energy[m]}};
  });
  return {sums[0], sums[1], sums[2]};
}

/// Departure of a density from the thermal state nearest to it, Eq. (8):
///
///   h = 1 - n (b E + c),   b and c least squares, i.e. sum n h = sum n E h = 0
///
/// For a thermal state h is zero to rounding, and with it every term of the balanced collision
/// integral, whatever the resolution.
template <class Momenta>
KAPITZA_HD MomentSystem::Line balance(Momenta& momenta, const double* n, const double* energy,
                                      double* h) {
  const MomentSystem system = moments_of(momenta, n, energy);
  MomentSystem::Line total{0, 0};
  momenta.each([&](int m) { h[m] = 1; });
  // The second pass fits the residual of the first: it removes the rounding of the 2 x 2 solve.
  for (int pass = 0; pass < 2; ++pass) {
    const Sums<2> sums = momenta.template sum<2>(
        [&](int m) { return Sums<2>{{n[m] * h[m], n[m] * h[m] * energy[m]}}; });
    const MomentSystem::Line line = system.solve(sums[0], sums[1]);
    total.b += line.b;
    total.c += line.c;
    momenta.each([&](int m) { h[m] = 1 - n[m] * total(energy[m]); });
  }
  return total;
}

KAPITZA_HD inline MomentSystem::Line balance(const double* n, const double* energy, int K,
                                             double* h) {
  InOrder momenta(K);
  return balance(momenta, n, energy, h);
}

/// The part of I that breaks the conservation laws, Eq. (13): n^2 (b E + c) with
/// sum (I - n^2 (b E + c)) = sum E (I - n^2 (b E + c)) = 0. Weighted by n^2, the correction is the
/// smallest one relative to the density, and it vanishes with I, so thermal states stay put.
struct Projection {
  MomentSystem::Line line;
  double number_rate_raw, energy_rate_raw;  ///< sum I / sum |I| and its like with E, before
};

KAPITZA_HD inline double rate_of(double sum, double absolute) {
  return absolute > 0 ? sum / absolute : 0;
}

template <class Momenta>
KAPITZA_HD Projection project(Momenta& momenta, const double* n, const double* energy, double* I) {
  const MomentSystem system = moments_of(momenta, n, energy);
  Projection result{{0, 0}, 0, 0};
  for (int pass = 0; pass < 2; ++pass) {
    const Sums<4> sums = momenta.template sum<4>([&](int m) {
      const double size = I[m] < 0 ? -I[m] : I[m];
      return Sums<4>{
          {I[m], I[m] * energy[m], size, size * (energy[m] < 0 ? -energy[m] : energy[m])}};
    });
    if (pass == 0) {
      result.number_rate_raw = rate_of(sums[0], sums[2]);
      result.energy_rate_raw = rate_of(sums[1], sums[3]);
    }
    const MomentSystem::Line line = system.solve(sums[0], sums[1]);
    result.line.b += line.b;
    result.line.c += line.c;
    momenta.each([&](int m) { I[m] -= Statistics::weight(n[m]) * line(energy[m]); });
  }
  return result;
}

KAPITZA_HD inline Projection project(const double* n, const double* energy, int K, double* I) {
  InOrder momenta(K);
  return project(momenta, n, energy, I);
}

}  // namespace kapitza::kinetic
