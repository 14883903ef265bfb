// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdio>
#include <string>

namespace kapitza {

/// A number for people to read, with so many significant digits.
inline std::string digits(double value, int count = 6) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*g", count, value);
  return text;
}

}  // namespace kapitza
