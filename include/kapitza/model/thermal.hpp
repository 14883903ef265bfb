// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <vector>

#include "kapitza/model/statistics.hpp"

namespace kapitza {

/// A thermal state of the statistics, Eq. (4): n(k) = 1 / (b E(k) + c), beta = b, mu = -c / b.
/// b and c stay finite where beta and mu do not (beta = 0: every mode equally full).
struct ThermalState {
  double b = 0;
  double c = 0;

  static ThermalState from_beta_mu(double beta, double mu) { return {beta, -beta * mu}; }

  double beta() const { return b; }
  double mu() const { return -c / b; }
  double operator()(double energy) const { return Statistics::density(b * energy + c); }
  std::vector<double> operator()(std::span<const double> energy) const;
};

/// Weighted means of n and E n. Without weights every mode counts the same: number and energy per
/// site, rho = (1/K) sum n and e = (1/K) sum E n. With |v| on one side of a face they are currents.
struct Moments {
  double number = 0;
  double energy = 0;
};
using Weights = std::span<const double>;  ///< not negative; none: all equal
Moments moments(std::span<const double> n, std::span<const double> energy, Weights weight = {});

/// The thermal state on a grid of energies that has the given moments. It exists, and is unique,
/// for number > 0 and energy / number strictly between the least and the largest energy of positive
/// weight; beyond the infinite-temperature point it has b < 0. Throws NumericsError where none
/// exists.
ThermalState thermal_state(const Moments& moments, std::span<const double> energy,
                           Weights weight = {});

struct ThermalFit {
  ThermalState state;
  double deviation;  ///< max_k |n / n_thermal - 1|, over the modes of positive weight
  /// Share of what is counted that sits elsewhere: sum |n - n_thermal| / 2 sum n.
  double misplaced;
};
ThermalFit thermal_fit(std::span<const double> n, std::span<const double> energy,
                       Weights weight = {});

}  // namespace kapitza
