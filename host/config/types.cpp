// SPDX-License-Identifier: BSD-3-Clause
#include "host/config/types.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "host/config/names.hpp"

namespace kapitza::host {

std::string number_problem(const Range& range, Value& value) {
  if (!value.is_number()) return "must be a number";
  value.data = value.number();
  return range.problem(value.number());
}

std::string integer_problem(const Range& range, const Value& value) {
  if (!value.as<std::int64_t>()) return "must be an integer";
  return range.problem(value.number());
}

std::string numbers_problem(const Range& range, Value& value) {
  auto* list = std::get_if<Value::List>(&value.data);
  if (!list && !value.is_number()) return "must be a number or a list of numbers";
  if (!list) return number_problem(range, value);
  if (list->empty()) return "must not be empty";
  for (Value& item : *list) {
    const std::string problem = number_problem(range, item);
    if (!problem.empty()) return to_toml(item) + " " + problem;
  }
  return {};
}

std::string members_problem(const Value::Members& members, std::span<const std::string> known) {
  for (const auto& [key, value] : members) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    return fmt::format("it has an unknown member \"{}\"{}", key, did_you_mean(key, known));
  }
  for (const std::string& key : known)
    if (!members.contains(key)) return fmt::format("the member \"{}\" is missing", key);
  return {};
}

std::string table_file_problem(const Value::Members& members) {
  const std::array<std::string, 1> known{"table"};
  std::string problem = members_problem(members, known);
  if (!problem.empty()) return problem;
  const auto* path = members.at("table").as<std::string>();
  return path && !path->empty() ? std::string() : "table must be the name of a file";
}

bool is_expression(Value& value) {
  if (value.is_number()) value.data = to_toml(value);
  return value.as<std::string>() != nullptr;
}

std::string expression_problem(const Value& expression) {
  return expression.as<std::string>()->empty() ? "the expression is empty" : std::string();
}

namespace types {
namespace {

std::string range_text(const Key& key) { return key.range.text(); }

std::string number_problem_of(const Key& key, Value& value) {
  return number_problem(key.range, value);
}

std::string integer_problem_of(const Key& key, Value& value) {
  return integer_problem(key.range, value);
}

std::string numbers_text(const Key& key) {
  return fmt::format("{}, or a list of such numbers", key.range.text());
}

std::string numbers_problem_of(const Key& key, Value& value) {
  return numbers_problem(key.range, value);
}

std::string integers_text(const Key& key) { return "a list of integers in " + key.range.text(); }

std::string integers_problem_of(const Key& key, Value& value) {
  auto* list = std::get_if<Value::List>(&value.data);
  if (!list) return "must be a list of integers";
  if (list->empty()) return "must not be empty";
  for (const Value& item : *list) {
    const std::string problem = integer_problem(key.range, item);
    if (!problem.empty()) return to_toml(item) + " " + problem;
  }
  const auto less = [](const Value& a, const Value& b) { return a.number() < b.number(); };
  std::sort(list->begin(), list->end(), less);
  const auto same = [](const Value& a, const Value& b) { return a.number() == b.number(); };
  const auto twice = std::adjacent_find(list->begin(), list->end(), same);
  return twice == list->end() ? std::string() : to_toml(*twice) + " is given twice";
}

std::string interval_text(const Key& key) {
  return fmt::format("[low, high], both {}", key.range.text());
}

std::string interval_problem_of(const Key& key, Value& value) {
  const auto* list = value.as<Value::List>();
  if (!list || list->size() != 2) return "must be [low, high]";
  std::string problem = numbers_problem(key.range, value);
  if (!problem.empty()) return problem;
  const auto& ends = *value.as<Value::List>();
  return ends[0].number() < ends[1].number() ? std::string() : "low must be below high";
}

std::vector<std::string> flag_words(const Key&) { return {"true", "false"}; }

std::string flag_text(const Key& key) {
  return fmt::format("{}", fmt::join(flag_words(key), " | "));
}

std::string flag_problem_of(const Key&, Value& value) {
  return value.as<bool>() ? std::string() : "must be true or false";
}

std::vector<std::string> words_of(const Key& key) { return split(key.words); }

std::string word_text(const Key& key) { return alternatives(words_of(key)); }

std::string word_problem_of(const Key& key, Value& value) {
  const auto* given = value.as<std::string>();
  if (!given) return "must be a word in quotes";
  const std::vector<std::string> known = words_of(key);
  if (std::ranges::find(known, *given) != known.end()) return {};
  return "there is no such choice" + did_you_mean(*given, known);
}

std::string text_text(const Key&) { return "text"; }

std::string text_problem_of(const Key&, Value& value) {
  const auto* given = value.as<std::string>();
  return given && !given->empty() ? std::string() : "must be text in quotes";
}

}  // namespace

constinit const Type number{range_text, number_problem_of};
constinit const Type integer{range_text, integer_problem_of};
constinit const Type numbers{numbers_text, numbers_problem_of};
constinit const Type integers{integers_text, integers_problem_of};
constinit const Type interval{interval_text, interval_problem_of};
constinit const Type flag{flag_text, flag_problem_of, flag_words};
constinit const Type word{word_text, word_problem_of, words_of};
constinit const Type text{text_text, text_problem_of};

}  // namespace types
}  // namespace kapitza::host
