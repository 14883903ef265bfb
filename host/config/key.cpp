// SPDX-License-Identifier: BSD-3-Clause
#include "host/config/key.hpp"

#include <cmath>
#include <fmt/format.h>

namespace kapitza::host {

bool Range::contains(double x) const {
  if (x < low || (low_open && x == low) || x > high) return false;
  return multiple_of == 1 || std::fmod(x, multiple_of) == 0;
}

std::string Range::text() const {
  std::string text;
  if (std::isfinite(low) && std::isfinite(high)) {
    text = fmt::format("{} .. {}", low, high);
  } else if (std::isfinite(low)) {
    text = fmt::format("{} {}", low_open ? ">" : ">=", low);
  } else {
    text = "any finite number";
  }
  if (multiple_of == 2) return "even, " + text;
  return multiple_of == 1 ? text : fmt::format("multiple of {}, {}", multiple_of, text);
}

std::string Range::problem(double x) const {
  if (!std::isfinite(x)) return "must be finite";
  if (contains(x)) return {};
  if (x < low || (low_open && x == low)) {
    if (low_open) return fmt::format("must be greater than {}", low);
    return fmt::format("must be at least {}", low);
  }
  if (x > high) return fmt::format("must be at most {}", high);
  return multiple_of == 2 ? "must be even" : fmt::format("must be a multiple of {}", multiple_of);
}

std::string_view section_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

std::string_view last_part(std::string_view name) { return name.substr(name.rfind('.') + 1); }

}  // namespace kapitza::host
