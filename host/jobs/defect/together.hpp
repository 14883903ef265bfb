// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/jobs/job.hpp"

namespace kapitza::host {

/// All Lambdas of a stationary job side by side, each from what streams freely.
JobResult run_together(JobContext& context);

}  // namespace kapitza::host
