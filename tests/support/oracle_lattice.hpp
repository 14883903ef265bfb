// SPDX-License-Identifier: BSD-3-Clause
//
// Literal sums on a lattice: the reference for the discretised collision integral.
// Shares no code with the program; slow and plain on purpose.

#pragma once

#include <functional>
#include <vector>

namespace kapitza::oracle {

// Trigonometric interpolant of K values given at k_m = -pi + 2 pi (m + 1/2) / K, m = 0 .. K-1.
// Modes |j| < K/2 as usual; for even K the Nyquist mode is split symmetrically between +K/2 and
// -K/2, which on this half-offset grid leaves sin(K (k + pi) / 2): the interpolant passes through
// all K values.
std::function<double(double)> trig_interpolant(const std::vector<double>& n);

// The interpolant at one momentum.
double interpolate_at(const std::vector<double>& n, double k);

// The interpolant at the M momenta p_r = k_0 + 2 pi r / M, k_0 = -pi + pi / K, by explicit sums.
// M is a multiple of K, so that p_{m M / K} = k_m.
std::vector<double> interpolate(const std::vector<double>& n, int M);

struct GainLoss {
  std::vector<double> gain;  // B_k
  std::vector<double> rate;  // S_k
};

// I_k = h_k gain_k + n_k rate_k at the K momenta k_m. All other 2l - 1 momenta run over the M
// lattice momenta p_r, where n and h are the interpolants of n_K and h_K:
//   int dk/2pi -> (1/M) sum,  2 pi delta_2pi -> M x Kronecker delta modulo M,
//   2 pi delta(dE) -> sum_i weight_i cos(tau_i dE).
// gain_k sums C x (the other 2l - 1 n's); rate_k sums C x (sum over the other l - 1 in-side momenta
// of h there times the other 2l - 2 n's, minus the same for the l out-side momenta).
// h_K = 1 is the plain form, S_k = A_k. `energy` is called with momenta in [-pi, pi) only.
// The cost is K M^(2l - 2) terms.
GainLoss lattice_collision(int l, double C, const std::vector<double>& n_K,
                           const std::vector<double>& h_K,
                           const std::function<double(double)>& energy, int M,
                           const std::vector<double>& tau, const std::vector<double>& weight);

// The same by way of F_j(tau) and H_j(tau), for lattices that are not tiny: plain Fourier sums in
// long double, over M momenta for each of the M sites, and over the sites for each of the K momenta
// k_m. The cost is M (M + K) terms for every tau.
GainLoss swept_collision(int l, double C, const std::vector<double>& n_K,
                         const std::vector<double>& h_K,
                         const std::function<double(double)>& energy, int M,
                         const std::vector<double>& tau, const std::vector<double>& weight);

}  // namespace kapitza::oracle
