// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>

#include "host/jobs/job.hpp"

/// Runs that go on in steps: they can be stopped after any of them, and continued.
namespace kapitza::host {

/// What advances in steps, and the file it goes to.
class StepwiseRun {
 public:
  StepwiseRun() = default;
  virtual ~StepwiseRun() = default;
  StepwiseRun(const StepwiseRun&) = delete;
  StepwiseRun& operator=(const StepwiseRun&) = delete;

  /// A NumericsError ends the run.
  virtual void step() = 0;
  virtual bool finished() const = 0;

  virtual double progress() const = 0;     ///< 0 .. 1
  virtual std::string detail() const = 0;  ///< of the progress line

  /// Writes the result so far; with a checkpoint where there is more to come.
  virtual JobResult write() = 0;
  /// After a step that failed: writes what is worth keeping, and returns what the user is told.
  virtual std::string fail(const std::string& why) = 0;
};

/// Seconds since some moment.
using Clock = std::function<double()>;
Clock wall_clock();

/// Steps until the run is finished or context.stop says why to stop. Writes a checkpoint every
/// output.every seconds, and the result at the end.
JobResult run_stepwise(StepwiseRun& run, const JobContext& context,
                       const Clock& now = wall_clock());

/// What is told besides of a failure after which nothing could be kept.
std::string not_kept(const IoError& error);

/// When the next checkpoint is due: so many seconds after the last one was written.
class CheckpointClock {
 public:
  explicit CheckpointClock(const Config& config, Clock now = wall_clock());

  bool due() const { return now_() - last_ >= every_; }
  void restart() { last_ = now_(); }

 private:
  Clock now_;
  double every_, last_;
};

/// The wall time that a run takes, with that before a --resume.
class RunTime {
 public:
  explicit RunTime(const JobContext& context);

  double this_part() const { return clock_.elapsed(); }
  double all_parts() const { return earlier_ + clock_.elapsed(); }

 private:
  WallClock clock_{std::nullopt};
  double earlier_ = 0;
};

}  // namespace kapitza::host
