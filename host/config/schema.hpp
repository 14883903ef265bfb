// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/key.hpp"

namespace kapitza::host {

class Config;

/// What a job says about its configuration.
struct JobKeys {
  std::string_view name, meaning;
  std::span<const Key* const> keys;  ///< in the order in which they are written
  /// What holds between keys: throws for what is missing, and says which keys are not read where
  /// others have the values they have. May be nullptr.
  void (*check)(Config& config);
};

/// All that can be configured, by job. Validation, defaults, `kapitza explain`, the hint at the
/// nearest key and the resolved configuration come from here. It knows no job by name.
class Schema {
 public:
  /// Throws std::logic_error for a key in no section of the table, and where a job has two keys of
  /// one name.
  Schema(std::vector<Section> sections, std::vector<JobKeys> jobs);
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  /// A key, and the jobs that read it.
  struct Reading {
    const Key* key;
    std::vector<std::string> jobs;
  };

  const std::vector<Section>& sections() const { return sections_; }
  const std::vector<JobKeys>& jobs() const { return jobs_; }
  /// Section by section; keys of one name follow each other.
  const std::vector<Reading>& readings() const { return readings_; }
  const Key& job_key() const { return job_key_; }

  const JobKeys* find_job(std::string_view name) const;
  const Section* find_section(std::string_view name) const;
  /// What a job means by a name; nullptr: nothing.
  const Key* find_key(std::string_view job, std::string_view name) const;
  bool is_key(std::string_view name) const { return !jobs_with(name).empty(); }
  /// Those that mean something by it.
  std::vector<std::string> jobs_with(std::string_view key) const;

  std::vector<std::string> key_names() const;
  std::vector<std::string> section_names() const;

 private:
  void add(const Key& key, const std::string& job);
  std::size_t place_of(std::string_view section) const;

  std::vector<Section> sections_;
  std::vector<JobKeys> jobs_;
  std::string names_;  ///< of all jobs
  Key job_key_;
  std::vector<Reading> readings_;
};

}  // namespace kapitza::host
