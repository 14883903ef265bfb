// SPDX-License-Identifier: BSD-3-Clause
#include "host/config/schema.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

#include "host/config/names.hpp"

namespace kapitza::host {
namespace {

std::vector<std::string> jobs_of(const Key& key) { return split(key.words); }

std::string jobs_text(const Key& key) { return alternatives(jobs_of(key)); }

std::string job_problem(const Key& key, Value& value) {
  const auto* name = value.as<std::string>();
  if (!name) return "must be the name of a job";
  const std::vector<std::string> known = jobs_of(key);
  if (std::ranges::find(known, *name) != known.end()) return {};
  return "there is no such job" + did_you_mean(*name, known);
}

constinit const Type job_name{jobs_text, job_problem, jobs_of};

std::string names_of(const std::vector<JobKeys>& jobs) {
  std::string names;
  for (const JobKeys& job : jobs) names.append(names.empty() ? "" : " ").append(job.name);
  return names;
}

}  // namespace

Schema::Schema(std::vector<Section> sections, std::vector<JobKeys> jobs)
    : sections_(std::move(sections)),
      jobs_(std::move(jobs)),
      names_(names_of(jobs_)),
      job_key_{.name = "job", .type = job_name, .words = names_, .meaning = "What to compute."} {
  for (const JobKeys& job : jobs_) {
    add(job_key_, std::string(job.name));
    for (const Key* key : job.keys) add(*key, std::string(job.name));
  }
  std::ranges::stable_sort(
      readings_, {}, [this](const Reading& reading) { return place_of(reading.key->section()); });
}

/// Beside other keys of its name, or at the end.
void Schema::add(const Key& key, const std::string& job) {
  const std::string_view section = key.section();
  if (!section.empty() && !find_section(section))
    throw std::logic_error(fmt::format("{}: there is no section [{}]", key.name, section));
  if (find_key(job, key.name))
    throw std::logic_error(fmt::format("job \"{}\" has two keys named {}", job, key.name));
  const auto same = std::ranges::find(readings_, &key, &Reading::key);
  if (same != readings_.end()) return same->jobs.push_back(job);
  const auto last = std::find_if(readings_.rbegin(), readings_.rend(),
                                 [&](const Reading& other) { return other.key->name == key.name; });
  readings_.insert(last == readings_.rend() ? readings_.end() : last.base(), {&key, {job}});
}

/// What is in no section comes first.
std::size_t Schema::place_of(std::string_view section) const {
  if (section.empty()) return 0;
  return 1 + (std::ranges::find(sections_, section, &Section::name) - sections_.begin());
}

const JobKeys* Schema::find_job(std::string_view name) const {
  const auto found = std::ranges::find(jobs_, name, &JobKeys::name);
  return found == jobs_.end() ? nullptr : &*found;
}

const Section* Schema::find_section(std::string_view name) const {
  const auto found = std::ranges::find(sections_, name, &Section::name);
  return found == sections_.end() ? nullptr : &*found;
}

const Key* Schema::find_key(std::string_view job, std::string_view name) const {
  for (const Reading& reading : readings_)
    if (reading.key->name == name && std::ranges::find(reading.jobs, job) != reading.jobs.end())
      return reading.key;
  return nullptr;
}

std::vector<std::string> Schema::jobs_with(std::string_view key) const {
  std::vector<std::string> names;
  for (const JobKeys& job : jobs_)
    if (find_key(job.name, key)) names.emplace_back(job.name);
  return names;
}

std::vector<std::string> Schema::key_names() const {
  std::vector<std::string> names;
  for (const Reading& reading : readings_)
    if (names.empty() || names.back() != reading.key->name) names.emplace_back(reading.key->name);
  return names;
}

std::vector<std::string> Schema::section_names() const {
  std::vector<std::string> names;
  for (const Section& section : sections_) names.emplace_back(section.name);
  return names;
}

}  // namespace kapitza::host
