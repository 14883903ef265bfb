// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kapitza::host {

/// The names nearest to a misspelt one, best first; none if none is near.
std::vector<std::string> nearest(std::string_view name, std::span<const std::string> known);

/// ", did you mean ...?" for a misspelt name; empty if nothing is near.
std::string did_you_mean(std::string_view name, std::span<const std::string> known);

/// What is separated by blanks or line breaks.
std::vector<std::string> split(std::string_view words);

/// Words of a text in lines of limited width, each after the given indentation.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width = 96);

/// "a" | "b" | "c"
std::string alternatives(std::span<const std::string> words);

}  // namespace kapitza::host
