// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "host/config/config.hpp"
#include "host/console.hpp"
#include "host/output/provenance.hpp"
#include "host/output/result_file.hpp"
#include "host/report.hpp"
#include "host/stop.hpp"
#include "kapitza/solver/resolve.hpp"

namespace kapitza::host {

/// Everything a job is given.
struct JobContext {
  const Config& config;
  Backend& backend;
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

/// What can be run, and how it is configured. A new job is one file with these functions, its keys
/// in host/jobs/keys, and a line in the table of host/jobs/table.cpp.
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
  /// What `kapitza check` prints: resolution, memory and time.
  Quantities (*estimate)(const Config& config, Backend& backend);
};

/// How far the collision integral is from exact, and how far it was meant to be.
struct CollisionErrors {
  double cutoff, grid, tolerance;

  CollisionErrors(double cutoff_error, double grid_error, double wanted)
      : cutoff(cutoff_error), grid(grid_error), tolerance(wanted) {}
  CollisionErrors(const ResolvedCollision& resolved, const ResolutionRequest& request)
      : CollisionErrors(resolved.cutoff_error, resolved.grid_error, request.tolerance) {}
  double estimate() const { return cutoff + grid; }
  bool tolerance_reached() const { return estimate() <= tolerance; }
};

/// The table of jobs: what is not in it can be neither configured nor run.
std::span<const Job* const> jobs();
const Job& job_of(const Config& config);
/// The configurations of these jobs.
Schema schema_of(std::vector<Section> sections, std::span<const Job* const> jobs);

/// The estimate of a job that evaluates the collision integral of state.n and its like, typically
/// so many times.
Quantities estimate_evaluations(const Config& config, Backend& backend, double evaluations);

/// Rows about the resolution that all kinetic jobs share.
Quantities resolution_rows(const Resolution& resolution);
Quantities error_rows(const CollisionErrors& errors);

/// A warning that says what was reached instead, and what would help.
std::string unreached_tolerance(const CollisionErrors& errors);

/// The attributes at the root of every result file.
void write_attributes(ResultWriter& writer, const JobContext& context, const JobResult& result);

}  // namespace kapitza::host
