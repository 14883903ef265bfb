// SPDX-License-Identifier: BSD-3-Clause
// Means, standard errors and Student's t.
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <numbers>
#include <vector>

#include "kapitza/numerics/estimates.hpp"

namespace kapitza {
namespace {

TEST(Estimate, IsTheMeanAndItsStandardError) {
  const std::vector<double> rows{1, 10, -2,  //
                                 4, 10, 0,   //
                                 4, 10, 1,   //
                                 7, 10, 5};
  const Estimates result = estimate(rows, 4);
  EXPECT_EQ(result.size(), 3u);
  EXPECT_EQ(result.mean, (std::vector<double>{4, 10, 1}));
  // sum of squared deviations / (4 * 3)
  EXPECT_DOUBLE_EQ(result.error[0], std::sqrt((9.0 + 0 + 0 + 9) / 12));
  EXPECT_EQ(result.error[1], 0);
  EXPECT_DOUBLE_EQ(result.error[2], std::sqrt((9.0 + 1 + 0 + 16) / 12));
}

TEST(Estimate, ScalesEveryNumber) {
  const std::vector<double> rows{1, 3, 2, 8, 3, 1};
  const Estimates one = estimate(rows, 3), scaled = estimate(rows, 3, -0.25);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_DOUBLE_EQ(scaled.mean[i], -0.25 * one.mean[i]);
    EXPECT_DOUBLE_EQ(scaled.error[i], 0.25 * one.error[i]) << "an error has no sign";
  }
}

TEST(Estimate, TwoSamplesAreHalfTheirDistanceApart) {
  const Estimates result = estimate(std::vector<double>{2, 5}, 2);
  EXPECT_DOUBLE_EQ(result.mean[0], 3.5);
  EXPECT_DOUBLE_EQ(result.error[0], 1.5);
}

TEST(Estimate, OneSampleHasNoError) {
  const Estimates result = estimate(std::vector<double>{2, 5}, 1);
  EXPECT_EQ(result.mean, (std::vector<double>{2, 5}));
  ASSERT_EQ(result.error.size(), 2u);
  for (const double error : result.error) EXPECT_TRUE(std::isnan(error));
}

TEST(Estimate, NothingToEstimateIsEmpty) {
  EXPECT_EQ(estimate(std::vector<double>{}, 1).size(), 0u);
}

/// The mean of squares less the square of the mean would leave nothing of a scatter of 1e-5.
TEST(Estimate, SeesASmallScatterOfLargeNumbers) {
  const double large = 1e8, small = 1.0 / 131072;
  const Estimates result =
      estimate(std::vector<double>{large - small, large + small, large, large}, 4);
  EXPECT_NEAR(result.error[0], std::sqrt(2.0 / 12) * small, 1e-3 * small);
}

TEST(StudentTail, HasTheTabulatedValues) {
  struct Row {
    double t, degrees, probability;
  };
  // Two-sided critical values, tabulated to three or four digits.
  for (const Row& row :
       {Row{12.706, 1, 0.05}, Row{63.657, 1, 0.01}, Row{4.3027, 2, 0.05}, Row{2.2281, 10, 0.05},
        Row{3.1693, 10, 0.01}, Row{2.0423, 30, 0.05}, Row{1.98397, 100, 0.05},
        Row{1.959966, 1e6, 0.05}, Row{2.575834, 1e6, 0.01}, Row{3.290536, 1e6, 0.001}})
    EXPECT_NEAR(student_tail(row.t, row.degrees) / row.probability, 1, 2e-4)
        << row.t << " " << row.degrees;
}

TEST(StudentTail, HasTheClosedFormsOfFewDegrees) {
  for (const double t : {0.0, 1e-3, 0.3, 1.0, 4.0, 30.0, 1e4}) {
    const double one = 1 - 2 / std::numbers::pi * std::atan(t);
    EXPECT_NEAR(student_tail(t, 1), one, 1e-14 + 1e-10 * one) << t;
    const double two = 1 - t / std::sqrt(2 + t * t);
    EXPECT_NEAR(student_tail(t, 2), two, 1e-14 + 1e-7 * two) << t;
  }
}

TEST(StudentTail, IsThatOfTheNormalDistributionForManyDegrees) {
  for (const double t : {0.1, 1.0, 3.0, 6.0})
    EXPECT_NEAR(student_tail(t, 1e7) / std::erfc(t / std::numbers::sqrt2), 1, 1e-3) << t;
}

TEST(StudentTail, KnowsNoSign) {
  for (const double degrees : {1.0, 7.0, 255.0}) {
    EXPECT_DOUBLE_EQ(student_tail(0, degrees), 1);
    EXPECT_EQ(student_tail(-2.5, degrees), student_tail(2.5, degrees));
  }
}

TEST(StudentTail, IsFiniteAndFallsUpToTheEnd) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double degrees : {1.0, 2.0, 15.0, 255.0, 1e5, 1e7}) {
    double before = 1 + 1e-12;
    for (const double t :
         {0.0, 1e-300, 1e-8, 0.5, 2.0, 5.0, 20.0, 1e3, 1e8, 1e17, 1e300, infinity}) {
      const double tail = student_tail(t, degrees);
      ASSERT_TRUE(tail >= 0 && tail <= before) << t << " " << degrees << ": " << tail;
      before = tail;
    }
    EXPECT_EQ(before, 0) << "infinitely far";
  }
}

/// Heavier tails for fewer degrees, at any t.
TEST(StudentTail, FallsWithTheDegrees) {
  for (const double t : {0.5, 2.0, 10.0}) {
    double before = 1;
    for (double degrees = 1; degrees < 1e6; degrees *= 3) {
      const double tail = student_tail(t, degrees);
      EXPECT_LE(tail, before) << t << " " << degrees;
      before = tail;
    }
  }
}

}  // namespace
}  // namespace kapitza
