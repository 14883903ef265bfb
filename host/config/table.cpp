// SPDX-License-Identifier: BSD-3-Clause
#include "host/config/table.hpp"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <numbers>
#include <optional>
#include <string>
#include <string_view>

#include "kapitza/core/error.hpp"

namespace kapitza::host {
namespace {

using std::numbers::pi;
/// Momenta written with ten digits still hit the ends of the zone.
constexpr double end_tolerance = 1e-9;
constexpr std::size_t least_rows = 4;

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> columns(std::string_view line) {
  const bool has_commas = line.find(',') != std::string_view::npos;
  std::vector<std::string_view> result;
  while (true) {
    const std::size_t end = has_commas ? line.find(',') : line.find_first_of(" \t");
    result.push_back(trim(line.substr(0, end)));
    if (end == std::string_view::npos) return result;
    line = has_commas ? line.substr(end + 1) : trim(line.substr(end));
  }
}

std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double x = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return x;
}

/// One file being read, for errors that name the line.
class TableReader {
 public:
  TableReader(const std::filesystem::path& file, AllowedValues allowed)
      : name_(file.string()), allowed_(allowed) {
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored))
      throw InputError(fmt::format("{}: is a directory, not a table", name_));
    errno = 0;
    std::ifstream stream(file);
    if (!stream)
      throw InputError(
          fmt::format("{}: the table cannot be read: {}", name_, std::strerror(errno)));
    for (std::string line; std::getline(stream, line);) add_line(line);
    finish();
  }

  MomentumTable take() { return std::move(table_); }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw InputError(fmt::format("{}:{}: {}", name_, line_, what));
  }

  void add_line(std::string_view line) {
    ++line_;
    line = trim(line.substr(0, line.find('#')));
    if (line.empty()) return;
    const std::vector<std::string_view> fields = columns(line);
    if (fields.size() != 2)
      fail(fmt::format("{} columns: must be two, k and the value", fields.size()));
    const std::optional<double> k = parse_number(fields[0]), value = parse_number(fields[1]);
    const bool may_be_header = !header_seen_ && table_.k.empty() && !k && !value;
    header_seen_ = true;
    if (may_be_header) return;
    if (!k || !value) fail(fmt::format("\"{}\" is no number", fields[k ? 1 : 0]));
    add_point(*k, *value);
  }

  void add_point(double k, double value) {
    if (!std::isfinite(k) || !std::isfinite(value)) fail("must be finite");
    if (allowed_ == AllowedValues::positive && !(value > 0))
      fail(fmt::format("n = {}: must be positive", value));
    if (std::abs(k) > pi + end_tolerance) fail(fmt::format("k = {}: must lie in [-pi, pi)", k));
    if (!table_.k.empty() && k <= table_.k.back())
      fail(fmt::format("k = {}: must be greater than the k before it, {}", k, table_.k.back()));
    table_.k.push_back(k);
    table_.value.push_back(value);
  }

  /// k = pi is k = -pi: a table that closes the period says the same thing twice.
  void close_period() {
    if (table_.k.back() < pi - end_tolerance) return;
    if (table_.k.front() > -pi + end_tolerance) {
      table_.k.insert(table_.k.begin(), -pi);
      table_.value.insert(table_.value.begin(), table_.value.back());
    } else if (std::abs(table_.value.front() - table_.value.back()) >
               end_tolerance * std::abs(table_.value.front())) {
      fail(
          fmt::format("the values at k = -pi and k = pi differ ({} and {}), but they are one point",
                      table_.value.front(), table_.value.back()));
    }
    table_.k.pop_back();
    table_.value.pop_back();
    if (table_.k.front() < -pi) table_.k.front() = -pi;
  }

  void finish() {
    if (!table_.k.empty()) close_period();
    if (table_.k.size() < least_rows)
      throw InputError(fmt::format("{}: {} rows: a table needs at least {}", name_, table_.k.size(),
                                   least_rows));
  }

  std::string name_;
  AllowedValues allowed_;
  int line_ = 0;
  bool header_seen_ = false;
  MomentumTable table_;
};

}  // namespace

MomentumTable read_momentum_table(const std::filesystem::path& file, AllowedValues allowed) {
  return TableReader(file, allowed).take();
}

}  // namespace kapitza::host
