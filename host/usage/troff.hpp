// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

/// Parts of a manual page in troff's macros for them, man(7).
namespace kapitza::host::troff {

/// A text that is printed as it stands, but for its breaks of line.
std::string plain(std::string_view text);

std::string bold(std::string_view text);
std::string italic(std::string_view text);

/// Lines of plain text, and the same as a paragraph of its own.
std::string lines(std::string_view text);
std::string paragraph(std::string_view text);

/// A term, written in troff, and the text that explains it.
std::string term(std::string_view term, std::string_view text);

std::string section(std::string_view name);
std::string subsection(std::string_view name);

}  // namespace kapitza::host::troff
