// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/physics/dispersion.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "kapitza/core/error.hpp"

namespace kapitza {
namespace {

constexpr double pi = std::numbers::pi;

/// k brought into [-pi, pi)
double in_zone(double k) { return k - 2 * pi * std::floor((k + pi) / (2 * pi)); }

/// Solves the cyclic tridiagonal system  lower_i x_{i-1} + diag_i x_i + upper_i x_{i+1} = rhs_i
/// by the Sherman-Morrison correction of an open one. Diagonally dominant, so no pivoting.
std::vector<double> solve_cyclic(std::vector<double> lower, std::vector<double> diag,
                                 std::vector<double> upper, std::vector<double> rhs) {
  const std::size_t n = diag.size();
  const double corner = -diag[0];
  std::vector<double> u(n, 0.0);
  u[0] = corner;
  u[n - 1] = upper[n - 1];
  const double v_last = lower[0] / corner;
  diag[0] -= corner;
  diag[n - 1] -= upper[n - 1] * v_last;
  for (std::size_t i = 1; i < n; ++i) {
    const double w = lower[i] / diag[i - 1];
    diag[i] -= w * upper[i - 1];
    rhs[i] -= w * rhs[i - 1];
    u[i] -= w * u[i - 1];
  }
  for (std::size_t i = n; i-- > 0;) {
    if (i + 1 < n) {
      rhs[i] -= upper[i] * rhs[i + 1];
      u[i] -= upper[i] * u[i + 1];
    }
    rhs[i] /= diag[i];
    u[i] /= diag[i];
  }
  const double factor = (rhs[0] + v_last * rhs[n - 1]) / (1 + u[0] + v_last * u[n - 1]);
  for (std::size_t i = 0; i < n; ++i) rhs[i] -= factor * u[i];
  return rhs;
}

}  // namespace

double ParabolicBand::energy(double k) const {
  const double q = in_zone(k);
  return q * q;
}
double ParabolicBand::velocity(double k) const { return 2 * in_zone(k); }

double CosineBand::energy(double k) const {
  const double s = std::sin(k / 2);
  return 4 * s * s;
}
double CosineBand::velocity(double k) const { return 2 * std::sin(k); }

TableBand::TableBand(std::vector<double> k, std::vector<double> energy)
    : k_(std::move(k)), energy_(std::move(energy)) {
  const std::size_t n = k_.size();
  if (n < 4 || energy_.size() != n)
    throw InputError("a dispersion table needs at least 4 pairs of k and E(k)");
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(k_[i]) || !std::isfinite(energy_[i]))
      throw InputError("a dispersion table must be finite");
    if (k_[i] < -pi - 1e-12 || k_[i] >= pi)
      throw InputError("the momenta of a dispersion table must lie in [-pi, pi)");
    if (i > 0 && k_[i] <= k_[i - 1])
      throw InputError("the momenta of a dispersion table must ascend");
  }
  width_.resize(n);
  for (std::size_t i = 0; i < n; ++i) width_[i] = (i + 1 < n ? k_[i + 1] : k_[0] + 2 * pi) - k_[i];
  std::vector<double> diag(n), rhs(n), lower(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t before = (i + n - 1) % n, after = (i + 1) % n;
    lower[i] = width_[before];
    diag[i] = 2 * (width_[before] + width_[i]);
    rhs[i] = 6 * ((energy_[after] - energy_[i]) / width_[i] -
                  (energy_[i] - energy_[before]) / width_[before]);
  }
  curvature_ = solve_cyclic(lower, diag, width_, rhs);
}

TableBand::Place TableBand::locate(double k) const {
  double q = in_zone(k);
  if (q < k_.front()) q += 2 * pi;
  const auto above = std::upper_bound(k_.begin(), k_.end(), q);
  const auto interval = static_cast<std::size_t>(above - k_.begin()) - 1;
  return {interval, q - k_[interval]};
}

double TableBand::energy(double k) const {
  const auto [i, x] = locate(k);
  const std::size_t j = (i + 1) % k_.size();
  const double h = width_[i], a = (h - x) / h, b = x / h;
  return a * energy_[i] + b * energy_[j] +
         ((a * a * a - a) * curvature_[i] + (b * b * b - b) * curvature_[j]) * h * h / 6;
}

double TableBand::velocity(double k) const {
  const auto [i, x] = locate(k);
  const std::size_t j = (i + 1) % k_.size();
  const double h = width_[i], a = (h - x) / h, b = x / h;
  return (energy_[j] - energy_[i]) / h +
         ((3 * b * b - 1) * curvature_[j] - (3 * a * a - 1) * curvature_[i]) * h / 6;
}

Dispersion::Dispersion(Band band, std::string name)
    : band_(std::move(band)), name_(std::move(name)) {
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
  std::string all;
  for (const NamedBand& known : named_bands()) {
    if (known.name == name) return {known.band, std::string(name)};
    all += (all.empty() ? "" : ", ") + std::string(known.name);
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
