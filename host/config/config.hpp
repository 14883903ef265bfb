// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/value.hpp"
#include "kapitza/core/error.hpp"

namespace kapitza::host {

/// A validated configuration: every key is in the schema, belongs to the job and is in its range;
/// defaults are filled in. Whatever is wrong is an InputError that names file, line, key and value.
class Config {
 public:
  /// overrides: "section.key=value" as given by --set, stronger than the file.
  static Config load(const std::filesystem::path& file, const std::vector<std::string>& overrides);
  /// The same from text, e.g. the configuration that a result file carries.
  static Config parse(std::string_view text, const std::string& source,
                      const std::vector<std::string>& overrides = {});

  const std::string& job() const { return text("job"); }
  const std::filesystem::path& file() const { return file_; }

  bool has(std::string_view key) const { return find(key) != nullptr; }
  const Value& at(std::string_view key) const;
  double number(std::string_view key) const;
  int integer(std::string_view key) const;
  std::int64_t long_integer(std::string_view key) const;
  const std::string& text(std::string_view key) const;
  bool flag(std::string_view key) const;
  /// Of a key that may be one number or a list.
  std::vector<double> numbers(std::string_view key) const;
  bool is_list(std::string_view key) const { return at(key).as<Value::List>() != nullptr; }
  std::optional<double> optional_number(std::string_view key) const;
  std::optional<int> optional_integer(std::string_view key) const;
  std::string text_or(std::string_view key, std::string_view otherwise) const;

  /// An error about a key: "file:line:column: section.key = value: what (allowed: ...)".
  InputError error(std::string_view key, const std::string& what) const;

  /// The same for a message that names key, value and range itself.
  InputError located(std::string_view key, const std::string& message) const;

  /// The resolved configuration, which gives the same run when it is fed back.
  std::string to_toml() const;

  /// The first key outside [output] that two configurations give different values.
  static std::optional<std::string> first_difference(const Config& a, const Config& b);

 private:
  const Value* find(std::string_view key) const;

  std::filesystem::path file_;
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace kapitza::host
