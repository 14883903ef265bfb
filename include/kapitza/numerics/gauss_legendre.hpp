// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

namespace kapitza {

/// Gauss-Legendre nodes and weights on [0, 1].
struct GaussLegendre {
  std::vector<double> x, weight;

  explicit GaussLegendre(int points) : x(points), weight(points) {
    for (int i = 0; i < points; ++i) {
      double z = std::cos(std::numbers::pi * (i + 0.75) / (points + 0.5)), slope = 0;
      for (int newton = 0; newton < 20; ++newton) {
        double p = 1, before = 0;
        for (int j = 0; j < points; ++j) {
          const double next = ((2 * j + 1) * z * p - j * before) / (j + 1);
          before = p;
          p = next;
        }
        slope = points * (z * p - before) / (z * z - 1);
        const double step = p / slope;
        z -= step;
        if (std::abs(step) < 1e-15) break;
      }
      x[i] = (1 - z) / 2;
      weight[i] = 1 / ((1 - z * z) * slope * slope);
    }
  }
};

}  // namespace kapitza
