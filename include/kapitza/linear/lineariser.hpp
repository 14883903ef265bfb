// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "kapitza/kinetic/backend.hpp"
#include "kapitza/model/thermal.hpp"

namespace kapitza::linear {

/// The collision integral linearised about a thermal state, I[n + dn] = Gamma dn, in its symmetric
/// form, Eq. (22):
///
///   dn = n^2 h,      S = Gamma diag(n^2),      S = S^T <= 0,      S 1 = S E = 0
///
/// On the grid all this holds to rounding.
struct LinearisedCollision {
  MomentumGrid grid;
  std::vector<double> v, E, n;  ///< velocity, energy and thermal density
  std::vector<double> S;        ///< K x K
  double change = 0;            ///< made to S to have it so: largest element, relative to that of S
};

/// Throw InputError. Linear response needs a band that is even in k, and a grid on which the
/// thermal state is resolved, still with half as many momenta, which tell how accurate the answers
/// are.
void require_even(const Dispersion& band);
void require_resolved(const kinetic::CollisionModel& model, const ThermalState& state);

/// How finely Gamma is evaluated.
struct Resolution {
  kinetic::Resolution collision;  ///< of the collision integral
  int refinement = 0;  ///< l = 2: the grid that its collisions are counted on has so many times K
                       ///< momenta; 0 without that channel

  friend bool operator==(const Resolution&, const Resolution&) = default;
};

/// Gamma of one model and one thermal state, at any resolution. Keeps what it computed last for
/// each kind of channel: whoever refines one of them does not wait for the other.
class Lineariser {
 public:
  /// Throws InputError where the band is not even in k, or a momentum has no velocity.
  Lineariser(kinetic::Backend& backend, kinetic::CollisionModel model, const ThermalState& state);

  const LinearisedCollision& operator()(const Resolution& resolution);

  const kinetic::CollisionModel& model() const { return model_; }

 private:
  void count_pairs(int refinement, int points);
  void sweep(const kinetic::Resolution& resolution);

  kinetic::Backend& backend_;
  kinetic::CollisionModel model_;
  ThermalState state_;
  Resolution computed_;
  std::vector<double> sweep_, pairs_;  ///< S of the channels l >= 3 and l = 2, as computed
  LinearisedCollision result_;
};

}  // namespace kapitza::linear
