// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/config/config.hpp"
#include "kapitza/defect/stationary.hpp"

namespace kapitza::host {

/// As JobKeys::check.
void check_defect_keys(Config& config);

/// The defect of a stationary job, but for what differs from one Lambda to the next.
defect::Problem make_defect(const Config& config);

/// Cells that suit a mean free path, in units of X; equal ones where there are no collisions.
defect::Mesh make_mesh(const Config& config, double mean_free_path);

bool uses_newton(const Config& config);
/// Cells that grow with the distance from the ends.
bool is_graded(const Config& config);
/// All Lambdas side by side.
bool solves_together(const Config& config);
defect::StationaryOptions make_stationary_options(const Config& config,
                                                  const kinetic::CollisionModel& model);

}  // namespace kapitza::host
