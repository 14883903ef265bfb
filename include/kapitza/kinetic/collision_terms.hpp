// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/core/complex.hpp"

namespace kapitza::kinetic {

/// The channels l = 3, 4, ... of a collision sweep as one polynomial in a = |F|^2, Eq. (9):
///
///   P(a) = sum_l C_l a^{l-1} = a^2 (C_3 + C_4 a + ...)
///
/// computed by Horner's rule for all channels at once. The number of terms is a template parameter
/// so that the usual case, the monomial C_3 a^2, costs no loop.
template <int Terms>
struct ChannelPolynomial {
  double rate[Terms] = {};  ///< C_3, C_4, ...

  /// P, P' and P''.
  struct Values {
    double p, dp, ddp;
  };

  KAPITZA_HD constexpr Values operator()(double a) const {
    double q = rate[Terms - 1], dq = 0, ddq = 0;
    for (int i = Terms - 2; i >= 0; --i) {
      ddq = ddq * a + 2 * dq;
      dq = dq * a + q;
      q = q * a + rate[i];
    }
    return {a * a * q, a * (2 * q + a * dq), 2 * q + a * (4 * dq + a * ddq)};
  }
};

/// Lattice functions whose transforms are the gain B and the balanced rate S, Eq. (9):
///
///   b_j = P(a) F*            s_j = P'(a) F*^2 H - (P(a) + a P'(a)) H*,     a = |F|^2
struct CollisionTerms {
  Complex gain;
  Complex rate;
};

template <int Terms>
KAPITZA_HD constexpr CollisionTerms collision_terms(const ChannelPolynomial<Terms>& channels,
                                                    Complex F, Complex H) {
  const double a = norm(F);
  const auto [p, dp, ddp] = channels(a);
  const Complex Fc = conj(F);
  return {p * Fc, dp * (Fc * Fc * H) - (p + a * dp) * conj(H)};
}

/// Derivatives of those lattice functions, Eq. (12). A term in dF or dH transforms into a function
/// of k + p, a term in dF* or dH* into one of k - p:
///
///   db =  alpha dF + beta dF*                  alpha = P' F*^2       beta = P + a P'
///   ds =  gamma dF + delta dF*                 gamma = P'' F*^3 H - (2 P' + a P'') F* H*
///       + alpha dH - beta dH*                  delta = (2 P' + a P'') (F* H - F H*)
struct CollisionDerivatives {
  Complex alpha;
  double beta;
  Complex gamma;
  Complex delta;
};

template <int Terms>
KAPITZA_HD constexpr CollisionDerivatives collision_derivatives(
    const ChannelPolynomial<Terms>& channels, Complex F, Complex H) {
  const double a = norm(F);
  const auto [p, dp, ddp] = channels(a);
  const Complex Fc = conj(F), Fc2 = Fc * Fc;
  const double slope = 2 * dp + a * ddp;
  return {dp * Fc2, p + a * dp, ddp * (Fc2 * Fc * H) - slope * (Fc * conj(H)),
          slope * (Fc * H - F * conj(H))};
}

/// The bracket of one 2 <-> 2 collision k, k2 -> q1, q2 with 1/n replaced by h/n, Eq. (10), split
/// as  n h-weighted bracket = h gain + n rate  for the carrier at k.
struct PairTerms {
  double gain;
  double rate;
};

KAPITZA_HD constexpr PairTerms pair_terms(double n2, double h2, double n3, double h3, double n4,
                                          double h4) {
  return {n2 * n3 * n4, h2 * n3 * n4 - n2 * (h3 * n4 + n3 * h4)};
}

/// Derivatives of  h1 gain + n1 rate  of pair_terms() by the three other densities.
struct PairSlopes {
  double by_n[3], by_h[3];
};

KAPITZA_HD constexpr PairSlopes pair_slopes(double n1, double h1, const double* n,
                                            const double* h) {
  const double out_h = h[1] * n[2] + n[1] * h[2];
  return {{h1 * n[1] * n[2] - n1 * out_h, (h1 * n[0] + n1 * h[0]) * n[2] - n1 * n[0] * h[2],
           (h1 * n[0] + n1 * h[0]) * n[1] - n1 * n[0] * h[1]},
          {n1 * n[1] * n[2], -n1 * n[0] * n[2], -n1 * n[0] * n[1]}};
}

}  // namespace kapitza::kinetic
