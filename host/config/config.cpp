// SPDX-License-Identifier: BSD-3-Clause
#include "host/config/config.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

#include "host/config/schema.hpp"
#include "host/config/toml_reader.hpp"

namespace kapitza::host {
namespace {

std::string read_text(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    throw InputError(fmt::format("{}: is a directory, not a configuration", file.string()));
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    throw InputError(fmt::format("{}: the configuration cannot be read: {}", file.string(),
                                 std::strerror(errno)));
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string allowed_note(const KeySpec& spec) {
  const std::string allowed = spec.allowed();
  return allowed.empty() ? std::string() : fmt::format(" (allowed: {})", allowed);
}

InputError value_error(const KeySpec& spec, const Value& value, const std::string& what) {
  return InputError(fmt::format("{}: {} = {}: {}{}", value.origin.text(), spec.key, to_toml(value),
                                what, allowed_note(spec)));
}

/// Parts of a dotted key; empty if one of them is.
std::vector<std::string> key_parts(std::string_view key) {
  std::vector<std::string> parts(1);
  for (const char c : key) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  for (const std::string& part : parts)
    if (part.empty()) return {};
  return parts;
}

/// Puts one --set into the tree, as if it had been written in the file.
void apply_override(Value::Members& root, const std::string& assignment,
                    std::map<std::string, std::string>& seen) {
  const Origin origin{"--set", 0, 0};
  const std::size_t equals = assignment.find('=');
  const std::string key = assignment.substr(0, equals);
  const std::vector<std::string> parts = key_parts(key);
  if (equals == std::string::npos || parts.empty())
    throw InputError(fmt::format("--set {}: must be section.key=value", assignment));
  if (const auto [before, is_new] = seen.emplace(key, assignment); !is_new)
    throw InputError(
        fmt::format("--set {}: {} is given twice, before as {}", assignment, key, before->second));
  const std::string text = assignment.substr(equals + 1);
  // What is no TOML is a string, so that --set model.dispersion=cosine needs no second quotes.
  std::optional<Value> value = parse_toml_value(text, origin);
  if (!value) value = Value{text, origin};

  Value::Members* members = &root;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    Value& next = (*members)[parts[i]];
    if (next.origin.source.empty() || !next.as<Value::Members>()) next = {Value::Members{}, origin};
    members = std::get_if<Value::Members>(&next.data);
  }
  (*members)[parts.back()] = *std::move(value);
}

InputError unknown_key(const std::string& key, const Value& value) {
  const bool is_table = value.as<Value::Members>() != nullptr;
  std::vector<std::string> known = all_keys();
  if (is_table) {
    known.clear();
    for (const SectionSpec& section : sections()) known.emplace_back(section.name);
    return InputError(fmt::format("{}: [{}]: unknown section{}", value.origin.text(), key,
                                  did_you_mean(key, known)));
  }
  return InputError(fmt::format("{}: {} = {}: unknown key{}", value.origin.text(), key,
                                to_toml(value), did_you_mean(key, known)));
}

using Flat = std::map<std::string, Value, std::less<>>;

/// Sections dissolved into dotted keys, down to the keys that the schema knows.
void flatten(const Value::Members& members, const std::string& prefix, Flat& flat) {
  for (const auto& [name, value] : members) {
    const std::string key = prefix + name;
    if (find_key(key)) {
      flat.emplace(key, value);
    } else if (is_section(key)) {
      const auto* section = value.as<Value::Members>();
      if (!section)
        throw InputError(
            fmt::format("{}: {} = {}: this is a section: write [{}] and its keys below",
                        value.origin.text(), key, to_toml(value), key));
      flatten(*section, key + ".", flat);
    } else {
      throw unknown_key(key, value);
    }
  }
}

void require_job(const Flat& flat, const std::string& source) {
  if (!flat.contains("job"))
    throw InputError(fmt::format("{}: job is missing: say what to compute{}", source,
                                 allowed_note(*find_key("job"))));
}

void validate(const KeySpec& spec, Value& value) {
  if (const std::string what = problem_with(spec, value); !what.empty())
    throw value_error(spec, value, what);
}

void validate(Flat& flat) {
  // The job first: it decides whether another key belongs here.
  validate(*find_key("job"), flat.at("job"));
  const std::string job = *flat.at("job").as<std::string>();
  for (auto& [key, value] : flat) {
    const KeySpec& spec = *find_key(key);
    if (!spec.used_by(job))
      throw InputError(fmt::format("{}: {} = {}: this key belongs to job \"{}\", not to \"{}\"",
                                   value.origin.text(), key, to_toml(value), spec.jobs, job));
    validate(spec, value);
  }
}

void add_defaults(Flat& flat, const std::string& source) {
  const std::string job = *flat.at("job").as<std::string>();
  for (const KeySpec& spec : schema()) {
    if (!spec.used_by(job) || spec.optional_for(job) || flat.contains(spec.key)) continue;
    if (spec.required())
      throw InputError(fmt::format("{}: {} is missing{}", source, spec.key, allowed_note(spec)));
    if (!spec.default_toml.empty())
      flat.emplace(spec.key, *parse_toml_value(spec.default_toml, {"default", 0, 0}));
  }
}

}  // namespace

Config Config::load(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  Config config = parse(read_text(file), file.string(), overrides);
  config.file_ = file;
  return config;
}

Config Config::parse(std::string_view text, const std::string& source,
                     const std::vector<std::string>& overrides) {
  Value::Members root = parse_toml(text, source);
  std::map<std::string, std::string> seen;
  for (const std::string& assignment : overrides) apply_override(root, assignment, seen);
  Config config;
  flatten(root, "", config.values_);
  require_job(config.values_, source);
  validate(config.values_);
  add_defaults(config.values_, source);
  if (config.job() == "relax" && !config.has("relax.t_end") &&
      config.number("relax.deviation") == 0)
    throw config.error("relax.deviation", "nothing would stop this run: give relax.t_end as well");
  return config;
}

const Value* Config::find(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

const Value& Config::at(std::string_view key) const {
  if (const Value* value = find(key)) return *value;
  throw InputError(fmt::format("{}: {} is missing", file_.string(), key));
}

double Config::number(std::string_view key) const { return at(key).number(); }

int Config::integer(std::string_view key) const { return static_cast<int>(long_integer(key)); }

std::int64_t Config::long_integer(std::string_view key) const {
  return std::get<std::int64_t>(at(key).data);
}

const std::string& Config::text(std::string_view key) const {
  return std::get<std::string>(at(key).data);
}

bool Config::flag(std::string_view key) const { return std::get<bool>(at(key).data); }

std::vector<double> Config::numbers(std::string_view key) const {
  if (!is_list(key)) return {number(key)};
  std::vector<double> values;
  for (const Value& item : *at(key).as<Value::List>()) values.push_back(item.number());
  return values;
}

std::optional<double> Config::optional_number(std::string_view key) const {
  return has(key) ? std::optional(number(key)) : std::nullopt;
}

std::optional<int> Config::optional_integer(std::string_view key) const {
  return has(key) ? std::optional(integer(key)) : std::nullopt;
}

std::string Config::text_or(std::string_view key, std::string_view otherwise) const {
  return has(key) ? text(key) : std::string(otherwise);
}

InputError Config::error(std::string_view key, const std::string& what) const {
  return value_error(*find_key(key), at(key), what);
}

InputError Config::located(std::string_view key, const std::string& message) const {
  return InputError(fmt::format("{}: {}", at(key).origin.text(), message));
}

std::string Config::to_toml() const {
  std::string text;
  std::string_view section;
  for (const KeySpec& spec : schema()) {
    const Value* value = find(spec.key);
    if (!value) continue;
    if (spec.section() != section) {
      section = spec.section();
      text += fmt::format("\n[{}]\n", section);
    }
    const std::string_view name = spec.key.substr(section.empty() ? 0 : section.size() + 1);
    text += fmt::format("{} = {}\n", name, host::to_toml(*value));
  }
  return text;
}

std::optional<std::string> Config::first_difference(const Config& a, const Config& b) {
  for (const KeySpec& spec : schema()) {
    if (spec.section() == "output") continue;
    const Value *left = a.find(spec.key), *right = b.find(spec.key);
    if (!left && !right) continue;
    if (!left || !right || host::to_toml(*left) != host::to_toml(*right))
      return std::string(spec.key);
  }
  return std::nullopt;
}

}  // namespace kapitza::host
