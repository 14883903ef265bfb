// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/kinetic/balance.hpp"

namespace kapitza::kinetic {

/// The pieces of dI/dn of one density before balance and projection, Eq. (12).
struct JacobianPieces {
  const double* by_n;   ///< K x K: dI/dn at fixed h, without its diagonal part diag(rate)
  const double* by_h;   ///< K x K: dI/dh at fixed n, without its diagonal part diag(gain)
  const double* gain;   ///< B, as it multiplies h in I
  const double* rate;   ///< S, as it multiplies n in I
  const double* slope;  ///< dI/drho at fixed n: sum_l (dC_l/drho) I_l / C_l
  const double* n;
  const double* h;
  const double* energy;
  MomentSystem::Line balance;     ///< b, c of Eq. (8)
  MomentSystem::Line projection;  ///< what Eq. (13) took off: n^2 (b E + c)
  int K;
};

/// dI/dh applied to n E and to n: how I answers to a change of the balance line.
template <class Momenta>
KAPITZA_HD MomentSystem::Line line_response(Momenta& momenta, const JacobianPieces& j, int k) {
  const Sums<2> sums = momenta.template sum<2>([&](int p) {
    const double a = j.by_h[k * j.K + p] * j.n[p];
    return Sums<2>{{a * j.energy[p], a}};
  });
  const double own = j.gain[k] * j.n[k];
  return {own * j.energy[k] + sums[0], own + sums[1]};
}

/// Column p of the Jacobian, Eq. (12):
///
///   dh = -(b E + c) dn - n (E db + dc),   (db, dc) = G^{-1} (E_p, 1) (2 h_p - 1) dn_p
///   J  = Pi [ dI/dn + dI/dh dh/dn + (dI/drho) / K - diag(2 n (b' E + c')) ]
///
/// with G the normal matrix of the balance, Pi the projection and b', c' its line. response[k] is
/// line_response(k). Column stride K in J.
template <class Momenta>
KAPITZA_HD void assemble_jacobian_column(Momenta& momenta, const JacobianPieces& j,
                                         const MomentSystem::Line* response,
                                         const MomentSystem& system, int p, double* J) {
  const int K = j.K;
  const double lever = 2 * j.h[p] - 1;
  const MomentSystem::Line shift = system.solve(lever, lever * j.energy[p]);
  const double own = -j.balance(j.energy[p]);
  const Sums<2> sums = momenta.template sum<2>([&](int k) {
    double value = j.by_n[k * K + p] + own * j.by_h[k * K + p] - response[k].b * shift.b -
                   response[k].c * shift.c + j.slope[k] / K;
    if (k == p)
      value += j.rate[k] + own * j.gain[k] -
               Statistics::weight_slope(j.n[k]) * j.projection(j.energy[k]);
    J[k * K + p] = value;
    return Sums<2>{{value, value * j.energy[k]}};
  });
  const MomentSystem::Line broken = system.solve(sums[0], sums[1]);
  momenta.each([&](int k) { J[k * K + p] -= Statistics::weight(j.n[k]) * broken(j.energy[k]); });
}

}  // namespace kapitza::kinetic
