// SPDX-License-Identifier: BSD-3-Clause
#include "host/console.hpp"

#include <algorithm>
#include <fmt/format.h>
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
  started_ = drawn_ = now_();
  past_ = {{0, fraction}};
  steps_ = 0;
}

void Console::progress(double fraction, const std::string& detail) {
  ++steps_;
  remember(fraction);
  if (style_ == Style::quiet || !due()) return;
  draw(std::clamp(fraction, 0.0, 1.0), detail);
}

void Console::end_progress() { erase(); }

/// Thinned out where they become many: of a long time, few moments tell the rate.
void Console::remember(double fraction) {
  constexpr std::size_t most = 512;
  past_.push_back({seconds(now_() - started_), fraction});
  if (past_.size() < most) return;
  for (std::size_t i = 0; 2 * i < past_.size(); ++i) past_[i] = past_[2 * i];
  past_.resize(past_.size() / 2);
}

/// By the rate of the later half of the time so far. Nothing until enough steps are done and that
/// rate is the one of all the time: many a progress is a logarithm, or begins at a crawl, and its
/// first rates promise minutes where there are seconds.
std::optional<double> Console::seconds_left() const {
  constexpr long least_steps = 8;
  constexpr double agreement = 1.25;
  if (steps_ < least_steps) return std::nullopt;
  const Moment &first = past_.front(), &now = past_.back();
  const auto half = std::find_if(past_.begin(), past_.end(), [&](const Moment& moment) {
    return 2 * moment.elapsed >= now.elapsed;
  });
  const double mean = (now.fraction - first.fraction) / now.elapsed;
  const double recent = (now.fraction - half->fraction) / (now.elapsed - half->elapsed);
  const bool settled = recent > 0 && recent < agreement * mean && mean < agreement * recent;
  if (!settled) return std::nullopt;
  return (1 - now.fraction) / recent;
}

bool Console::due() {
  const Clock::duration since = now_() - drawn_;
  const bool is_due = style_ == Style::bar ? since >= bar_interval : since >= line_interval;
  if (is_due) drawn_ = now_();
  return is_due;
}

void Console::draw(double fraction, const std::string& detail) {
  const double elapsed = seconds(now_() - started_);
  std::string text = fmt::format("{:3.0f} %  {}  {:.3g} steps/s", 100 * fraction, detail,
                                 static_cast<double>(steps_) / elapsed);
  if (const std::optional<double> left = seconds_left())
    text += "  ETA " + readable_duration(*left);
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
