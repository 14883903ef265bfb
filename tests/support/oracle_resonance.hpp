// SPDX-License-Identifier: BSD-3-Clause
//
// The continuum collision integral for E(k) = k^2, periodically continued, by direct quadrature on
// the resonant manifolds: both delta functions are solved, there is no tau and no lattice. Shares
// no code with the program.

#pragma once

#include <functional>

namespace kapitza::oracle {

struct Collision {
  double gain = 0;            // B_k: C_l times the integral of the other 2l - 1 densities
  double integral = 0;        // I_k
  double gain_error = 0;      // Estimates: the differences from a coarser rule. For smooth n far
  double integral_error = 0;  // larger than the true error; for rough n allow three times as much.
};

// 2 -> 2 without the trivial exchange (q = k, umklapp index 0), which cancels in I_k and would make
// the gain diverge. n must have period 2 pi. `points` Gauss-Legendre nodes on each of the two
// branches of the manifold: 256 give rounding error for n smooth inside the zone and for
// interpolants on up to 64 momenta, 1e-7 for n with a kink at zero.
// |k| = pi (modulo 2 pi) is refused: the gain diverges there, logarithmically.
Collision collision_2to2(double k, const std::function<double(double)>& n, double C2,
                         int points = 256);

// 3 -> 3, all umklapp sectors. n must have period 2 pi. It is evaluated through a table of
// piecewise polynomials (8192 calls of n), to which kinks and jumps at multiples of pi/512 do no
// harm; kinks and jumps at zero and +-pi are also allowed for in the quadrature. `points` is the
// number of nodes for a momentum that runs over the whole zone; every piece of it gets 12 more.
// Error relative to the gain, and time:
//   kSmooth: 1e-8 or less for a few harmonics or 1/(k^2 + 1), 1e-6 for peaks of width 0.3; 0.2 s.
//   128:     1e-5 for a jump interpolated on 64 momenta, 1e-3 for random values on them; 0.5 s.
//   kRough:  1e-6 for the former, 1e-4 for the latter; 4 s.
// At |k| = pi itself only 1e-4 for the gain.
inline constexpr int kSmooth = 64;
inline constexpr int kRough = 384;
Collision collision_3to3(double k, const std::function<double(double)>& n, double C3,
                         int points = kSmooth);

}  // namespace kapitza::oracle
