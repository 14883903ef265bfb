// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kapitza::host {

/// What people read while the program works; all of it goes to standard error.
///
/// Progress is one bar that stays in its line on a terminal, and a plain line every few seconds in
/// a log. --quiet leaves warnings only.
class Console {
 public:
  enum class Style { bar, lines, quiet };

  using Clock = std::chrono::steady_clock;
  using Now = std::function<Clock::time_point()>;

  explicit Console(Style style, std::FILE* stream = stderr, Now now = Clock::now)
      : style_(style), stream_(stream), now_(std::move(now)) {}
  /// A bar where standard error is a terminal, lines elsewhere.
  static Console for_standard_error(bool quiet);
  ~Console() { end_progress(); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  void note(const std::string& text);
  void warning(const std::string& text);

  void start_progress(double fraction);
  /// fraction: 0 .. 1 of the work; steps of it are counted for the rate.
  void progress(double fraction, const std::string& detail);
  void end_progress();

 private:
  struct Moment {
    double elapsed, fraction;
  };

  void remember(double fraction);
  std::optional<double> seconds_left() const;
  bool due();
  void draw(double fraction, const std::string& detail);
  void erase();

  Style style_;
  std::FILE* stream_;
  Now now_;
  Clock::time_point started_{}, drawn_{};
  std::vector<Moment> past_;
  long steps_ = 0;
  bool bar_visible_ = false;
};

}  // namespace kapitza::host
