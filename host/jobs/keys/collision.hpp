// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/config/config.hpp"

/// The collision integral of a density.
namespace kapitza::host::keys::collision {

extern const Key state_n, K, channels, tolerance, T, M, dtau;

/// The auxiliary time is of no use where all collisions are 2 -> 2.
void check(Config& config);

}  // namespace kapitza::host::keys::collision
