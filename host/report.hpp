// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "kapitza/numerics/matrix2.hpp"

namespace kapitza::host {

using Scalar = std::variant<bool, std::int64_t, double, std::string, Matrix2>;

/// One number, word or small matrix of a result. The same rows become the table on the terminal,
/// the keys of --json and the root attributes of the file.
struct Quantity {
  std::string key;
  Scalar value;
  std::string meaning;
};
using Quantities = std::vector<Quantity>;
void append(Quantities& rows, const Quantities& more);

/// A value for people to read: six digits.
std::string readable(const Scalar& value);

/// Aligned lines "  key  value  meaning".
std::string to_table(const Quantities& quantities);

/// The same quantities several times over: lines of a table on the terminal, arrays in --json, and
/// datasets of the file.
struct Series {
  std::vector<Quantities> rows;
  std::vector<std::string> columns;  ///< keys that the table shows
};
std::string to_table(const Series& series);
/// Seconds as "1.2 s", "3 min 20 s", "2 h 05 min".
std::string readable_duration(double seconds);

/// Bytes as "1.2 MiB".
std::string readable_bytes(double bytes);

}  // namespace kapitza::host
