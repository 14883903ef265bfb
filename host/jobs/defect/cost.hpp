// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include "host/budget.hpp"
#include "host/config/config.hpp"
#include "host/report.hpp"
#include "kapitza/machine/machine.hpp"

/// What a stationary job takes.
namespace kapitza::host {

std::size_t defect_file_size(const Config& config);
Quantities estimate_defect(const Config& config, Machine& machine, Budget& budget);

}  // namespace kapitza::host
