// SPDX-License-Identifier: BSD-3-Clause
//
// The oracles checked against closed forms, against each other and against conservation laws.

#include <cmath>
#include <cstddef>
#include <functional>
#include <gtest/gtest.h>
#include <numbers>
#include <vector>

#include "tests/support/oracle_lattice.hpp"
#include "tests/support/oracle_resonance.hpp"

namespace kapitza::oracle {
namespace {

using std::numbers::pi;

double momentum(int m, int K) { return -pi + 2 * pi * (m + 0.5) / K; }

double into_zone(double k) { return k - 2 * pi * std::floor((k + pi) / (2 * pi)); }

double thermal(double k) {
  k = into_zone(k);
  return 1 / (k * k + 1);
}

double smooth(double k) { return 1 / (1.5 + std::cos(k)) + 0.3 * std::exp(std::cos(k - 1)); }

double even(double k) { return 1 / (1.5 + std::cos(k)) + 0.3 * std::exp(std::cos(k)); }

TEST(OracleLattice, InterpolantPassesThroughTheData) {
  for (const int K : {1, 2, 5, 8}) {
    std::vector<double> n;
    for (int m = 0; m < K; ++m) n.push_back(0.5 + (7 * m * m + 3 * m) % 5);
    const std::vector<double> fine = interpolate(n, 3 * K);
    ASSERT_EQ(fine.size(), static_cast<std::size_t>(3 * K));
    for (int m = 0; m < K; ++m) {
      EXPECT_NEAR(fine[3 * m], n[m], 1e-13);
      EXPECT_NEAR(interpolate_at(n, momentum(m, K)), n[m], 1e-13);
    }
  }
}

TEST(OracleLattice, InterpolantOfHarmonicsIsExact) {
  const int K = 8;
  std::vector<double> n;
  std::vector<double> alternating;
  const auto f = [](double k) { return 1 + 0.3 * std::cos(2 * k) - 0.7 * std::sin(3 * k); };
  for (int m = 0; m < K; ++m) {
    n.push_back(f(momentum(m, K)));
    alternating.push_back(m % 2 == 0 ? 1 : -1);
  }
  for (const double k : {-3.0, -0.4, 0.0, 1.1, 2.7, 9.0}) {
    EXPECT_NEAR(interpolate_at(n, k), f(k), 1e-13);
    EXPECT_NEAR(interpolate_at(alternating, k), std::sin(K * (k + pi) / 2), 1e-13);
  }
}

// With the only tau at zero the sums over momenta decouple on the sites: F_0 = a, F_{+-1} = b/2.
TEST(OracleLattice, WithoutEnergyConservationTheSumsAreLocal) {
  const double a = 1.3;
  const double b = 0.8;
  const double c = -0.4;
  const double d = 0.9;
  const auto energy = [](double k) { return k * k; };
  for (const int l : {2, 3, 4}) {
    const int K = 4;
    std::vector<double> n;
    std::vector<double> h;
    for (int m = 0; m < K; ++m) {
      n.push_back(a + b * std::cos(momentum(m, K)));
      h.push_back(c + d * std::cos(momentum(m, K)));
    }
    const GainLoss result = lattice_collision(l, 2.5, n, h, energy, l == 4 ? K : 2 * K, {0}, {1});
    for (int m = 0; m < K; ++m) {
      const double cosine = std::cos(momentum(m, K));
      const double gain = std::pow(a, 2 * l - 1) + 2 * cosine * std::pow(b / 2, 2 * l - 1);
      const double rate =
          -(std::pow(a, 2 * l - 2) * c + 2 * cosine * std::pow(b / 2, 2 * l - 2) * d / 2);
      EXPECT_NEAR(result.gain[m], 2.5 * gain, 1e-12);
      EXPECT_NEAR(result.rate[m], 2.5 * rate, 1e-12);
    }
  }
}

TEST(OracleLattice, SumsOverMomentaAreThoseOverSites) {
  const auto energy = [](double k) { return k * k + 0.3 * std::sin(k); };
  const std::vector<double> tau = {0, 0.3, 0.7, 2.1};
  const std::vector<double> weight = {0.5, 1.1, 0.7, -0.2};
  const int M = 8;
  for (const int K : {4, 8}) {
    std::vector<double> n;
    std::vector<double> h;
    for (int m = 0; m < K; ++m) {
      n.push_back(0.3 + 0.1 * ((7 * m * m + 3 * m) % 11));
      h.push_back(0.2 * ((5 * m) % 7) - 0.3);
    }
    for (const int l : {2, 3, 4}) {
      const GainLoss momenta = lattice_collision(l, 1.7, n, h, energy, M, tau, weight);
      const GainLoss sites = swept_collision(l, 1.7, n, h, energy, M, tau, weight);
      for (int m = 0; m < K; ++m) {
        EXPECT_NEAR(momenta.gain[m], sites.gain[m], 1e-11);
        EXPECT_NEAR(momenta.rate[m], sites.rate[m], 1e-11);
      }
    }
  }
}

TEST(OracleResonance, ThermalStatesAreStationary) {
  for (const double k : {0.0, -0.7, 1.9, 3.09}) {
    const Collision two = collision_2to2(k, thermal, 100);
    EXPECT_GT(two.gain, 0);
    EXPECT_NEAR(two.integral, 0, 1e-13 * two.gain);
    const Collision three = collision_3to3(k, thermal, 100, 16);
    EXPECT_GT(three.gain, 0);
    EXPECT_NEAR(three.integral, 0, 1e-13 * three.gain);
  }
}

// n = 1: the gain is the density of resonant states.
TEST(OracleResonance, TwoToTwoDensityOfStates) {
  const auto one = [](double) { return 1.0; };
  for (const double k : {0.0, 1.0, -2.5, 3.1}) {
    const double right = std::acosh((3 * pi - k) / std::sqrt(8 * pi * (pi - k)));
    const double left = std::acosh((3 * pi + k) / std::sqrt(8 * pi * (pi + k)));
    const Collision c = collision_2to2(k, one, 3);
    EXPECT_NEAR(c.gain, 3 / (2 * pi) * (right + left), 1e-12);
    EXPECT_NEAR(c.integral, 0, 1e-12);
  }
}

// The manifold in physics.md's own variable, k_2 = k* + t^2, by the midpoint rule.
TEST(OracleResonance, TwoToTwoAgreesWithAnotherSubstitution) {
  for (const double k : {0.3, -1.3, 2.8}) {
    double integral = 0;
    for (const int sign : {1, -1}) {
      const auto n = [sign](double p) { return smooth(sign * p); };
      const double u = pi - sign * k;
      const double start = pi - u - 2 * pi + 2 * std::sqrt(2 * pi * u);
      const double t_end = std::sqrt(pi - start);
      const int N = 4000;
      for (int i = 0; i < N; ++i) {
        const double t = t_end * (i + 0.5) / N;
        const double k2 = start + t * t;
        const double root = std::sqrt(t * t + 4 * std::sqrt(2 * pi * u));
        const double centre = 0.5 * (sign * k + k2) - pi;
        const double n1 = n(sign * k);
        const double n2 = n(k2);
        const double n3 = n(centre + 0.5 * t * root);
        const double n4 = n(centre - 0.5 * t * root);
        const double product = n1 * n2 * n3 * n4;
        integral += t_end / N * 2 / root * product * (1 / n1 + 1 / n2 - 1 / n3 - 1 / n4);
      }
    }
    EXPECT_NEAR(collision_2to2(k, smooth, 1).integral, integral / (2 * pi), 2e-7);
  }
}

// Number and energy, with the momenta crowded towards +-pi, where I_k has cusps:
// k = pi tanh(pi/2 sinh x), equidistant x.
struct Moments {
  double number = 0;
  double energy = 0;
  double size = 0;
};

Moments moments(int points, bool positive_only, const std::function<double(double)>& collision) {
  Moments sum;
  const double x_end = 2.6;
  for (int j = positive_only ? points / 2 : 0; j < points; ++j) {
    const double x = x_end * ((2 * j + 1.0) / points - 1);
    const double y = 0.5 * pi * std::sinh(x);
    const double k = pi * std::tanh(y);
    const double weight = std::cosh(x) / (std::cosh(y) * std::cosh(y));
    const double integral = collision(k);
    sum.number += weight * integral;
    sum.energy += weight * k * k * integral;
    sum.size += weight * std::abs(integral);
  }
  return sum;
}

TEST(OracleResonance, TwoToTwoConservesNumberAndEnergy) {
  const Moments sum =
      moments(64, false, [](double k) { return collision_2to2(k, smooth, 1).integral; });
  EXPECT_NEAR(sum.number / sum.size, 0, 1e-12);
  EXPECT_NEAR(sum.energy / sum.size, 0, 1e-11);
}

TEST(OracleResonance, ThreeToThreeConservesNumberAndEnergy) {
  const Moments sum =
      moments(40, true, [](double k) { return collision_3to3(k, even, 1, 16).integral; });
  EXPECT_NEAR(sum.number / sum.size, 0, 1e-5);
  EXPECT_NEAR(sum.energy / sum.size, 0, 1e-5);
}

TEST(OracleResonance, MirrorImage) {
  const auto mirrored = [](double k) { return smooth(-k); };
  EXPECT_NEAR(collision_2to2(1.3, smooth, 1).integral, collision_2to2(-1.3, mirrored, 1).integral,
              1e-14);
  EXPECT_NEAR(collision_3to3(1.3, smooth, 1, 16).integral,
              collision_3to3(-1.3, mirrored, 1, 16).integral, 1e-9);
}

// I_k of section 2 with a sharp cut-off T = 260, M = 4096, dtau = 0.2 and C_3 = 108, tail added as
// in section 2b, by an independent program (numpy).
TEST(OracleResonance, ThreeToThreeAgreesWithTheTauIntegral) {
  const double reference[][2] = {{momentum(32, 64), -0.983928959},
                                 {momentum(38, 64), -23.6993945},
                                 {momentum(44, 64), -27.1951898},
                                 {momentum(50, 64), -15.6633167}};
  for (const auto& [k, integral] : reference) {
    const Collision c = collision_3to3(k, smooth, 108, 24);
    EXPECT_NEAR(c.integral, integral, 1e-5);
    EXPECT_LT(c.integral_error, 1e-5);
    EXPECT_LT(c.gain_error, 1e-4);
  }
}

// The interpolant of a jump, as the program continues it: the estimate covers the difference.
TEST(OracleResonance, ThreeToThreeErrorEstimate) {
  std::vector<double> jump;
  for (int m = 0; m < 32; ++m) jump.push_back(m < 16 ? 0.4 : 1);
  const auto n = trig_interpolant(jump);
  const Collision coarse = collision_3to3(0.4, n, 108, 48);
  const Collision fine = collision_3to3(0.4, n, 108, 128);
  EXPECT_LT(fine.gain_error, 1e-4 * fine.gain);
  EXPECT_LT(std::abs(coarse.gain - fine.gain), 3 * coarse.gain_error + 3 * fine.gain_error);
  EXPECT_LT(std::abs(coarse.integral - fine.integral),
            3 * coarse.integral_error + 3 * fine.integral_error);
}

}  // namespace
}  // namespace kapitza::oracle
