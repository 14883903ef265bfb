// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/config/schema.hpp"

namespace kapitza::host {

/// What a key or the keys of a section are for; of everything if the name is empty.
/// Throws InputError for a name that is neither.
std::string explain(const Schema& schema, std::string_view name);

/// The names that it knows: of keys and of sections.
std::vector<std::string> explained_names(const Schema& schema);

/// What is to be said of a key beside its meaning.
struct Fact {
  std::string_view name;
  std::string text;
};
std::vector<Fact> facts_of(const Schema::Reading& reading);

}  // namespace kapitza::host
