// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/jobs/job.hpp"

namespace kapitza::host {

/// A closed chain, followed in time.
JobResult run_closed_field(JobContext& context);

}  // namespace kapitza::host
