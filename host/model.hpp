// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>
#include <vector>

#include "host/config/config.hpp"
#include "kapitza/solver/collision.hpp"
#include "kapitza/solver/ensemble.hpp"
#include "kapitza/solver/linear_response.hpp"
#include "kapitza/solver/relaxation.hpp"
#include "kapitza/solver/stationary.hpp"
#include "kapitza/solver/steady_state.hpp"

namespace kapitza::host {

/// The physics that a configuration asks for. Errors name the key and where it was written.
CollisionModel make_model(const Config& config);

/// The largest l of the collisions l -> l that are summed.
int highest_channel(const Config& config);

/// Density on the momentum grid, from a key of type density; finite and positive everywhere.
std::vector<double> make_density(const Config& config, std::string_view key,
                                 const CollisionModel& model);

ResolutionRequest make_request(const Config& config, const CollisionModel& model);

RelaxationOptions make_relaxation_options(const Config& config, const CollisionModel& model);

/// The defect of a stationary job, but for what differs from one Lambda to the next.
DefectProblem make_defect(const Config& config);

/// Cells that suit a mean free path, in units of X; equal ones where there are no collisions.
Mesh make_mesh(const Config& config, double mean_free_path);

/// The thermal defect of a linear job and what enters it.
LinearProblem make_linear(const Config& config);

bool uses_newton(const Config& config);
/// Cells that grow with the distance from the ends.
bool is_graded(const Config& config);
/// All Lambdas side by side.
bool solves_together(const Config& config);
StationaryOptions make_stationary_options(const Config& config, const CollisionModel& model);

/// The field of a microscopic job. Its density refers to the configuration, which must outlive it.
FieldProblem make_field(const Config& config);
FieldNumerics make_field_numerics(const Config& config, const FieldProblem& problem);
EnsembleSize make_ensemble_size(const Config& config);
/// Of a field with an absorber; a closed chain just needs ensemble.max_time.
SteadyStateOptions make_steady_state_options(const Config& config, const FieldProblem& problem);

}  // namespace kapitza::host
