// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <vector>

#include "kapitza/kinetic/resolve.hpp"
#include "kapitza/linear/modes.hpp"

namespace kapitza::linear {

/// Small perturbations of a thermal state that enter a defect.
struct Problem {
  kinetic::CollisionModel model;
  ThermalState background;
  std::vector<double> dn_in;   ///< K values: with v > 0 they enter at X = 0, with v < 0 at X = 1
  std::vector<double> Lambda;  ///< the strengths that are of interest
};

/// A linearised defect as finely resolved as the tolerance asks.
struct Response {
  LinearisedCollision collision;
  Modes modes;
  Resolution resolution;
  kinetic::ResolutionErrors errors;
};

/// T, M and the refinement of the pairs' grid double until the answers agree within the tolerance:
/// what leaves the defect, weighted with |v| and relative to what enters, its resistance and its
/// smallest nu. Errors are those of these answers.
Response resolve(kinetic::Backend& backend, const Problem& problem,
                 const kinetic::ResolutionRequest& request);

/// The same with an end that may come before.
struct Resolved {
  std::optional<Response> response;  ///< nothing: it was stopped
  Resolution resolution;             ///< the finest that was begun
};
Resolved resolve(kinetic::Backend& backend, const Problem& problem,
                 const kinetic::ResolutionRequest& request, const StopRefining& stop);

/// On half as many momenta.
Problem halved(Problem problem);

}  // namespace kapitza::linear
