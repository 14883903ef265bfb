// SPDX-License-Identifier: BSD-3-Clause
// Numerical methods without physics, against closed forms and the orders they promise.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <numbers>
#include <vector>

#include "kapitza/core/error.hpp"
#include "kapitza/numerics/angle.hpp"
#include "kapitza/numerics/embedded_runge_kutta.hpp"
#include "kapitza/numerics/gauss_legendre.hpp"
#include "kapitza/numerics/norms.hpp"
#include "kapitza/numerics/periodic_spline.hpp"
#include "kapitza/numerics/roots.hpp"

namespace kapitza {
namespace {

using std::numbers::pi;
constexpr double infinity = std::numeric_limits<double>::infinity();

// --- periodic splines ----------------------------------------------------------------------------

double smooth(double x) { return std::exp(std::sin(x)); }
double slope_of_smooth(double x) { return std::cos(x) * smooth(x); }

/// Points of unequal distances.
PeriodicSpline spline_of(double (*f)(double), int points) {
  std::vector<double> x, value;
  for (int i = 0; i < points; ++i) {
    const double t = -pi + 2 * pi * i / points;
    x.push_back(t + 0.2 * (1 + std::cos(t)));
    value.push_back(f(x.back()));
  }
  return PeriodicSpline(x, value);
}

TEST(PrincipalAngle, LiesWithinOnePeriod) {
  EXPECT_EQ(principal_angle(-pi), -pi);
  EXPECT_EQ(principal_angle(pi), -pi);
  EXPECT_NEAR(principal_angle(7 * pi + 0.5), -pi + 0.5, 1e-14);
  EXPECT_NEAR(principal_angle(-20), -20 + 6 * pi, 1e-14);
}

TEST(PeriodicSpline, ReproducesItsPoints) {
  const std::vector<double> x{-2.9, -1.1, -1, 0.3, 2.2}, value{1, -2, 4, 0.5, -7};
  const PeriodicSpline spline(x, value);

  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(spline(x[i]), value[i], 1e-14);
}

TEST(PeriodicSpline, HasPeriodTwoPi) {
  const PeriodicSpline spline = spline_of(smooth, 9);
  for (double x : {-3.1, -1.2, 0.0, 1.7, 3.1}) {
    EXPECT_NEAR(spline(x + 2 * pi), spline(x), 1e-13);
    EXPECT_NEAR(spline.slope(x - 4 * pi), spline.slope(x), 1e-13);
  }
}

/// The values and the slopes on both sides of every point, the ends of the period among them.
TEST(PeriodicSpline, IsTwiceContinuouslyDifferentiable) {
  const std::vector<double> x{-2.9, -1.1, -1, 0.3, 2.2}, value{1, -2, 4, 0.5, -7};
  const PeriodicSpline spline(x, value);
  constexpr double step = 1e-5;
  // Third derivatives of this spline are about 1e3: differences of first order are off by 1e-2.
  for (double at : x) {
    const double left = (spline.slope(at) - spline.slope(at - step)) / step;
    const double right = (spline.slope(at + step) - spline.slope(at)) / step;
    EXPECT_NEAR(spline.slope(at - 1e-12), spline.slope(at + 1e-12), 1e-8) << at;
    EXPECT_NEAR(left, right, 0.1) << at;
  }
}

TEST(PeriodicSpline, ConvergesWithTheFourthPowerAndItsSlopeWithTheThird) {
  struct Errors {
    double value = 0, slope = 0;
  };
  const auto errors = [](int points) {
    const PeriodicSpline spline = spline_of(smooth, points);
    Errors worst;
    for (double x = -pi; x < pi; x += 1e-3) {
      worst.value = std::max(worst.value, std::abs(spline(x) - smooth(x)));
      worst.slope = std::max(worst.slope, std::abs(spline.slope(x) - slope_of_smooth(x)));
    }
    return worst;
  };
  const Errors coarse = errors(64), fine = errors(128);

  EXPECT_NEAR(std::log2(coarse.value / fine.value), 4, 0.2);
  EXPECT_NEAR(std::log2(coarse.slope / fine.slope), 3, 0.2);
}

TEST(PeriodicSpline, RefusesWhatIsNoTable) {
  EXPECT_THROW(PeriodicSpline({0, 1, 2}, {0, 1, 2}), InputError);
  EXPECT_THROW(PeriodicSpline({-3, 0, 1, 2}, {0, 1, 2}), InputError);
  EXPECT_THROW(PeriodicSpline({-3, 0, 0, 1}, {0, 1, 2, 3}), InputError);
  EXPECT_THROW(PeriodicSpline({-3, 0, 1, 4}, {0, 1, 2, 3}), InputError);
  EXPECT_THROW(PeriodicSpline({-3, 0, 1, 2}, {0, NAN, 2, 3}), InputError);
}

// --- embedded Runge-Kutta ------------------------------------------------------------------------

using Values = std::vector<double>;

/// u' = -u^2, v' = u v:  u = 1 / (1 + t), v = 1 + t.
const AutonomousEquation hyperbola{
    [](const Values& y, Values& slope) { slope = {-y[0] * y[0], y[0] * y[1]}; },
    [](const Values&) { return true; }};

RungeKuttaStep step_of_hyperbola(double dt) {
  const Values y{1, 1}, slope{-1, 1};
  return dormand_prince(hyperbola, y, slope, dt).value();
}

Values solution(double t) { return {1 / (1 + t), 1 + t}; }

TEST(DormandPrince, IsOfOrderFive) {
  const AutonomousEquation rotation{[](const Values& y, Values& slope) { slope = {y[1], -y[0]}; },
                                    [](const Values&) { return true; }};
  const auto error = [&](int steps) {
    Values y{1, 0}, slope{0, -1};
    for (int i = 0; i < steps; ++i) {
      const auto step = dormand_prince(rotation, y, slope, 2.0 / steps).value();
      y = step.y, slope = step.slope;
    }
    return largest_difference(y, Values{std::cos(2), -std::sin(2)});
  };

  EXPECT_NEAR(std::log2(error(16) / error(32)), 5, 0.2);
}

TEST(DormandPrince, EstimatesTheErrorOfOrderFour) {
  // Over one step: dt^5 of the lower order, dt^6 of what is kept.
  const auto error = [](double dt) { return largest(step_of_hyperbola(dt).error); };
  const RungeKuttaStep step = step_of_hyperbola(0.05);

  EXPECT_NEAR(std::log2(error(0.02) / error(0.01)), 5, 0.2);
  EXPECT_LT(largest_difference(step.y, solution(0.05)), largest(step.error));
}

TEST(DormandPrince, GivesTheSlopeAtItsEnd) {
  const RungeKuttaStep step = step_of_hyperbola(0.1);
  Values slope;
  hyperbola.slope(step.y, slope);

  EXPECT_EQ(step.slope, slope);
}

TEST(DormandPrince, IntegratesPolynomialsOfTheFourthDegreeExactly) {
  // y' = t^4 with t as a component of its own.
  const AutonomousEquation power{
      [](const Values& y, Values& slope) { slope = {1, std::pow(y[0], 4)}; },
      [](const Values&) { return true; }};
  const auto step = dormand_prince(power, {0, 0}, {1, 0}, 2).value();

  EXPECT_NEAR(step.y[0], 2, 1e-14);
  EXPECT_NEAR(step.y[1], 32.0 / 5, 1e-13);
}

TEST(DormandPrince, NeverAsksOutsideTheDomain) {
  int asked_outside = 0;
  const auto positive = [](const Values& y) { return y[0] > 0; };
  const AutonomousEquation decay{[&](const Values& y, Values& slope) {
                                   asked_outside += !positive(y);
                                   slope = {-y[0]};
                                 },
                                 positive};

  EXPECT_FALSE(dormand_prince(decay, {1}, {-1}, 6));
  EXPECT_TRUE(dormand_prince(decay, {1}, {-1}, 0.1));
  EXPECT_EQ(asked_outside, 0);
}

TEST(StepController, ShrinksWhatIsRejectedAsItsErrorDemands) {
  const StepController controller;

  // An error of order five: dt (1 / error)^{1/5}, with a margin of a tenth.
  EXPECT_DOUBLE_EQ(controller.after_rejection(1, 32), 0.45);
  EXPECT_DOUBLE_EQ(controller.after_rejection(1, 1e20), 0.1);
  EXPECT_DOUBLE_EQ(controller.after_rejection(1, infinity), 0.25);
  EXPECT_DOUBLE_EQ(controller.after_rejection(1, NAN), 0.25);
}

TEST(StepController, GrowsWithinBounds) {
  StepController controller;

  EXPECT_DOUBLE_EQ(controller.after_acceptance(1, 1), 0.9);
  EXPECT_DOUBLE_EQ(controller.after_acceptance(1, 0), 5);
  EXPECT_DOUBLE_EQ(controller.previous_error, 1e-4);
}

TEST(StepController, FindsTheStepOfItsTolerance) {
  // The error is dt^5 / tolerance: the step settles where it is a good part of one.
  constexpr double tolerance = 1e-10;
  StepController controller;
  double dt = 10, error = 0;
  for (int i = 0; i < 100; ++i) {
    error = std::pow(dt, 5) / tolerance;
    dt =
        error <= 1 ? controller.after_acceptance(dt, error) : controller.after_rejection(dt, error);
  }

  EXPECT_LT(error, 1);
  EXPECT_GT(error, 0.1);
}

// --- roots and minima ----------------------------------------------------------------------------

TEST(Roots, BisectionFindsRisingAndFallingOnes) {
  EXPECT_NEAR(bisect([](double x) { return x * x - 2; }, 0, 2), std::numbers::sqrt2, 1e-15);
  EXPECT_NEAR(bisect([](double x) { return std::cos(x); }, 1, 2), pi / 2, 1e-15);
}

TEST(Roots, BoundaryIsWhereAPropertyAppears) {
  const auto beyond_e = [](double x) { return std::log(x) > 1; };

  EXPECT_NEAR(boundary(beyond_e, 1, 5, 1e-12), std::numbers::e, 1e-12);
}

TEST(Roots, MinimumOfAParabolaAndOfAKink) {
  // Rounding hides the bottom of a parabola within the root of epsilon.
  EXPECT_NEAR(minimum([](double x) { return (x - 0.3) * (x - 0.3) + 1; }, -1, 2), 0.3, 1e-7);
  EXPECT_NEAR(minimum([](double x) { return std::abs(x - 0.3); }, -1, 2), 0.3, 1e-12);
}

// --- Gauss-Legendre ------------------------------------------------------------------------------

TEST(GaussLegendre, IntegratesPolynomialsExactly) {
  const GaussLegendre rule(7);
  for (int power = 0; power <= 13; ++power) {
    double sum = 0;
    for (int i = 0; i < 7; ++i) sum += rule.weight[i] * std::pow(rule.x[i], power);
    EXPECT_NEAR(sum, 1.0 / (power + 1), 1e-14);
  }
}

// --- norms ---------------------------------------------------------------------------------------

TEST(Norms, AreOfAbsoluteValues) {
  EXPECT_EQ(largest(Values{1, -3, 2}), 3);
  EXPECT_EQ(largest(Values{}), 0);
  EXPECT_EQ(largest_difference(Values{1, 2}, Values{1.5, 0}), 2);
  EXPECT_EQ(largest_relative_difference(Values{1, 3}, Values{2, 2}), 0.5);
  EXPECT_EQ(largest(std::vector<Complex>{{1, 0}, {-3, 4}}), 5);
  EXPECT_EQ(largest_difference(std::vector<Complex>{{1, 1}}, std::vector<Complex>{{1, -1}}), 2);
}

TEST(Norms, DoNotHideWhatIsNotANumber) {
  EXPECT_TRUE(std::isnan(largest(Values{1, NAN, 2})));
  EXPECT_TRUE(std::isnan(largest_difference(Values{1, 2}, Values{NAN, 2})));
  EXPECT_EQ(largest(Values{1, -infinity, 2}), infinity);
}

}  // namespace
}  // namespace kapitza
