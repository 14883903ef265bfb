// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/value.hpp"

namespace kapitza::host {

/// The numbers that a key allows.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  int multiple_of = 1;

  static constexpr Range positive() { return {.low = 0, .low_open = true}; }
  static constexpr Range not_negative() { return {.low = 0}; }

  bool contains(double x) const;
  std::string text() const;
  /// What is wrong with a number, in words; empty if nothing is.
  std::string problem(double x) const;
};

struct Key;

/// What may stand on the right of a key. Those of one subject stand beside its keys, those of
/// several in host/config/types.hpp.
struct Type {
  /// In words, for errors and `kapitza explain`.
  std::string (*allowed)(const Key& key);
  /// What is wrong with a value, in words; empty if nothing is. Harmless variants are normalised,
  /// e.g. an integer where a float is meant, so that equal settings compare equal.
  std::string (*problem)(const Key& key, Value& value);
  /// Words that may stand there as they are: all that is allowed, or what can be listed of it.
  std::vector<std::string> (*words)(const Key& key) = nullptr;
};

/// The parts of "section.key"; the section of "key" is empty.
std::string_view section_of(std::string_view name);
std::string_view last_part(std::string_view name);

/// What some jobs mean by a name in the configuration. Other jobs may mean something else by it:
/// they then have a key of their own with that name.
struct Key {
  std::string_view name;  ///< "section.key"
  const Type& type;
  std::string_view words = {};  ///< what types::word allows, separated by blanks
  Range range = {};
  std::string_view otherwise = {};       ///< the default, as TOML
  std::string_view otherwise_text = {};  ///< what happens without a default, in words
  std::string_view unit = {};
  std::string_view meaning;  ///< line breaks count as blanks

  /// Wherever a key's name is asked for, the key will do.
  operator std::string_view() const { return name; }
  std::string_view section() const { return section_of(name); }
  bool required() const { return otherwise.empty() && otherwise_text.empty(); }
  std::string allowed() const { return type.allowed(*this); }
  std::string problem(Value& value) const { return type.problem(*this, value); }
  std::vector<std::string> choices() const {
    return type.words ? type.words(*this) : std::vector<std::string>();
  }
};

struct Section {
  std::string_view name, meaning;
  /// Whether its keys change the result: two configurations are compared before a run goes on.
  bool changes_the_result = true;
};

}  // namespace kapitza::host
