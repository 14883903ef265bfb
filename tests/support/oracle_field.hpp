// SPDX-License-Identifier: BSD-3-Clause
//
// One trajectory of the field on a ring, step by step from the equations: literal Fourier sums in
// terms of psi itself. Shares no code with the program; slow and plain on purpose.

#pragma once

#include <complex>
#include <functional>
#include <vector>

namespace kapitza::oracle {

using Field = std::vector<std::complex<double>>;
using Function = std::function<double(double)>;

/// i d_t psi = E(k) psi + lambda D U'(|psi|^2) psi - i gamma psi - sqrt(gamma) xi, with
/// <xi* xi'> = delta(t - t') int dk/2pi e^{-ik(x - x')} 2 n(k), on sites 0, ..., N - 1 whose
/// momenta are k_m = -pi + 2 pi (m + 1/2) / N.
struct Chain {
  Function E, U, dU;
  double lambda = 0;
  std::vector<double> D;
  Function n;

  /// gamma = (Gamma / b) cos^2(pi y / 2b), y = 1/2, ..., b - 1/2 from the seam before site 0.
  int b = 0;
  double Gamma = 0;
  int noise_modes = 0;  ///< momenta of the noise, as those of a ring of so many sites

  double dt = 0;
  int kick_every = 1, order = 2;

  /// Where n(k) is measured: with a taper sin(pi (j + 1) / (W + 1)), or all of a closed chain.
  std::vector<int> windows;
  int W = 0;

  int sites() const { return static_cast<int>(D.size()); }
};

class Trajectory {
 public:
  /// White numbers: of mode m at the start, and of mode m in the kick number i = 1, 2, ..., which
  /// follows step i kick_every - 1.
  using StartNumbers = std::function<std::complex<double>(int m)>;
  using NoiseNumbers = std::function<std::complex<double>(long i, int m)>;

  Trajectory(Chain chain, const StartNumbers& start, NoiseNumbers noise);

  void advance(long first, long steps);
  const Field& psi() const { return psi_; }

  std::vector<double> n(int first_site) const;  ///< of the window that begins there
  double potential_energy() const;

 private:
  double gamma(int x) const;
  void local(double t);
  void kinetic(double t);
  void kick(long index);

  Chain chain_;
  NoiseNumbers noise_;
  Field psi_;
};

}  // namespace kapitza::oracle
