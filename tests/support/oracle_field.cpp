// SPDX-License-Identifier: BSD-3-Clause

#include "tests/support/oracle_field.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace kapitza::oracle {
namespace {

using std::numbers::pi;

double momentum(int m, int N) { return -pi + 2 * pi * (m + 0.5) / N; }

std::complex<double> cis(double angle) { return {std::cos(angle), std::sin(angle)}; }

}  // namespace

Trajectory::Trajectory(Chain chain, const StartNumbers& start, NoiseNumbers noise)
    : chain_(std::move(chain)), noise_(std::move(noise)), psi_(chain_.sites()) {
  const int N = chain_.sites();
  for (int m = 0; m < N; ++m) {
    const double k = momentum(m, N);
    const std::complex<double> amplitude = std::sqrt(chain_.n(k) / N) * start(m);
    for (int x = 0; x < N; ++x) psi_[x] += amplitude * cis(k * x);
  }
}

void Trajectory::advance(long first, long steps) {
  const double dt = chain_.dt;
  for (long step = first; step < first + steps; ++step) {
    if (chain_.order == 2) {
      local(dt / 2);
      kinetic(dt);
      local(dt / 2);
    } else {
      // Blanes and Moan's S_6 of order 4, as printed.
      const double a[] = {0.0792036964311957, 0.353172906049774, -0.0420650803577195};
      const double b[] = {0.209515106613362, -0.143851773179818};
      const double a4 = 1 - 2 * (a[0] + a[1] + a[2]), b3 = 0.5 - (b[0] + b[1]);
      local(a[0] * dt), kinetic(b[0] * dt);
      local(a[1] * dt), kinetic(b[1] * dt);
      local(a[2] * dt), kinetic(b3 * dt);
      local(a4 * dt), kinetic(b3 * dt);
      local(a[2] * dt), kinetic(b[1] * dt);
      local(a[1] * dt), kinetic(b[0] * dt);
      local(a[0] * dt);
    }
    if (chain_.b > 0 && (step + 1) % chain_.kick_every == 0) kick((step + 1) / chain_.kick_every);
  }
}

double Trajectory::gamma(int x) const {
  const double y = std::min(x + 0.5, chain_.sites() - x - 0.5);
  if (y > chain_.b) return 0;
  return chain_.Gamma / chain_.b * std::pow(std::cos(pi * y / (2 * chain_.b)), 2);
}

void Trajectory::local(double t) {
  for (int x = 0; x < chain_.sites(); ++x) {
    const double frequency = chain_.lambda * chain_.D[x] * chain_.dU(std::norm(psi_[x]));
    psi_[x] *= std::exp(-gamma(x) * t) * cis(-frequency * t);
  }
}

void Trajectory::kinetic(double t) {
  const int N = chain_.sites();
  Field after(N);
  for (int m = 0; m < N; ++m) {
    const double k = momentum(m, N);
    std::complex<double> psi_k = 0;
    for (int x = 0; x < N; ++x) psi_k += cis(-k * x) * psi_[x];
    psi_k *= cis(-chain_.E(k) * t);
    for (int x = 0; x < N; ++x) after[x] += cis(k * x) * psi_k / static_cast<double>(N);
  }
  psi_ = after;
}

void Trajectory::kick(long index) {
  const int N = chain_.sites(), M = chain_.noise_modes;
  // Across the seam psi continues as any wave of the ring does, with e^{ikN} = (-1)^{N + 1}.
  const double across = N % 2 == 0 ? -1 : 1;
  for (int y = -chain_.b; y < chain_.b; ++y) {
    std::complex<double> xi = 0;
    for (int m = 0; m < M; ++m) {
      const double q = momentum(m, M), s = 2 * chain_.n(q);
      xi += std::sqrt(s / M) * cis(q * y) * noise_(index, m);
    }
    const int x = y < 0 ? y + N : y;
    const double amplitude = std::sqrt(std::sinh(gamma(x) * chain_.kick_every * chain_.dt));
    psi_[x] += (y < 0 ? across : 1) * amplitude * xi;
  }
}

std::vector<double> Trajectory::n(int first_site) const {
  const int W = chain_.W;
  std::vector<double> result;
  for (int m = 0; m < W; ++m) {
    std::complex<double> sum = 0;
    for (int j = 0; j < W; ++j) {
      const double taper = chain_.b > 0
                               ? std::sqrt(2.0 / (W + 1)) * std::sin(pi * (j + 1) / (W + 1))
                               : 1 / std::sqrt(W);
      sum += taper * cis(-momentum(m, W) * j) * psi_[first_site + j];
    }
    result.push_back(std::norm(sum));
  }
  return result;
}

double Trajectory::potential_energy() const {
  double sum = 0;
  for (int x = 0; x < chain_.sites(); ++x)
    sum += chain_.lambda * chain_.D[x] * chain_.U(std::norm(psi_[x]));
  return sum;
}

}  // namespace kapitza::oracle
