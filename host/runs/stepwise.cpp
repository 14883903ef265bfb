// SPDX-License-Identifier: BSD-3-Clause
#include "host/runs/stepwise.hpp"

#include <fmt/format.h>
#include <utility>

#include "host/jobs/output_keys.hpp"

namespace kapitza::host {
namespace {

/// What the user is told; also where nothing can be kept.
std::string message_of_failure(StepwiseRun& run, const std::string& why) {
  try {
    return run.fail(why);
  } catch (const IoError& error) {
    return why + "\n" + not_kept(error);
  }
}

void step(StepwiseRun& run) {
  try {
    run.step();
  } catch (const NumericsError& error) {
    throw NumericsError(message_of_failure(run, error.what()));
  }
}

}  // namespace

Clock wall_clock() {
  return [clock = WallClock(std::nullopt)] { return clock.elapsed(); };
}

JobResult run_stepwise(StepwiseRun& run, const JobContext& context, const Clock& now) {
  CheckpointClock checkpoint(context.config, now);
  context.console.start_progress(run.progress());
  std::string stopped_by;
  while (!run.finished() && stopped_by.empty()) {
    const double before = now();  // a step takes until the next one could begin
    step(run);
    context.console.progress(run.progress(), run.detail());
    if (run.finished()) break;
    stopped_by = context.stop(now() - before);
    if (!stopped_by.empty() || !checkpoint.due()) continue;
    run.write();
    checkpoint.restart();
  }
  context.console.end_progress();
  JobResult result = run.write();
  result.stopped_by = stopped_by;
  return result;
}

std::string not_kept(const IoError& error) {
  return fmt::format("what was reached could not be kept: {}", error.what());
}

CheckpointClock::CheckpointClock(const Config& config, Clock now)
    : now_(std::move(now)), every_(config.number(keys::output::every)), last_(now_()) {}

RunTime::RunTime(const JobContext& context) {
  if (context.resume) earlier_ = ResultReader(context.target).number("wall_seconds", "/");
}

}  // namespace kapitza::host
