// SPDX-License-Identifier: BSD-3-Clause
#include "host/stop.hpp"

#include <charconv>
#include <cmath>
#include <signal.h>
#include <unistd.h>

namespace kapitza::host {
namespace {

volatile sig_atomic_t received_signal = 0;
volatile sig_atomic_t on_terminal = 0;

struct Handled {
  int number;
  const char* name;
};
constexpr Handled handled[] = {{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGUSR1, "SIGUSR1"}};

/// Only what POSIX allows inside a handler.
extern "C" void on_signal(int number) {
  if (received_signal != 0) {
    signal(number, SIG_DFL);
    raise(number);
    return;
  }
  received_signal = number;
  constexpr char text[] = "\nstopping after this step; once more: at once\n";
  if (on_terminal && write(STDERR_FILENO, text, sizeof text - 1) < 0) return;
}

void install(void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (const Handled& signal : handled) sigaction(signal.number, &action, nullptr);
}

double unit_seconds(char unit) {
  switch (unit) {
    case 'd':
      return 86400;
    case 'h':
      return 3600;
    case 'm':
      return 60;
    case 's':
      return 1;
  }
  return 0;
}

}  // namespace

StopSignals::StopSignals() {
  received_signal = 0;
  on_terminal = isatty(STDERR_FILENO);
  install(on_signal);
}

StopSignals::~StopSignals() { install(SIG_DFL); }

std::string StopSignals::received() {
  const int number = received_signal;
  for (const Handled& signal : handled)
    if (signal.number == number) return signal.name;
  return {};
}

double WallClock::elapsed() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

std::optional<double> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  double total = 0, smallest_unit = 1e9;
  while (!text.empty()) {
    double count = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, count, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(count) || count < 0) return std::nullopt;
    const bool plain_seconds = rest == end && smallest_unit == 1e9;
    const double unit = rest == end ? (plain_seconds ? 1 : 0) : unit_seconds(*rest);
    // Each unit once, from the largest to the smallest.
    if (unit == 0 || unit >= smallest_unit) return std::nullopt;
    smallest_unit = unit;
    total += count * unit;
    text = plain_seconds ? std::string_view()
                         : text.substr(static_cast<std::size_t>(rest + 1 - text.data()));
  }
  return total;
}

}  // namespace kapitza::host
