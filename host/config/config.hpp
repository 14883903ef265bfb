// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/schema.hpp"
#include "host/config/value.hpp"
#include "kapitza/core/error.hpp"

namespace kapitza::host {

/// A validated configuration: every key is in the schema, is read by the job as it is configured,
/// and is in its range; defaults are filled in. Whatever is wrong is an InputError that names file,
/// line, key and value.
class Config {
 public:
  /// The schema must outlive the configuration. overrides: "section.key=value" as given by --set,
  /// stronger than the file.
  static Config load(const Schema& schema, const std::filesystem::path& file,
                     const std::vector<std::string>& overrides);
  /// The same from text.
  static Config parse(const Schema& schema, std::string_view text, const std::string& source,
                      const std::vector<std::string>& overrides = {});
  /// The configuration that a result file carries. Older programs wrote keys that were not read:
  /// they make no difference now.
  static Config stored(const Schema& schema, std::string_view text, const std::string& source);

  const std::string& job() const { return text("job"); }
  const std::filesystem::path& file() const { return file_; }
  const std::string& source() const { return source_; }  ///< for messages

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

  // For the rules of a job, JobKeys::check.

  /// An error if there is no such key.
  void require(std::string_view key, const std::string& why) const;
  /// As the other keys are, nothing reads this one: an error if it is given, and its default is
  /// forgotten, so that nothing can read it and the resolved configuration does not contain it.
  void not_read(std::string_view key, const std::string& why);
  /// An error about a value that is in its range, but out of place: the range is no help then.
  InputError out_of_place(std::string_view key, const std::string& why) const;

  /// An error about a key: "file:line:column: section.key = value: what (allowed: ...)".
  InputError error(std::string_view key, const std::string& what) const;

  /// The resolved configuration, which gives the same run when it is fed back.
  std::string to_toml() const;

  /// The first key that changes the result and that two configurations give different values.
  static std::optional<std::string> first_difference(const Config& a, const Config& b);

 private:
  enum class Unread { refused, forgotten };

  static Config read(const Schema& schema, std::string_view text, const std::string& source,
                     const std::vector<std::string>& overrides, Unread unread);
  const Value* find(std::string_view key) const;

  const Schema* schema_ = nullptr;
  Unread unread_ = Unread::refused;
  std::string source_;
  std::filesystem::path file_;
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace kapitza::host
