// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/value.hpp"

namespace kapitza::host {

/// What may stand on the right of a key.
enum class Kind {
  job,
  number,
  integer,
  integers,  ///< a list
  numbers,   ///< one, or a list
  flag,      ///< true | false
  word,      ///< one of KeySpec::words
  text,
  interaction,   ///< {c1 = ..., c2 = ...}
  dispersion,    ///< "parabolic" | "cosine" | {table = "E.csv"}
  density,       ///< "expression of k" | {table = "n.csv"} | {thermal = {beta = ..., mu = ...}}
  perturbation,  ///< {left = "expression of k" | {table = "dn.csv"}, right = ...}
  absorber,      ///< {width = ..., Gamma = ...} | "none"
  profile,       ///< "smooth" | "box" | "expression of x"
  counterterm,   ///< number | "hartree"
  interval,      ///< [low, high]
};

/// The numbers that a key allows.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  int multiple_of = 1;

  bool contains(double x) const;
  std::string text() const;
};

/// A key of the configuration. Validation, defaults, `kapitza explain`, the nearest-key hint and
/// the resolved configuration all come from these rows: a new key is a new row.
struct KeySpec {
  std::string_view key;  ///< "section.key"
  Kind kind;
  std::string_view default_toml;  ///< empty: none; default_text then says what happens without it
  std::string_view default_text;
  std::string_view unit;
  Range range;
  std::string_view jobs;  ///< names of the jobs that read it, separated by blanks
  std::string_view meaning;
  std::string_view words = {};  ///< what a key of kind word may be, separated by blanks
  /// Jobs in which it may be left out and then has no value, not even the default.
  std::string_view optional_in = {};

  std::string_view section() const;
  bool used_by(std::string_view job) const;
  bool optional_for(std::string_view job) const;
  bool required() const { return default_toml.empty() && default_text.empty(); }
  std::string allowed() const;  ///< in words, for errors and `explain`
};

struct SectionSpec {
  std::string_view name, meaning;
};

struct JobSpec {
  std::string_view name, meaning;
};

std::span<const KeySpec> schema();
std::span<const SectionSpec> sections();
std::span<const JobSpec> jobs();

const KeySpec* find_key(std::string_view key);
const JobSpec* find_job(std::string_view name);
bool is_section(std::string_view name);

/// What is wrong with a value, in words; empty if nothing is. Harmless variants are normalised,
/// e.g. an integer where a float is meant, so that equal settings compare equal.
std::string problem_with(const KeySpec& spec, Value& value);

/// The names nearest to a misspelt one, best first; none if none is near.
std::vector<std::string> nearest(std::string_view name, std::span<const std::string> known);

/// ", did you mean ...?" for a misspelt name; empty if nothing is near.
std::string did_you_mean(std::string_view name, std::span<const std::string> known);
std::vector<std::string> all_keys();
std::vector<std::string> all_jobs();

}  // namespace kapitza::host
