// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/config/key.hpp"

/// The result file.
namespace kapitza::host::keys::output {

extern const Key file, every;

}  // namespace kapitza::host::keys::output
