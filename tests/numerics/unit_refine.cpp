// SPDX-License-Identifier: BSD-3-Clause

// Refining until answers agree.
#include <gtest/gtest.h>
#include <optional>

#include "kapitza/numerics/refine.hpp"

namespace kapitza {
namespace {

TEST(Refine, EndsWhereTwoAnswersAgree) {
  double h = 1;
  const auto step = [&]() -> std::optional<double> { return h /= 2; };
  const auto change = [](double a, double b) { return std::optional(a - b); };
  const Refined refined = refine(h, step, change, 1.0 / 16);
  EXPECT_TRUE(refined.agreed);
  EXPECT_EQ(refined.error, 1.0 / 16);
  EXPECT_EQ(h, 1.0 / 16);
}

TEST(Refine, SaysWhatItKnowsWhereNoStepIsLeft) {
  const auto none = []() -> std::optional<double> { return std::nullopt; };
  const auto change = [](double a, double b) { return std::optional(a - b); };
  const Refined refined = refine(1.0, none, change, 1);
  EXPECT_FALSE(refined.agreed);
  EXPECT_FALSE(refined.error);
}

TEST(Refine, AddsUpAGeometricTail) {
  GeometricTail tail;
  tail(8);
  EXPECT_DOUBLE_EQ(tail(4), 4) << "2 + 1 + ...";
}

TEST(Pace, FollowsTheSize) {
  Pace pace;
  EXPECT_EQ(pace.expected(5), 0);
  pace.record(2, 10);
  EXPECT_EQ(pace.expected(4), 20);
}

}  // namespace
}  // namespace kapitza
