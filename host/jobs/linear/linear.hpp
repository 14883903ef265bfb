// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/jobs/job.hpp"

namespace kapitza::host {

/// The answer of a thermal defect to small perturbations of what enters it.
extern const Job linear_job;

}  // namespace kapitza::host
