// SPDX-License-Identifier: BSD-3-Clause
// Random numbers: the generator, the elementary functions, the normal distribution.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <numbers>
#include <random>
#include <set>
#include <vector>

#include "kapitza/core/elementary.hpp"
#include "kapitza/random/normal.hpp"
#include "kapitza/random/philox.hpp"

namespace kapitza {
namespace {

using std::numbers::pi;
constexpr long double long_pi = std::numbers::pi_v<long double>;

// The known answers of the authors' own library.
static_assert(philox(0, {0, 0, 0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
static_assert(philox(~std::uint64_t{0}, {~0u, ~0u, ~0u, ~0u}) ==
              Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
static_assert(philox(0x299f31d0a4093822, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}) ==
              Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});

TEST(Philox, EveryWordOfSeedAndCounterMatters) {
  const std::uint64_t seed = 0x0123456789abcdef;
  const Words counter{1, 2, 3, 4}, words = philox(seed, counter);
  for (int bit = 0; bit < 64; ++bit)
    EXPECT_NE(philox(seed ^ (std::uint64_t{1} << bit), counter), words);
  for (int bit = 0; bit < 32; ++bit) {
    const std::uint32_t flip = std::uint32_t{1} << bit;
    EXPECT_NE(philox(seed, {1 ^ flip, 2, 3, 4}), words);
    EXPECT_NE(philox(seed, {1, 2 ^ flip, 3, 4}), words);
    EXPECT_NE(philox(seed, {1, 2, 3 ^ flip, 4}), words);
    EXPECT_NE(philox(seed, {1, 2, 3, 4 ^ flip}), words);
  }
}

TEST(WhiteNoise, UsesNoNumberTwice) {
  std::set<std::array<double, 4>> numbers;
  std::size_t drawn = 0;
  for (const std::uint64_t seed : {0, 1, 2})
    for (const Stream stream : {Stream::start, Stream::noise})
      for (std::uint32_t trajectory = 0; trajectory < 16; ++trajectory)
        for (std::uint32_t step = 0; step < 16; ++step)
          for (std::uint32_t pair = 0; pair < 16; ++pair, ++drawn) {
            const auto [even, odd] = white_noise<double>(seed, stream, trajectory, step, pair);
            numbers.insert({even.re, even.im, odd.re, odd.im});
          }
  EXPECT_EQ(numbers.size(), drawn);
}

TEST(WhiteNoise, IsTheSameForEver) {
  // What a seed means: which counter, and which of its words make which number.
  const std::uint64_t seed = 0xfedcba9876543210;
  const Words w = philox(seed, {7, 5, 3, 1});
  const auto normal = [](std::uint32_t modulus, std::uint32_t phase) {
    const double r = std::sqrt(-std::log((modulus + 0.5) / 4294967296.0));
    const double angle = 2 * pi * phase / 4294967296.0;
    return Complex{r * std::cos(angle), r * std::sin(angle)};
  };
  const auto [even, odd] = white_noise<double>(seed, Stream::noise, 3, 5, 7);

  for (const auto& [z, expected] : {std::pair(even, normal(w.a, w.b)), {odd, normal(w.c, w.d)}}) {
    EXPECT_NEAR(z.re, expected.re, 1e-14);
    EXPECT_NEAR(z.im, expected.im, 1e-14);
  }
}

// --- elementary functions --------------------------------------------------------------------

/// Both ends of the 32-bit uniforms, and what lies between.
std::vector<std::uint32_t> words() {
  std::vector<std::uint32_t> result;
  for (std::uint32_t i = 0; i < 1000; ++i)
    result.insert(result.end(), {i, ~i, 0x80000000u + i, 0x80000000u - i});
  // Where the logarithm changes its branch: around 1 / sqrt 2.
  for (std::uint32_t i = 0; i < 2000; ++i) result.push_back(3037000500u - 1000 + i);
  std::mt19937 generator(1);
  for (int i = 0; i < 200000; ++i) result.push_back(generator());
  for (int i = 0; i < 100000; ++i) result.push_back(generator() >> (i % 32));
  return result;
}

/// The distance of two neighbouring numbers of the type where its value is x.
template <class T>
long double ulp(long double x) {
  const T a = std::abs(static_cast<T>(x));
  return std::nextafter(a, std::numeric_limits<T>::infinity()) - a;
}

template <class T>
class Elementary : public ::testing::Test {};
using Precisions = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Elementary, Precisions);

template <class T>
long double log_error(T x) {
  const long double exact = std::log(static_cast<long double>(x));
  return std::abs(elementary_log(x) - exact) / ulp<T>(exact);
}

TYPED_TEST(Elementary, LogarithmIsGoodToTwoUlp) {
  using T = TypeParam;
  long double worst = 0;
  for (const std::uint32_t word : words())
    worst = std::max(worst, log_error((static_cast<T>(word) + T(0.5)) * T(1 / 4294967296.0)));
  EXPECT_LT(worst, 2);

  worst = 0;
  std::mt19937 generator(2);
  std::uniform_real_distribution<double> exponent(std::numeric_limits<T>::min_exponent,
                                                  std::numeric_limits<T>::max_exponent);
  for (int i = 0; i < 100000; ++i)
    worst = std::max(worst, log_error(static_cast<T>(std::exp2(exponent(generator)))));
  for (const T x : {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()})
    worst = std::max(worst, log_error(x));
  EXPECT_LT(worst, 2);
  EXPECT_EQ(elementary_log(T(1)), 0);
}

TYPED_TEST(Elementary, CosineAndSineAreGoodToTwoUlpOfOne) {
  using T = TypeParam;
  const long double unit = std::numeric_limits<T>::epsilon();
  const auto error = [&](T t) {
    const long double angle = 2 * long_pi * std::remainder(static_cast<long double>(t), 1.0L);
    const Cis<T> z = cis_turns(t);
    return std::max(std::abs(z.cos - std::cos(angle)), std::abs(z.sin - std::sin(angle))) / unit;
  };

  long double worst = 0;
  for (const std::uint32_t word : words())
    worst = std::max(worst,
                     error(static_cast<T>(static_cast<std::int32_t>(word)) * T(1 / 4294967296.0)));
  EXPECT_LT(worst, 2);

  // Of a large argument nothing is lost but what it does not contain itself.
  worst = 0;
  std::mt19937 generator(3);
  std::uniform_real_distribution<double> turns(-1e5, 1e5);
  for (int i = 0; i < 100000; ++i) worst = std::max(worst, error(static_cast<T>(turns(generator))));
  EXPECT_LT(worst, 2);
}

TYPED_TEST(Elementary, QuartersOfATurnAreOnTheAxes) {
  using T = TypeParam;
  const T unit = std::numeric_limits<T>::epsilon();
  for (int quarter = -9; quarter <= 9; ++quarter) {
    const Cis<T> z = cis_turns(T(0.25) * quarter);
    EXPECT_NEAR(z.cos, quarter % 2 == 0 ? (quarter % 4 == 0 ? 1 : -1) : 0, unit) << quarter;
    EXPECT_NEAR(z.sin, quarter % 2 == 0 ? 0 : ((quarter + 400) % 4 == 1 ? 1 : -1), unit) << quarter;
  }
}

// --- the normal distribution -----------------------------------------------------------------

constexpr int draws = 1 << 20;

/// All numbers of one draw of a stream.
std::vector<Complex> sample(std::uint64_t seed, Stream stream = Stream::noise,
                            std::uint32_t trajectory = 0, std::uint32_t step = 0,
                            int count = draws) {
  std::vector<Complex> z;
  z.reserve(count);
  for (int pair = 0; pair < count / 2; ++pair) {
    const auto [even, odd] = white_noise<double>(seed, stream, trajectory, step, pair);
    z.push_back(even);
    z.push_back(odd);
  }
  return z;
}

/// A mean of as many values of the given variance is off by five standard deviations once in two
/// million times.
double five_sigma(double variance, std::size_t count) { return 5 * std::sqrt(variance / count); }

TEST(Normal, HasTheMomentsOfAComplexNormal) {
  Complex mean, square;
  double second = 0, fourth = 0;
  for (const Complex z : sample(11)) {
    mean += z;
    square += z * z;
    second += norm(z);
    fourth += norm(z) * norm(z);
  }
  // <|z|^{2n}> = n!: that gives the variances.
  EXPECT_NEAR(mean.re / draws, 0, five_sigma(0.5, draws));
  EXPECT_NEAR(mean.im / draws, 0, five_sigma(0.5, draws));
  EXPECT_NEAR(square.re / draws, 0, five_sigma(1, draws));
  EXPECT_NEAR(square.im / draws, 0, five_sigma(1, draws));
  EXPECT_NEAR(second / draws, 1, five_sigma(1, draws));
  EXPECT_NEAR(fourth / draws, 2, five_sigma(24 - 4, draws));
}

/// Kolmogorov and Smirnov's distance from the uniform distribution on [0, 1], times sqrt(count).
double distance_from_uniform(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double count = static_cast<double>(values.size());
  double distance = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    distance = std::max({distance, (i + 1) / count - values[i], values[i] - i / count});
  return distance * std::sqrt(count);
}

TEST(Normal, HasAnExponentialModulusAndAUniformPhase) {
  std::vector<double> modulus, phase;
  for (const Complex z : sample(12)) {
    modulus.push_back(1 - std::exp(-norm(z)));
    phase.push_back(0.5 + std::atan2(z.im, z.re) / (2 * pi));
  }
  // Exceeded with a probability of 2 exp(-2 d^2) = 7e-4.
  EXPECT_LT(distance_from_uniform(modulus), 2);
  EXPECT_LT(distance_from_uniform(phase), 2);
}

TEST(Normal, NeighboursInEveryCounterAreIndependent) {
  const int count = 1 << 16;
  const std::vector<Complex> z = sample(13, Stream::noise, 4, 5, count);
  const auto expect_independent = [&](std::vector<Complex> other, const char* what) {
    other.resize(count);
    Complex correlation, anomalous;
    double moduli = 0;
    for (int i = 0; i < count; ++i) {
      correlation += conj(z[i]) * other[i];
      anomalous += z[i] * other[i];
      moduli += (norm(z[i]) - 1) * (norm(other[i]) - 1);
    }
    for (const double sum : {correlation.re, correlation.im, anomalous.re, anomalous.im})
      EXPECT_NEAR(sum / count, 0, five_sigma(0.5, count)) << what;
    EXPECT_NEAR(moduli / count, 0, five_sigma(1, count)) << what;
  };

  expect_independent(sample(14, Stream::noise, 4, 5, count), "seed");
  expect_independent(sample(13, Stream::start, 4, 5, count), "stream");
  expect_independent(sample(13, Stream::noise, 5, 5, count), "trajectory");
  expect_independent(sample(13, Stream::noise, 4, 6, count), "step");
  expect_independent(sample(13, Stream::noise, 5, 4, count), "trajectory and step exchanged");
  for (const int distance : {1, 2, 3}) {
    std::vector<Complex> shifted = sample(13, Stream::noise, 4, 5, count + 4);
    shifted.erase(shifted.begin(), shifted.begin() + distance);
    expect_independent(std::move(shifted), "site");
  }
}

TEST(Normal, PrecisionsAgreeToRounding) {
  // |z|^2 = -ln u is what single precision rounds, u near 1 included: so small moduli are known
  // less well than large ones, and of the modulus below sqrt(epsilon) nothing is left.
  const double unit = std::numeric_limits<float>::epsilon();
  for (const std::uint32_t modulus : words()) {
    const std::uint32_t phase = modulus * 2654435769u;
    const auto exact = complex_normal<double>(modulus, phase);
    const auto rounded = complex_normal<float>(modulus, phase);
    const double r2 = norm(exact), r = std::sqrt(r2);
    const double error = std::hypot(rounded.re - exact.re, rounded.im - exact.im);
    const double of_square = 2 * unit * (1 + r2);
    ASSERT_LE(error, std::min(std::sqrt(of_square), of_square / r) + 4 * unit * r) << modulus;
  }
}

TEST(Normal, SmallPhasesOfBothSignsSurviveSinglePrecision) {
  for (const std::int32_t phase : {1, 77, 12345, -1, -77, -12345}) {
    const auto z = complex_normal<float>(1u << 30, static_cast<std::uint32_t>(phase));
    const double angle = 2 * pi * phase / 4294967296.0;
    EXPECT_NEAR(z.im / z.re / angle, 1, 4 * std::numeric_limits<float>::epsilon()) << phase;
  }
}

TEST(Normal, IsFiniteAtBothEnds) {
  for (const std::uint32_t modulus : {0u, 1u, ~0u, ~1u})
    for (const std::uint32_t phase : {0u, 1u, 0x7fffffffu, 0x80000000u, ~0u}) {
      EXPECT_TRUE(std::isfinite(norm(complex_normal<float>(modulus, phase))));
      EXPECT_TRUE(std::isfinite(norm(complex_normal<double>(modulus, phase))));
    }
  EXPECT_NEAR(norm(complex_normal<double>(0, 0)), 33 * std::numbers::ln2, 1e-13);
}

}  // namespace
}  // namespace kapitza
