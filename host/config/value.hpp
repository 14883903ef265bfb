// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kapitza::host {

/// Where a value was written, for error messages: "relax.toml:7:3", "--set", "default".
struct Origin {
  std::string source;
  int line = 0, column = 0;  ///< from 1; 0: the source has no lines

  std::string text() const;
};

/// A value of a configuration: what TOML knows, without dates.
struct Value {
  using List = std::vector<Value>;
  using Members = std::map<std::string, Value>;

  std::variant<bool, std::int64_t, double, std::string, List, Members> data;
  Origin origin;

  bool is_number() const;
  double number() const;  ///< of an integer or a float

  template <class T>
  const T* as() const {
    return std::get_if<T>(&data);
  }
};

/// The value as TOML. Floats are written with as many digits as give the same bits back.
std::string to_toml(const Value& value);

/// A string as a quoted TOML string.
std::string toml_quoted(std::string_view text);

}  // namespace kapitza::host
