// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/kinetic/kink.hpp"

#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace kapitza::kinetic {

std::vector<double> kink_shape(const MomentumGrid& grid, int M) {
  const int K = grid.K, ratio = M / K, period = 2 * M;
  std::vector<double> cosine(period);
  for (int i = 0; i < period; ++i) cosine[i] = std::cos(std::numbers::pi * i / M);
  // p_r in units of pi / M, within one period.
  const auto momentum = [&](int r) { return (ratio + 2 * r - M + period) % period; };

  const std::vector<double> chi = Kink::chi(grid.momenta());
  std::vector<double> a((K + 1) / 2);
  for (int m = 0; m < K; ++m) {
    const int step = momentum(ratio * m);
    int angle = 0;
    for (std::size_t j = 0; j < a.size(); ++j) {
      a[j] += (j == 0 ? 1 : 2) * chi[m] * cosine[angle] / K;
      angle += angle + step < period ? step : step - period;
    }
  }
  std::vector<double> shape = Kink::chi(grid.lattice(M));
  for (int r = 0; r < M; ++r) {
    const int step = momentum(r);
    int angle = 0;
    for (double a_j : a) {
      shape[r] -= a_j * cosine[angle];
      angle += angle + step < period ? step : step - period;
    }
  }
  return shape;
}

}  // namespace kapitza::kinetic
