// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/jobs/job.hpp"

namespace kapitza::host {

extern const Job collision_job;

}  // namespace kapitza::host
