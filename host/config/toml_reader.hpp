// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "host/config/value.hpp"

namespace kapitza::host {

/// A TOML document as a tree of values that remember where they were written.
/// Throws InputError with line and column where it is malformed.
Value::Members parse_toml(std::string_view text, const std::string& source);

/// One TOML value, as on the right of an equals sign; nothing if the text is not exactly one.
/// It counts as written at `origin`.
std::optional<Value> parse_toml_value(std::string_view text, const Origin& origin);

}  // namespace kapitza::host
