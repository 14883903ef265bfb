// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kapitza/core/complex.hpp"
#include "kapitza/core/error.hpp"
#include "kapitza/core/precision.hpp"
#include "kapitza/field/absorber.hpp"
#include "kapitza/field/parts.hpp"
#include "kapitza/field/totals_layout.hpp"
#include "kapitza/field/window.hpp"
#include "kapitza/model/dispersion.hpp"
#include "kapitza/model/interaction.hpp"
#include "kapitza/model/spectrum.hpp"
#include "kapitza/numerics/composition.hpp"

namespace kapitza::field {

/// The profile of a smooth defect: 1 up to |x| = 1/4, then cos^2, zero from 1/2 on.
double smooth_step(double x);

/// The field on a ring, Eq. (27). Site 0 follows the seam; the middle of the ring is x = 0.
struct Problem {
  Dispersion dispersion = Dispersion::parabolic();
  Interaction interaction = Interaction::psi6();  ///< with the counterterm
  double lambda = 0;
  std::vector<double> profile;       ///< D at every site
  std::optional<Absorber> absorber;  ///< none: a closed chain
  Spectrum density;                  ///< what is injected, and the Gaussian field to start from
  bool starts_from_zero = false;
  int window = 0;  ///< sites of each of the two windows; a closed chain is one window

  int sites() const { return static_cast<int>(profile.size()); }
  /// x of a site: symmetric, so half-integers on a ring with an even number of sites.
  double position(int site) const { return site - 0.5 * (sites() - 1); }
  /// Lambda = lambda^2 sum_x D^2
  double strength() const;
  double carrier_density() const;  ///< rho = int dk/2pi n
  /// The first site of the defect and the one after its last; the same where there is none.
  struct Range {
    int begin, end;
    int size() const { return end - begin; }
  };
  Range defect() const;
  /// Where the windows begin: in the middle between absorber and defect. Throws InputError where
  /// there is no room for them, or where absorber and defect overlap.
  std::vector<int> windows() const;
};

/// A parameter of Numerics that does not suit a problem, or an absorber that none suits.
struct UnsuitableNumerics : InputError {
  enum class Parameter { dt, kick_every, absorber };
  UnsuitableNumerics(Parameter which, const std::string& why) : InputError(why), parameter(which) {}

  Parameter parameter;
};

/// How it is evolved.
struct Numerics {
  double dt = 0;
  int kick_every = 1;  ///< steps from one kick of the noise to the next
  int order = 2;       ///< of the splitting: 2 or 4

  /// The same kicks at the same times with steps of half the length.
  Numerics halved() const { return {dt / 2, 2 * kick_every, order}; }
  Composition composition() const;
  /// Longer steps meet resonances between the levels of the band, at dt (E_max - E_min) = 2 pi;
  /// half of that is where errors stop being small.
  static double longest_step(const Dispersion& dispersion);
  /// A step that is short enough for most purposes.
  static double usual_step(const Dispersion& dispersion) { return 0.5 / dispersion.bandwidth(); }
  /// Throws UnsuitableNumerics where steps are too long, or where the absorber damps too much of
  /// the field between two kicks.
  void check(const Problem& problem) const;
};

/// Which trajectories: trajectory i of a seed is the same field, whatever the others are.
struct EnsembleSize {
  int trajectories = 0;
  std::uint64_t seed = 0;
  Precision precision = Precision::double_;
};

/// Everything a backend needs to evolve an ensemble, as tables.
///
/// The momenta of the ring are those of a MomentumGrid, half a spacing off k = 0. So a backend
/// keeps phi_x = e^{-i k_0 x} psi_x, whose plain transform has the momentum k_m at index m.
struct EnsemblePlan {
  int sites = 0, trajectories = 0;
  std::uint64_t seed = 0;
  Precision precision = Precision::double_;

  // The drift.
  Composition composition;
  double dt = 0;
  Problem::Range defect{0, 0};
  std::vector<double> turns;                  ///< lambda D dt / 2 pi of every site
  PotentialSlope<double> slope;               ///< U'
  std::vector<double> damping;                ///< gamma dt of every site
  std::vector<std::vector<Complex>> kinetic;  ///< e^{-i E(k_m) dt} / sites of every stage

  // The noise: a kick adds shape_y sum_m e^{2 pi i m y / modes} filter_m z_m, z white.
  int kick_every = 0;               ///< steps; 0: no noise
  int absorber_width = 0;           ///< sites on each side of the seam
  std::vector<double> noise;        ///< filter of every noise mode
  std::vector<Complex> kick_shape;  ///< at y = -b, ..., b - 1; y = 0 is site 0

  std::vector<double> start;  ///< the field at t = 0 is sum_m e^{2 pi i m x / sites} start_m z_m

  // What is measured.
  std::vector<int> windows;       ///< first sites
  std::vector<Complex> taper;     ///< of every window, so that its plain transform has k ascending
  std::vector<double> potential;  ///< lambda D of every site

  int window_sites() const { return static_cast<int>(taper.size()); }
  TotalsLayout totals() const { return {static_cast<int>(windows.size()), window_sites(), sites}; }
  std::size_t observables() const { return totals().size(); }

  /// local[slot] of split_steps(): the last slot is the end of a step and the beginning of the
  /// next.
  double local(int slot) const;
  /// What a local stretch needs of every site: turns in the defect; in the absorber what the
  /// damping leaves of the field; 0 elsewhere, where it does nothing.
  std::vector<double> local_values(int slot) const;
  LocalSites local_sites() const { return {defect.begin, defect.size(), absorber_width, sites}; }
  int local_slots() const { return composition.stages() + 2; }
};

EnsemblePlan make_plan(const Problem& problem, const Numerics& numerics, const EnsembleSize& size);

/// Where a field stopped being finite: in this step, after it was largest at this site. (The next
/// transform spreads what is not finite over all sites.)
struct BlowUp {
  int trajectory, site;
  long step;

  /// The first site with a density that is not finite, or else the one with the largest.
  static int worst_site(std::span<const double> density);

  std::string text(double dt) const;
};

/// Trajectories of the field, evolved together.
class Ensemble {
 public:
  virtual ~Ensemble() = default;

  const EnsemblePlan& plan() const { return plan_; }

  /// Draws the fields at t = 0 and forgets what was measured.
  virtual void start() = 0;

  /// Evolves all fields by steps number `first` to first + steps - 1, then measures, adding to the
  /// totals of each trajectory. Says where a field is not finite: it and its totals are lost then.
  virtual std::optional<BlowUp> advance(long first, long steps) = 0;

  /// What was measured since the last clear(): observables() numbers for every trajectory.
  virtual void totals(std::span<double> sums) const = 0;
  virtual void set_totals(std::span<const double> sums) = 0;
  void clear();

  /// The fields phi_x, trajectory-major: a checkpoint, which set_fields() restores bit for bit.
  virtual void fields(std::span<Complex> phi) const = 0;
  virtual void set_fields(std::span<const Complex> phi) = 0;

  virtual std::size_t memory() const = 0;  ///< bytes, on the device

 protected:
  explicit Ensemble(EnsemblePlan plan) : plan_(std::move(plan)) {}
  Ensemble(const Ensemble&) = default;
  Ensemble& operator=(const Ensemble&) = default;

 private:
  EnsemblePlan plan_;
};

}  // namespace kapitza::field
