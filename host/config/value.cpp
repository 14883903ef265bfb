// SPDX-License-Identifier: BSD-3-Clause
#include "host/config/value.hpp"

#include <cmath>
#include <fmt/format.h>

namespace kapitza::host {
namespace {

std::string float_text(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  std::string text = fmt::format("{}", x);
  // Without a point or an exponent, TOML would read an integer back.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string list_text(const Value::List& list) {
  std::string text;
  for (const Value& item : list) text += (text.empty() ? "" : ", ") + to_toml(item);
  return "[" + text + "]";
}

bool is_bare_key(std::string_view key) {
  constexpr std::string_view bare =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !key.empty() && key.find_first_not_of(bare) == std::string_view::npos;
}

std::string members_text(const Value::Members& members) {
  std::string text;
  for (const auto& [key, value] : members)
    text += (text.empty() ? "" : ", ") + (is_bare_key(key) ? key : toml_quoted(key)) + " = " +
            to_toml(value);
  return "{" + text + "}";
}

}  // namespace

std::string Origin::text() const {
  return line > 0 ? fmt::format("{}:{}:{}", source, line, column) : source;
}

bool Value::is_number() const { return as<std::int64_t>() || as<double>(); }

double Value::number() const {
  if (const auto* integer = as<std::int64_t>()) return static_cast<double>(*integer);
  return std::get<double>(data);
}

std::string toml_quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      result += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string to_toml(const Value& value) {
  struct Writer {
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t integer) const { return std::to_string(integer); }
    std::string operator()(double x) const { return float_text(x); }
    std::string operator()(const std::string& text) const { return toml_quoted(text); }
    std::string operator()(const Value::List& list) const { return list_text(list); }
    std::string operator()(const Value::Members& members) const { return members_text(members); }
  };
  return std::visit(Writer{}, value.data);
}

}  // namespace kapitza::host
