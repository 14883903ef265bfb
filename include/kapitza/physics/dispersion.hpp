// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "kapitza/core/hd.hpp"
#include "kapitza/numerics/periodic_spline.hpp"

namespace kapitza {

/// E(k) = k^2, continued with period 2 pi. The band has a kink at k = +-pi.
struct ParabolicBand {
  double energy(double k) const;
  double velocity(double k) const;

  friend bool operator==(const ParabolicBand&, const ParabolicBand&) = default;
};

/// E(k) = 2 (1 - cos k)
struct CosineBand {
  double energy(double k) const;
  double velocity(double k) const;

  friend bool operator==(const CosineBand&, const CosineBand&) = default;
};

/// E(k) through given points.
struct TableBand {
  PeriodicSpline spline;

  double energy(double k) const { return spline(k); }
  double velocity(double k) const { return spline.slope(k); }

  friend bool operator==(const TableBand&, const TableBand&) = default;
};

/// The dispersion of the free carriers, Eq. (1): any of the bands, with the bounds that set
/// the resolution of the collision integral.
class Dispersion {
 public:
  template <class Band>
  Dispersion(Band band, std::string name);

  static Dispersion parabolic() { return {ParabolicBand{}, "parabolic"}; }
  static Dispersion cosine() { return {CosineBand{}, "cosine"}; }
  static Dispersion table(std::vector<double> k, std::vector<double> energy, std::string name) {
    return {TableBand{{std::move(k), std::move(energy)}}, std::move(name)};
  }

  double energy(double k) const;
  double velocity(double k) const;

  std::vector<double> energy(const std::vector<double>& k) const;
  std::vector<double> velocity(const std::vector<double>& k) const;

  double min_energy() const { return min_energy_; }
  double max_energy() const { return max_energy_; }
  double bandwidth() const { return max_energy_ - min_energy_; }
  double max_speed() const { return max_speed_; }
  const std::string& name() const { return name_; }
  bool is_parabolic() const { return std::holds_alternative<ParabolicBand>(band_); }

  friend bool operator==(const Dispersion&, const Dispersion&) = default;

 private:
  std::variant<ParabolicBand, CosineBand, TableBand> band_;
  std::string name_;
  double min_energy_, max_energy_, max_speed_;
};

}  // namespace kapitza
