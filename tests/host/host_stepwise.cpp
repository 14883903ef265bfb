// SPDX-License-Identifier: BSD-3-Clause
//
// The loop of everything that advances in steps, with a made-up run and a made-up clock.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdexcept>

#include "host/runs/stepwise.hpp"
#include "tests/host/program.hpp"

namespace kapitza::host {
namespace {

/// Counts to the end, and notes when it was written. Steps and writing take made-up seconds.
class Counting final : public StepwiseRun {
 public:
  int last = 5, at = 0, fails_at = -1, breaks_at = -1;
  double now = 0, step_seconds = 1, write_seconds = 0;
  std::vector<int> written = {};
  bool disk_full = false;

  void step() override {
    now += step_seconds;
    if (++at == fails_at) throw NumericsError("it is not finite");
    if (at == breaks_at) throw std::runtime_error("broken");
  }
  bool finished() const override { return at >= last; }
  double progress() const override { return static_cast<double>(at) / last; }
  std::string detail() const override { return "at " + std::to_string(at); }
  JobResult write() override {
    if (disk_full) throw IoError("the disk is full");
    now += write_seconds;
    written.push_back(at);
    return {.wall_seconds = now, .finished = finished()};
  }
  std::string fail(const std::string& why) override {
    write();
    return why + ", and kept";
  }
};

class Stepwise : public testing::Test {
 protected:
  ~Stepwise() override { std::fclose(shown_); }

  /// All that people were shown.
  std::string shown() const {
    std::rewind(shown_);
    std::string text(1 << 16, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), shown_));
    return text;
  }

  JobResult go(double every = 1e9) {
    const Config config = Config::parse(program_schema(), "job = \"relax\"\n[state]\nn = \"1\"\n",
                                        "made-up", {fmt::format("output.every={}", every)});
    const JobContext context{config, *machine_, console_, "nowhere.h5", false, {}, stop_};
    return run_stepwise(run_, context, [this] { return run_.now; });
  }

  std::unique_ptr<Machine> machine_ = make_cpu_machine(1);
  Counting run_;
  std::FILE* shown_ = std::tmpfile();
  Console console_{Console::Style::lines, shown_, [this] {
                     return Console::Clock::time_point(std::chrono::seconds(std::lround(run_.now)));
                   }};
  std::vector<double> asked_;  ///< what the stop condition was told
  int stops_at_ = -1;
  StopCondition stop_ = [this](double seconds) -> std::string {
    asked_.push_back(seconds);
    return run_.at == stops_at_ ? "a whim" : "";
  };
};

TEST_F(Stepwise, RunsToItsEndAndWritesOnce) {
  const JobResult result = go();
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(result.stopped_by, "");
  EXPECT_EQ(run_.at, 5);
  EXPECT_EQ(run_.written, std::vector<int>{5});
}

TEST_F(Stepwise, ShowsHowFarItIs) {
  run_.step_seconds = 60;
  go();
  EXPECT_NE(shown().find("at 4"), std::string::npos) << shown();
  EXPECT_NE(shown().find("80 %"), std::string::npos) << shown();
}

TEST_F(Stepwise, WritesWhatIsFinishedAtOnce) {
  run_.at = 5;
  EXPECT_TRUE(go().finished);
  EXPECT_EQ(run_.written, std::vector<int>{5});
  EXPECT_TRUE(asked_.empty());
}

TEST_F(Stepwise, StopsAfterAStepAndGoesOn) {
  for (stops_at_ = 1; stops_at_ < 5; ++stops_at_) {
    const JobResult result = go();
    EXPECT_FALSE(result.finished);
    EXPECT_EQ(result.stopped_by, "a whim");
    EXPECT_EQ(run_.at, stops_at_);
    EXPECT_EQ(run_.written.back(), stops_at_);
  }
  EXPECT_TRUE(go().finished);
  EXPECT_EQ(run_.written, (std::vector<int>{1, 2, 3, 4, 5})) << "once in every part";
}

TEST_F(Stepwise, WhatIsFinishedWasNotStopped) {
  stops_at_ = 5;
  EXPECT_EQ(go().stopped_by, "");
  EXPECT_EQ(asked_.size(), 4u) << "not after the last step";
}

TEST_F(Stepwise, TheStopConditionKnowsHowLongAStepTakes) {
  run_.step_seconds = 3;
  run_.write_seconds = 100;
  go(1e-9);
  EXPECT_EQ(asked_, std::vector<double>(4, 3.0)) << "a checkpoint is no part of a step";
}

TEST_F(Stepwise, WritesACheckpointEverySoManySeconds) {
  run_.last = 10;
  go(3);
  EXPECT_EQ(run_.written, (std::vector<int>{3, 6, 9, 10}));
}

TEST_F(Stepwise, CountsFromTheEndOfACheckpoint) {
  run_.last = 10;
  run_.write_seconds = 2.5;
  go(3);
  EXPECT_EQ(run_.written, (std::vector<int>{3, 6, 9, 10}));
}

TEST_F(Stepwise, WritesAfterEveryStepButOnceAtTheEnd) {
  go(1e-9);
  EXPECT_EQ(run_.written, (std::vector<int>{1, 2, 3, 4, 5}));
}

TEST_F(Stepwise, WritesOnceWhereItStopsWhileACheckpointIsDue) {
  stops_at_ = 2;
  go(1e-9);
  EXPECT_EQ(run_.written, (std::vector<int>{1, 2}));
}

TEST_F(Stepwise, AFailureSaysWhatTheRunSaysAndKeepsWhatItKeeps) {
  run_.fails_at = 3;
  try {
    go();
    FAIL() << "it ended well";
  } catch (const NumericsError& error) {
    EXPECT_STREQ(error.what(), "it is not finite, and kept");
  }
  EXPECT_EQ(run_.written, std::vector<int>{3});
}

TEST_F(Stepwise, AFailureIsToldWhereNothingCanBeKept) {
  run_.fails_at = 3;
  run_.disk_full = true;
  try {
    go();
    FAIL() << "it ended well";
  } catch (const NumericsError& error) {
    EXPECT_STREQ(error.what(),
                 "it is not finite\nwhat was reached could not be kept: the disk is full");
  }
}

TEST_F(Stepwise, OtherErrorsPassAsTheyAre) {
  run_.breaks_at = 3;
  EXPECT_THROW(go(), std::runtime_error);
  EXPECT_TRUE(run_.written.empty());
}

// ---- seconds ------------------------------------------------------------------------------------

TEST_F(ProgramTest, SecondsBeforeAResumeCount) {
  const Config config =
      Config::parse(program_schema(), "job = \"relax\"\n[state]\nn = \"1\"\n", "made-up");
  const std::unique_ptr<Machine> machine = make_cpu_machine(1);
  Console console(Console::Style::quiet);
  JobContext context{config, *machine, console, file("old.h5"), false, {}, {}};
  {
    ResultWriter writer(context.target);
    write_attributes(writer, context, {.wall_seconds = 1000});
    writer.commit();
  }
  EXPECT_LT(RunTime(context).all_parts(), 1000);
  context.resume = true;
  const RunTime resumed(context);
  EXPECT_GE(resumed.all_parts(), 1000);
  EXPECT_LT(resumed.this_part(), 1000);
}

}  // namespace
}  // namespace kapitza::host
