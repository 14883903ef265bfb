// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "kapitza/core/complex.hpp"
#include "kapitza/core/hd.hpp"
#include "kapitza/field/local_step.hpp"
#include "kapitza/random/normal.hpp"

/// The parts of a step of Eq. (27), site by site and mode by mode.
namespace kapitza::field {

/// The place of y = -b, ..., b - 1 on a ring: y = 0 is its site 0.
KAPITZA_HD constexpr int on_ring(int y, int size) { return y < 0 ? size + y : y; }

/// The sites that a local step changes: first those of the defect, then those of the absorber. All
/// others stay as they are, and nothing reads them.
struct LocalSites {
  int begin, defect;  ///< the defect: its first site, its size
  int absorber;       ///< sites on each side of the seam
  int ring;           ///< sites in all

  KAPITZA_HD constexpr int size() const { return defect + 2 * absorber; }
  KAPITZA_HD constexpr int operator()(int j) const {
    return j < defect ? begin + j : on_ring(j - defect - absorber, ring);
  }

  KAPITZA_HD constexpr bool is_defect(int site) const {
    return site >= begin && site < begin + defect;
  }
  KAPITZA_HD constexpr bool is_absorber(int site) const {
    return site < absorber || site >= ring - absorber;
  }
};

/// A local stretch of Eq. (27): Eq. (28) in the defect, damping in the absorber.
template <class Real>
struct LocalStep {
  LocalSites sites;
  PhaseKick<Real> kick;

  /// values: of every site, see EnsemblePlan::local_values()
  KAPITZA_HD constexpr void operator()(BasicComplex<Real>& psi, int site,
                                       const Real* values) const {
    if (sites.is_defect(site))
      psi = kick(psi, values[site]);
    else if (sites.is_absorber(site))
      psi = values[site] * psi;
  }
};

/// White noise times an amplitude for every mode. One draw is two modes; of an odd number the last
/// one is alone.
template <class Real>
struct NoiseModes {
  const Real* amplitude;  ///< [mode]
  std::uint64_t seed;
  Stream stream;
  int modes;

  KAPITZA_HD constexpr int draws() const { return (modes + 1) / 2; }

  /// store(mode, z) for the modes of a draw. `step` counts how often all modes are drawn.
  template <class Store>
  KAPITZA_HD void operator()(std::uint32_t trajectory, std::uint32_t step, int draw,
                             const Store& store) const {
    const NormalPair<Real> noise =
        white_noise<Real>(seed, stream, trajectory, step, static_cast<std::uint32_t>(draw));
    const int even = 2 * draw, odd = even + 1;
    store(even, amplitude[even] * noise.even);
    if (odd < modes) store(odd, amplitude[odd] * noise.odd);
  }
};

}  // namespace kapitza::field
