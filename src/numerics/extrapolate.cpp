// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/numerics/extrapolate.hpp"

namespace kapitza {

// Lagrange's polynomials in x = 1/N at x = 0: -x_j / (x_i - x_j) = N_i / (N_i - N_j).
double extrapolate(const std::array<double, 3>& cells, const std::array<double, 3>& values) {
  double limit = 0;
  for (int i = 0; i < 3; ++i) {
    double weight = 1;
    for (int j = 0; j < 3; ++j)
      if (j != i) weight *= cells[i] / (cells[i] - cells[j]);
    limit += weight * values[i];
  }
  return limit;
}

std::vector<double> extrapolate(const std::array<double, 3>& cells,
                                const std::array<std::vector<double>, 3>& values) {
  std::vector<double> limit;
  for (std::size_t i = 0; i < values[0].size(); ++i)
    limit.push_back(extrapolate(cells, {values[0][i], values[1][i], values[2][i]}));
  return limit;
}

}  // namespace kapitza
