// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/config/config.hpp"
#include "kapitza/kinetic/relaxation.hpp"

namespace kapitza::host {

/// As JobKeys::check.
void check_relax_keys(Config& config);

kinetic::RelaxationOptions make_relaxation_options(const Config& config,
                                                   const kinetic::CollisionModel& model);

}  // namespace kapitza::host
