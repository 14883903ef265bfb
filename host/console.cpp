// SPDX-License-Identifier: BSD-3-Clause
#include "host/console.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <unistd.h>

#include "host/report.hpp"

namespace kapitza::host {
namespace {

constexpr std::chrono::milliseconds bar_interval{100};
constexpr std::chrono::seconds line_interval{5};
constexpr int bar_width = 24;

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string bar(double fraction) {
  const int full = static_cast<int>(fraction * bar_width);
  return fmt::format("[{:#<{}}{:.<{}}]", "", full, "", bar_width - full);
}

}  // namespace

Console Console::for_standard_error(bool quiet) {
  if (quiet) return Console(Style::quiet);
  return Console(::isatty(STDERR_FILENO) ? Style::bar : Style::lines);
}

void Console::note(const std::string& text) {
  if (style_ == Style::quiet) return;
  erase();
  fmt::print(stream_, "{}\n", text);
  std::fflush(stream_);
}

void Console::warning(const std::string& text) {
  erase();
  fmt::print(stream_, "warning: {}\n", text);
  std::fflush(stream_);
}

void Console::start_progress(double fraction) {
  started_ = drawn_ = Clock::now();
  first_fraction_ = fraction;
  steps_ = 0;
}

void Console::progress(double fraction, const std::string& detail) {
  ++steps_;
  if (style_ == Style::quiet || !due()) return;
  draw(std::clamp(fraction, 0.0, 1.0), detail);
}

void Console::end_progress() { erase(); }

bool Console::due() {
  const Clock::duration since = Clock::now() - drawn_;
  const bool is_due = style_ == Style::bar ? since >= bar_interval : since >= line_interval;
  if (is_due) drawn_ = Clock::now();
  return is_due;
}

void Console::draw(double fraction, const std::string& detail) {
  const double elapsed = seconds(Clock::now() - started_);
  const double done = fraction - first_fraction_;
  const double left =
      done > 0 ? elapsed * (1 - fraction) / done : std::numeric_limits<double>::infinity();
  const std::string text =
      fmt::format("{:3.0f} %  {}  {:.3g} steps/s  ETA {}", 100 * fraction, detail,
                  static_cast<double>(steps_) / elapsed, readable_duration(left));
  if (style_ == Style::bar) {
    // \033[K clears what a longer line has left behind.
    fmt::print(stream_, "\r{} {}\033[K", bar(fraction), text);
    bar_visible_ = true;
  } else {
    fmt::print(stream_, "{}\n", text);
  }
  std::fflush(stream_);
}

void Console::erase() {
  if (!bar_visible_) return;
  fmt::print(stream_, "\r\033[K");
  std::fflush(stream_);
  bar_visible_ = false;
}

}  // namespace kapitza::host
