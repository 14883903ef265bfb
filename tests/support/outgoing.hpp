// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <vector>

#include "kapitza/field/window.hpp"
#include "tests/support/defect_runs.hpp"

namespace kapitza::testing {

struct Value {
  double value, error;
};

struct Band {
  double low, high;
  bool contains(double k) const { return std::abs(k) >= low && std::abs(k) < high; }
};

/// Slower carriers are left out: a window does not resolve them.
constexpr double slowest = 0.2;

/// sum_k weight(k) (n_out(k) - reference(k)) over what leaves on both sides.
inline Value outgoing(const field::SteadyState& run, const std::vector<double>& weight,
                      const std::vector<double>& reference) {
  const int W = static_cast<int>(weight.size());
  Value sum{0, 0};
  for (const int side : {0, 1}) {
    std::vector<double> here(W);
    for (int m = 0; m < W; ++m)
      if ((m < W / 2) == (side == 0)) here[m] = W * weight[m];
    const Estimates moment = run.moments(here);
    sum.value += moment.mean[side];
    sum.error = std::hypot(sum.error, moment.error[side]);
    for (int m = 0; m < W; ++m) sum.value -= here[m] * reference[m] / W;
  }
  return sum;
}

/// What comes in and what leaves in the kinetic limit, as a window sees it.
struct KineticLimit {
  std::vector<double> k, injected, outgoing;

  KineticLimit(kinetic::Backend& backend, int window, double Lambda)
      : k(MomentumGrid{window}.momenta()) {
    const MomentumGrid grid{256};
    const field::Window taper = field::Window::sine(window);
    injected = taper.blur(grid, two_peaks(grid.momenta()));
    outgoing = taper.blur(grid, kinetic_outgoing(backend, Lambda, grid.K));
  }

  /// Weights that give the relative change of the carriers in a band.
  std::vector<double> change_in(const Band& band) const {
    std::vector<double> weight(k.size());
    double carriers = 0;
    for (std::size_t m = 0; m < k.size(); ++m)
      if (band.contains(k[m])) carriers += injected[m];
    for (std::size_t m = 0; m < k.size(); ++m)
      if (band.contains(k[m])) weight[m] = 1 / carriers;
    return weight;
  }

  /// Weights of the projection of a change on the kinetic one, in currents and relative to n_in, so
  /// that neither the slowest carriers nor the peaks decide alone: 1 in the kinetic limit.
  std::vector<double> share() const {
    std::vector<double> weight(k.size());
    double norm = 0;
    for (std::size_t m = 0; m < k.size(); ++m) {
      if (std::abs(k[m]) < slowest) continue;
      const double change = outgoing[m] - injected[m];
      weight[m] = std::abs(k[m]) * change / injected[m];
      norm += weight[m] * change;
    }
    for (double& w : weight) w /= norm;
    return weight;
  }
};

}  // namespace kapitza::testing
