// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "kapitza/physics/local_step.hpp"
#include "kapitza/random/normal.hpp"
#include "kernels/staged/device.hpp"

/// The stages of a field on a ring, Eq. (27). Arrays of complex numbers are [trajectory][...],
/// those of totals [trajectory][observables] with the layout of an EnsemblePlan.
namespace kapitza::staged {

/// The place of y = -b, ..., b - 1 on a ring: y = 0 is its site 0.
KAPITZA_HD constexpr int on_ring(int y, int size) { return y < 0 ? size + y : y; }

/// The sites that a local step changes: first those of the defect, then those of the absorber. All
/// others stay as they are, and nothing reads them.
struct LocalSites {
  int begin, defect;  ///< the defect: its first site, its size
  int absorber;       ///< sites on each side of the seam
  int ring;           ///< sites in all

  KAPITZA_HD constexpr int size() const { return defect + 2 * absorber; }
  KAPITZA_HD constexpr bool in_defect(int j) const { return j < defect; }
  KAPITZA_HD constexpr int operator()(int j) const {
    return in_defect(j) ? begin + j : on_ring(j - defect - absorber, ring);
  }
};

/// White noise takes its modes two at a time; of an odd number the last one is alone.
KAPITZA_HD constexpr int pairs_of(int modes) { return (modes + 1) / 2; }

/// White noise times an amplitude for every mode. Indices [trajectory][pair].
template <class Real>
struct DrawNoise {
  const Real* amplitude;  ///< [modes]
  BasicComplex<Real>* z;  ///< [trajectory][modes]
  std::uint64_t seed;
  Stream stream;
  std::uint32_t first;  ///< number of trajectory 0
  std::uint32_t step;
  int modes;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [trajectory, pair] = split(index, pairs_of(modes));
    const NormalPair<Real> noise =
        white_noise<Real>(seed, stream, first + static_cast<std::uint32_t>(trajectory), step,
                          static_cast<std::uint32_t>(pair));
    BasicComplex<Real>* row = z + trajectory * modes;
    const int even = 2 * pair, odd = even + 1;
    aligned(row + even) = amplitude[even] * noise.even;
    if (odd < modes) aligned(row + odd) = amplitude[odd] * noise.odd;
  }
};

/// A stretch of Eq. (28) in the defect and of damping in the absorber. Indices
/// [trajectory][local site].
template <class Real>
struct StepLocally {
  LocalSites sites;
  PhaseKick<Real> kick;
  const Real* table;        ///< [local site]: turns in the defect, else what the damping leaves
  BasicComplex<Real>* psi;  ///< [trajectory][site]

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [trajectory, j] = split(index, sites.size());
    BasicComplex<Real>& z = aligned(psi + trajectory * sites.ring + sites(j));
    z = sites.in_defect(j) ? kick(z, table[j]) : table[j] * z;
  }
};

/// A kinetic stage between its two transforms. Indices [trajectory][mode].
template <class Real>
struct TurnModes {
  const BasicComplex<Real>* phases;  ///< [mode]
  BasicComplex<Real>* z;             ///< [trajectory][mode]
  int modes;

  KAPITZA_HD void operator()(std::size_t index) const {
    aligned(z + index) = aligned(z + index) * aligned(phases + split(index, modes).inner);
  }
};

/// What the absorber injects, Eq. (31). Indices [trajectory][y + b].
template <class Real>
struct AddKick {
  const BasicComplex<Real>* shape;  ///< [y + b]
  const BasicComplex<Real>* noise;  ///< [trajectory][modes]: on a ring of its own
  BasicComplex<Real>* psi;          ///< [trajectory][site]
  int absorber, modes, sites;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [trajectory, j] = split(index, 2 * absorber);
    const int y = j - absorber;
    aligned(psi + trajectory * sites + on_ring(y, sites)) +=
        aligned(shape + j) * aligned(noise + trajectory * modes + on_ring(y, modes));
  }
};

/// The field in the windows times their taper. Indices [trajectory][window][j].
template <class Real>
struct LoadWindows {
  const BasicComplex<Real>* psi;    ///< [trajectory][site]
  const int* first;                 ///< [window]
  const BasicComplex<Real>* taper;  ///< [j]
  BasicComplex<Real>* out;          ///< [trajectory][window][j]
  int windows, window_sites, sites;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [row, j] = split(index, window_sites);
    const auto [trajectory, window] = split(row, windows);
    aligned(out + index) =
        aligned(psi + trajectory * sites + first[window] + j) * aligned(taper + j);
  }
};

/// n(k) and n(k)^2 of every window, Eq. (33). Indices [trajectory][window][momentum].
template <class Real>
struct MeasureWindows {
  const BasicComplex<Real>* spectrum;  ///< [trajectory][window][momentum]
  double* totals;
  int windows, momenta;
  std::size_t observables;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [row, m] = split(index, momenta);
    const auto [trajectory, window] = split(row, windows);
    const BasicComplex<Real> z = aligned(spectrum + index);
    const double n = norm(Complex{z.re, z.im});
    double* sums = totals + trajectory * observables + 2 * window * momenta;
    sums[m] += n;
    sums[momenta + m] += n * n;
  }
};

/// |psi|^2, always in double precision.
template <class Real>
KAPITZA_HD double site_density(const BasicComplex<Real>* psi) {
  const BasicComplex<Real> z = aligned(psi);
  return norm(Complex{z.re, z.im});
}

/// |psi_x|^2. Indices [trajectory][site].
template <class Real>
struct MeasureSites {
  const BasicComplex<Real>* psi;  ///< [trajectory][site]
  double* density;                ///< [trajectory][site]
  double* totals;  ///< of the first trajectory, at site 0; null: nothing is summed up
  int sites;
  std::size_t observables;

  KAPITZA_HD void operator()(std::size_t index) const {
    const double y = site_density(psi + index);
    density[index] = y;
    if (!totals) return;
    const auto [trajectory, site] = split(index, sites);
    totals[trajectory * observables + site] += y;
  }
};

/// lambda D U(|psi|^2). Indices [trajectory][site of the defect].
template <class Real>
struct MeasureEnergies {
  LocalSites sites;
  PotentialSlope<double> slope;
  const double* potential;        ///< [site of the defect]
  const BasicComplex<Real>* psi;  ///< [trajectory][site]
  double* energy;                 ///< [trajectory][site of the defect]

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [trajectory, j] = split(index, sites.defect);
    const double y = site_density(psi + trajectory * sites.ring + sites(j));
    energy[index] = potential[j] * slope.integral(y);
  }
};

/// Adds the potential energy to the totals. Leaves in `number` something that is finite where
/// number and energy are. Indices [trajectory].
struct SumEnergies {
  const double* energy;  ///< [trajectory]
  double* number;        ///< [trajectory]
  double* totals;        ///< of the first trajectory, at the energy
  std::size_t observables;

  KAPITZA_HD void operator()(std::size_t trajectory) const {
    totals[trajectory * observables] += energy[trajectory];
    number[trajectory] += energy[trajectory];
  }
};

/// A copy of fields.
template <class Real>
struct CopyFields {
  const BasicComplex<Real>* from;
  BasicComplex<Real>* to;

  KAPITZA_HD void operator()(std::size_t index) const {
    aligned(to + index) = aligned(from + index);
  }
};

}  // namespace kapitza::staged
