// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/kinetic/balance.hpp"

namespace kapitza::kinetic {

/// Weight of a segment when the integral is cut after segment `last`: the tail of the sum over
/// auxiliary time falls like T^-3, so I(T) + [I(T) - I(T/2)] / 7 removes its leading part, Eq.
/// (11).
KAPITZA_HD constexpr double segment_weight(int segment, int last) {
  if (segment > last) return 0;
  return segment == last ? 8.0 / 7.0 : 1.0;
}

/// B alone has a tail ~ 1/T (it cancels against the loss in I): its own extrapolation, for what
/// is reported as gain.
KAPITZA_HD constexpr double gain_weight(int segment, int last) {
  return segment == last ? 2.0 : 1.0;
}

/// I = h B + n S, Eq. (7).
KAPITZA_HD constexpr double collision_integral(double n, double h, double B, double S) {
  return h * B + n * S;
}

/// What a sweep leaves behind for one density: B and S of Eq. (9) on every segment of the time
/// quadrature, and those of the resonant manifold, Eq. (10).
struct CollisionSums {
  const double* sweep;  ///< [segment][gain, rate][K]; segments may be zero
  int segments;
  const double* pairs;  ///< [gain, rate][K], or null
  int K;

  KAPITZA_HD double gain(int segment, int m) const { return sweep[(2 * segment) * K + m]; }
  KAPITZA_HD double rate(int segment, int m) const { return sweep[(2 * segment + 1) * K + m]; }
  KAPITZA_HD double pair_gain(int m) const { return pairs ? pairs[m] : 0; }
  KAPITZA_HD double pair_rate(int m) const { return pairs ? pairs[K + m] : 0; }

  /// B and S as they enter I: extrapolated in T, all channels together.
  KAPITZA_HD double total_gain(int m) const {
    double sum = pair_gain(m);
    for (int s = 0; s < segments; ++s) sum += segment_weight(s, segments - 1) * gain(s, m);
    return sum;
  }
  KAPITZA_HD double total_rate(int m) const {
    double sum = pair_rate(m);
    for (int s = 0; s < segments; ++s) sum += segment_weight(s, segments - 1) * rate(s, m);
    return sum;
  }
};

struct CollisionValues {
  double *gain, *loss, *I;  ///< K values each
  double error = 0, grid_error = 0, number_rate_raw = 0, energy_rate_raw = 0;
  MomentSystem::Line projection{0, 0};
};

/// Gain, loss, I and the error estimate of one density from its sums, Eqs. (7), (11) and (13).
template <class Momenta>
KAPITZA_HD void assemble_collision(Momenta& momenta, const double* n, const double* h,
                                   const double* energy, const CollisionSums& sums,
                                   CollisionValues& out) {
  const int last = sums.segments - 1;
  const Sums<3> most = momenta.template most<3>([&](int m) {
    double gain = sums.pair_gain(m);
    double B[3] = {}, S[3] = {};  // cut at T, T/2, T/4
    for (int s = 0; s <= last; ++s) {
      gain += gain_weight(s, last) * sums.gain(s, m);
      for (int cut = 0; cut < 3; ++cut) {
        const double w = segment_weight(s, last - cut);
        B[cut] += w * sums.gain(s, m);
        S[cut] += w * sums.rate(s, m);
      }
    }
    double I[3];
    for (int cut = 0; cut < 3; ++cut) I[cut] = collision_integral(n[m], h[m], B[cut], S[cut]);
    out.gain[m] = gain;
    out.I[m] = I[0] + h[m] * sums.pair_gain(m) + n[m] * sums.pair_rate(m);
    return Sums<3>{
        {I[0] > I[1] ? I[0] - I[1] : I[1] - I[0], I[1] > I[2] ? I[1] - I[2] : I[2] - I[1], gain}};
  });
  const double change = most[0], change_before = most[1], scale = most[2];
  // Each doubling of T shrinks the change by a factor; the changes still to come form a geometric
  // series with that factor, which is never trusted to be smaller than 1/8.
  double factor = change_before > 0 ? change / change_before : 0;
  factor = factor < 0.125 ? 0.125 : factor > 0.75 ? 0.75 : factor;
  out.error = scale > 0 ? change * factor / (1 - factor) / scale : 0;

  const Projection projection = project(momenta, n, energy, out.I);
  out.number_rate_raw = projection.number_rate_raw;
  out.energy_rate_raw = projection.energy_rate_raw;
  out.projection = projection.line;
  const Sums<1> correction = momenta.template most<1>([&](int m) {
    const double part = Statistics::weight(n[m]) * projection.line(energy[m]);
    out.loss[m] = (out.I[m] - out.gain[m]) / n[m];
    return Sums<1>{{part < 0 ? -part : part}};
  });
  out.grid_error = rate_of(correction[0], scale);
}

KAPITZA_HD inline void assemble_collision(const double* n, const double* h, const double* energy,
                                          const CollisionSums& sums, CollisionValues& out) {
  InOrder momenta(sums.K);
  assemble_collision(momenta, n, h, energy, sums, out);
}

}  // namespace kapitza::kinetic
