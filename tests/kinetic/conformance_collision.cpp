// SPDX-License-Identifier: BSD-3-Clause
//
// What every backend's collision operator must do: one test body, instantiated for all of them.
// It is compared with literal sums, where they take too long with one thread of the CPU, and with
// exact properties.

#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <initializer_list>
#include <numbers>
#include <string>
#include <vector>

#include "kapitza/numerics/norms.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/collision_agreement.hpp"
#include "tests/support/oracle_lattice.hpp"

namespace kapitza::kinetic {
namespace {

using Densities = std::vector<double>;

using std::numbers::pi;

class Collision : public OnEveryBackend {};

INSTANTIATE_TEST_SUITE_P(Backends, Collision, all_backends, backend_name);

// --- literal sums --------------------------------------------------------------------------------

/// The interaction y^4 / 4!, whose rates are rho-dependent for l < 4: from g_l = 4!/(4-l)!
/// rho^{4-l} C_2 = (12 rho^2)^2 / 2, C_3 = (24 rho)^2 / 12, C_4 = 24^2 / 144.
const Interaction quartic({{4, 1.0}});

double literal_rate(int l, double rho) {
  if (l == 2) return 72 * std::pow(rho, 4);
  return l == 3 ? 48 * rho * rho : 4;
}

struct TinyCase {
  std::vector<int> channels;
  int K, M;
};

/// 32 steps of 1/20: segments end at 1, 2, 4, 8, 16 and 32 steps.
constexpr double dtau = 0.05;

CollisionPlan tiny_plan(const TinyCase& tiny) {
  CollisionModel model;
  model.interaction = quartic;
  model.grid.K = tiny.K;
  model.channels = tiny.channels;
  Resolution resolution;
  if (model.has_sweep()) {
    resolution.T = 32 * dtau;
    resolution.dtau = dtau;
    resolution.M = resolution.M_first = tiny.M;
  }
  if (model.has_pairs()) resolution.points = 24;
  return {model, resolution};
}

struct Times {
  std::vector<double> tau, weight;
};

/// Trapezoids on segments of which the first begins at step `begin`; both signs of tau.
Times literal_times(int begin, std::initializer_list<int> ends) {
  Times times;
  for (const int end : ends) {
    for (int step = begin; step <= end; ++step) {
      const bool edge = step == begin || step == end;
      times.tau.push_back(step * dtau);
      times.weight.push_back((edge ? 1 : 2) * dtau);
    }
    begin = end;
  }
  return times;
}

double parabola(double k) { return k * k; }

double grid_momentum(int m, int K) { return -pi + 2 * pi * (m + 0.5) / K; }

/// b E + c with sum n^2 (b E + c) = number and sum n^2 (b E + c) E = energy, by Cramer's rule.
std::function<double(double)> weighted_line(const Densities& n, double number, double energy) {
  const int K = static_cast<int>(n.size());
  long double s0 = 0, s1 = 0, s2 = 0;
  for (int m = 0; m < K; ++m) {
    const long double E = parabola(grid_momentum(m, K)), w = n[m] * n[m];
    s0 += w, s1 += w * E, s2 += w * E * E;
  }
  const long double determinant = s0 * s2 - s1 * s1;
  const double b = static_cast<double>((s0 * energy - s1 * number) / determinant);
  const double c = static_cast<double>((s2 * number - s1 * energy) / determinant);
  return [b, c](double E) { return b * E + c; };
}

/// The continuation of grid values, docs/notation.md Eq. (6): the kink taken out before the
/// trigonometric interpolation and put back after, the slopes at +-pi from four points each.
std::function<double(double)> continuation(const Densities& n) {
  const int K = static_cast<int>(n.size());
  const auto chi = [](double k) { return std::pow(std::remainder(k, 2 * pi), 2) / (2 * pi); };
  double kink = 0;
  const double slope[] = {71, -141, 93, -23};
  for (int i = 0; i < 4; ++i) kink += slope[i] / 24 * (n[i] + n[K - 1 - i]) / 2 / (2 * pi / K);
  Densities smooth = n;
  for (int m = 0; m < K; ++m) smooth[m] -= kink * chi(grid_momentum(m, K));
  return [=, L = oracle::trig_interpolant(smooth)](double k) { return L(k) + kink * chi(k); };
}

using GainLoss = oracle::GainLoss;

/// B and S of the channel l on the lattice of M momenta p_r = k_0 + 2 pi r / M. The oracle
/// interpolates what it is given: so it gets all M values, and a band shifted to its own offset.
GainLoss literal_sweep(int l, double C, const Densities& n, const Densities& h, int M,
                       const Times& times) {
  const int K = static_cast<int>(n.size());
  const double shift = pi / K - pi / M;
  const auto n_at = continuation(n), h_at = continuation(h);
  Densities n_M, h_M;
  for (int r = 0; r < M; ++r) {
    n_M.push_back(n_at(grid_momentum(r, M) + shift));
    h_M.push_back(h_at(grid_momentum(r, M) + shift));
  }
  const auto energy = [&](double p) { return std::pow(std::remainder(p + shift, 2 * pi), 2); };
  // M^4 terms and more for each of M momenta, or M of them.
  const auto literal = M <= 24 ? oracle::lattice_collision : oracle::swept_collision;
  const GainLoss all = literal(l, C, n_M, h_M, energy, M, times.tau, times.weight);
  GainLoss sums;
  for (int m = 0; m < K; ++m) {
    sums.gain.push_back(all.gain[m * (M / K)]);
    sums.rate.push_back(all.rate[m * (M / K)]);
  }
  return sums;
}

/// B and S of the 2 <-> 2 collisions: the bracket at every node, densities by explicit sums.
GainLoss literal_pairs(double C, const Densities& n, const Densities& h,
                       const ResonantManifold& pairs) {
  const auto n_at = continuation(n), h_at = continuation(h);
  GainLoss sums;
  for (std::size_t m = 0; m < n.size(); ++m) {
    double gain = 0, rate = 0;
    for (int i = pairs.first[m]; i < pairs.first[m + 1]; ++i) {
      const auto& [weight, k2, q1, q2] = pairs.nodes[i];
      const double n2 = n_at(k2), n3 = n_at(q1), n4 = n_at(q2);
      gain += C * weight * n2 * n3 * n4;
      rate += C * weight * (h_at(k2) * n3 * n4 - n2 * h_at(q1) * n4 - n2 * n3 * h_at(q2));
    }
    sums.gain.push_back(gain);
    sums.rate.push_back(rate);
  }
  return sums;
}

struct LiteralCollision {
  std::vector<double> gain, I;
};

LiteralCollision literal_collision(const CollisionPlan& plan, const Densities& n) {
  const int K = plan.K();
  double rho = 0, number = 0, energy = 0;
  for (int m = 0; m < K; ++m) {
    rho += n[m] / K;
    number += n[m];
    energy += n[m] * parabola(grid_momentum(m, K));
  }
  // sum n h = sum n E h = 0 for h = 1 - n (b E + c)
  const auto thermal = weighted_line(n, number, energy);
  Densities h;
  for (int m = 0; m < K; ++m) h.push_back(1 - n[m] * thermal(parabola(grid_momentum(m, K))));

  LiteralCollision result{std::vector<double>(K), std::vector<double>(K)};
  for (const int l : plan.model.channels) {
    const double C = literal_rate(l, rho);
    const auto add = [&](const GainLoss& sums, double in_gain, double in_I) {
      for (int m = 0; m < K; ++m) {
        result.gain[m] += in_gain * sums.gain[m];
        result.I[m] += in_I * (h[m] * sums.gain[m] + n[m] * sums.rate[m]);
      }
    };
    const auto sweep = [&](const Times& times) {
      return literal_sweep(l, C, n, h, plan.resolution.M, times);
    };
    if (l == 2) {
      add(literal_pairs(C, n, h, plan.pairs->manifold), 1, 1);
    } else {
      // The last segment twice in the gain that is reported, 8/7 times in I: see Eq. (11).
      add(sweep(literal_times(0, {1, 2, 4, 8, 16})), 1, 1);
      add(sweep(literal_times(16, {32})), 2, 8.0 / 7);
    }
  }
  number = energy = 0;
  for (int m = 0; m < K; ++m) {
    number += result.I[m];
    energy += result.I[m] * parabola(grid_momentum(m, K));
  }
  const auto broken = weighted_line(n, number, energy);
  for (int m = 0; m < K; ++m) result.I[m] -= n[m] * n[m] * broken(parabola(grid_momentum(m, K)));
  return result;
}

Densities rough_density(int K) {
  Densities n;
  for (int m = 0; m < K; ++m) n.push_back(0.3 + 0.1 * ((7 * m * m + 3 * m) % 5));
  return n;
}

Densities smooth_density(int K) {
  Densities n;
  for (int m = 0; m < K; ++m) {
    const double k = grid_momentum(m, K);
    n.push_back(0.6 + 0.3 * std::cos(k) + 0.1 * std::sin(2 * k));
  }
  return n;
}

void expect_literal(Backend& backend, const TinyCase& tiny, const Densities& n, double tolerance) {
  const CollisionPlan plan = tiny_plan(tiny);
  const LiteralCollision expected = literal_collision(plan, n);
  CollisionBatch actual;

  backend.collision(plan)->evaluate(n, actual);

  const double gain = largest(expected.gain);
  for (int m = 0; m < tiny.K; ++m) {
    EXPECT_NEAR(actual.gain[m], expected.gain[m], tolerance * gain) << m;
    EXPECT_NEAR(actual.I[m], expected.I[m], tolerance * gain) << m;
    EXPECT_NEAR(actual.gain[m] + n[m] * actual.loss[m], actual.I[m], tolerance * gain) << m;
  }
}

// Sums of up to 2e6 rounded terms on one side.
constexpr double sum_rounding = 1e-12;

TEST_P(Collision, ThreeToThreeIsItsLiteralSum) {
  expect_literal(kinetic(), {{3}, 8, 16}, rough_density(8), sum_rounding);
  expect_literal(kinetic(), {{3}, 8, 24}, rough_density(8), sum_rounding);
  expect_literal(kinetic(), {{3}, 6, 12}, rough_density(6), sum_rounding);
}

TEST_P(Collision, ThreeToThreeOnTheGridItself) {
  expect_literal(kinetic(), {{3}, 8, 8}, rough_density(8), sum_rounding);
}

TEST_P(Collision, FourToFourIsItsLiteralSum) {
  expect_literal(kinetic(), {{4}, 8, 8}, rough_density(8), sum_rounding);
  expect_literal(kinetic(), {{3, 4}, 4, 8}, rough_density(4), sum_rounding);
}

/// Units of rounding that a phase e^{i tau E} of ours may be off by: k is off by three roundings of
/// up to pi, hence E by 2 pi times that and one of pi^2.
constexpr double phase_rounding = 32 * dtau * (2 * pi * 3 * pi + pi * pi);

/// Sums over up to a thousand sites, in long double.
void expect_literal_of_size(Backend& backend, int K, int M) {
  const TinyCase size{{3}, K, M};
  const CollisionPlan plan = tiny_plan(size);
  const Densities n = smooth_density(K);
  CollisionBatch batch;
  backend.collision(plan)->evaluate(n, batch);
  const double bound = testing::rounding_bound(plan, n.data(), largest(batch.gain), phase_rounding);
  EXPECT_LT(bound, 1e-10);
  expect_literal(backend, size, n, bound);
}

TEST_P(Collision, ThreeToThreeIsItsLiteralSumOn64Momenta) {
  expect_literal_of_size(kinetic(), 64, 256);
}

TEST_P(Collision, ThreeToThreeIsItsLiteralSumOn256Momenta) {
  expect_literal_of_size(kinetic(), 256, 512);
}

TEST_P(Collision, ThreeToThreeIsItsLiteralSumOn1024Momenta) {
  expect_literal_of_size(kinetic(), 1024, 1024);
}

TEST_P(Collision, TwoToTwoIsItsLiteralSum) {
  // Six-point stencils on a grid 16 times finer: error 3e-7 of an amplitude at mode K / 2, and
  // (2 j / K)^6 of that at mode j.
  expect_literal(kinetic(), {{2}, 8, 0}, rough_density(8), 3e-6);
  expect_literal(kinetic(), {{2}, 32, 0}, smooth_density(32), 1e-9);
}

TEST_P(Collision, ChannelsAdd) {
  expect_literal(kinetic(), {{2, 3}, 8, 16}, rough_density(8), 3e-6);
  expect_literal(kinetic(), {{2, 3, 4}, 4, 8}, rough_density(4), 3e-6);
}

TEST_P(Collision, JacobianIsTheSlopeOfTheLiteralSum) {
  const TinyCase tiny{{3}, 8, 16};
  const int K = tiny.K;
  const CollisionPlan plan = tiny_plan(tiny);
  const Densities n = rough_density(K);
  std::vector<double> J(K * K), slope(K * K);
  for (int p = 0; p < K; ++p) {
    const double step = 1e-4;
    Densities up = n, down = n;
    up[p] += step;
    down[p] -= step;
    const auto I_up = literal_collision(plan, up).I, I_down = literal_collision(plan, down).I;
    for (int k = 0; k < K; ++k) slope[k * K + p] = (I_up[k] - I_down[k]) / (2 * step);
  }

  kinetic().collision(plan)->jacobian(n, J);

  // The step's square, times third derivatives of order 1 / n^2 ~ 10.
  for (int i = 0; i < K * K; ++i) EXPECT_NEAR(J[i], slope[i], 1e-6 * largest(slope)) << i;
}

// --- properties ----------------------------------------------------------------------------------

CollisionPlan large_plan(int K, std::vector<int> channels,
                         Dispersion dispersion = Dispersion::parabolic()) {
  CollisionModel model;
  model.dispersion = std::move(dispersion);
  model.grid.K = K;
  model.channels = std::move(channels);
  Resolution resolution;
  if (model.has_sweep()) {
    resolution.T = 20;
    resolution.dtau = Resolution::safe_dtau(model);
    resolution.M = Resolution::safe_M(model, resolution.T);
    resolution.M_first = 2 * K;
  }
  if (model.has_pairs()) resolution.points = 24;
  return {model, resolution};
}

/// Density x of a family without symmetry, all different.
Densities family(int K, int x) {
  Densities n;
  for (int m = 0; m < K; ++m) {
    const double k = grid_momentum(m, K);
    n.push_back((0.5 + 0.02 * x) * (1 + 0.5 * std::cos(k + x) + 0.3 * std::sin(2 * k - 0.4 * x)) +
                0.1 * std::exp(-4 * (k - 1) * (k - 1)));
  }
  return n;
}

Densities stack(const std::vector<Densities>& parts) {
  Densities all;
  for (const Densities& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// Everything about density x of a batch, in one row, so that == compares bits.
std::vector<double> results_of(const CollisionBatch& batch, int K, int x) {
  std::vector<double> row;
  for (const auto* values : {&batch.gain, &batch.loss, &batch.I})
    row.insert(row.end(), values->begin() + x * K, values->begin() + (x + 1) * K);
  for (const auto* values :
       {&batch.error, &batch.grid_error, &batch.number_rate_raw, &batch.energy_rate_raw})
    row.push_back((*values)[x]);
  row.push_back(batch.projection[x].b);
  row.push_back(batch.projection[x].c);
  return row;
}

constexpr int K_large = 96;
constexpr int batch_size = 37;

TEST_P(Collision, PlaceInTheBatchDoesNotMatter) {
  const auto collision = kinetic().collision(large_plan(K_large, {2, 3}));
  std::vector<Densities> parts;
  for (int x = 0; x < batch_size; ++x) parts.push_back(family(K_large, x));
  const std::vector<Densities> reversed(parts.rbegin(), parts.rend());
  CollisionBatch forwards, backwards, alone;

  collision->evaluate(stack(parts), forwards);
  collision->evaluate(stack(reversed), backwards);

  for (int x = 0; x < batch_size; ++x)
    EXPECT_EQ(results_of(forwards, K_large, x), results_of(backwards, K_large, batch_size - 1 - x));
  for (const int x : {0, 17, 36}) {
    collision->evaluate(parts[x], alone);
    EXPECT_EQ(results_of(forwards, K_large, x), results_of(alone, K_large, 0));
  }
}

// The CPU makes the Jacobians of several densities at once, and pads an odd number of them.
TEST(CpuCollision, JacobiansDependNeitherOnTheirBatchNorOnThreads) {
  constexpr int K = 36, densities = 11;  // K is no multiple of a vector register
  const CollisionPlan plan = large_plan(K, {2, 3});
  std::vector<Densities> parts;
  for (int x = 0; x < densities; ++x) parts.push_back(family(K, x));
  const auto jacobians = [&](int threads, const Densities& n) {
    std::vector<double> J(n.size() * K);
    make_cpu_machine(threads)->kinetic().collision(plan)->jacobian(n, J);
    return J;
  };

  const std::vector<double> together = jacobians(1, stack(parts));

  EXPECT_EQ(jacobians(3, stack(parts)), together);
  for (int x = 0; x < densities; ++x) {
    const auto first = together.begin() + x * K * K;
    EXPECT_EQ(jacobians(2, parts[x]), std::vector<double>(first, first + K * K)) << x;
  }
}

TEST_P(Collision, RunsAreRepeatable) {
  const CollisionPlan plan = large_plan(K_large, {2, 3});
  const Densities n = stack({family(K_large, 0), family(K_large, 1), family(K_large, 2)});
  const auto run = [&] {
    const auto collision = kinetic().collision(plan);
    CollisionBatch batch;
    std::vector<double> J(n.size() * K_large);
    collision->evaluate(n, batch);
    collision->jacobian(n, J);
    for (int x = 0; x < 3; ++x) {
      const std::vector<double> row = results_of(batch, K_large, x);
      J.insert(J.end(), row.begin(), row.end());
    }
    return J;
  };
  const std::vector<double> first = run();
  EXPECT_EQ(run(), first);
  EXPECT_EQ(run(), first);
}

TEST_P(Collision, AgreesWithOneThreadOfTheCpu) {
  const CollisionPlan plan = large_plan(K_large, {2, 3});
  const Densities n = stack({family(K_large, 3), family(K_large, 4)});
  CollisionBatch expected, actual;
  std::vector<double> J_expected(n.size() * K_large), J_actual(n.size() * K_large);
  const auto reference = make_cpu_machine(1)->kinetic().collision(plan);
  const auto collision = kinetic().collision(plan);

  reference->evaluate(n, expected);
  collision->evaluate(n, actual);
  reference->jacobian(n, J_expected);
  collision->jacobian(n, J_actual);

  // 7 factors of ~20 roundings each, in sums whose terms exceed the result a few times.
  const double tolerance = 1e-13;
  for (std::size_t i = 0; i < n.size(); ++i) {
    EXPECT_NEAR(actual.gain[i], expected.gain[i], tolerance * largest(expected.gain));
    EXPECT_NEAR(actual.I[i], expected.I[i], tolerance * largest(expected.gain));
  }
  for (std::size_t i = 0; i < J_actual.size(); ++i)
    ASSERT_NEAR(J_actual[i], J_expected[i], tolerance * largest(J_expected));
}

TEST_P(Collision, ThermalStatesAreStationary) {
  for (const auto& [dispersion, channels] : {std::pair(Dispersion::parabolic(), std::vector{2, 3}),
                                             std::pair(Dispersion::cosine(), std::vector{3})}) {
    const CollisionPlan plan = large_plan(K_large, channels, dispersion);
    std::vector<Densities> states;
    for (const auto& [b, c] :
         {std::pair(1.0, 1.0), std::pair(2.0, 0.1), std::pair(0.0, 1.7), std::pair(-0.1, 1.2)}) {
      states.emplace_back();
      for (double E : plan.energy) states.back().push_back(1 / (b * E + c));
    }
    CollisionBatch batch;

    kinetic().collision(plan)->evaluate(stack(states), batch);

    // h is rounding, of at most a few units times n (|b| E + c).
    for (std::size_t i = 0; i < batch.I.size(); ++i)
      EXPECT_LE(std::abs(batch.I[i]), 2e-14 * largest(batch.gain)) << i;
  }
}

TEST_P(Collision, NumberAndEnergyAreConserved) {
  for (const auto& [dispersion, channels] : {std::pair(Dispersion::parabolic(), std::vector{2, 3}),
                                             std::pair(Dispersion::cosine(), std::vector{3, 4})}) {
    const CollisionPlan plan = large_plan(K_large, channels, dispersion);
    const Densities n = stack({family(K_large, 5), family(K_large, 6), family(K_large, 7)});
    CollisionBatch batch;

    kinetic().collision(plan)->evaluate(n, batch);

    for (int x = 0; x < 3; ++x) {
      double number = 0, energy = 0, number_size = 0, energy_size = 0;
      for (int m = 0; m < K_large; ++m) {
        const double I = batch.I[x * K_large + m], E = plan.energy[m];
        number += I, energy += E * I;
        number_size += std::abs(I), energy_size += E * std::abs(I);
      }
      EXPECT_LE(std::abs(number), 1e-14 * number_size);
      EXPECT_LE(std::abs(energy), 1e-14 * energy_size);
    }
  }
}

TEST_P(Collision, JacobianIsTheSlopeOfEvaluate) {
  constexpr int K = 32;
  for (const auto& channels : std::vector<std::vector<int>>{{2}, {3}, {2, 3}}) {
    const CollisionPlan plan = large_plan(K, channels);
    const auto collision = kinetic().collision(plan);
    const std::vector<Densities> states{family(K, 0), family(K, 1)};
    std::vector<double> J(states.size() * K * K);

    collision->jacobian(stack(states), J);

    for (std::size_t x = 0; x < states.size(); ++x) {
      std::vector<Densities> moved;
      const double step = 1e-4;
      for (int p = 0; p < K; ++p)
        for (const double sign : {1.0, -1.0}) {
          moved.push_back(states[x]);
          moved.back()[p] += sign * step;
        }
      CollisionBatch batch;
      collision->evaluate(stack(moved), batch);
      const double size = largest(J);
      for (int k = 0; k < K; ++k)
        for (int p = 0; p < K; ++p) {
          const double slope = (batch.I[2 * p * K + k] - batch.I[(2 * p + 1) * K + k]) / (2 * step);
          ASSERT_NEAR(J[(x * K + k) * K + p], slope, 1e-6 * size) << x << ", " << k << ", " << p;
        }
    }
  }
}

}  // namespace
}  // namespace kapitza::kinetic
