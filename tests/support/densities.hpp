// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "kapitza/model/momentum_grid.hpp"

namespace kapitza::testing {

struct NamedDensity {
  std::string name;
  std::function<double(double)> n;

  std::vector<double> on(const MomentumGrid& grid) const {
    std::vector<double> values;
    for (double k : grid.momenta()) values.push_back(n(k));
    return values;
  }
};

/// The injected density of docs/notation.md: two peaks, rho = 0.66.
inline double injection(double k) {
  return 2.62 * (0.8 * std::exp(-std::pow(std::abs(k) - 1.2, 2) / 0.2) + 0.05);
}

/// The first `count` of `points` densities between the injected one and a flat one, as across a
/// defect.
inline std::vector<double> across_a_defect(int K, int points, int count) {
  std::vector<double> n;
  for (int x = 0; x < count; ++x)
    for (double k : MomentumGrid{K}.momenta())
      n.push_back(injection(k) * (1 - 0.5 * x / points) + 0.3 * x / points);
  return n;
}

/// exp of a random trigonometric polynomial: smooth, positive, no symmetry.
inline std::function<double(double)> random_smooth(unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal;
  std::vector<double> c(6), s(6);
  for (int i = 0; i < 6; ++i) {
    c[i] = normal(generator) / (1 + i);
    s[i] = normal(generator) / (1 + i);
  }
  return [c, s](double k) {
    double sum = 0;
    for (int i = 0; i < 6; ++i) sum += c[i] * std::cos((i + 1) * k) + s[i] * std::sin((i + 1) * k);
    return std::exp(0.5 * sum);
  };
}

/// From easy to hard for the sum over auxiliary time.
inline std::vector<NamedDensity> test_densities() {
  return {
      {"single peak", [](double k) { return 0.05 + std::exp(-k * k / 0.5); }},
      {"two peaks", injection},
      {"jump at k = 0",
       [](double k) { return k > 0 ? 1.0 + 0.3 * std::cos(k) : 0.2 + 0.1 * std::cos(k); }},
      {"nearly thermal, mu = -0.05",
       [](double k) { return (1 + 0.05 * std::cos(k)) / (k * k + 0.05); }},
      {"random smooth", random_smooth(5)},
      {"narrow peak of width 0.1", [](double k) { return 0.02 + std::exp(-k * k / 0.02); }},
      {"narrow peak off centre",
       [](double k) { return 0.02 + std::exp(-(k - 1) * (k - 1) / 0.02); }},
  };
}

}  // namespace kapitza::testing
