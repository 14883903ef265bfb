// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <utility>
#include <vector>

#include "kapitza/core/complex.hpp"
#include "kapitza/model/momentum_grid.hpp"

namespace kapitza::field {

/// A stretch of sites in which the density n(k) is measured, Eq. (33): the squared transform of the
/// field times a taper, at the momenta of a grid with as many points as the window has sites.
class Window {
 public:
  /// The taper that blurs least: a half wave of the sine. Its estimate of n is too large by
  /// n''/2 (pi / (sites + 1))^2, and it falls off like the fourth power of the distance in k.
  static Window sine(int sites);
  /// A whole ring, all of whose momenta are exact: no taper.
  static Window ring(int sites);

  int sites() const { return static_cast<int>(taper_.size()); }
  MomentumGrid grid() const { return {sites()}; }
  const std::vector<double>& taper() const { return taper_; }  ///< sum of squares 1

  /// What the estimate is on average, for a field whose density is n at the momenta of a ring.
  std::vector<double> blur(MomentumGrid ring, const std::vector<double>& n) const;

 private:
  explicit Window(std::vector<double> taper) : taper_(std::move(taper)) {}

  std::vector<double> taper_;
};

}  // namespace kapitza::field
