// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

namespace kapitza::host {

/// What people read while the program works; all of it goes to standard error.
///
/// Progress is one bar that stays in its line on a terminal, and a plain line every few seconds in
/// a log. --quiet leaves warnings only.
class Console {
 public:
  enum class Style { bar, lines, quiet };

  explicit Console(Style style, std::FILE* stream = stderr) : style_(style), stream_(stream) {}
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
  using Clock = std::chrono::steady_clock;

  bool due();
  void draw(double fraction, const std::string& detail);
  void erase();

  Style style_;
  std::FILE* stream_;
  Clock::time_point started_{}, drawn_{};
  double first_fraction_ = 0;
  long steps_ = 0;
  bool bar_visible_ = false;
};

}  // namespace kapitza::host
