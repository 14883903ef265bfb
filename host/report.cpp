// SPDX-License-Identifier: BSD-3-Clause
#include "host/report.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace kapitza::host {
namespace {

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, text.size()), ' ');
}

}  // namespace

void append(Quantities& rows, const Quantities& more) {
  rows.insert(rows.end(), more.begin(), more.end());
}

std::string readable(const Scalar& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "yes" : "no";
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{:.6g}", *number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  const auto& [first, second] = std::get<Matrix2>(value);
  return fmt::format("[[{:.6g}, {:.6g}], [{:.6g}, {:.6g}]]", first[0], first[1], second[0],
                     second[1]);
}

std::string to_table(const Quantities& quantities) {
  std::size_t key_width = 0, value_width = 0;
  for (const Quantity& row : quantities) {
    key_width = std::max(key_width, row.key.size());
    value_width = std::max(value_width, readable(row.value).size());
  }
  // A long word, e.g. a path, must not push the column of meanings away.
  value_width = std::min<std::size_t>(value_width, 16);
  std::string text;
  for (const Quantity& row : quantities) {
    std::string line = fmt::format("  {}  {}", padded(row.key, key_width),
                                   padded(readable(row.value), value_width));
    if (!row.meaning.empty()) line += "  " + row.meaning;
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

/// A column of a series, from top to bottom.
std::vector<std::string> column_text(const Series& series, const std::string& key) {
  std::vector<std::string> cells;
  for (const Quantities& row : series.rows)
    for (const Quantity& quantity : row)
      if (quantity.key == key) cells.push_back(readable(quantity.value));
  return cells;
}

std::string to_table(const Series& series) {
  // "centre.beta", "centre.mu": the first line of the header names what they share.
  std::string groups, group, names;
  std::vector<std::string> lines(series.rows.size());
  for (const std::string& key : series.columns) {
    const std::size_t dot = key.rfind('.');
    const std::string own_group = dot == std::string::npos ? "" : key.substr(0, dot);
    if (own_group != group && !own_group.empty())
      groups = padded(groups, names.size()) + "  " + own_group;
    group = own_group;
    const std::string name = key.substr(dot + 1);
    const std::vector<std::string> cells = column_text(series, key);
    std::size_t width = name.size();
    for (const std::string& cell : cells) width = std::max(width, cell.size());
    names += "  " + padded(name, width);
    for (std::size_t i = 0; i < cells.size(); ++i) lines[i] += "  " + padded(cells[i], width);
  }
  std::string text = groups + "\n" + names + "\n";
  for (const std::string& line : lines)
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  return text;
}

std::string readable_duration(double seconds) {
  if (!std::isfinite(seconds)) return "?";
  if (seconds < 1e-3) return fmt::format("{:.2g} us", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.3g} ms", seconds * 1e3);
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long>(std::lround(seconds));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string readable_bytes(double bytes) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < std::size(units); ++unit) bytes /= 1024;
  return fmt::format("{:.{}f} {}", bytes, unit == 0 ? 0 : 1, units[unit]);
}

}  // namespace kapitza::host
