// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>
#include <vector>

#include "host/config/config.hpp"
#include "kapitza/kinetic/collision.hpp"
#include "kapitza/kinetic/resolve.hpp"

/// The collision integral that a configuration asks for. Errors name the key and where it was
/// written.

namespace kapitza::host {

/// As JobKeys::check: the auxiliary time is of no use where all collisions are 2 -> 2.
void check_collision_keys(Config& config);

kinetic::CollisionModel make_model(const Config& config);

/// Density on the momentum grid, from a key of type density; finite and positive everywhere.
std::vector<double> make_density(const Config& config, std::string_view key,
                                 const kinetic::CollisionModel& model);

kinetic::ResolutionRequest make_request(const Config& config, const kinetic::CollisionModel& model);

}  // namespace kapitza::host
