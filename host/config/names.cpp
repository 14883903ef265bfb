// SPDX-License-Identifier: BSD-3-Clause
#include "host/config/names.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <numeric>

#include "host/config/key.hpp"

namespace kapitza::host {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// Levenshtein's distance: insertions, deletions and replacements that turn a into b.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> nearest(std::string_view name, std::span<const std::string> known) {
  // A key given without its section, or in the wrong one, is near as well.
  const std::string wanted = lower(name), wanted_leaf(last_part(wanted));
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const std::string& candidate : known) {
    const std::string other = lower(candidate);
    const std::size_t leaf = edit_distance(wanted_leaf, last_part(other));
    const std::size_t distance = std::min(edit_distance(wanted, other), leaf + 1);
    const std::size_t length = std::max(wanted_leaf.size(), last_part(other).size());
    if (distance <= 1 + length / 3) ranked.emplace_back(distance, candidate);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (const auto& [distance, candidate] : ranked) names.push_back(candidate);
  return names;
}

std::string did_you_mean(std::string_view name, std::span<const std::string> known) {
  const std::vector<std::string> near = nearest(name, known);
  return near.empty() ? std::string() : fmt::format(", did you mean \"{}\"?", near.front());
}

std::vector<std::string> split(std::string_view words) {
  constexpr std::string_view blanks = " \n";
  std::vector<std::string> result;
  while (true) {
    const std::size_t begin = words.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return result;
    words.remove_prefix(begin);
    const std::size_t end = std::min(words.find_first_of(blanks), words.size());
    result.emplace_back(words.substr(0, end));
    words.remove_prefix(end);
  }
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string result(indent, ' ');
  std::size_t column = indent;
  for (const std::string& word : split(text)) {
    if (column > indent && column + 1 + word.size() > width) {
      result += '\n';
      result.append(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
  }
  return result + "\n";
}

std::string alternatives(std::span<const std::string> words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " | ") + toml_quoted(word);
  return text;
}

}  // namespace kapitza::host
