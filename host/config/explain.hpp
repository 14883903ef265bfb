// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "host/config/schema.hpp"

namespace kapitza::host {

/// What a key or the keys of a section are for; of everything if the name is empty.
/// Throws InputError for a name that is neither.
std::string explain(const Schema& schema, std::string_view name);

}  // namespace kapitza::host
