// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/config/config.hpp"

/// Relaxation in time.
namespace kapitza::host::keys::relax {

extern const Key lambda, t_end, deviation;

void check(Config& config);

}  // namespace kapitza::host::keys::relax
