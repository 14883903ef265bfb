// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/model/lattice.hpp"
#include "kernels/device/cpu/fftw.hpp"

namespace kapitza::cpu {

/// From the K momenta to a finer lattice of M, by the trigonometric interpolant L, and back by its
/// transpose. Two real functions travel as one complex one. The kink at +-pi is apart (Kink).
class Interpolation {
 public:
  Interpolation(int K, int M)
      : K_(K), M_(M), grid_(K, 1, Sign::minus), lattice_(M, 1, Sign::plus) {}

  struct Scratch {
    Scratch(int K, int M) : values(K), modes(K), fine_modes(M), fine(M) {}
    SplitArray values, modes, fine_modes, fine;
  };
  Scratch scratch() const { return {K_, M_}; }
  int lattice() const { return M_; }

  /// a, b: K values each; the result is left in scratch.fine.
  void refine(const double* a, const double* b, Scratch& s) const {
    for (int m = 0; m < K_; ++m) {
      s.values.re()[m] = a[m] / K_;
      s.values.im()[m] = b[m] / K_;
    }
    grid_(s.values.view(), s.modes.view());
    for (int i = 0; i < M_; ++i) {
      s.fine_modes.re()[i] = padded_mode(s.modes.re(), K_, M_, i);
      s.fine_modes.im()[i] = padded_mode(s.modes.im(), K_, M_, i);
    }
    lattice_(s.fine_modes.view(), s.fine.view());
  }

  /// Adds the transpose applied to the two functions in scratch.fine.
  void coarsen(Scratch& s, double* a, double* b) const {
    lattice_(s.fine.view(), s.fine_modes.view());
    for (int i = 0; i < K_; ++i) {
      s.modes.re()[i] = folded_mode(s.fine_modes.re(), K_, M_, i);
      s.modes.im()[i] = folded_mode(s.fine_modes.im(), K_, M_, i);
    }
    grid_(s.modes.view(), s.values.view());
    for (int m = 0; m < K_; ++m) {
      a[m] += s.values.re()[m] / K_;
      b[m] += s.values.im()[m] / K_;
    }
  }

 private:
  int K_, M_;
  Transform grid_, lattice_;
};

}  // namespace kapitza::cpu
