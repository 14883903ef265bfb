// SPDX-License-Identifier: BSD-3-Clause
#include "host/config/explain.hpp"

#include <fmt/format.h>

#include "host/config/names.hpp"
#include "kapitza/core/error.hpp"

namespace kapitza::host {
namespace {

constexpr std::size_t line_width = 96;

/// Words of a text in lines of limited width, each after the given indentation.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string result(indent, ' ');
  std::size_t column = indent;
  for (const std::string& word : split(text)) {
    if (column > indent && column + 1 + word.size() > line_width) {
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

std::string default_of(const Key& key) {
  if (key.required()) return "none: it must be given";
  return std::string(key.otherwise.empty() ? key.otherwise_text : key.otherwise);
}

std::string key_text(const Schema::Reading& reading) {
  const Key& key = *reading.key;
  std::string text = fmt::format("{}\n{}", key.name, wrapped(key.meaning, 4));
  text += fmt::format("    allowed  {}\n    default  {}\n", key.allowed(), default_of(key));
  if (!key.unit.empty()) text += fmt::format("    unit     {}\n", key.unit);
  return text + fmt::format("    jobs     {}\n\n", fmt::join(reading.jobs, ", "));
}

std::string jobs_text(const Schema& schema) {
  std::string text = "jobs\n";
  for (const JobKeys& job : schema.jobs())
    text += fmt::format("    {:<12} {}\n", job.name, fmt::join(split(job.meaning), " "));
  return text + "\n";
}

template <class Wanted>
std::string keys_text(const Schema& schema, Wanted wanted) {
  std::string text;
  for (const Schema::Reading& reading : schema.readings())
    if (wanted(*reading.key)) text += key_text(reading);
  return text;
}

std::string section_text(const Schema& schema, const Section& section) {
  return fmt::format("[{}]  {}\n\n", section.name, fmt::join(split(section.meaning), " ")) +
         keys_text(schema, [&](const Key& key) { return key.section() == section.name; });
}

std::string everything(const Schema& schema) {
  std::string text = jobs_text(schema);
  text += keys_text(schema, [](const Key& key) { return key.section().empty(); });
  for (const Section& section : schema.sections()) text += section_text(schema, section);
  return text;
}

}  // namespace

std::string explain(const Schema& schema, std::string_view name) {
  if (name.empty()) return everything(schema);
  if (const Section* section = schema.find_section(name)) return section_text(schema, *section);
  std::string text = keys_text(schema, [&](const Key& key) { return key.name == name; });
  if (name == schema.job_key().name) return text + jobs_text(schema);
  if (!text.empty()) return text;
  std::vector<std::string> known = schema.key_names();
  for (const std::string& section : schema.section_names()) known.push_back(section);
  throw InputError(fmt::format("explain {}: unknown key{}", name, did_you_mean(name, known)));
}

}  // namespace kapitza::host
