// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
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
  using Band = std::variant<ParabolicBand, CosineBand, TableBand>;

  Dispersion(Band band, std::string name);

  /// The band of that name; throws InputError with all names where there is none.
  static Dispersion named(std::string_view name);
  /// All names, in the order of named_bands().
  static std::vector<std::string_view> names();

  static Dispersion parabolic() { return named("parabolic"); }
  static Dispersion cosine() { return named("cosine"); }
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
  const Band& band() const { return band_; }  ///< for who knows more about one of them

  friend bool operator==(const Dispersion&, const Dispersion&) = default;

 private:
  Band band_;
  std::string name_;
  double min_energy_, max_energy_, max_speed_;
};

/// A band that a configuration can ask for by its name.
struct NamedBand {
  std::string_view name;
  std::string_view formula;  ///< in words
  Dispersion::Band band;
};

/// All of them: a new band is a struct with its energy and velocity, and a row here.
std::span<const NamedBand> named_bands();

}  // namespace kapitza
