// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

namespace kapitza::kinetic {

/// The sum over auxiliary time, Eq. (11): trapezoids on [0, T/2^h], ..., [T/4, T/2], [T/2, T].
///
/// Each segment is complete in itself (both ends at half weight), so the integral up to every
/// T/2^i is a partial sum of segments: the error estimate and the extrapolation in T cost nothing.
/// Early segments need fewer sites, because the light cone has not opened yet.
struct TimeQuadrature {
  struct Segment {
    int first_step = 0;  ///< tau = step * dtau
    int last_step = 0;   ///< inclusive
    int M = 0;           ///< lattice sites, a multiple of K
  };

  double dtau = 0;
  std::vector<Segment> segments;  ///< ascending in tau

  int steps() const { return segments.empty() ? 0 : segments.back().last_step; }
  double T() const { return dtau * steps(); }
  /// Weight of one step in its segment, including the factor 2 of the negative times.
  double weight(const Segment& s, int step) const {
    return step == s.first_step || step == s.last_step ? dtau : 2 * dtau;
  }
};

}  // namespace kapitza::kinetic
