// SPDX-License-Identifier: BSD-3-Clause
// Layer 1: what the carriers are, and the bands that have a name.
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <variant>

#include "kapitza/core/error.hpp"
#include "kapitza/model/dispersion.hpp"
#include "kapitza/model/statistics.hpp"

namespace kapitza {
namespace {

constexpr double densities[] = {1e-3, 0.2, 0.66, 0.9};

double slope(double (*f)(double), double at) {
  const double step = 1e-4 * at;
  return (f(at + step) - f(at - step)) / (2 * step);
}

TEST(Statistics, DensityAndItsArgumentAreInverse) {
  for (const double n : densities) EXPECT_NEAR(Statistics::density(Statistics::x(n)), n, 1e-15);
}

TEST(Statistics, WeightIsHowTheDensityFallsWithX) {
  for (const double n : densities) {
    const double fall = -slope(Statistics::density, Statistics::x(n));
    EXPECT_NEAR(Statistics::weight(n) / fall, 1, 1e-7) << n;
  }
}

TEST(Statistics, WeightOfAShareIsTheShareOfTheWeight) {
  for (const double n : densities) {
    EXPECT_EQ(Statistics::weight(n, 1), Statistics::weight(n));
    EXPECT_EQ(Statistics::weight(n, 0.25), 0.25 * Statistics::weight(n));
  }
}

TEST(Statistics, SlopeOfTheWeightIsItsDerivative) {
  const auto weight = [](double n) { return Statistics::weight(n); };
  for (const double n : densities)
    EXPECT_NEAR(Statistics::weight_slope(n) / slope(weight, n), 1, 1e-7) << n;
}

TEST(Statistics, EntropyGrowsWithTheDensityLikeX) {
  for (const double n : densities)
    EXPECT_NEAR(slope(Statistics::entropy, n) / Statistics::x(n), 1, 1e-7) << n;
}

TEST(Statistics, RayleighJeansAllowsAllThatIsPositiveAndFinite) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double n : {5e-324, 1.0, 1e308}) EXPECT_TRUE(RayleighJeans::allows(n)) << n;
  for (const double n : {0.0, -0.0, -1.0, infinity, -infinity, double(NAN)})
    EXPECT_FALSE(RayleighJeans::allows(n)) << n;
}

TEST(Statistics, RayleighJeansExistsForPositiveX) {
  EXPECT_TRUE(RayleighJeans::exists(1e-300));
  for (const double x : {0.0, -1.0, double(NAN)}) EXPECT_FALSE(RayleighJeans::exists(x)) << x;
}

TEST(Statistics, StepsStayWithinAFactor) {
  EXPECT_EQ(RayleighJeans::within(4, 2, -1), 0.5);
  EXPECT_EQ(RayleighJeans::within(4, 2, 3), 3);
  EXPECT_EQ(RayleighJeans::within(4, 2, 9), 8);
}

TEST(Statistics, NoScaleMeansThatDensitiesMayBeCountedInAnyUnit) {
  ASSERT_TRUE(RayleighJeans::scale_free);
  EXPECT_EQ(RayleighJeans::density(4 * 0.7), RayleighJeans::density(0.7) / 4);
}

TEST(NamedBands, AreWhatTheirNamesSay) {
  EXPECT_EQ(Dispersion::named("parabolic").energy(0.3), 0.3 * 0.3);
  EXPECT_NEAR(Dispersion::named("cosine").energy(0.3), 2 * (1 - std::cos(0.3)), 1e-15);
}

TEST(NamedBands, AreAllFoundAndKnowTheirName) {
  ASSERT_EQ(Dispersion::names().size(), named_bands().size());
  for (const NamedBand& known : named_bands()) {
    const Dispersion band = Dispersion::named(known.name);
    EXPECT_EQ(band.name(), known.name);
    EXPECT_EQ(band, Dispersion(known.band, std::string(known.name)));
    EXPECT_FALSE(known.formula.empty()) << known.name;
    EXPECT_GT(band.bandwidth(), 0) << known.name;
  }
}

/// A table is no band of its own: it has a name for every file.
TEST(NamedBands, AreAllThatThereAreButTables) {
  std::size_t kinds = 1;
  for (const NamedBand& known : named_bands()) {
    EXPECT_FALSE(std::holds_alternative<TableBand>(known.band)) << known.name;
    for (const NamedBand& other : named_bands())
      EXPECT_EQ(&known == &other, known.name == other.name) << known.name;
    ++kinds;
  }
  EXPECT_EQ(kinds, std::variant_size_v<Dispersion::Band>);
}

TEST(NamedBands, ANameThatIsNotKnownIsNoParabola) {
  try {
    Dispersion::named("quartic");
    FAIL() << "it is known";
  } catch (const InputError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("\"quartic\""), std::string::npos) << message;
    for (const std::string_view name : Dispersion::names())
      EXPECT_NE(message.find(name), std::string::npos) << message;
  }
  EXPECT_THROW(Dispersion::named(""), InputError);
}

}  // namespace
}  // namespace kapitza
