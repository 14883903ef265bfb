// SPDX-License-Identifier: BSD-3-Clause
//
// What every backend's ensemble must do: one test body, instantiated for all of them. Short runs
// are compared with literal sums; longer ones with exact properties.

#include <algorithm>
#include <cmath>
#include <complex>
#include <gtest/gtest.h>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "kapitza/field/ensemble.hpp"
#include "kapitza/random/normal.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/ensemble_contents.hpp"
#include "tests/support/oracle_field.hpp"

namespace kapitza::field {
namespace {

using kapitza::testing::fields_of;
using kapitza::testing::totals_of;

using std::numbers::pi;
constexpr std::uint64_t seed = 0x9e3779b97f4a7c15;

class Fields : public OnEveryBackend {};

INSTANTIATE_TEST_SUITE_P(Backends, Fields, all_backends, backend_name);

class LongFields : public OnEveryBackend {};

INSTANTIATE_TEST_SUITE_P(Backends, LongFields, two_pass_backends, backend_name);

// --- cases ---------------------------------------------------------------------------------------

/// No symmetry, so that k and -k or left and right cannot be taken for each other.
double n_in(double k) { return 0.5 + 0.3 * std::cos(k) - 0.15 * std::sin(2 * k + 0.4); }

/// A closed chain of N sites, or with an absorber a driven one; the windows are counted off here.
struct Case {
  std::string name;
  int N, begin, end;  ///< the defect
  int b = 0, W = 0;
  std::vector<int> windows{0};
  int noise_modes = 0;  ///< the even length without prime factors above 5 from 3 b on

