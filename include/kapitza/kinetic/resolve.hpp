// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kapitza/core/error.hpp"
#include "kapitza/kinetic/backend.hpp"
#include "kapitza/kinetic/collision.hpp"
#include "kapitza/numerics/refine.hpp"

namespace kapitza::kinetic {

/// What a user asks of the collision integral: one tolerance, or parts of the resolution by hand.
struct ResolutionRequest {
  double tolerance = 1e-4;  ///< on max_k |I - I_exact| / max_k gain
  std::optional<double> T = {};
  std::optional<double> dtau = {};
  std::optional<int> M = {};
};

/// A part of a ResolutionRequest, given by hand, that does not suit a model.
struct UnsuitableResolution : InputError {
  enum class Parameter { dtau, M };
  UnsuitableResolution(Parameter which, const std::string& why)
      : InputError(why), parameter(which) {}

  Parameter parameter;
};

/// Throws UnsuitableResolution for a dtau above the aliasing bound, and for an M that is no
/// multiple of K or smaller than the light cone allows.
void check_request(const CollisionModel& model, const ResolutionRequest& request);

/// How far a result is from that of a perfect resolution, by what is to blame, and how far it was
/// meant to be.
struct ResolutionErrors {
  double cutoff = 0;  ///< of T, M and what 2 -> 2 collisions are counted on
  double grid = 0;    ///< of the momentum grid
  double tolerance = 0;

  double estimate() const { return cutoff + grid; }
  bool tolerance_reached() const { return estimate() <= tolerance; }
};

/// An operator fine enough for the given densities, and how sure that is.
struct ResolvedCollision {
  std::unique_ptr<CollisionOperator> collision;
  /// Of max_k |I - I_exact| / max_k gain, largest over the densities; the momentum grid's: what the
  /// projection had to correct.
  ResolutionErrors errors;
  bool complete = true;  ///< false: it was stopped, and would have gone on refining
  double seconds = 0;    ///< that making and evaluating it took; without any evaluation, which
                         ///< leaves the errors infinite, what it would have taken
};

/// T grows until the embedded estimate of every density meets the tolerance; the points on the
/// resonant manifold double. Where it is stopped, what it has come to is returned.
ResolvedCollision resolve_collision(Backend& backend, const CollisionModel& model,
                                    std::span<const double> n, const ResolutionRequest& request,
                                    const StopRefining& stop = {});

/// Densities that share one resolution.
struct ResolvedGroup {
  std::unique_ptr<CollisionOperator> collision;
  std::vector<std::size_t> members;  ///< their numbers, ascending
};

/// Every density of a row with the T that it needs, all other parts of the resolution shared.
struct ResolvedRow {
  std::vector<ResolvedGroup> groups;  ///< ascending in T
  double constant_error = 0;          ///< of M and the manifold's points
  bool complete = true;               ///< false: it was stopped, and would have gone on refining
};
ResolvedRow resolve_row(Backend& backend, const CollisionModel& model, std::span<const double> n,
                        const ResolutionRequest& request, const StopRefining& stop = {});

/// The densities with these numbers, one after the other.
std::vector<double> gather(std::span<const double> n, std::span<const std::size_t> members, int K);

/// The range of T that is tried, in units of the model.
double least_T(const CollisionModel& model);
double greatest_T(const CollisionModel& model);

/// What an evaluation costs beside the channel l = 2: times, each with so many sites.
double sweep_size(const Resolution& resolution);

/// Changes T and, unless M was given by hand, the lattice with it; false where a given M forbids.
bool resize_to_T(const CollisionModel& model, const ResolutionRequest& request, double T,
                 Resolution& resolution);

}  // namespace kapitza::kinetic
