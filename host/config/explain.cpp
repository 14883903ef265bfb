// SPDX-License-Identifier: BSD-3-Clause
#include "host/config/explain.hpp"

#include <fmt/format.h>

#include "host/config/names.hpp"
#include "kapitza/core/error.hpp"

namespace kapitza::host {
namespace {

std::string default_of(const Key& key) {
  if (key.required()) return "none: it must be given";
  return std::string(key.otherwise.empty() ? key.otherwise_text : key.otherwise);
}

std::string key_text(const Schema::Reading& reading) {
  std::string text = fmt::format("{}\n{}", reading.key->name, wrapped(reading.key->meaning, 4));
  for (const Fact& fact : facts_of(reading))
    text += fmt::format("    {:<8} {}\n", fact.name, fact.text);
  return text + "\n";
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

std::vector<Fact> facts_of(const Schema::Reading& reading) {
  const Key& key = *reading.key;
  std::vector<Fact> facts{{"allowed", key.allowed()}, {"default", default_of(key)}};
  if (!key.unit.empty()) facts.push_back({"unit", std::string(key.unit)});
  facts.push_back({"jobs", fmt::format("{}", fmt::join(reading.jobs, ", "))});
  return facts;
}

std::vector<std::string> explained_names(const Schema& schema) {
  std::vector<std::string> names = schema.key_names();
  for (const std::string& section : schema.section_names()) names.push_back(section);
  return names;
}

std::string explain(const Schema& schema, std::string_view name) {
  if (name.empty()) return everything(schema);
  if (const Section* section = schema.find_section(name)) return section_text(schema, *section);
  std::string text = keys_text(schema, [&](const Key& key) { return key.name == name; });
  if (name == schema.job_key().name) return text + jobs_text(schema);
  if (!text.empty()) return text;
  throw InputError(
      fmt::format("explain {}: unknown key{}", name, did_you_mean(name, explained_names(schema))));
}

}  // namespace kapitza::host
