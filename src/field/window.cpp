// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/field/window.hpp"

#include <cmath>
#include <numbers>

namespace kapitza::field {

Window Window::sine(int sites) {
  std::vector<double> taper(sites);
  for (int j = 0; j < sites; ++j)
    taper[j] = std::sqrt(2.0 / (sites + 1)) * std::sin(std::numbers::pi * (j + 1) / (sites + 1));
  return Window(std::move(taper));
}

Window Window::ring(int sites) {
  return Window(std::vector<double>(sites, 1 / std::sqrt(static_cast<double>(sites))));
}

std::vector<double> Window::blur(MomentumGrid ring, const std::vector<double>& n) const {
  // With the correlations c(r) = (1/N) sum_q n(q) cos(q r) + i sin(q r) of the field and those of
  // the taper, a(r) = sum_j h_j h_{j + r}: sum_r a(r) c(r) e^{-ikr}.
  const int W = sites();
  std::vector<double> real(W), imaginary(W);
  for (int r = 0; r < W; ++r) {
    double overlap = 0;
    for (int j = 0; j + r < W; ++j) overlap += taper_[j] * taper_[j + r];
    double re = 0, im = 0;
    for (int m = 0; m < ring.K; ++m) {
      re += n[m] * std::cos(ring(m) * r);
      im += n[m] * std::sin(ring(m) * r);
    }
    real[r] = overlap * re / ring.K;
    imaginary[r] = overlap * im / ring.K;
  }
  std::vector<double> blurred(W);
  for (int m = 0; m < W; ++m) {
    const double k = grid()(m);
    blurred[m] = real[0];
    for (int r = 1; r < W; ++r)
      blurred[m] += 2 * (real[r] * std::cos(k * r) + imaginary[r] * std::sin(k * r));
  }
  return blurred;
}

}  // namespace kapitza::field
