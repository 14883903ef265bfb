// SPDX-License-Identifier: BSD-3-Clause
#include "host/usage/completion.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

#include "host/config/names.hpp"
#include "kapitza/version.hpp"

namespace kapitza::host {
namespace {

bool begins_a_sentence(const std::string& word) {
  return std::isupper(static_cast<unsigned char>(word[0])) != 0;
}

}  // namespace

std::string completion_header(std::string_view shell) {
  return fmt::format("# Written by kapitza {}: kapitza completion {}\n", KAPITZA_VERSION, shell);
}

std::vector<NamedKey> named_keys(const Schema& schema) {
  std::vector<NamedKey> keys;
  for (const Schema::Reading& reading : schema.readings()) {
    const Key& key = *reading.key;
    if (keys.empty() || keys.back().name != key.name)
      keys.push_back({std::string(key.name), first_sentence(key.meaning), {}});
    std::vector<std::string>& choices = keys.back().choices;
    for (const std::string& word : key.choices())
      if (std::ranges::find(choices, word) == choices.end()) choices.push_back(word);
  }
  return keys;
}

std::string first_sentence(std::string_view text) {
  std::string sentence;
  for (const std::string& word : split(text)) {
    if (sentence.ends_with('.') && begins_a_sentence(word)) break;
    sentence.append(sentence.empty() ? "" : " ").append(word);
  }
  if (sentence.ends_with('.')) sentence.pop_back();
  return sentence;
}

std::string_view file_ending(Expects expects) {
  if (expects == Expects::configuration) return "toml";
  if (expects == Expects::result) return "h5";
  return {};
}

std::string with_before(std::string_view text, std::string_view characters, char before) {
  std::string result;
  for (const char c : text) {
    if (characters.find(c) != std::string_view::npos) result += before;
    result += c;
  }
  return result;
}

std::string sh_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += R"('\'')";
    } else {
      result += c;
    }
  }
  return result + "'";
}

std::string fish_quoted(std::string_view text) {
  return "'" + with_before(text, R"(\')", '\\') + "'";
}

}  // namespace kapitza::host
