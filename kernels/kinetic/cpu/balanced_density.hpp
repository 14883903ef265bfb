// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <numeric>
#include <vector>

#include "kapitza/kinetic/collision.hpp"

namespace kapitza::cpu {

/// One density and its departure from the thermal state nearest to it.
struct BalancedDensity {
  BalancedDensity() = default;
  BalancedDensity(const double* values, const kinetic::CollisionPlan& plan)
      : n(values), h(plan.K()) {
    const int K = plan.K();
    rho = std::accumulate(n, n + K, 0.0) / K;
    line = kinetic::balance(n, plan.energy.data(), K, h.data());
    kink_n = plan.kink.amplitude(n, K);
    kink_h = plan.kink.amplitude(h.data(), K);
  }

  const double* n = nullptr;
  std::vector<double> h;
  double rho = 0;
  kinetic::MomentSystem::Line line{0, 0};  ///< b E + c: the thermal part of 1/n
  double kink_n = 0, kink_h = 0;           ///< at k = +-pi
};

}  // namespace kapitza::cpu
