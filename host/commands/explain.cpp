// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>
#include <string_view>

#include "host/commands/commands.hpp"
#include "host/config/schema.hpp"
#include "host/exit_code.hpp"

namespace kapitza::host {
namespace {

constexpr std::size_t line_width = 96;

/// Words of a text in lines of limited width, each after the given indentation.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string result(indent, ' ');
  std::size_t column = indent;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (column > indent && column + 1 + end > line_width) {
      result += '\n';
      result.append(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      result += ' ';
      ++column;
    }
    result += text.substr(0, end);
    column += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result + "\n";
}

std::string comma_separated(std::string_view words) {
  std::string result;
  for (const char c : words) {
    if (c == ' ') {
      result += ", ";
    } else {
      result += c;
    }
  }
  return result;
}

std::string default_of(const KeySpec& spec) {
  std::string text(spec.default_toml.empty() ? spec.default_text : spec.default_toml);
  if (spec.required()) text = "none: it must be given";
  if (!spec.optional_in.empty())
    text += fmt::format("; none in job {}, where it may be left out",
                        comma_separated(spec.optional_in));
  return text;
}

void print_key(const KeySpec& spec) {
  fmt::print("{}\n{}", spec.key, wrapped(spec.meaning, 4));
  fmt::print("    allowed  {}\n    default  {}\n", spec.allowed(), default_of(spec));
  if (!spec.unit.empty()) fmt::print("    unit     {}\n", spec.unit);
  fmt::print("    jobs     {}\n\n", comma_separated(spec.jobs));
}

void print_jobs() {
  fmt::print("jobs\n");
  for (const JobSpec& job : jobs()) fmt::print("    {:<12} {}\n", job.name, job.meaning);
  fmt::print("\n");
}

void print_section(std::string_view section) {
  for (const SectionSpec& spec : sections())
    if (spec.name == section) fmt::print("[{}]  {}\n\n", spec.name, spec.meaning);
  for (const KeySpec& spec : schema())
    if (spec.section() == section) print_key(spec);
}

}  // namespace

int explain_command(const Options& options) {
  const std::string& key = options.key;
  if (key.empty()) {
    print_jobs();
    print_section("");
    for (const SectionSpec& section : sections()) print_section(section.name);
    return done;
  }
  if (const KeySpec* spec = find_key(key)) {
    print_key(*spec);
    if (spec->kind == Kind::job) print_jobs();
    return done;
  }
  if (is_section(key)) {
    print_section(key);
    return done;
  }
  std::vector<std::string> known = all_keys();
  for (const SectionSpec& section : sections()) known.emplace_back(section.name);
  throw InputError(fmt::format("explain {}: unknown key{}", key, did_you_mean(key, known)));
}

}  // namespace kapitza::host
