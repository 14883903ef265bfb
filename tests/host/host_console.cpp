// SPDX-License-Identifier: BSD-3-Clause
//
// What people read: tables, durations, progress.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <gtest/gtest.h>
#include <memory>
#include <signal.h>
#include <thread>

#include "host/console.hpp"
#include "host/json.hpp"
#include "host/output/provenance.hpp"
#include "host/report.hpp"
#include "host/stop.hpp"
#include "tests/host/program.hpp"

namespace kapitza::host {
namespace {

/// What a console writes while f works with it.
template <class F>
std::string written(Console::Style style, F f) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::tmpfile(), std::fclose);
  {
    Console console(style, stream.get());
    f(console);
  }
  std::rewind(stream.get());
  std::string text(10000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), stream.get()));
  return text;
}

void work(Console& console) {
  console.start_progress(0.5);
  for (int i = 0; i < 4; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    console.progress(0.5 + 0.1 * i, "t = 1");
  }
  console.note("a note");
  console.warning("a warning");
}

TEST(Console, DrawsABarOnATerminal) {
  const std::string text = written(Console::Style::bar, work);
  EXPECT_NE(text.find("\r[##############..........]  60 %  t = 1  "), std::string::npos) << text;
  EXPECT_NE(text.find(" steps/s"), std::string::npos) << text;
  EXPECT_NE(text.find("\r\033[Ka note\n"), std::string::npos) << "the bar must go before a line";
}

/// What is written where a second passes with every step.
template <class Fraction>
std::string after_seconds(int count, Fraction fraction) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::tmpfile(), std::fclose);
  Console::Clock::time_point now;
  {
    Console console(Console::Style::bar, stream.get(), [&] { return now; });
    console.start_progress(fraction(0));
    for (int i = 1; i <= count; ++i) {
      now += std::chrono::seconds(1);
      console.progress(fraction(i), "");
    }
  }
  std::rewind(stream.get());
  std::string text(100000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), stream.get()));
  return text;
}

TEST(Console, ShowsWhatIsLeftOfSteadyProgress) {
  const auto steady = [](int i) { return 0.01 * i; };
  EXPECT_EQ(after_seconds(7, steady).find("ETA"), std::string::npos) << "too early to tell";
  EXPECT_NE(after_seconds(8, steady).find("ETA 1 min 32 s"), std::string::npos);
  EXPECT_NE(after_seconds(90, steady).find("ETA 10.0 s"), std::string::npos);
}

TEST(Console, ShowsNothingWhereTheRateHasNotSettled) {
  const auto accelerating = [](int i) { return 1e-4 * i * i; };
  EXPECT_EQ(after_seconds(99, accelerating).find("ETA"), std::string::npos);
  const auto stuck = [](int i) { return i < 10 ? 0.05 * i : 0.5; };
  EXPECT_EQ(after_seconds(40, stuck).rfind("ETA"), after_seconds(12, stuck).rfind("ETA"));
}

TEST(Console, DrawsNoBarInALog) {
  const std::string text = written(Console::Style::lines, work);
  EXPECT_EQ(text, "a note\nwarning: a warning\n") << "lines are seconds apart";
}

TEST(Console, WarnsEvenWhenQuiet) {
  EXPECT_EQ(written(Console::Style::quiet, work), "warning: a warning\n");
}

TEST(Report, AlignsTables) {
  const Quantities rows{{"T", 64.84561234, "cut-off"}, {"tolerance_reached", true, ""}};
  EXPECT_EQ(to_table(rows), "  T                  64.8456  cut-off\n  tolerance_reached  yes\n");
}

TEST(Report, KeepsTypesAndDigitsInJson) {
  JsonObject object;
  object.add({{"x", 1.0 / 3, ""}, {"n", std::int64_t{3}, ""}, {"flag", false, ""}, {"w", "a", ""}});
  EXPECT_EQ(object.text(), R"({
  "x": 0.3333333333333333,
  "n": 3,
  "flag": false,
  "w": "a"
})");
}

TEST(Report, WritesDurationsAndBytes) {
  EXPECT_EQ(readable_duration(0.0123), "12.3 ms");
  EXPECT_EQ(readable_duration(59.94), "59.9 s");
  EXPECT_EQ(readable_duration(125), "2 min 05 s");
  EXPECT_EQ(readable_duration(7500), "2 h 05 min");
  EXPECT_EQ(readable_duration(INFINITY), "?");
  EXPECT_EQ(readable_bytes(512), "512 B");
  EXPECT_EQ(readable_bytes(3 * 1024 * 1024), "3.0 MiB");
}

TEST(Duration, IsReadAsPeopleWriteIt) {
  EXPECT_EQ(parse_duration("2h30m"), 9000);
  EXPECT_EQ(parse_duration("90m"), 5400);
  EXPECT_EQ(parse_duration("3600"), 3600);
  EXPECT_EQ(parse_duration("0"), 0);
  EXPECT_EQ(parse_duration("1.5h"), 5400);
  EXPECT_EQ(parse_duration("1d12h"), 129600);
  EXPECT_EQ(parse_duration("45s"), 45);
  for (const char* bad : {"", "h", "3x", "30m2h", "1h1h", "-5", "2h30", "inf", "1e3", "5 m"})
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
}

TEST(Provenance, QuotesForAShell) {
  EXPECT_EQ(shell_command({"kapitza", "run", "a b.toml", "--set", "state.n=exp(-k^2)", "it's", ""}),
            "kapitza run 'a b.toml' --set 'state.n=exp(-k^2)' 'it'\\''s' ''");
}

TEST(StopSignals, AskOnceAndActTwice) {
  EXPECT_EXIT(
      {
        const StopSignals signals;
        raise(SIGTERM);
        if (StopSignals::received() != "SIGTERM") _exit(1);
        raise(SIGTERM);
        _exit(0);
      },
      testing::KilledBySignal(SIGTERM), "");
}

TEST(StopSignals, AreForgottenByTheNextRun) {
  {
    const StopSignals signals;
    EXPECT_EQ(StopSignals::received(), "");
    raise(SIGUSR1);
    EXPECT_EQ(StopSignals::received(), "SIGUSR1");
  }
  const StopSignals signals;
  EXPECT_EQ(StopSignals::received(), "");
}

TEST(WallClock, KnowsWhatFits) {
  EXPECT_TRUE(WallClock(std::nullopt).has_time_for(1e9));
  EXPECT_TRUE(WallClock(100).has_time_for(50));
  EXPECT_FALSE(WallClock(100).has_time_for(200));
  EXPECT_FALSE(WallClock(0).has_time_for(0));
}

}  // namespace
}  // namespace kapitza::host
