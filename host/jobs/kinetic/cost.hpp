// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/budget.hpp"
#include "host/config/config.hpp"
#include "host/report.hpp"
#include "kapitza/machine/machine.hpp"

namespace kapitza::host {

/// The estimate of a job that evaluates the collision integral of state.n and its like, typically
/// so many times.
Quantities estimate_evaluations(const Config& config, Machine& machine, double evaluations,
                                Budget& budget);

}  // namespace kapitza::host
