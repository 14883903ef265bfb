// SPDX-License-Identifier: BSD-3-Clause
#include "host/usage/troff.hpp"

#include <fmt/format.h>
#include <vector>

#include "host/config/names.hpp"

namespace kapitza::host::troff {
namespace {

/// Characters that troff takes for orders, or prints as others that look like them.
std::string glyph(char c) {
  switch (c) {
    case '\\':
      return R"(\(rs)";
    case '-':
      return R"(\-)";
    case '\'':
      return R"(\(aq)";
    case '`':
      return R"(\(ga)";
    case '^':
      return R"(\(ha)";
    case '~':
      return R"(\(ti)";
    case '"':
      return R"(\(dq)";
    default:
      return {c};
  }
}

/// A point at the beginning of a line would be an order; a word may come to stand there.
std::string word(std::string_view text) {
  std::string result = text.starts_with('.') ? R"(\&)" : "";
  for (const char c : text) result += glyph(c);
  return result;
}

}  // namespace

std::string plain(std::string_view text) {
  std::string result;
  for (const std::string& part : split(text)) result += (result.empty() ? "" : " ") + word(part);
  return result;
}

std::string bold(std::string_view text) { return R"(\fB)" + plain(text) + R"(\fR)"; }

std::string italic(std::string_view text) { return R"(\fI)" + plain(text) + R"(\fR)"; }

std::string lines(std::string_view text) { return wrapped(plain(text), 0, 80); }

std::string paragraph(std::string_view text) { return ".PP\n" + lines(text); }

std::string term(std::string_view term, std::string_view text) {
  return fmt::format(".TP\n{}\n{}", term, lines(text));
}

std::string section(std::string_view name) { return fmt::format(".SH \"{}\"\n", plain(name)); }

std::string subsection(std::string_view name) { return fmt::format(".SS \"{}\"\n", plain(name)); }

}  // namespace kapitza::host::troff
