// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <gtest/gtest.h>

#include "kapitza/field/summary.hpp"

namespace kapitza::field {
namespace {

/// A ring of 64 sites with eight momenta to a window, into which one carrier per momentum comes.
Problem driven() {
  Problem problem;
  problem.profile.assign(64, 0.0);
  problem.absorber = Absorber{8, 4};
  problem.window = 8;
  problem.density = [](const std::vector<double>& k) { return std::vector<double>(k.size(), 1.0); };
  return problem;
}

/// The same at every momentum.
WindowDensity side(double n, double error, double block_error = 0) {
  WindowDensity density;
  density.n.assign(8, n);
  density.error.assign(8, error);
  density.block_error.assign(8, block_error);
  return density;
}

TEST(FieldSummary, AWindowSeesAFlatDensityAsItIs) {
  for (const double n : expected_density(driven())) EXPECT_NEAR(n, 1, 1e-14);
}

/// Four momenta of the left window and four of the right: what goes the other way does not matter.
TEST(FieldSummary, ComparesWhatComesIn) {
  WindowDensity left = side(1.1, 0.05), right = side(0.9, 0.1);
  for (int m = 0; m < 4; ++m) left.n[m] = 1e3;
  for (int m = 4; m < 8; ++m) right.n[m] = 1e3;
  const InjectionCheck check =
      check_injection(driven(), std::vector<double>(8, 1.0), {left, right});
  EXPECT_NEAR(check.ratio, 1, 1e-14);
  EXPECT_NEAR(check.ratio_error, std::sqrt(4 * 0.05 * 0.05 + 4 * 0.1 * 0.1) / 8, 1e-15);
  EXPECT_NEAR(check.chi2, (4 * 4 + 4 * 1) / 8.0, 1e-12);
}

TEST(FieldSummary, ErrorsFromBlocksAreComparedRelativeToTheDensity) {
  EXPECT_NEAR(error_ratio({side(1, 0.1, 0.2), side(10, 1, 2)}), 2, 1e-14);
}

TEST(FieldSummary, TheLargerChangeCounts) {
  WindowDensity left = side(2, 0), right = side(1, 0);
  left.step.assign(8, 0.02);
  right.step.assign(8, -0.03);
  EXPECT_NEAR(step_error({left, right}), 0.03, 1e-15);
  EXPECT_NEAR(relative_change({3, -4}, {1, 1}), std::sqrt(12.5), 1e-14);
}

TEST(BurnIn, IsWhatTheSlowestCarriersThatCountTake) {
  SteadyStateOptions options;
  options.target_low = 1;
  // Momenta pi/8, 3 pi/8, ...; 48 sites from one absorber to the other, v = 2 k.
  EXPECT_NEAR(burn_in_floor(driven(), options), 48 / (2 * 3 * M_PI / 8), 1e-12);
  options.target_low = 2;
  EXPECT_NEAR(burn_in_floor(driven(), options), 48 / (2 * 7 * M_PI / 8), 1e-12);
  options.target_high = 2.1;
  EXPECT_THROW(burn_in_floor(driven(), options), InputError);
}

UnsuitableNumerics::Parameter fault(const Numerics& numerics, const Problem& problem) {
  try {
    numerics.check(problem);
  } catch (const UnsuitableNumerics& error) {
    return error.parameter;
  }
  ADD_FAILURE() << "nothing is wrong";
  return {};
}

TEST(FieldNumerics, SaysWhatDoesNotSuit) {
  using Parameter = UnsuitableNumerics::Parameter;
  Problem problem = driven();
  const double dt = Numerics::usual_step(problem.dispersion);
  const double longest = Numerics::longest_step(problem.dispersion);
  EXPECT_NO_THROW((Numerics{dt}.check(problem)));
  EXPECT_NO_THROW((Numerics{longest}.check(problem)));
  EXPECT_EQ(fault({1.001 * longest}, problem), Parameter::dt);
  // gamma dt = 0.5 dt in the middle of the absorber
  EXPECT_EQ(fault({0.1, 11}, problem), Parameter::kick_every);
  EXPECT_NO_THROW((Numerics{0.1, 10}.check(problem)));
  problem.absorber->Gamma = 100;
  EXPECT_EQ(fault({0.1}, problem), Parameter::absorber);
  problem.absorber.reset();
  EXPECT_NO_THROW((Numerics{0.1, 1000}.check(problem)));
}

}  // namespace
}  // namespace kapitza::field
