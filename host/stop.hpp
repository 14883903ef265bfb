// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace kapitza::host {

/// Asked after every step: why to stop now, empty to go on. The argument is the time the next step
/// may take, in seconds.
using StopCondition = std::function<std::string(double step_seconds)>;

/// While it lives, SIGINT, SIGTERM and SIGUSR1 ask for a stop at the next step boundary; a second
/// one has its usual effect, at once.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  static std::string received();  ///< its name; empty if none came
};

/// The wall clock since its construction, against --max-walltime.
class WallClock {
 public:
  explicit WallClock(std::optional<double> limit_seconds) : limit_(limit_seconds) {}

  double elapsed() const;
  bool has_time_for(double seconds) const { return !limit_ || elapsed() + seconds < *limit_; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::optional<double> limit_;
};

/// "2h30m", "90m", "45s", "1d12h" or plain seconds; nothing if it is none of these.
std::optional<double> parse_duration(std::string_view text);

}  // namespace kapitza::host
