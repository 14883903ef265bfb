// SPDX-License-Identifier: BSD-3-Clause
//
// Ensembles of fields against what is known exactly, and against kinetic theory.
#include <algorithm>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "kapitza/field/backend.hpp"
#include "kapitza/model/thermal.hpp"
#include "tests/support/chain_runs.hpp"
#include "tests/support/outgoing.hpp"
#include "tests/support/test_device.hpp"

namespace kapitza::field {
namespace {

using testing::DefectRun;
using testing::device;
using testing::Value;

/// How many standard errors every number is away from what is expected.
std::vector<double> pulls(const std::vector<double>& seen, const std::vector<double>& error,
                          const std::vector<double>& expected) {
  std::vector<double> pull;
  for (std::size_t i = 0; i < seen.size(); ++i) pull.push_back((seen[i] - expected[i]) / error[i]);
  return pull;
}

double mean_square(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return sum / static_cast<double>(values.size());
}

// ---- free carriers: what the absorber sends out -------------------------------------------------

struct Injected {
  std::string name;
  Spectrum n;
};

Spectrum from(double (*n)(double)) {
  return [n](const std::vector<double>& k) {
    std::vector<double> values;
    for (const double q : k) values.push_back(n(q));
    return values;
  };
}

const Injected two_peaks{"TwoPeaks", testing::two_peaks};
const Injected thermal{"Thermal", from([](double k) { return 1 / (k * k + 1); })};
// More from the left than from the right, but no jump where carriers turn round.
const Injected asymmetric{"Asymmetric", from([](double k) { return 0.6 + 0.5 * std::sin(k); })};

/// Nothing but the absorber: 512 sites of it and of free carriers.
DefectRun free_carriers(const Spectrum& density, int trajectories, std::uint64_t seed,
                        Precision precision) {
  DefectRun run;
  run.L = 18;
  run.Lambda = 0;
  run.density = density;
  run.size = {trajectories, seed, precision};
  return run;
}

std::vector<double> as_seen(const Problem& problem) {
  const MomentumGrid ring{problem.sites()};
  return Window::sine(problem.window).blur(ring, problem.density(ring.momenta()));
}

class FreeCarriers : public ::testing::TestWithParam<Injected> {};

TEST_P(FreeCarriers, HaveTheDensityAskedFor) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Precision precision = seed == 1 ? Precision::double_ : Precision::single_;
    const DefectRun defect = free_carriers(GetParam().n, 32, seed, precision);
    const Problem problem = defect.problem();
    const SteadyState run = defect.measure(device().field(), 200, 2700);
    const std::vector<double> expected = as_seen(problem);
    double chi2 = 0;
    for (const WindowDensity& side : run.densities())
      chi2 += mean_square(pulls(side.n, side.error, expected)) / 2;
    // 192 numbers, of which neighbours are alike by half, each a Student's t with 31 degrees of
    // freedom: the mean square is 1.07 +- 0.17.
    EXPECT_NEAR(chi2, 1.07, 4 * 0.17) << "seed " << seed;

