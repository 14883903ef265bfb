// SPDX-License-Identifier: BSD-3-Clause
// What an ensemble of fields is made of: local steps, absorber, windows, splittings, plans.
#include <cmath>
#include <complex>
#include <cstdint>
#include <gtest/gtest.h>
#include <map>
#include <numbers>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "kapitza/core/error.hpp"
#include "kapitza/field/absorber.hpp"
#include "kapitza/field/ensemble.hpp"
#include "kapitza/field/local_step.hpp"
#include "kapitza/field/window.hpp"
#include "kapitza/model/interaction.hpp"
#include "kapitza/numerics/composition.hpp"
#include "kapitza/numerics/fast_length.hpp"

namespace kapitza::field {
namespace {

using std::numbers::pi;

std::complex<double> cis(double angle) { return {std::cos(angle), std::sin(angle)}; }
std::complex<double> standard(Complex z) { return {z.re, z.im}; }

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

// --- the interaction ---------------------------------------------------------------------------

const std::map<int, double> coefficients{{1, -0.7}, {2, 1.1}, {3, 6.0}, {5, -2.0}, {6, 4.0}};

/// U(y) = sum_l c_l y^l / l!
double literal_U(double y) {
  double sum = 0;
  for (const auto& [l, c] : coefficients) sum += c * std::pow(y, l) / std::tgamma(l + 1);
  return sum;
}

PotentialSlope<double> slope_of(const Interaction& interaction) {
  PotentialSlope<double> U1;
  for (int l = 0; l < PotentialSlope<double>::size; ++l) U1.slope[l] = interaction.slope(l);
  return U1;
}

TEST(Interaction, SlopeIsTheDerivativeOfU) {
  const PotentialSlope<double> U1 = slope_of(Interaction(coefficients));
  for (const double y : {0.0, 0.3, 1.0, 2.2}) {
    double literal = 0;
    for (const auto& [l, c] : coefficients) literal += c * std::pow(y, l - 1) / std::tgamma(l);
    EXPECT_NEAR(U1(y), literal, 1e-13 * (1 + std::abs(literal)));
    // Of the symmetric difference h^2 U'''/6 is left, and rounding divided by h.
    const double h = 1e-5;
    EXPECT_NEAR(U1(y), (literal_U(y + h) - literal_U(y - h)) / (2 * h), 1e-8);
    EXPECT_NEAR(U1.integral(y), literal_U(y), 1e-13 * (1 + std::abs(literal_U(y))));
  }
}

TEST(Interaction, SlopeEndsWithTheInteraction) {
  const Interaction psi6 = Interaction::psi6();  // U = y^3
  EXPECT_EQ(psi6.slope(0), 0);
  EXPECT_EQ(psi6.slope(1), 0);
  EXPECT_EQ(psi6.slope(2), 3);
  for (int l = 3; l < 8; ++l) EXPECT_EQ(psi6.slope(l), 0);
  EXPECT_EQ(Interaction({}).slope(0), 0);
}

TEST(Interaction, PotentialShiftsTheSlopeAndNothingElse) {
  const Interaction bare({{1, 0.4}, {3, 6.0}}), shifted = bare.with_potential(-1.5);
  EXPECT_DOUBLE_EQ(shifted.slope(0), -1.1);
  for (int l = 1; l < 6; ++l) EXPECT_EQ(shifted.slope(l), bare.slope(l));
  for (const int l : {2, 3, 4}) EXPECT_EQ(shifted.rate(l, 0.7), bare.rate(l, 0.7));
  EXPECT_EQ(shifted.degree(), 3);
  EXPECT_EQ(bare.slope(0), 0.4);
  EXPECT_EQ(Interaction({}).with_potential(2).slope(0), 2);
}

// --- the local step ----------------------------------------------------------------------------

TEST(PhaseKick, KeepsTheModulus) {
  const PhaseKick<double> kick{slope_of(Interaction(coefficients))};
  for (const double turns : {-3.0, 0.0, 1e-3, 0.25, 100.0})
    for (const Complex psi : {Complex{0, 0}, {1.2, -0.4}, {-0.01, 0.7}})
      EXPECT_NEAR(norm(kick(psi, turns)), norm(psi), 1e-14 * norm(psi));
}

TEST(PhaseKick, SolvesTheLocalEquation) {
  // i d_t psi = g U'(|psi|^2) psi by Runge and Kutta: 2000 steps leave 1e-12.
  const PotentialSlope<double> U1 = slope_of(Interaction(coefficients));
  const double g = 0.8, t = 0.6;
  const std::complex<double> start(0.7, -0.5);
  std::complex<double> psi = start;
  const auto rate = [&](std::complex<double> z) {
    return std::complex<double>(0, -g * U1(std::norm(z))) * z;
  };
  const int steps = 2000;
  const double h = t / steps;
  for (int step = 0; step < steps; ++step) {
    const auto a = rate(psi), b = rate(psi + h / 2 * a), c = rate(psi + h / 2 * b),
               d = rate(psi + h * c);
    psi += h / 6 * (a + 2.0 * b + 2.0 * c + d);
  }

  const Complex kicked = PhaseKick<double>{U1}({start.real(), start.imag()}, g * t / (2 * pi));

  EXPECT_NEAR(std::abs(standard(kicked) - psi), 0, 1e-11);
}

// --- the absorber ------------------------------------------------------------------------------

TEST(Absorber, RatesOfBothSidesAddUpToGamma) {
  for (const int width : {1, 2, 7, 64}) {
    const Absorber absorber{width, 3.7};
    double sum = 0;
    for (int y = 0; y < width; ++y) sum += 2 * absorber.rate(y + 0.5);
    EXPECT_NEAR(sum, 3.7, 1e-14 * width);
  }
}

TEST(Absorber, RisesSmoothlyToTheSeam) {
  const Absorber absorber{100, 2.0};
  EXPECT_NEAR(absorber.rate(0), absorber.max_rate(), 1e-16);
  EXPECT_NEAR(absorber.rate(100), 0, 1e-16);
  for (double y = 0.5; y < 99; ++y) {
    EXPECT_EQ(absorber.rate(y), absorber.rate(-y));
    const double step = absorber.rate(y) - absorber.rate(y + 1);
    EXPECT_GT(step, 0);
    EXPECT_LT(step, absorber.max_rate() * pi / 2 / 100);  // of cos^2 the slope is at most pi / 2b
  }
}

TEST(Absorber, GammaForIsTheInverseOfLeak) {
  for (const double leak : {1e-6, 0.01, 0.5})
    for (const double speed : {0.2, 1.0, 2 * pi}) {
      const Absorber absorber{10, Absorber::Gamma_for(leak, speed)};
      EXPECT_NEAR(absorber.leak(speed), leak, 1e-13 * leak);
      // An amplitude falls by the integral of gamma dt = gamma dx / v, a density twice as fast.
      double crossed = 1;
      for (int y = 0; y < 10; ++y) crossed *= std::exp(-4 * absorber.rate(y + 0.5) / speed);
      EXPECT_NEAR(crossed, leak, 1e-12 * leak);
    }
}

TEST(Absorber, KicksMakeUpForTheDampingAroundThem) {
  // n -> e^{-gamma t} (e^{-gamma t} n + kick^2 s) has the fixed point s / 2.
  const double gamma = 0.3, n_in = 1.7;
  for (const double t : {0.01, 1.0}) {
    const double kick = Absorber::kick(gamma, t), decay = std::exp(-gamma * t);
    const double after = decay * (decay * n_in + kick * kick * Absorber::source(n_in));
    EXPECT_NEAR(after, n_in, 1e-14);
  }
}

// --- windows -----------------------------------------------------------------------------------

TEST(FastLength, IsTheNextEvenNumberOfSmallFactors) {
  const auto is_fast = [](int n) {  // 2^10 > 700
    std::int64_t rest = n;
    for (int times = 0; times < 10; ++times) rest /= std::gcd(rest, 2 * 3 * 5);
    return rest == 1;
  };
  for (int n = 1; n <= 700; ++n) {
    EXPECT_EQ(is_fast_length(n), is_fast(n)) << n;
    int expected = n;
    while (expected % 2 == 1 || !is_fast(expected)) ++expected;
    EXPECT_EQ(fast_length(n), expected) << n;
  }
}

TEST(Window, TapersHaveTheSumOfSquaresOne) {
  for (const int sites : {1, 2, 15, 64})
    for (const Window& window : {Window::sine(sites), Window::ring(sites)}) {
      EXPECT_EQ(window.sites(), sites);
      double sum = 0;
      for (int j = 0; j < sites; ++j) {
        sum += window.taper()[j] * window.taper()[j];
        EXPECT_NEAR(window.taper()[j], window.taper()[sites - 1 - j], 1e-14);
      }
      EXPECT_NEAR(sum, 1, 1e-14 * sites);
    }
}

double smooth_density(double k) { return 0.8 + 0.3 * std::cos(k) - 0.2 * std::sin(2 * k + 0.4); }

std::vector<double> on(MomentumGrid grid, double (*n)(double)) {
  std::vector<double> values;
  for (const double k : grid.momenta()) values.push_back(n(k));
  return values;
}

/// (1/N) sum_q |H(k - q)|^2 n(q), with H(p) = sum_j h_j e^{-ipj}.
std::vector<double> literal_blur(const Window& window, MomentumGrid ring,
                                 const std::vector<double>& n) {
  std::vector<double> blurred;
  for (const double k : window.grid().momenta()) {
    double sum = 0;
    for (int m = 0; m < ring.K; ++m) {
      std::complex<double> H = 0;
      for (int j = 0; j < window.sites(); ++j) H += window.taper()[j] * cis((ring(m) - k) * j);
      sum += std::norm(H) * n[m] / ring.K;
    }
    blurred.push_back(sum);
  }
  return blurred;
}

TEST(Window, BlurIsTheLiteralAverage) {
  for (const auto& [sites, N] : {std::pair(12, 64), {13, 37}, {30, 30}, {1, 8}}) {
    std::vector<double> rough;
    for (int m = 0; m < N; ++m) rough.push_back(0.3 + 0.1 * ((7 * m * m + 3 * m) % 5));
    for (const Window& window : {Window::sine(sites), Window::ring(sites)}) {
      const auto blurred = window.blur({N}, rough), expected = literal_blur(window, {N}, rough);
      for (int m = 0; m < sites; ++m) EXPECT_NEAR(blurred[m], expected[m], 1e-13) << m;
    }
  }
}

TEST(Window, BlurLeavesAConstantAlone) {
  for (const int sites : {2, 9, 40})
    for (const double n : Window::sine(sites).blur({96}, std::vector<double>(96, 1.3)))
      EXPECT_NEAR(n, 1.3, 1e-13);
}

TEST(Window, RingHasNoBlurAtItsOwnMomenta) {
  for (const int N : {16, 37}) {
    const std::vector<double> n = on({N}, smooth_density);
    const std::vector<double> blurred = Window::ring(N).blur({N}, n);
    for (int m = 0; m < N; ++m) EXPECT_NEAR(blurred[m], n[m], 1e-13);
  }
}

TEST(Window, BlursASmoothDensityByItsCurvature) {
  const int N = 512;
  const auto error = [&](int sites, double part) {
    const Window window = Window::sine(sites);
    const std::vector<double> blurred = window.blur({N}, on({N}, smooth_density));
    double worst = 0;
    for (int m = 0; m < sites; ++m) {
      const double k = window.grid()(m);
      const double curvature = -0.3 * std::cos(k) + 0.8 * std::sin(2 * k + 0.4);
      const double bias = curvature / 2 * std::pow(pi / (sites + 1), 2);
      worst = std::max(worst, std::abs(blurred[m] - smooth_density(k) - part * bias));
    }
    return worst;
  };
  // What the curvature leaves is smaller by another power of 1 / sites, at least.
  EXPECT_LT(error(64, 1), 0.1 * error(64, 0));
  EXPECT_LT(error(128, 1), error(64, 1) / 6);
  EXPECT_NEAR(error(64, 0) / error(128, 0), std::pow(129.0 / 65, 2), 0.05);
}

// --- splittings --------------------------------------------------------------------------------

TEST(Composition, IsSymmetricAndConsistent) {
  for (const Composition& c : {Composition::strang(), Composition::blanes_moan()}) {
    ASSERT_EQ(static_cast<int>(c.local.size()), c.stages() + 1);
    EXPECT_NEAR(sum_of(c.local), 1, 1e-15);
    EXPECT_NEAR(sum_of(c.kinetic), 1, 1e-15);
    for (int i = 0; i <= c.stages(); ++i) EXPECT_EQ(c.local[i], c.local[c.stages() - i]);
    for (int i = 0; i < c.stages(); ++i) EXPECT_EQ(c.kinetic[i], c.kinetic[c.stages() - 1 - i]);
  }
  EXPECT_EQ(Composition::strang().stages(), 1);
  EXPECT_EQ(Composition::blanes_moan().stages(), 6);
}

/// Writes down what split_steps() asks for.
struct Recorder {
  std::ostringstream calls;
  void local(int slot) { calls << "L" << slot << " "; }
  void kinetic(int stage) { calls << "K" << stage << " "; }
  void kick(long index) { calls << "kick" << index << " "; }
};

std::string recorded(int stages, long first, long steps, int kick_every) {
  Recorder field;
  split_steps(stages, first, steps, kick_every, field);
  return field.calls.str();
}

TEST(SplitSteps, MergesTheEndsOfStepsWhereNothingIsBetween) {
  EXPECT_EQ(recorded(1, 0, 1, 0), "L0 K0 L1 ");
  EXPECT_EQ(recorded(1, 0, 3, 0), "L0 K0 L2 K0 L2 K0 L1 ");
  EXPECT_EQ(recorded(2, 0, 2, 0), "L0 K0 L1 K1 L3 K0 L1 K1 L2 ");
  EXPECT_EQ(recorded(1, 7, 0, 1), "");
}

TEST(SplitSteps, KicksAfterEveryStepWhoseNumberSaysSo) {
  EXPECT_EQ(recorded(1, 0, 2, 1), "L0 K0 L1 kick1 L0 K0 L1 kick2 ");
  EXPECT_EQ(recorded(1, 0, 5, 2), "L0 K0 L2 K0 L1 kick1 L0 K0 L2 K0 L1 kick2 L0 K0 L1 ");
  EXPECT_EQ(recorded(1, 5, 2, 3), "L0 K0 L1 kick2 L0 K0 L1 ");
}

/// The same with every merged local step taken apart.
std::string unmerged(int stages, long first, long steps, int kick_every) {
  struct Apart : Recorder {
    int stages = 0;
    void local(int slot) {
      if (slot <= stages) return Recorder::local(slot);
      Recorder::local(stages);
      Recorder::local(0);
    }
  } field;
  field.stages = stages;
  split_steps(stages, first, steps, kick_every, field);
  return field.calls.str();
}

TEST(SplitSteps, DoNotDependOnTheSlicing) {
  for (const int stages : {1, 2, 6})
    for (const int kick_every : {0, 1, 3, 5}) {
      std::ostringstream expected;
      for (long step = 0; step < 12; ++step) {
        for (int i = 0; i < stages; ++i) expected << "L" << i << " K" << i << " ";
        expected << "L" << stages << " ";
        if (kick_every > 0 && (step + 1) % kick_every == 0)
          expected << "kick" << (step + 1) / kick_every << " ";
      }
      for (long cut = 0; cut <= 12; ++cut)
        EXPECT_EQ(
            unmerged(stages, 0, cut, kick_every) + unmerged(stages, cut, 12 - cut, kick_every),
            expected.str());
    }
}

// --- problems ----------------------------------------------------------------------------------

/// 64 sites, absorber 8, defect in [28, 36), windows of 12: 20 sites on each side for them.
Problem driven() {
  Problem problem;
  problem.lambda = 0.5;
  problem.profile.assign(64, 0.0);
  for (int x = 28; x < 36; ++x) problem.profile[x] = 1 + 0.1 * (x - 28);
  problem.absorber = Absorber{8, 3.0};
  problem.density = [](const std::vector<double>& k) {
    std::vector<double> n;
    for (const double q : k) n.push_back(smooth_density(q));
    return n;
  };
  problem.window = 12;
  return problem;
}

TEST(FieldProblem, PositionsAreSymmetric) {
  for (const int N : {16, 37}) {
    Problem problem;
    problem.profile.assign(N, 0.0);
    for (int x = 0; x < N; ++x) EXPECT_EQ(problem.position(x), -problem.position(N - 1 - x));
    EXPECT_EQ(problem.position(1) - problem.position(0), 1);
  }
}

TEST(FieldProblem, StrengthIsLambdaSquaredTimesTheSumOfSquares) {
  double sum = 0;
  for (int i = 0; i < 8; ++i) sum += (1 + 0.1 * i) * (1 + 0.1 * i);
  EXPECT_NEAR(driven().strength(), 0.25 * sum, 1e-14);
}

TEST(FieldProblem, DefectReachesFromItsFirstToItsLastSite) {
  Problem problem = driven();
  EXPECT_EQ(problem.defect().begin, 28);
  EXPECT_EQ(problem.defect().end, 36);
  EXPECT_EQ(problem.defect().size(), 8);
  problem.profile[31] = 0;  // a hole
  EXPECT_EQ(problem.defect().size(), 8);
  problem.profile.assign(64, 0.0);
  EXPECT_EQ(problem.defect().size(), 0);
  problem.profile[63] = -1;
  EXPECT_EQ(problem.defect().begin, 63);
  EXPECT_EQ(problem.defect().end, 64);
}

TEST(FieldProblem, WindowsAreInTheMiddleOfTheFreeRegions) {
  Problem problem = driven();
  EXPECT_EQ(problem.windows(), (std::vector{12, 40}));
  for (int window = 1; window <= 20; ++window) {
    problem.window = window;
    const std::vector<int> first = problem.windows();
    EXPECT_EQ(first[1] + window - 1, 63 - first[0]);  // mirror images
    EXPECT_GE(first[0], 8);
    EXPECT_LE(first[0] + window, 28);
  }
  problem.absorber.reset();
  EXPECT_EQ(problem.windows(), std::vector{0});
}

TEST(FieldProblem, WhatDoesNotFitIsRefused) {
  Problem problem = driven();
  problem.window = 21;
  EXPECT_THROW(problem.windows(), InputError);
  problem.window = 12;
  problem.absorber->width = 17;  // 11 sites are left
  EXPECT_THROW(problem.windows(), InputError);
  problem.window = 1;
  problem.absorber->width = 28;
  EXPECT_THROW(problem.windows(), InputError);
  problem.absorber->width = 29;  // one site of the defect inside
  EXPECT_THROW(problem.windows(), InputError);
  Problem lopsided = driven();
  lopsided.profile[45] = 1;  // room on the left only
  EXPECT_THROW(lopsided.windows(), InputError);
}

// --- plans -------------------------------------------------------------------------------------

TEST(FieldNumerics, HalvedStepsKeepTheKicks) {
  const Numerics halved = Numerics{0.1, 3, 4}.halved();
  EXPECT_EQ(halved.dt, 0.05);
  EXPECT_EQ(halved.kick_every, 6);
  EXPECT_EQ(halved.order, 4);
  EXPECT_EQ(halved.composition().stages(), 6);
  EXPECT_EQ((Numerics{0.1, 1, 2}.composition().stages()), 1);
  EXPECT_NEAR(Numerics::longest_step(Dispersion::cosine()), pi / 4, 1e-14);
}

TEST(EnsemblePlan, HoldsTheTablesOfTheProblem) {
  const Problem problem = driven();
  const EnsemblePlan plan = make_plan(problem, {0.05, 3, 4}, {5, 99, Precision::single_});
  const int N = 64;
  EXPECT_EQ(plan.sites, N);
  EXPECT_EQ(plan.trajectories, 5);
  EXPECT_EQ(plan.seed, 99u);
  EXPECT_EQ(plan.precision, Precision::single_);
  EXPECT_EQ(plan.defect.begin, 28);
  EXPECT_EQ(plan.defect.end, 36);
  EXPECT_EQ(plan.windows, (std::vector{12, 40}));
  EXPECT_EQ(plan.observables(), 2u * 2 * 12 + N + 1);

  // Mirror symmetric: damping around the seam, kicks around y = -1/2.
  for (int x = 0; x < N; ++x) {
    EXPECT_EQ(plan.damping[x], plan.damping[N - 1 - x]);
    const double gamma =
        std::min(x, N - 1 - x) < 8
            ? 3.0 / 8 * std::pow(std::cos(pi * (std::min(x, N - 1 - x) + 0.5) / 16), 2)
            : 0;
    EXPECT_NEAR(plan.damping[x], 0.05 * gamma, 1e-16);
    EXPECT_NEAR(plan.potential[x], 0.5 * problem.profile[x], 1e-16);
    EXPECT_NEAR(plan.turns[x], 0.05 * 0.5 * problem.profile[x] / (2 * pi), 1e-17);
  }
  ASSERT_EQ(plan.kick_shape.size(), 16u);
  const double q0 = -pi + pi / static_cast<double>(plan.noise.size()), k0 = -pi + pi / N;
  for (int y = -8; y < 8; ++y) {
    const auto shape = standard(plan.kick_shape[y + 8]);
    EXPECT_NEAR(std::abs(shape), std::abs(standard(plan.kick_shape[7 - y])), 1e-15);
    const double amplitude = std::sqrt(std::sinh(3 * plan.damping[(y + N) % N]));
    EXPECT_NEAR(std::abs(shape - amplitude * cis((q0 - k0) * y)), 0, 1e-14);
  }

  // Slots: those of the composition, and the end of a step with the beginning of the next.
  EXPECT_EQ(plan.local_slots(), 8);
  for (int slot = 0; slot < 7; ++slot) EXPECT_EQ(plan.local(slot), plan.composition.local[slot]);
  EXPECT_EQ(plan.local(7), plan.composition.local[6] + plan.composition.local[0]);
  for (int slot = 0; slot < plan.local_slots(); ++slot) {
    const std::vector<double> values = plan.local_values(slot);
    ASSERT_EQ(values.size(), std::size_t{N});
    for (int x = 0; x < N; ++x) {
      const bool in_defect = x >= 28 && x < 36, in_absorber = x < 8 || x >= N - 8;
      EXPECT_EQ(values[x], in_defect     ? plan.local(slot) * plan.turns[x]
                           : in_absorber ? std::exp(-plan.local(slot) * plan.damping[x])
                                         : 0);
    }
  }
}

TEST(TotalsLayout, GivesEveryNumberOnePlace) {
  constexpr TotalsLayout at{2, 3, 5};
  std::vector<std::size_t> places;
  for (int window = 0; window < at.windows; ++window) {
    for (int m = 0; m < at.momenta; ++m) places.push_back(at.n(window, m));
    for (int m = 0; m < at.momenta; ++m) places.push_back(at.n_squared(window, m));
  }
  for (int x = 0; x < at.sites; ++x) places.push_back(at.site(x));
  places.push_back(at.energy());
  // Files hold them in this order.
  ASSERT_EQ(places.size(), at.size());
  for (std::size_t i = 0; i < places.size(); ++i) EXPECT_EQ(places[i], i);
  std::vector<double> totals(3 * at.size());
  EXPECT_EQ(at.row(totals.data(), 2), totals.data() + 2 * (2 * 2 * 3 + 5 + 1));
}

TEST(EnsemblePlan, KineticStagesAreTheFreeEvolution) {
  const EnsemblePlan plan = make_plan(driven(), {0.05, 1, 4}, {1, 0});
  for (int m = 0; m < 64; ++m) {
    const double k = -pi + 2 * pi * (m + 0.5) / 64;
    std::complex<double> product = 1;
    for (const auto& stage : plan.kinetic) product *= 64.0 * standard(stage[m]);
    EXPECT_NEAR(std::abs(product - cis(-k * k * 0.05)), 0, 1e-14);
  }
}

TEST(EnsemblePlan, AmplitudesCarryTheDensity) {
  Problem problem = driven();
  const EnsemblePlan plan = make_plan(problem, {0.05, 1, 2}, {1, 0});
  // Of a density with two harmonics every grid finds the same mean.
  double start = 0, noise = 0;
  for (const double a : plan.start) start += a * a;
  for (const double a : plan.noise) noise += a * a;
  EXPECT_EQ(plan.start.size(), 64u);
  EXPECT_EQ(static_cast<int>(plan.noise.size()), fast_length(24));
  EXPECT_NEAR(start, 0.8, 1e-14);
  EXPECT_NEAR(noise, Absorber::source(0.8), 1e-14);

  problem.starts_from_zero = true;
  for (const double a : make_plan(problem, {0.05, 1, 2}, {1, 0}).start) EXPECT_EQ(a, 0);
}

TEST(EnsemblePlan, ClosedChainHasNoNoise) {
  Problem problem = driven();
  problem.absorber.reset();
  const EnsemblePlan plan = make_plan(problem, {0.05, 3, 2}, {1, 0});
  EXPECT_EQ(plan.kick_every, 0);
  EXPECT_EQ(plan.absorber_width, 0);
  EXPECT_TRUE(plan.noise.empty());
  EXPECT_EQ(sum_of(plan.damping), 0);
  EXPECT_EQ(plan.windows, std::vector{0});
  EXPECT_EQ(plan.window_sites(), 64);
}

TEST(EnsemblePlan, WithoutLambdaThereIsNoDefect) {
  Problem problem = driven();
  problem.lambda = 0;
  const EnsemblePlan plan = make_plan(problem, {0.05, 1, 2}, {1, 0});
  EXPECT_EQ(plan.defect.size(), 0);
  EXPECT_EQ(plan.windows, (std::vector{12, 40}));  // where they would be with it
}

}  // namespace
}  // namespace kapitza::field
