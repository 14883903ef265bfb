// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "kapitza/field/parts.hpp"
#include "kapitza/field/totals_layout.hpp"
#include "kernels/device/staged/device.hpp"

/// The stages of a field on a ring, Eq. (27). Arrays of complex numbers are [trajectory][...],
/// those of totals [trajectory][...] in a TotalsLayout, from the first trajectory of a batch on.
namespace kapitza::staged {

/// White noise, mode by mode. Indices [trajectory][draw].
template <class Real>
struct DrawNoise {
  field::NoiseModes<Real> noise;
  BasicComplex<Real>* z;  ///< [trajectory][mode]
  std::uint32_t first;    ///< number of trajectory 0
  std::uint32_t step;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [trajectory, draw] = split(index, noise.draws());
    BasicComplex<Real>* row = z + trajectory * noise.modes;
    noise(first + static_cast<std::uint32_t>(trajectory), step, draw,
          [&](int mode, BasicComplex<Real> value) { aligned(row + mode) = value; });
  }
};

/// A local stretch. Indices [trajectory][local site].
template <class Real>
struct StepLocally {
  field::LocalStep<Real> step;
  const Real* values;       ///< [site]
  BasicComplex<Real>* psi;  ///< [trajectory][site]

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [trajectory, j] = split(index, step.sites.size());
    const int site = step.sites(j);
    step(aligned(psi + trajectory * step.sites.ring + site), site, values);
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
  const BasicComplex<Real>* shape;  ///< [site]
  const BasicComplex<Real>* noise;  ///< [trajectory][modes]: on a ring of its own
  BasicComplex<Real>* psi;          ///< [trajectory][site]
  int absorber, modes, sites;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [trajectory, j] = split(index, 2 * absorber);
    const int y = j - absorber, site = field::on_ring(y, sites);
    aligned(psi + trajectory * sites + site) +=
        aligned(shape + site) * aligned(noise + trajectory * modes + field::on_ring(y, modes));
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
  field::TotalsLayout at;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [row, m] = split(index, at.momenta);
    const auto [trajectory, window] = split(row, at.windows);
    const BasicComplex<Real> z = aligned(spectrum + index);
    const double n = norm(Complex{z.re, z.im});
    double* sums = at.row(totals, trajectory);
    sums[at.n(window, m)] += n;
    sums[at.n_squared(window, m)] += n * n;
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
  double* totals;                 ///< null: nothing is summed up
  field::TotalsLayout at;

  KAPITZA_HD void operator()(std::size_t index) const {
    const double y = site_density(psi + index);
    density[index] = y;
    if (!totals) return;
    const auto [trajectory, site] = split(index, at.sites);
    at.row(totals, trajectory)[at.site(site)] += y;
  }
};

/// lambda D U(|psi|^2). Indices [trajectory][site of the defect].
template <class Real>
struct MeasureEnergies {
  field::LocalSites sites;
  field::PotentialSlope<double> slope;
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
  double* totals;
  field::TotalsLayout at;

  KAPITZA_HD void operator()(std::size_t trajectory) const {
    at.row(totals, trajectory)[at.energy()] += energy[trajectory];
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
