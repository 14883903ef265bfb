// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/physics/dispersion.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace kapitza {

double ParabolicBand::energy(double k) const {
  const double q = principal_angle(k);
  return q * q;
}
double ParabolicBand::velocity(double k) const { return 2 * principal_angle(k); }

double CosineBand::energy(double k) const {
  const double s = std::sin(k / 2);
  return 4 * s * s;
}
double CosineBand::velocity(double k) const { return 2 * std::sin(k); }

template <class Band>
Dispersion::Dispersion(Band band, std::string name)
    : band_(std::move(band)), name_(std::move(name)) {
  using std::numbers::pi;
  // Extrema on a fine lattice that contains 0 and +-pi, where the built-in bands have theirs.
  constexpr int samples = 1 << 14;
  min_energy_ = max_energy_ = energy(0);
  max_speed_ = 0;
  for (int i = 0; i < samples; ++i) {
    const double k = -pi + 2 * pi * i / samples;
    min_energy_ = std::min(min_energy_, energy(k));
    max_energy_ = std::max(max_energy_, energy(k));
    max_speed_ = std::max(max_speed_, std::abs(velocity(k)));
  }
}

template Dispersion::Dispersion(ParabolicBand, std::string);
template Dispersion::Dispersion(CosineBand, std::string);
template Dispersion::Dispersion(TableBand, std::string);

double Dispersion::energy(double k) const {
  return std::visit([k](const auto& band) { return band.energy(k); }, band_);
}

double Dispersion::velocity(double k) const {
  return std::visit([k](const auto& band) { return band.velocity(k); }, band_);
}

std::vector<double> Dispersion::energy(const std::vector<double>& k) const {
  std::vector<double> result;
  result.reserve(k.size());
  for (double q : k) result.push_back(energy(q));
  return result;
}

std::vector<double> Dispersion::velocity(const std::vector<double>& k) const {
  std::vector<double> result;
  result.reserve(k.size());
  for (double q : k) result.push_back(velocity(q));
  return result;
}

}  // namespace kapitza
