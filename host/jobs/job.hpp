// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "host/budget.hpp"
#include "host/config/config.hpp"
#include "host/console.hpp"
#include "host/output/provenance.hpp"
#include "host/output/result_file.hpp"
#include "host/report.hpp"
#include "host/stop.hpp"
#include "kapitza/machine/machine.hpp"

namespace kapitza::host {

/// Everything a job is given.
struct JobContext {
  const Config& config;
  Machine& machine;
  Console& console;
  std::filesystem::path target;  ///< the result file
  bool resume = false;           ///< go on from the checkpoint in it
  Provenance provenance;
  StopCondition stop;
};

struct JobResult {
  Quantities quantities = {};
  Series series = {};           ///< of a job with several results
  double wall_seconds = 0;      ///< with those before a --resume
  bool finished = true;         ///< false: there is a checkpoint in the result file
  std::string stopped_by = {};  ///< what ended it early
};

/// What can be run, and how it is configured. CONTRIBUTING.md, "How to add", says what a new one
/// consists of.
struct Job {
  std::string_view name, meaning;
  std::span<const Key* const> keys;  ///< that it reads
  JobResult (*run)(JobContext& context);
  /// What holds between its keys, as in JobKeys::check; may be nullptr.
  void (*check_keys)(Config& config) = nullptr;
  /// Builds everything that can be wrong, and nothing expensive.
  void (*validate)(const Config& config);
  /// Bytes of its result file, roughly.
  std::size_t (*file_size)(const Config& config);
  /// What `kapitza check` prints: resolution, memory and time, or bounds of them where there is no
  /// time to find out.
  Quantities (*estimate)(const Config& config, Machine& machine, Budget& budget);
};

/// The table of jobs: what is not in it can be neither configured nor run.
std::span<const Job* const> jobs();
const Job& job_of(const Config& config);
/// The configurations of these jobs.
Schema schema_of(std::vector<Section> sections, std::span<const Job* const> jobs);
/// That of the table.
const Schema& program_schema();

/// The row that says whether an estimate is one, or a bound and why.
Quantity completeness_row(bool complete, const std::string& otherwise);
/// Of rows that are known only as far as there was time: says so behind the row of this key.
void remark(Quantities& rows, std::string_view key, const std::string& meaning);

/// The attributes at the root of every result file.
void write_attributes(ResultWriter& writer, const JobContext& context, const JobResult& result);

}  // namespace kapitza::host
