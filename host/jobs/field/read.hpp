// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/config/config.hpp"
#include "kapitza/field/ensemble.hpp"
#include "kapitza/field/steady_state.hpp"

namespace kapitza::host {

/// A chain without absorber, which is followed in time.
bool is_closed(const Config& config);

/// As JobKeys::check.
void check_field_keys(Config& config);

/// The field of a microscopic job.
field::Problem make_field(const Config& config);
field::Numerics make_field_numerics(const Config& config, const field::Problem& problem);
field::EnsembleSize make_ensemble_size(const Config& config);
/// Of a field with an absorber; a closed chain just needs ensemble.max_time.
field::SteadyStateOptions make_steady_state_options(const Config& config,
                                                    const field::Problem& problem);

}  // namespace kapitza::host
