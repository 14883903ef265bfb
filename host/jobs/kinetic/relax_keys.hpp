// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/config/key.hpp"

/// Relaxation in time.
namespace kapitza::host::keys::relax {

extern const Key lambda, t_end, deviation;

}  // namespace kapitza::host::keys::relax
