// SPDX-License-Identifier: BSD-3-Clause
#include "host/config/config.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

#include "host/config/names.hpp"
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

const Origin by_default{"default", 0, 0};

bool is_given(const Value& value) {
  return value.origin.line > 0 || value.origin.source != by_default.source;
}

std::string allowed_note(const Key& key) { return fmt::format(" (allowed: {})", key.allowed()); }

InputError value_error(std::string_view key, const Value& value, const std::string& what) {
  return InputError(fmt::format("{}: {} = {}: {}", value.origin.text(), key, to_toml(value), what));
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

using Flat = std::map<std::string, Value, std::less<>>;

/// From what a file says to the keys of one job.
class ConfigReader {
 public:
  ConfigReader(const Schema& schema, const std::string& source)
      : schema_(schema), source_(source) {}

  Flat operator()(const Value::Members& root) {
    job_ = job_named(root);
    flatten(root, "");
    // The job first: it decides whether another key belongs here.
    require_job();
    for (auto& [name, value] : flat_) validate(name, value);
    for (const Schema::Reading& reading : schema_.readings())
      if (std::ranges::find(reading.jobs, job_) != reading.jobs.end()) add_default(*reading.key);
    return std::move(flat_);
  }

 private:
  InputError unknown_key(const std::string& key, const Value& value) const {
    if (value.as<Value::Members>())
      return InputError(fmt::format("{}: [{}]: unknown section{}", value.origin.text(), key,
                                    did_you_mean(key, schema_.section_names())));
    return value_error(key, value, "unknown key" + key_hint(key));
  }

  /// A key that the job reads, if one is near: another one would be refused as well.
  std::string key_hint(const std::string& key) const {
    const std::vector<std::string> all = schema_.key_names();
    std::vector<std::string> own = all;
    std::erase_if(own, [&](const std::string& name) { return !schema_.find_key(job_, name); });
    const std::string hint = did_you_mean(key, own);
    return hint.empty() ? did_you_mean(key, all) : hint;
  }

  /// Sections dissolved into dotted keys, down to the keys that the schema knows.
  void flatten(const Value::Members& members, const std::string& prefix) {
    for (const auto& [name, value] : members) {
      const std::string key = prefix + name;
      if (schema_.is_key(key)) {
        flat_.emplace(key, value);
      } else if (schema_.find_section(key)) {
        const auto* section = value.as<Value::Members>();
        if (!section)
          throw value_error(key, value,
                            fmt::format("this is a section: write [{}] and its keys below", key));
        flatten(*section, key + ".");
      } else {
        throw unknown_key(key, value);
      }
    }
  }

  /// For hints: whether there is such a job is checked later.
  std::string job_named(const Value::Members& root) const {
    const auto job = root.find(std::string(schema_.job_key().name));
    const auto* name = job == root.end() ? nullptr : job->second.as<std::string>();
    return name ? *name : std::string();
  }

  void require_job() {
    const Key& key = schema_.job_key();
    const auto job = flat_.find(key.name);
    if (job == flat_.end())
      throw InputError(
          fmt::format("{}: job is missing: say what to compute{}", source_, allowed_note(key)));
    validate(key, job->second);
    job_ = *job->second.as<std::string>();
  }

  static void validate(const Key& key, Value& value) {
    if (const std::string what = key.problem(value); !what.empty())
      throw value_error(key.name, value, what + allowed_note(key));
  }

  void validate(const std::string& name, Value& value) const {
    if (const Key* key = schema_.find_key(job_, name)) return validate(*key, value);
    const std::vector<std::string> jobs = schema_.jobs_with(name);
    throw value_error(
        name, value,
        fmt::format("this key belongs to {} \"{}\", not to \"{}\"",
                    jobs.size() == 1 ? "job" : "jobs", fmt::join(jobs, "\", \""), job_));
  }

  void add_default(const Key& key) {
    if (flat_.contains(key.name)) return;
    if (key.required())
      throw InputError(fmt::format("{}: {} is missing{}", source_, key.name, allowed_note(key)));
    if (!key.otherwise.empty())
      flat_.emplace(key.name, *parse_toml_value(key.otherwise, by_default));
  }

  const Schema& schema_;
  const std::string& source_;
  std::string job_;
  Flat flat_;
};

}  // namespace

Config Config::load(const Schema& schema, const std::filesystem::path& file,
                    const std::vector<std::string>& overrides) {
  Config config = parse(schema, read_text(file), file.string(), overrides);
  config.file_ = file;
  return config;
}

Config Config::parse(const Schema& schema, std::string_view text, const std::string& source,
                     const std::vector<std::string>& overrides) {
  return read(schema, text, source, overrides, Unread::refused);
}

Config Config::stored(const Schema& schema, std::string_view text, const std::string& source) {
  return read(schema, text, source, {}, Unread::forgotten);
}

Config Config::read(const Schema& schema, std::string_view text, const std::string& source,
                    const std::vector<std::string>& overrides, Unread unread) {
  Value::Members root = parse_toml(text, source);
  std::map<std::string, std::string> seen;
  for (const std::string& assignment : overrides) apply_override(root, assignment, seen);
  Config config;
  config.schema_ = &schema;
  config.unread_ = unread;
  config.source_ = source;
  config.values_ = ConfigReader(schema, source)(root);
  if (const auto check = schema.find_job(config.job())->check) check(config);
  return config;
}

const Value* Config::find(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

const Value& Config::at(std::string_view key) const {
  if (const Value* value = find(key)) return *value;
  throw InputError(fmt::format("{}: {} is missing", source_, key));
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
  return value_error(key, at(key), what + allowed_note(*schema_->find_key(job(), key)));
}

void Config::require(std::string_view key, const std::string& why) const {
  if (!has(key)) throw InputError(fmt::format("{}: {} is missing: {}", source_, key, why));
}

void Config::not_read(std::string_view key, const std::string& why) {
  const auto found = values_.find(key);
  if (found == values_.end()) return;
  if (is_given(found->second) && unread_ == Unread::refused) throw out_of_place(key, why);
  values_.erase(found);
}

InputError Config::out_of_place(std::string_view key, const std::string& why) const {
  return value_error(key, at(key), why);
}

std::string Config::to_toml() const {
  std::string text;
  std::string_view section;
  for (const Schema::Reading& reading : schema_->readings()) {
    const Key& key = *reading.key;
    const Value* value = find(key.name);
    if (!value || schema_->find_key(job(), key.name) != &key) continue;
    if (key.section() != section) {
      section = key.section();
      text += fmt::format("\n[{}]\n", section);
    }
    text += fmt::format("{} = {}\n", last_part(key.name), host::to_toml(*value));
  }
  return text;
}

std::optional<std::string> Config::first_difference(const Config& a, const Config& b) {
  for (const std::string& name : a.schema_->key_names()) {
    const Section* section = a.schema_->find_section(section_of(name));
    if (section && !section->changes_the_result) continue;
    const Value *left = a.find(name), *right = b.find(name);
    if (!left && !right) continue;
    if (!left || !right || host::to_toml(*left) != host::to_toml(*right)) return name;
  }
  return std::nullopt;
}

}  // namespace kapitza::host