    // Flat from one absorber to the other; inside them it goes up and down with every kick.
    const Estimates density = run.site_density();
    const double rho = problem.carrier_density();
    std::vector<double> pull;
    for (int x = defect.absorber; x < problem.sites() - defect.absorber; ++x)
      pull.push_back((density.mean[x] - rho) / density.error[x]);
    // Slow carriers make hundreds of neighbours alike.
    EXPECT_LT(mean_square(pull), 2) << "seed " << seed;
    EXPECT_LT(*std::ranges::max_element(pull), 5) << "seed " << seed;
    EXPECT_GT(*std::ranges::min_element(pull), -5) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Densities, FreeCarriers, ::testing::Values(two_peaks, thermal, asymmetric),
                         [](const auto& test) { return test.param.name; });

TEST(ErrorBars, CoverWhatTheyShould) {
  // 20 seeds: how often is the truth within one error?
  int within = 0, all = 0;
  double by_blocks = 0, by_trajectories = 0;
  for (std::uint64_t seed = 100; seed < 120; ++seed) {
    const DefectRun defect = free_carriers(two_peaks.n, 24, seed, Precision::single_);
    const SteadyState run = defect.measure(device().field(), 100, 1000);
    const std::vector<double> expected = as_seen(defect.problem());
    for (const WindowDensity& side : run.densities()) {
      for (const double pull : pulls(side.n, side.error, expected)) {
        within += std::abs(pull) < 1;
        ++all;
      }
      for (std::size_t m = 0; m < expected.size(); ++m) {
        // The slowest need longer than a block to forget.
        if (std::abs(MomentumGrid{defect.window}(static_cast<int>(m))) < 0.5) continue;
        by_blocks += std::pow(side.block_error[m] / expected[m], 2);
        by_trajectories += std::pow(side.error[m] / expected[m], 2);
      }
    }
  }
  const double share = static_cast<double>(within) / all;
  EXPECT_GT(share, 0.64) << "exact: 0.67 with 24 trajectories";
  EXPECT_LT(share, 0.72);
  EXPECT_NEAR(std::sqrt(by_blocks / by_trajectories), 1, 0.1);
}

TEST(StationaryDefect, IsThermalBetweenThermalReservoirs) {
  // Weak collisions between two reservoirs in the same thermal state change nothing outside.
  DefectRun defect;
  defect.L = 60;
  defect.Lambda = 0.01;
  defect.density = thermal.n;
  defect.size = {64, 1, Precision::single_};
  const SteadyState run = defect.measure(device().field(), 1000, 4000);
  const std::vector<double> expected = as_seen(defect.problem());
  const std::vector<double> k = MomentumGrid{defect.window}.momenta();
  const std::vector<WindowDensity> sides = run.densities();
  double chi2 = 0;
  int count = 0;
  for (int side : {0, 1})
    for (int m = 0; m < defect.window; ++m) {
      if (std::abs(k[m]) < 0.2) continue;  // not yet across
      chi2 += std::pow((sides[side].n[m] - expected[m]) / sides[side].error[m], 2);
      ++count;
    }
  EXPECT_NEAR(chi2 / count, 1, 0.6);
  // The same defect does change what is not thermal, by many errors.
  defect.density = two_peaks.n;
  const SteadyState other = defect.measure(device().field(), 1000, 4000);
  const std::vector<double> before = as_seen(defect.problem());
  const WindowDensity left = other.densities()[0];
  double change = 0, error = 0;
  for (int m = 0; m < defect.window / 2; ++m) {
    if (k[m] < -0.8 || k[m] > -0.2) continue;
    change += left.n[m] - before[m];
    error = std::hypot(error, left.error[m]);
  }
  EXPECT_GT(change, 10 * error);
}

// ---- closed chains ------------------------------------------------------------------------------

/// N sites, the same everywhere.
Problem chain(int sites, double lambda, const Spectrum& density) {
  Problem problem;
  problem.density = density;
  problem.profile.assign(sites, 1.0);
  problem.lambda = lambda;
  return problem;
}

/// Fields drawn from exp(-beta (H - mu N)): Gaussian ones, kept with probability
/// exp(-beta lambda sum_x |psi_x|^6).
std::vector<Complex> thermal_fields(const Problem& problem, double beta, int trajectories,
                                    std::mt19937_64& random) {
  const int N = problem.sites();
  const MomentumGrid grid{N};
  const std::vector<double> n = problem.density(grid.momenta());
  std::normal_distribution<double> normal(0, std::sqrt(0.5));
  std::uniform_real_distribution<double> uniform;
  std::vector<Complex> fields;
  while (std::ssize(fields) < static_cast<std::ptrdiff_t>(N) * trajectories) {
    std::vector<Complex> phi(N);
    for (int m = 0; m < N; ++m) {
      const Complex a = std::sqrt(n[m] / N) * Complex{normal(random), normal(random)};
      for (int x = 0; x < N; ++x) {
        const double angle = 2 * std::numbers::pi * m * x / N;
        phi[x] += a * Complex{std::cos(angle), std::sin(angle)};
      }
    }
    double sixth = 0;
    for (const Complex z : phi) sixth += std::pow(norm(z), 3);
    if (uniform(random) < std::exp(-beta * problem.lambda * sixth))
      fields.insert(fields.end(), phi.begin(), phi.end());
  }
  return fields;
}

/// Mean square, in errors, of the change of n(k) until t, in fields drawn before.
double change_in_errors(const Problem& problem, const std::vector<Complex>& fields, double t) {
  const int N = problem.sites(), T = static_cast<int>(fields.size()) / N;
  const Numerics numerics{0.02, 1, 4};
  const auto ensemble =
      device().field().ensemble(make_plan(problem, numerics, {T, 1, Precision::double_}));
  const TotalsLayout at = ensemble->plan().totals();
  std::vector<double> before(at.size() * T), after(at.size() * T), change;
  ensemble->set_fields(fields);
  ensemble->clear();
  ensemble->advance(0, 0);
  ensemble->totals(before);
  ensemble->clear();
  ensemble->advance(0, std::lround(t / numerics.dt));
  ensemble->totals(after);
  for (int j = 0; j < T; ++j)
    for (int m = 0; m < N; ++m)
      change.push_back(at.row(after.data(), j)[at.n(0, m)] - at.row(before.data(), j)[at.n(0, m)]);
  const Estimates mean = estimate(change, T);
  return mean_square(pulls(mean.mean, mean.error, std::vector<double>(N, 0.0)));
}

TEST(ClosedChain, LeavesTheThermalStateOfTheInteractingFieldAlone) {
  constexpr double beta = 1, lambda = 0.3;
  const Problem problem = chain(24, lambda, thermal.n);
  std::mt19937_64 random(7);
  constexpr int trajectories = 6000;
  const double thermal_change =
      change_in_errors(problem, thermal_fields(problem, beta, trajectories, random), 12);
  Problem free = problem;
  free.lambda = 0;
  const double gaussian_change =
      change_in_errors(problem, thermal_fields(free, beta, trajectories, random), 12);
  // 24 numbers, k and -k partly alike: 1 +- 0.4.
  EXPECT_LT(thermal_change, 2.5);
  EXPECT_GT(gaussian_change, 8) << "the test would not see a drift";
}

/// Mean over a band of |k| and its error.
struct BandChange {
  double value = 0, error = 0;
};

TEST(ClosedChain, RelaxesLikeKineticTheoryWithPairsAndTriples) {
  // configs/field/homogeneous_micro.toml and homogeneous_kinetic.toml.
  constexpr double lambda = 0.004, t = 120;
  constexpr int sites = 512;
  const MomentumGrid grid{sites};
  ClosedChain run(device().field(), chain(sites, lambda, testing::two_peaks), {0.1, 1, 2},
                  {3072, 1, Precision::single_}, t, 1, false);
  while (!run.finished()) run.step();
  const Estimates seen = run.record().change;

  const auto kinetic = [&](std::vector<int> channels) {
    kinetic::CollisionModel model;
    model.grid = grid;
    model.channels = std::move(channels);
    kinetic::RelaxationOptions options;
    options.lambda = lambda;
    options.t_end = t;
    options.deviation = 0;
    options.resolution.tolerance = 1e-3;
    kinetic::RelaxationState start;
    start.n = testing::two_peaks(grid.momenta());
    kinetic::Relaxation relaxation(device().kinetic(), model, options, start);
    while (!relaxation.finished()) relaxation.step();
    std::vector<double> change = relaxation.state().n;
    for (int m = 0; m < sites; ++m) change[m] -= start.n[m];
    return change;
  };
  const std::vector<double> both = kinetic({2, 3}), triples = kinetic({3});
  const auto in_band = [&](const std::vector<double>& change, double low, double high) {
    BandChange band;
    int count = 0;
    for (int m = 0; m < sites; ++m) {
      if (std::abs(grid(m)) < low || std::abs(grid(m)) > high) continue;
      band.value += change[m];
      band.error = std::hypot(band.error, seen.error[m]);
      ++count;
    }
    return BandChange{band.value / count, band.error / count};
  };
  // Where pairs do most, triples alone are out by many errors.
  const BandChange field = in_band(seen.mean, 2.3, 2.6);
  EXPECT_GT(field.value - in_band(triples, 2.3, 2.6).value, 4 * field.error);
  // What both together leave over is of first order in lambda: see the next test.
  for (const auto& [low, high] : {std::pair{0.1, 0.6}, {1.9, 2.3}, {2.3, 2.6}}) {
    const BandChange change = in_band(seen.mean, low, high), theory = in_band(both, low, high);
    EXPECT_NEAR(change.value / theory.value, 0.8, 0.15 + 2 * change.error / theory.value)
        << low << " < |k| < " << high;
  }
}

TEST(ClosedChain, HasTheKineticLimit) {
  // Kinetic theory is of second order in lambda. The next order, which is odd, is large: it drops
  // out of the mean over both signs of lambda, whose distance from one then falls like lambda^2.
  const testing::ChainComparison comparison(device(), 512, 1.92e-3);
  constexpr int trajectories = 1536;
  // Single precision here and below: its rounding is far below these errors, in half the time.
  struct Parts {
    Value even, odd;
  };
  const auto parts = [&](double lambda) {
    const Value a = comparison.ratio(lambda, trajectories, Precision::single_);
    const Value b = comparison.ratio(-lambda, trajectories, Precision::single_);
    const double error = std::hypot(a.error, b.error) / 2;
    return Parts{{(a.value + b.value) / 2, error}, {(a.value - b.value) / 2, error}};
  };
  const Parts weak = parts(0.002), strong = parts(0.004);
  const Value limit = testing::without_square(weak.even, strong.even);
  EXPECT_NEAR(limit.value, 1, 3 * limit.error);
  EXPECT_LT(limit.error, 0.05) << "the test would see nothing";
  // Neither the sign nor the order of the odd part is in doubt.
  EXPECT_LT(weak.odd.value, -5 * weak.odd.error);
  EXPECT_NEAR(strong.odd.value / weak.odd.value, 2, 0.6);
}

// ---- a growing defect ---------------------------------------------------------------------------

TEST(StationaryDefect, ApproachesTheKineticLimitAsItGrows) {
  // At fixed Lambda lambda falls like L^{-1/2}, and its odd orders with it.
  DefectRun defect;
  defect.size = {16, 1, Precision::single_};
  const testing::KineticLimit limit(device().kinetic(), defect.window, defect.Lambda);
  const auto measure = [&](double L, bool counterterm) {
    defect.L = L;
    defect.counterterm = counterterm;
    const double crossing = defect.crossing(2 * testing::slowest);
    // Few trajectories for a long time: each has to wait until carriers have crossed.
    return defect.measure(device().field(), crossing, crossing + std::max(3500.0, crossing));
  };
  const auto share = [&](const SteadyState& run) {
    return testing::outgoing(run, limit.share(), limit.injected);
  };
  const auto farther = [](Value near, Value far) {
    return (far.value - near.value) / std::hypot(near.error, far.error);
  };
  const SteadyState shorter = measure(200, true), longer = measure(800, true);
  EXPECT_GT(farther(share(shorter), share(longer)), 4);
  EXPECT_LT(share(longer).value, 1);
  // But not from L = 50 on, as the figure of the paper would have it: the shortest change more.
  EXPECT_GT(farther(share(shorter), share(measure(50, true))), 4);

  // The barrier of the mean field reflects slow carriers before they collide.
  const std::vector<double> slow = limit.change_in({testing::slowest, 0.4});
  const Value with_barrier = testing::outgoing(measure(200, false), slow, limit.injected);
  EXPECT_GT(farther(with_barrier, testing::outgoing(shorter, slow, limit.injected)), 4);
}

}  // namespace
}  // namespace kapitza::field
