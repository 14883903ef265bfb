// SPDX-License-Identifier: BSD-3-Clause
#include "host/config/toml_reader.hpp"

#include <fmt/format.h>

// The only file that includes toml++: it is slow to compile.
#include <toml++/toml.h>

#include "kapitza/core/error.hpp"

namespace kapitza::host {
namespace {

Origin origin_of(const toml::source_region& region, const std::string& source) {
  return {source, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

Value convert(const toml::node& node, const std::string& source);

Value::Members convert_table(const toml::table& table, const std::string& source) {
  Value::Members members;
  for (const auto& [key, node] : table)
    members.emplace(std::string(key.str()), convert(node, source));
  return members;
}

Value::List convert_array(const toml::array& array, const std::string& source) {
  Value::List list;
  for (const toml::node& node : array) list.push_back(convert(node, source));
  return list;
}

Value convert(const toml::node& node, const std::string& source) {
  const Origin origin = origin_of(node.source(), source);
  if (const auto* table = node.as_table()) return {convert_table(*table, source), origin};
  if (const auto* array = node.as_array()) return {convert_array(*array, source), origin};
  if (const auto* text = node.as_string()) return {text->get(), origin};
  if (const auto* integer = node.as_integer()) return {integer->get(), origin};
  if (const auto* number = node.as_floating_point()) return {number->get(), origin};
  if (const auto* flag = node.as_boolean()) return {flag->get(), origin};
  throw InputError(origin.text() + ": dates and times have no meaning here");
}

void place(Value& value, const Origin& origin) {
  value.origin = origin;
  if (auto* list = std::get_if<Value::List>(&value.data))
    for (Value& item : *list) place(item, origin);
  if (auto* members = std::get_if<Value::Members>(&value.data))
    for (auto& [key, member] : *members) place(member, origin);
}

}  // namespace

Value::Members parse_toml(std::string_view text, const std::string& source) {
  try {
    return convert_table(toml::parse(text), source);
  } catch (const toml::parse_error& error) {
    throw InputError(origin_of(error.source(), source).text() +
                     ": malformed TOML: " + std::string(error.description()));
  }
}

std::optional<Value> parse_toml_value(std::string_view text, const Origin& origin) {
  try {
    const toml::table table = toml::parse(fmt::format("value = {}", text));
    if (table.size() != 1) return std::nullopt;
    Value value = convert(*table.get("value"), origin.source);
    place(value, origin);
    return value;
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

}  // namespace kapitza::host
