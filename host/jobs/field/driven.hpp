// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/jobs/job.hpp"

namespace kapitza::host {

/// A defect between boundaries that absorb and inject.
JobResult run_driven_field(JobContext& context);

}  // namespace kapitza::host
