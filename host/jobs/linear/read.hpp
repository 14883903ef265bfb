// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/config/config.hpp"
#include "kapitza/linear/response.hpp"

namespace kapitza::host {

/// As JobKeys::check.
void check_linear_keys(Config& config);

/// The thermal defect of a linear job and what enters it.
linear::Problem make_linear(const Config& config);

}  // namespace kapitza::host