  double D(int x) const {
    return x < begin || x >= end ? 0 : 1 + 0.5 * std::sin(1.3 * x) - 0.02 * x;
  }
};

const std::vector<Case> cases{
    {"closed 16", 16, 5, 9},
    {"closed 30", 30, 0, 30},
    {"closed 37", 37, 36, 37},
    {"closed 64", 64, 20, 50},
    {"closed 256", 256, 20, 50},
    {"driven 30", 30, 13, 17, 6, 6, {6, 18}, 18},
    {"driven 37", 37, 17, 20, 5, 7, {7, 23}, 16},
    {"driven 64", 64, 28, 36, 8, 12, {12, 40}, 24},
    {"driven 256", 256, 28, 36, 8, 12, {12, 136}, 24},
};

const Case long_ring{"driven 4096", 4096, 2036, 2060, 8, 12, {1016, 3068}, 24};

constexpr double lambda = 0.8, Gamma = 4.0;

Problem problem_of(const Case& c) {
  Problem problem;
  problem.interaction = Interaction({{2, 1.5}, {3, 6.0}}).with_potential(-0.7);
  problem.lambda = lambda;
  for (int x = 0; x < c.N; ++x) problem.profile.push_back(c.D(x));
  if (c.b > 0) problem.absorber = Absorber{c.b, Gamma};
  problem.window = c.W;
  problem.density = [](const std::vector<double>& k) {
    std::vector<double> n;
    for (const double q : k) n.push_back(n_in(q));
    return n;
  };
  return problem;
}

/// The same for the oracle.
oracle::Chain chain_of(const Case& c, const Numerics& numerics) {
  oracle::Chain chain;
  chain.E = [](double k) { return k * k; };
  chain.U = [](double y) { return -0.7 * y + 0.75 * y * y + y * y * y; };
  chain.dU = [](double y) { return -0.7 + 1.5 * y + 3 * y * y; };
  chain.lambda = lambda;
  for (int x = 0; x < c.N; ++x) chain.D.push_back(c.D(x));
  chain.n = n_in;
  chain.b = c.b;
  chain.Gamma = Gamma;
  chain.noise_modes = c.noise_modes;
  chain.dt = numerics.dt;
  chain.kick_every = numerics.kick_every;
  chain.order = numerics.order;
  chain.windows = c.windows;
  chain.W = c.b > 0 ? c.W : c.N;
  return chain;
}

std::complex<double> white(Stream stream, int trajectory, long step, int m) {
  const auto [even, odd] =
      white_noise<double>(seed, stream, static_cast<std::uint32_t>(trajectory),
                          static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(m / 2));
  const Complex z = m % 2 == 0 ? even : odd;
  return {z.re, z.im};
}

oracle::Trajectory oracle_of(const Case& c, const Numerics& numerics, int trajectory) {
  return {chain_of(c, numerics), [=](int m) { return white(Stream::start, trajectory, 0, m); },
          [=](long i, int m) { return white(Stream::noise, trajectory, i, m); }};
}

EnsemblePlan plan_of(const Case& c, const Numerics& numerics, int trajectories = 3,
                     Precision precision = Precision::double_) {
  return make_plan(problem_of(c), numerics, {trajectories, seed, precision});
}

// --- what is in an ensemble ----------------------------------------------------------------------

/// psi_x = e^{i k_0 x} phi_x of one trajectory.
std::vector<std::complex<double>> psi_of(const Ensemble& ensemble, int trajectory) {
  const int N = ensemble.plan().sites;
  const std::vector<Complex> phi = fields_of(ensemble);
  std::vector<std::complex<double>> psi;
  for (int x = 0; x < N; ++x) {
    const Complex z = phi[static_cast<std::size_t>(trajectory) * N + x];
    psi.push_back(std::polar(1.0, (-pi + pi / N) * x) * std::complex(z.re, z.im));
  }
  return psi;
}

/// What one measurement adds to the totals.
std::vector<double> observables(const oracle::Trajectory& trajectory, const Case& c) {
  std::vector<double> sums;
  for (const int first : c.windows) {
    const std::vector<double> n = trajectory.n(first);
    sums.insert(sums.end(), n.begin(), n.end());
    for (const double value : n) sums.push_back(value * value);
  }
  for (const auto& psi : trajectory.psi()) sums.push_back(std::norm(psi));
  sums.push_back(trajectory.potential_energy());
  return sums;
}

/// Rounding, in units of the largest |psi|: every stage of a step is a few transforms and a phase,
/// which is U' known to a few roundings; the oracle's sums of N terms e^{ikx}, |kx| < pi N, have
/// errors of their own of pi N epsilon at most: both k and k x are rounded.
double rounding(const EnsemblePlan& plan, long steps) {
  const bool single = plan.precision == Precision::single_;
  const double epsilon = single ? std::numeric_limits<float>::epsilon() / 2.0
                                : std::numeric_limits<double>::epsilon() / 2;
  const double transforms = 1.0 + static_cast<double>(steps) * plan.composition.stages();
  const double of_backend = 8 * std::log2(plan.sites);
  return transforms *
         (of_backend * epsilon + pi * plan.sites * std::numeric_limits<double>::epsilon());
}

void expect_literal(Backend& backend, const Case& c, const Numerics& numerics,
                    const std::vector<long>& slices, Precision precision = Precision::double_) {
  SCOPED_TRACE(c.name + ", order " + std::to_string(numerics.order));
  const int trajectories = 3;
  const auto ensemble = backend.ensemble(plan_of(c, numerics, trajectories, precision));
  ensemble->start();
  std::vector<oracle::Trajectory> expected;
  for (int i = 0; i < trajectories; ++i) expected.push_back(oracle_of(c, numerics, i));
  std::vector<std::vector<double>> sums(trajectories);
  long step = 0;
  for (const long steps : slices) {
    ASSERT_FALSE(ensemble->advance(step, steps));
    for (int i = 0; i < trajectories; ++i) {
      expected[i].advance(step, steps);
      const std::vector<double> more = observables(expected[i], c);
      sums[i].resize(more.size());
      std::transform(more.begin(), more.end(), sums[i].begin(), sums[i].begin(), std::plus<>());
    }
    step += steps;
  }

  const double relative = rounding(ensemble->plan(), step);
  const std::vector<double> actual = totals_of(*ensemble);
  for (int i = 0; i < trajectories; ++i) {
    double largest = 0, error = 0;
    const auto psi = psi_of(*ensemble, i);
    for (int x = 0; x < c.N; ++x) {
      largest = std::max(largest, std::abs(expected[i].psi()[x]));
      error = std::max(error, std::abs(psi[x] - expected[i].psi()[x]));
    }
    EXPECT_LE(error, relative * largest) << "trajectory " << i;
    // Of n(k)^2, the fourth power of the field, a sum over the window of W sites.
    const std::size_t size = sums[i].size();
    ASSERT_EQ(size, ensemble->plan().observables());
    const double most = *std::max_element(sums[i].begin(), sums[i].end());
    for (std::size_t j = 0; j < size; ++j)
      ASSERT_NEAR(actual[i * size + j], sums[i][j], 4 * relative * (1 + most))
          << "trajectory " << i << ", observable " << j;
  }
}

// --- literal sums --------------------------------------------------------------------------------

TEST_P(Fields, ZeroStepsMeasureTheStart) {
  for (const Case& c : cases) expect_literal(field(), c, {0.1, 1, 2}, {0});
}

TEST_P(Fields, OneStepIsLiteral) {
  for (const Case& c : cases)
    for (const int order : {2, 4}) expect_literal(field(), c, {0.1, 1, order}, {1});
}

/// Short steps: what a step of 0.1 does in the defect to a rounding is more than rounding() knows
/// of.
TEST_P(LongFields, StepsAreLiteral) { expect_literal(field(), long_ring, {0.02, 2, 2}, {1, 1}); }

TEST_P(Fields, SeveralStepsAreLiteral) {
  for (const Case& c : cases)
    for (const int order : {2, 4}) expect_literal(field(), c, {0.07, 3, order}, {4, 1, 7});
}

TEST_P(Fields, SinglePrecisionIsLiteralToItsOwnRounding) {
  for (const Case& c : cases)
    for (const int order : {2, 4})
      expect_literal(field(), c, {0.07, 2, order}, {0, 3, 2}, Precision::single_);
}

TEST_P(Fields, NothingToStartFromIsFilledByTheNoise) {
  const Case& c = cases.back();
  Problem problem = problem_of(c);
  problem.starts_from_zero = true;
  const auto ensemble = field().ensemble(make_plan(problem, {0.1, 2, 2}, {2, seed}));
  ensemble->start();
  ASSERT_FALSE(ensemble->advance(0, 1));
  for (const double sum : totals_of(*ensemble)) EXPECT_EQ(sum, 0);
  ASSERT_FALSE(ensemble->advance(1, 1));
  const std::vector<Complex> phi = fields_of(*ensemble);
  for (int x = 0; x < c.N; ++x) EXPECT_EQ(norm(phi[x]) > 0, x < c.b || x >= c.N - c.b) << x;
}

// --- exact properties ----------------------------------------------------------------------------

void expect_to_go_on_from_a_checkpoint(Backend& backend, const Case& c) {
  for (const Precision precision : {Precision::double_, Precision::single_}) {
    const EnsemblePlan plan = plan_of(c, {0.1, 2, 4}, 4, precision);
    const auto whole = backend.ensemble(plan), resumed = backend.ensemble(plan);
    whole->start();
    ASSERT_FALSE(whole->advance(0, 3));
    const std::vector<Complex> phi = fields_of(*whole);
    const std::vector<double> sums = totals_of(*whole);
    ASSERT_FALSE(whole->advance(3, 4));

    resumed->set_fields(phi);
    resumed->set_totals(sums);
    EXPECT_EQ(fields_of(*resumed), phi);
    EXPECT_EQ(totals_of(*resumed), sums);
    ASSERT_FALSE(resumed->advance(3, 4));

    EXPECT_EQ(fields_of(*resumed), fields_of(*whole));
    EXPECT_EQ(totals_of(*resumed), totals_of(*whole));
  }
}

TEST_P(Fields, GoOnFromACheckpointBitForBit) {
  expect_to_go_on_from_a_checkpoint(field(), cases.back());
}

TEST_P(LongFields, GoOnFromACheckpointBitForBit) {
  expect_to_go_on_from_a_checkpoint(field(), long_ring);
}

TEST_P(Fields, TotalsAddUpUntilTheyAreCleared) {
  const auto ensemble = field().ensemble(plan_of(cases.back(), {0.1, 1, 2}));
  ensemble->start();
  ASSERT_FALSE(ensemble->advance(0, 0));
  const std::vector<double> once = totals_of(*ensemble);
  ASSERT_FALSE(ensemble->advance(0, 0));
  const std::vector<double> twice = totals_of(*ensemble);
  for (std::size_t i = 0; i < once.size(); ++i) EXPECT_EQ(twice[i], 2 * once[i]);
  ensemble->clear();
  for (const double sum : totals_of(*ensemble)) EXPECT_EQ(sum, 0);
  ASSERT_FALSE(ensemble->advance(0, 0));
  EXPECT_EQ(totals_of(*ensemble), once);
  ensemble->start();
  for (const double sum : totals_of(*ensemble)) EXPECT_EQ(sum, 0);
}

TEST_P(Fields, StartIsTheSameEveryTime) {
  const auto ensemble = field().ensemble(plan_of(cases.back(), {0.1, 1, 2}));
  ensemble->start();
  const std::vector<Complex> phi = fields_of(*ensemble);
  ASSERT_FALSE(ensemble->advance(0, 5));
  EXPECT_NE(fields_of(*ensemble), phi);
  ensemble->start();
  EXPECT_EQ(fields_of(*ensemble), phi);
}

void expect_trajectories_alone(Backend& backend, const Case& c) {
  const Numerics numerics{0.1, 2, 4};
  for (const Precision precision : {Precision::double_, Precision::single_}) {
    const auto few = backend.ensemble(plan_of(c, numerics, 3, precision));
    const auto many = backend.ensemble(plan_of(c, numerics, 37, precision));
    for (const auto& ensemble : {few.get(), many.get()}) {
      ensemble->start();
      ASSERT_FALSE(ensemble->advance(0, 5));
    }
    std::vector<Complex> first = fields_of(*many);
    first.resize(fields_of(*few).size());
    EXPECT_EQ(first, fields_of(*few));
    std::vector<double> sums = totals_of(*many);
    sums.resize(totals_of(*few).size());
    EXPECT_EQ(sums, totals_of(*few));
  }
}

TEST_P(Fields, TrajectoriesKnowNothingOfEachOther) {
  expect_trajectories_alone(field(), cases.back());
}

TEST_P(LongFields, TrajectoriesKnowNothingOfEachOther) {
  expect_trajectories_alone(field(), long_ring);
}

TEST(CpuFields, ThreadsDoNotMatter) {
  for (const Precision precision : {Precision::double_, Precision::single_}) {
    const EnsemblePlan plan = plan_of(cases.back(), {0.1, 2, 4}, 40, precision);
    const auto run = [&](int threads) {
      auto ensemble = make_cpu_machine(threads)->field().ensemble(plan);
      ensemble->start();
      EXPECT_FALSE(ensemble->advance(0, 40));
      return ensemble;
    };
    const auto one = run(1), two = run(2);
    EXPECT_EQ(fields_of(*two), fields_of(*one));
    EXPECT_EQ(totals_of(*two), totals_of(*one));
  }
}

TEST_P(Fields, SlicesDoNotMatter) {
  const EnsemblePlan plan = plan_of(cases.back(), {0.1, 3, 2});
  const auto run = [&](const std::vector<long>& slices) {
    const auto ensemble = field().ensemble(plan);
    ensemble->start();
    long step = 0;
    for (const long steps : slices) {
      EXPECT_FALSE(ensemble->advance(step, steps));
      step += steps;
    }
    return fields_of(*ensemble);
  };
  const std::vector<Complex> whole = run({10});
  double largest = 0;
  for (const Complex& z : whole) largest = std::max(largest, std::sqrt(norm(z)));
  for (const auto& slices : std::vector<std::vector<long>>{
           {1, 9}, {3, 7}, {2, 2, 2, 4}, {0, 10}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}}) {
    const std::vector<Complex> phi = run(slices);
    for (std::size_t i = 0; i < phi.size(); ++i)
      ASSERT_LE(std::sqrt(norm(phi[i] - whole[i])), rounding(plan, 10) * largest) << i;
  }
}

TEST_P(Fields, LengthsWithLargePrimeFactorsAreTransformedToo) {
  // Here a transform library has other algorithms than for the lengths we would choose.
  for (const int N : {74, 97, 202, 2662, 2738, 3034}) {
    for (const Precision precision : {Precision::double_, Precision::single_}) {
      const Case c{"long", N, 0, 0};
      const EnsemblePlan plan = plan_of(c, {0.1, 1, 2}, 2, precision);
      const auto ensemble = field().ensemble(plan);
      ensemble->start();
      const std::vector<Complex> before = fields_of(*ensemble);
      ASSERT_FALSE(ensemble->advance(0, 1));
      const std::vector<double> sums = totals_of(*ensemble);
      for (int i = 0; i < 2; ++i) {
        double number = 0, density = 0, spectrum = 0;
        for (int x = 0; x < N; ++x) {
          number += norm(before[static_cast<std::size_t>(i) * N + x]);
          spectrum += plan.totals().row(sums.data(), i)[plan.totals().n(0, x)];
          density += plan.totals().row(sums.data(), i)[plan.totals().site(x)];
        }
        EXPECT_NEAR(density, number, 2 * rounding(plan, 1) * number) << N;
        EXPECT_NEAR(spectrum, number, 2 * rounding(plan, 1) * number) << N;
      }
    }
  }
}

// --- conservation laws of a closed chain ---------------------------------------------------------

struct Laws {
  double number = 0, energy = 0;
};

/// N = sum |psi|^2 and H = sum_m E(k_m) n(k_m) + lambda sum D U of the first trajectory.
Laws laws_of(Ensemble& ensemble) {
  const int N = ensemble.plan().sites;
  ensemble.clear();
  EXPECT_FALSE(ensemble.advance(0, 0));
  const std::vector<double> sums = totals_of(ensemble);
  Laws laws;
  laws.energy = sums[3 * static_cast<std::size_t>(N)];
  for (int m = 0; m < N; ++m) {
    const double k = -pi + 2 * pi * (m + 0.5) / N;
    laws.energy += k * k * sums[m];
    laws.number += sums[2 * static_cast<std::size_t>(N) + m];
  }
  return laws;
}

TEST_P(Fields, NumberIsConserved) {
  for (const Precision precision : {Precision::double_, Precision::single_}) {
    const EnsemblePlan plan = plan_of(cases[3], {0.1, 1, 4}, 1, precision);
    const auto ensemble = field().ensemble(plan);
    ensemble->start();
    const double before = laws_of(*ensemble).number;
    ASSERT_FALSE(ensemble->advance(0, 200));
    const double after = laws_of(*ensemble).number;
    // |psi|^2 has twice the relative error of psi; of the phase there is none.
    EXPECT_NEAR(after, before, 2 * rounding(plan, 200) * before);
  }
}

TEST_P(Fields, EnergyIsConservedToTheOrderOfTheSplitting) {
  for (const int order : {2, 4}) {
    const double dt = order == 2 ? 0.02 : 0.05, time = 2;
    const auto error = [&](int halvings) {
      const auto ensemble =
          field().ensemble(plan_of(cases[3], {dt / (1 << halvings), 1, order}, 1));
      ensemble->start();
      const double start = laws_of(*ensemble).energy;
      double sum = 0;
      const int samples = 10;
      const long steps = std::lround(time / dt / samples) * (1 << halvings);
      for (int i = 0; i < samples; ++i) {
        EXPECT_FALSE(ensemble->advance(i * steps, steps));
        sum += std::pow(laws_of(*ensemble).energy - start, 2);
      }
      return std::sqrt(sum / samples);
    };
    const double coarse = error(0), fine = error(1);
    // The next order of an even scheme is two powers higher: (dt E_max)^2 of the ratio, at most.
    EXPECT_NEAR(std::log2(coarse / fine), order, 0.2) << coarse << " " << fine;
    RecordProperty("energy_error_order_" + std::to_string(order), std::to_string(coarse));
  }
}

// --- blow-ups ------------------------------------------------------------------------------------

/// A free closed chain: lambda = 0.
EnsemblePlan free_plan(double dt, int trajectories) {
  Problem problem = problem_of(cases[0]);
  problem.lambda = 0;
  return make_plan(problem, {dt, 1, 2}, {trajectories, seed});
}

TEST_P(Fields, BlowUpIsReported) {
  // So short a step leaves the rest of the ring finite: 1e160 squared is not.
  const auto ensemble = field().ensemble(free_plan(1e-12, 3));
  ensemble->start();
  std::vector<Complex> phi = fields_of(*ensemble);
  phi[1 * 16 + 11] = {0, 1e160};
  ensemble->set_fields(phi);

  const auto blow_up = ensemble->advance(7, 3);

  ASSERT_TRUE(blow_up);
  EXPECT_EQ(blow_up->trajectory, 1);
  EXPECT_EQ(blow_up->site, 11);
  EXPECT_EQ(blow_up->step, 7);
}

TEST_P(Fields, BlowUpIsFoundAtTheStepWhereItHappens) {
  // Nothing to start from, and a kick after step 2 whose square is too large for a number: at site
  // 0, next to the seam, by a factor of 10^4.
  Problem problem = problem_of(cases.back());
  problem.starts_from_zero = true;
  problem.density = [](const std::vector<double>& k) { return std::vector(k.size(), 8e307); };
  problem.absorber->Gamma = problem.absorber->width * 10 / (3 * 0.1);
  const auto ensemble = field().ensemble(make_plan(problem, {0.1, 3, 2}, {1, seed}));
  ensemble->start();
  ASSERT_FALSE(ensemble->advance(0, 2));
  ensemble->start();

  const auto blow_up = ensemble->advance(0, 5);

  ASSERT_TRUE(blow_up);
  EXPECT_EQ(blow_up->trajectory, 0);
  EXPECT_EQ(blow_up->site, 0);
  EXPECT_EQ(blow_up->step, 2);
}

TEST_P(Fields, OthersSurviveABlowUp) {
  const EnsemblePlan plan = plan_of(cases.back(), {0.1, 2, 2});
  const auto disturbed = field().ensemble(plan), calm = field().ensemble(plan);
  disturbed->start();
  calm->start();
  std::vector<Complex> phi = fields_of(*disturbed);
  const int N = plan.sites;
  phi[1 * N + 30].re = std::numeric_limits<double>::quiet_NaN();
  disturbed->set_fields(phi);

  const auto blow_up = disturbed->advance(0, 4);
  ASSERT_FALSE(calm->advance(0, 4));

  ASSERT_TRUE(blow_up);
  EXPECT_EQ(blow_up->trajectory, 1);
  EXPECT_EQ(blow_up->step, 0);
  const std::vector<Complex> actual = fields_of(*disturbed), expected = fields_of(*calm);
  for (const int trajectory : {0, 2})
    for (int x = 0; x < N; ++x) EXPECT_EQ(actual[trajectory * N + x], expected[trajectory * N + x]);
}

}  // namespace
}  // namespace kapitza::field
