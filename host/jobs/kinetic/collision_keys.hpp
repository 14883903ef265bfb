// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/config/key.hpp"

/// The collision integral of a density.
namespace kapitza::host::keys::collision {

extern const Key state_n, K, channels, tolerance, T, M, dtau;

}  // namespace kapitza::host::keys::collision
