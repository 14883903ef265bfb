// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "host/config/schema.hpp"
#include "host/usage/usage.hpp"

namespace kapitza::host {

/// kapitza(1): the manual page, in troff.
std::string manual(const Usage& usage, const Schema& schema);

}  // namespace kapitza::host
