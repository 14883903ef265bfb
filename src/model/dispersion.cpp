// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/model/dispersion.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "kapitza/core/error.hpp"
#include "kapitza/numerics/angle.hpp"

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

std::span<const NamedBand> named_bands() {
  static const NamedBand bands[] = {
      {"parabolic", "k^2, continued with period 2 pi", ParabolicBand{}},
      {"cosine", "2 (1 - cos k)", CosineBand{}},
  };
  return bands;
}

std::vector<std::string_view> Dispersion::names() {
  std::vector<std::string_view> names;
  for (const NamedBand& known : named_bands()) names.push_back(known.name);
  return names;
}

Dispersion Dispersion::named(std::string_view name) {
  // Their extrema are looked for once: every model starts with one of these.
  static const std::vector<Dispersion> made = [] {
    std::vector<Dispersion> bands;
    for (const NamedBand& known : named_bands())
      bands.push_back({known.band, std::string(known.name)});
    return bands;
  }();
  std::string all;
  for (const Dispersion& known : made) {
    if (known.name() == name) return known;
    all += (all.empty() ? "" : ", ") + known.name();
  }
  throw InputError("there is no dispersion called \"" + std::string(name) + "\", only: " + all);
}

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
