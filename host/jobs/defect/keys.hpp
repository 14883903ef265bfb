// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/config/key.hpp"

/// The stationary state of a defect.
namespace kapitza::host::keys::defect {

extern const Key left, Lambda, together, cells, mesh, layer;
extern const Key scheme, transport, split, residual, iterations;

}  // namespace kapitza::host::keys::defect
