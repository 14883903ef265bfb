// SPDX-License-Identifier: BSD-3-Clause
#include "bench/kinetic/plain_sweep.hpp"

#include <algorithm>
#include <cmath>

#include "kapitza/core/complex.hpp"
#include "kapitza/model/dispersion.hpp"

namespace kapitza::bench {

PlainSweep::PlainSweep(int K, double T, double dtau, int M)
    : grid_{K},
      M_(M),
      steps_(static_cast<int>(std::lround(T / dtau))),
      dtau_(T / steps_),
      interpolation_(K, M),
      lattice_(M, 1, Sign::plus),
      to_grid_(K, 2, Sign::plus),
      energy_(Dispersion::parabolic().energy(grid_.lattice(M))) {}

std::vector<double> PlainSweep::operator()(std::span<const double> n) {
  const int K = grid_.K;
  const std::size_t N = n.size() / K;
  std::vector<double> gain(n.size()), loss(n.size()), I(n.size());
  std::vector<std::vector<double>> fine(N, std::vector<double>(M_));
  auto scratch = interpolation_.scratch();
  for (std::size_t x = 0; x < N; ++x) {
    interpolation_.refine(&n[x * K], &n[x * K], scratch);
    for (int r = 0; r < M_; ++r) fine[x][r] = scratch.fine.re()[r] / M_;
  }
  cpu::SplitArray phase(M_), in(M_), F(M_), G(M_), folded(2 * K), out(2 * K);
  for (int step = 0; step <= steps_; ++step) {
    for (int r = 0; r < M_; ++r) {
      phase.re()[r] = std::cos(step * dtau_ * energy_[r]) / M_;
      phase.im()[r] = std::sin(step * dtau_ * energy_[r]) / M_;
    }
    lattice_(phase.view(), G.view());
    const double weight = (step == 0 || step == steps_ ? dtau_ : 2 * dtau_) * 108 * M_;
    for (std::size_t x = 0; x < N; ++x) {
      for (int r = 0; r < M_; ++r) {
        in.re()[r] = phase.re()[r] * fine[x][r] * M_;
        in.im()[r] = phase.im()[r] * fine[x][r] * M_;
      }
      lattice_(in.view(), F.view());
      fold(F, G, folded.view());
      to_grid_(folded.view(), out.view());
      for (int m = 0; m < K; ++m) {
        const int r = m * (M_ / K);
        gain[x * K + m] += weight * (phase.re()[r] * out.re()[m] - phase.im()[r] * out.im()[m]);
        loss[x * K + m] +=
            weight * (phase.re()[r] * out.re()[K + m] - phase.im()[r] * out.im()[K + m]);
      }
    }
  }
  for (std::size_t i = 0; i < I.size(); ++i) I[i] = gain[i] + n[i] * loss[i];
  return I;
}

void PlainSweep::fold(const cpu::SplitArray& F, const cpu::SplitArray& G, cpu::Split sum) const {
  const int K = grid_.K;
  std::fill_n(sum.re, 2 * K, 0.0);
  std::fill_n(sum.im, 2 * K, 0.0);
  for (int first = 0; first < M_; first += K)
#pragma omp simd
    for (int j = 0; j < K; ++j) {
      const Complex f{F.re()[first + j], F.im()[first + j]};
      const Complex g{G.re()[first + j], G.im()[first + j]};
      const double a = norm(f);
      const Complex fc = conj(f);
      const Complex loss = 2 * a * (fc * fc * g) - 3 * a * a * conj(g);
      sum.re[j] += a * a * fc.re;
      sum.im[j] += a * a * fc.im;
      sum.re[K + j] += loss.re;
      sum.im[K + j] += loss.im;
    }
}

}  // namespace kapitza::bench
