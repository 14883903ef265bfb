// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/config/schema.hpp"
#include "host/usage/usage.hpp"

/// Scripts for shells that complete command lines of the program. They contain all that can be
/// completed, so that no key that is pressed has to wait for the program.
namespace kapitza::host {

std::string bash_completion(const Usage& usage, const Schema& schema);
std::string zsh_completion(const Usage& usage, const Schema& schema);
std::string fish_completion(const Usage& usage, const Schema& schema);

struct Shell {
  std::string_view name;
  std::string (*completion)(const Usage& usage, const Schema& schema);
};

inline constexpr Shell shells[] = {
    {"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}};

// What the scripts are made of.

/// The first lines of a script, after what has to come first.
std::string completion_header(std::string_view shell);

/// A key by its name, whatever the jobs mean by it.
struct NamedKey {
  std::string name, summary;
  std::vector<std::string> choices;  ///< of all of its meanings
};
std::vector<NamedKey> named_keys(const Schema& schema);

/// The first sentence of a text, without its full stop.
std::string first_sentence(std::string_view text);

/// The ending of the files that are expected; empty: no file is.
std::string_view file_ending(Expects expects);

/// Each of these characters with another one before it.
std::string with_before(std::string_view text, std::string_view characters, char before);

/// In quotes between which a shell takes all as it is; fish knows two escapes there, bash none.
std::string sh_quoted(std::string_view text);
std::string fish_quoted(std::string_view text);

}  // namespace kapitza::host
