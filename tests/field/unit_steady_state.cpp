// SPDX-License-Identifier: BSD-3-Clause
// When a measurement counts, and how well it is known: on records made up here instead of fields.
#include <algorithm>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "kapitza/core/error.hpp"
#include "kapitza/field/steady_state.hpp"
#include "kapitza/random/normal.hpp"

namespace kapitza::field {
namespace {

constexpr int window_sites = 8, absorber_sites = 4, sites = 26, trajectories = 8;

/// What an ensemble is to show in slice s: n = mean + level(s) + c dt^2 + noise. The noise of every
/// number in every trajectory is an AR(1) sequence of its own, of unit variance times size(s).
struct Record {
  std::function<double(long)> level = [](long) { return 0.0; };
  std::function<double(long)> size = [](long) { return 0.1; };
  double mean = 1;
  double memory = 0;      ///< a in noise(s) = a noise(s - 1) + sqrt(1 - a^2) white(s)
  double step_error = 0;  ///< c
  long blow_up = -1;      ///< slice
  int moves = -1;         ///< only this number has the level; those of sites come last, as one
};

/// What it has shown: n of both windows of every slice, means over the trajectories.
using History = std::vector<std::vector<double>>;

class MadeUp final : public Ensemble {
 public:
  MadeUp(EnsemblePlan plan, Record record, History* history)
      : Ensemble(std::move(plan)),
        record_(std::move(record)),
        history_(history),
        noise_(static_cast<std::size_t>(sites) * this->plan().trajectories),
        totals_(this->plan().observables() * this->plan().trajectories) {}

  void start() override {
    clear();
    each([&](int j, int x) { noise_at(j, x) = white(Stream::start, j, 0, x); });
  }

  std::optional<BlowUp> advance(long first, long steps) override {
    const long slice = first / steps;
    if (slice == record_.blow_up) return BlowUp{3, 5, first + 1};
    const double a = record_.memory;
    each([&](int j, int x) {
      Complex& z = noise_at(j, x);
      z = a * z + std::sqrt(1 - a * a) * white(Stream::noise, j, slice, x);
    });
    measure(slice);
    return std::nullopt;
  }

  void totals(std::span<double> sums) const override { std::ranges::copy(totals_, sums.begin()); }
  void set_totals(std::span<const double> sums) override {
    std::ranges::copy(sums, totals_.begin());
  }
  void fields(std::span<Complex> phi) const override { std::ranges::copy(noise_, phi.begin()); }
  void set_fields(std::span<const Complex> phi) override { std::ranges::copy(phi, noise_.begin()); }
  std::size_t memory() const override { return 1000; }

 private:
  template <class F>
  void each(F f) {
    for (int j = 0; j < plan().trajectories; ++j)
      for (int x = 0; x < sites; ++x) f(j, x);
  }
  Complex& noise_at(int j, int x) { return noise_[static_cast<std::size_t>(sites) * j + x]; }
  Complex white(Stream stream, int j, long slice, int x) const {
    // Twice: real and imaginary part of a normal number have a variance of 1/2 each.
    return std::sqrt(2.0) * white_noise<double>(plan().seed, stream, static_cast<std::uint32_t>(j),
                                                static_cast<std::uint32_t>(slice),
                                                static_cast<std::uint32_t>(x))
                                .even;
  }

  void measure(long slice) {
    const auto base = [&](int i) {
      const double level = record_.moves < 0 || record_.moves == i ? record_.level(slice) : 0;
      return record_.mean + level + record_.step_error * plan().dt * plan().dt;
    };
    std::vector<double> means(2 * window_sites);
    for (int j = 0; j < plan().trajectories; ++j) {
      const TotalsLayout at = plan().totals();
      double* row = at.row(totals_.data(), j);
      for (int i = 0; i < 2 * window_sites; ++i) {
        const double n = base(i) + record_.size(slice) * noise_at(j, i).re;
        const int window = i / window_sites, m = i % window_sites;
        row[at.n(window, m)] += n;
        row[at.n_squared(window, m)] += n * n;
        means[i] += n / plan().trajectories;
      }
      for (int x = 0; x < sites; ++x)
        row[at.site(x)] +=
            base(2 * window_sites) * (1 + x) + record_.size(slice) * noise_at(j, x).im;
    }
    if (history_) history_->push_back(means);
  }

  Record record_;
  History* history_;
  std::vector<Complex> noise_;
  std::vector<double> totals_;
};

class MadeUpBackend final : public Backend {
 public:
  explicit MadeUpBackend(Record record) : record_(std::move(record)) {}

  /// Of the first ensemble: the second is its twin.
  std::unique_ptr<Ensemble> ensemble(EnsemblePlan plan) override {
    History* const history = ensembles_++ == 0 ? &history_ : nullptr;
    return std::make_unique<MadeUp>(std::move(plan), record_, history);
  }

  const History& history() const { return history_; }

 private:
  Record record_;
  History history_;
  int ensembles_ = 0;
};

Problem a_problem() {
  Problem problem;
  problem.lambda = 0.1;
  problem.profile.assign(sites, 0.0);
  problem.profile[sites / 2] = 1;
  problem.absorber = Absorber{absorber_sites, 16};
  problem.window = window_sites;
  problem.density = [](const std::vector<double>& k) { return std::vector<double>(k.size(), 1.0); };
  return problem;
}

/// A measurement of a made-up record.
struct Measurement {
  MadeUpBackend backend;
  SteadyState state;

  explicit Measurement(const Record& record, const SteadyStateOptions& options = {},
                       std::uint64_t seed = 1, int count = trajectories)
      : backend(record),
        state(backend, a_problem(), {.dt = 0.05}, {count, seed, Precision::double_}, options) {}

  void run(long slices) {
    for (long i = 0; i < slices; ++i) state.step();
  }
  void run_to_the_end() {
    while (!state.finished()) state.step();
  }
  long slices() const { return state.steps() / state.slice_steps(); }
  long measured() const { return state.checkpoint().measured; }
  /// n of both windows, one after the other.
  std::vector<double> n() const {
    return of([](const auto& side) { return side.n; });
  }
  std::vector<double> of(
      const std::function<std::vector<double>(const WindowDensity&)>& what) const {
    std::vector<double> both;
    for (const WindowDensity& side : state.densities()) {
      const std::vector<double> part = what(side);
      both.insert(both.end(), part.begin(), part.end());
    }
    return both;
  }
};

const long per_block = Measurement({}).state.checkpoint().slices_per_block;
const double slice_time = 0.05 * static_cast<double>(Measurement({}).state.slice_steps());

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double mean_square(std::vector<double> values) {
  for (double& value : values) value *= value;
  return mean_of(values);
}

std::function<double(long)> constant(double value) {
  return [value](long) { return value; };
}

std::function<double(long)> linear(double slope) {
  return [slope](long s) { return slope * static_cast<double>(s); };
}

SteadyStateOptions until(double slices) {
  SteadyStateOptions options;
  options.max_time = slices * slice_time;
  return options;
}

SteadyStateOptions burn_in_of(double slices) {
  SteadyStateOptions options;
  options.burn_in = slices * slice_time;
  return options;
}

/// A record with jumps, so that parts are forgotten at different sizes, and with more than 64
/// blocks in between.
Record eventful() {
  Record record;
  record.mean = 3;
  record.memory = 0.3;
  record.level = [](long s) {
    const long block = s / per_block;
    if (block < 1) return 2.0;
    if (block < 5) return 1.0;
    return block >= 100 && block < 130 ? -0.5 : 0.0;
  };
  return record;
}

// --- what counts ---------------------------------------------------------------------------------

TEST(SteadyState, MeasuresEverythingWhereNothingDrifts) {
  Measurement measurement({});
  measurement.run(16 * per_block);
  EXPECT_TRUE(measurement.state.stationary());
  EXPECT_EQ(measurement.state.burn_in(), 0);
  EXPECT_DOUBLE_EQ(measurement.state.time(), 16 * static_cast<double>(per_block) * slice_time);
  EXPECT_EQ(measurement.state.time(), measurement.state.measured_time());
  const std::vector<double> n = measurement.n();
  const double error = std::sqrt(mean_square(measurement.of([](auto& s) { return s.error; })));
  for (const double value : n) EXPECT_NEAR(value, 1, 5 * error);
}

TEST(SteadyState, ATransientIsDropped) {
  Record record;
  record.level = [](long s) { return 5 * std::exp(-static_cast<double>(s) / 12); };
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Measurement measurement(record, {}, seed);
    measurement.run(64 * per_block);
    EXPECT_TRUE(measurement.state.stationary());
    EXPECT_GT(measurement.state.burn_in(), 12 * slice_time);
    EXPECT_GT(measurement.state.measured_time(), measurement.state.time() / 4);
    const std::vector<double> n = measurement.n();
    const double error = std::sqrt(mean_square(measurement.of([](auto& s) { return s.error; })));
    EXPECT_NEAR(mean_of(n), 1, 5 * error / std::sqrt(n.size()) + 0.1 * error);
  }
}

TEST(SteadyState, ADriftIsNotStationary) {
  for (const double slope : {0.1, -0.1}) {
    Record record;
    record.level = linear(slope);
    record.mean = 100;
    Measurement measurement(record);
    for (int block = 0; block < 20; ++block) {
      measurement.run(per_block);
      EXPECT_FALSE(measurement.state.stationary()) << block;
    }
  }
}

TEST(SteadyState, NothingIsKnownBeforeTwoPartsAre) {
  Measurement measurement({});
  for (long s = 1; s <= per_block + per_block / 4; ++s) {
    measurement.run(1);
    EXPECT_EQ(measurement.state.drift_probability(), 0) << s;
    EXPECT_FALSE(measurement.state.stationary());
  }
}

/// Each number of each window is a band of its own here, and their noise is normal: the smallest of
/// 17 tails, times 17, is below p with the probability p to first order.
TEST(SteadyState, FalseAlarmsAreAsFrequentAsStated) {
  constexpr int runs = 3000;
  int alarms = 0, below_a_tenth = 0;
  for (int seed = 0; seed < runs; ++seed) {
    Measurement measurement({}, {}, static_cast<std::uint64_t>(seed));
    measurement.run(2 * per_block);
    alarms += measurement.state.burn_in() > 0;
    below_a_tenth += measurement.state.checkpoint().drift_probability < 0.1;
  }
  const auto expect_count = [&](int count, double p) {
    const double wanted = 1 - std::pow(1 - p / 17, 17);
    EXPECT_NEAR(count, runs * wanted, 4.5 * std::sqrt(runs * wanted * (1 - wanted))) << p;
  };
  expect_count(alarms, 0.01);
  expect_count(below_a_tenth, 0.1);
}

/// One band of one window, or the number of carriers alone, is enough.
TEST(SteadyState, EveryBandIsWatched) {
  Record record;
  record.size = constant(1e-3);
  record.level = [](long s) { return s < per_block ? 0.0 : 0.02; };
  for (int moves = 0; moves <= 2 * window_sites; ++moves) {
    record.moves = moves;
    Measurement measurement(record);
    measurement.run(2 * per_block);
    EXPECT_GT(measurement.state.burn_in(), 0) << moves;
  }
}

TEST(SteadyState, AGivenBurnInIsExact) {
  for (const auto& [asked, wanted] :
       {std::pair{1.0, 1L}, {10.3, 11L}, {10.999, 11L}, {40.0, 40L}}) {
    Record record;
    record.size = constant(0);
    record.level = linear(1);
    Measurement measurement(record, burn_in_of(asked - 1e-9));
    constexpr long slices = 200;
    measurement.run(slices);
    EXPECT_DOUBLE_EQ(measurement.state.burn_in(), static_cast<double>(wanted) * slice_time);
    // 1 + the mean of the numbers of the slices that count
    const double mean = 1 + 0.5 * static_cast<double>(wanted + slices - 1);
    for (const double n : measurement.n()) EXPECT_NEAR(n / mean, 1, 1e-13);
    EXPECT_FALSE(measurement.state.stationary()) << "it is obeyed, but the drift is seen";
  }
}

TEST(SteadyState, AGivenBurnInIsStationaryOnceItIsChecked) {
  Measurement measurement({}, burn_in_of(10));
  measurement.run(10 + per_block);
  EXPECT_FALSE(measurement.state.stationary());
  measurement.run(7 * per_block);
  EXPECT_TRUE(measurement.state.stationary());
  EXPECT_DOUBLE_EQ(measurement.state.burn_in(), 10 * slice_time);
}

TEST(SteadyState, AGivenBurnInOfNothingIsOverAtOnce) {
  Measurement measurement({}, burn_in_of(0));
  measurement.run(8 * per_block);
  EXPECT_EQ(measurement.measured(), 8 * per_block);
  EXPECT_TRUE(measurement.state.stationary());
  SteadyStateOptions options = burn_in_of(0);
  options.target_error = 0.5;
  Measurement aimed({}, options);
  aimed.run(8 * per_block);
  EXPECT_TRUE(aimed.state.finished());
}

TEST(SteadyState, ByItselfItWaitsUntilTheFieldHasSettled) {
  SteadyStateOptions options;
  options.settling = 20.5 * slice_time;
  Record record;
  record.level = [](long s) { return s < 21 ? 50.0 : 0.0; };
  int longer = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Measurement measurement(record, options, seed);
    measurement.run(21 + 8 * per_block);
    EXPECT_GE(measurement.state.burn_in(), 21 * slice_time);
    longer += measurement.state.burn_in() > 21.5 * slice_time;
    for (const double n : measurement.n()) EXPECT_NEAR(n, 1, 0.2);
  }
  EXPECT_LE(longer, 16) << "three false alarms in a hundred";
  Measurement drifting(eventful(), options);
  drifting.run(30 * per_block);
  EXPECT_GT(drifting.state.burn_in(), 22 * slice_time) << "more may have to be forgotten";

  options.burn_in = 3 * slice_time;
  Measurement told(record, options);
  told.run(30);
  EXPECT_DOUBLE_EQ(told.state.burn_in(), 3 * slice_time) << "what is asked for counts";
}

// --- the books -----------------------------------------------------------------------------------

/// Means over slices from .. to - 1 of what was shown.
std::vector<double> literal_mean(const History& history, long from, long to) {
  std::vector<double> mean(2 * window_sites);
  for (long s = from; s < to; ++s)
    for (int i = 0; i < 2 * window_sites; ++i)
      mean[i] += history[s][i] / static_cast<double>(to - from);
  return mean;
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << i;
}

TEST(SteadyState, TotalsBlocksAndTimesAgreeWhateverIsForgotten) {
  Measurement measurement(eventful());
  const History& history = measurement.backend.history();
  long forgotten = 0, longest_block = 0;
  double burn_in = 0;
  for (long s = 1; s <= 300 * per_block; ++s) {
    measurement.run(1);
    if (s % 5 != 0 && s % per_block != 0) continue;
    const SteadyState& state = measurement.state;
    const SteadyStateCheckpoint books = state.checkpoint();
    const long begin = s - books.measured;
    EXPECT_NEAR(state.burn_in() + state.measured_time(), state.time(), 1e-9);
    EXPECT_NEAR(state.burn_in(), static_cast<double>(begin) * slice_time, 1e-9);
    expect_near(measurement.n(), literal_mean(history, begin, s), 1e-11);

    const std::size_t width = books.observables;
    ASSERT_EQ(books.blocks.size(), books.measured / books.slices_per_block * width);
    std::vector<double> rows;
    for (std::size_t block = 0; block * width < books.blocks.size(); ++block) {
      const long from = begin + static_cast<long>(block) * books.slices_per_block;
      const auto mean = literal_mean(history, from, from + books.slices_per_block);
      rows.insert(rows.end(), mean.begin(), mean.end());
    }
    const std::size_t blocks = rows.size() / (2 * window_sites);
    const std::vector<double> errors = measurement.of([](auto& side) { return side.block_error; });
    if (blocks > 1) {
      expect_near(errors, estimate(rows, blocks).error, 1e-11);
    } else {
      for (const double error : errors) EXPECT_TRUE(std::isnan(error));
    }
    forgotten += state.burn_in() > burn_in;
    burn_in = state.burn_in();
    longest_block = books.slices_per_block;
    EXPECT_LT(blocks, 64u);
    EXPECT_EQ(books.first_part % per_block, 0);
  }
  EXPECT_GE(forgotten, 2);
  EXPECT_GT(longest_block, per_block);
}

TEST(SteadyState, MomentsAndSitesAreThoseOfTheRecord) {
  Record record;
  record.size = constant(0);
  record.level = [](long s) { return s % 2 == 0 ? 0.5 : -0.5; };
  Measurement measurement(record);
  measurement.run(2 * per_block);
  std::vector<double> weight(window_sites);
  std::iota(weight.begin(), weight.end(), 1.0);
  const Estimates moments = measurement.state.moments(weight);
  ASSERT_EQ(moments.size(), 2u);
  for (const double mean : moments.mean) EXPECT_NEAR(mean, mean_of(weight), 1e-13);
  const Estimates density = measurement.state.site_density();
  ASSERT_EQ(density.size(), static_cast<std::size_t>(sites));
  for (int x = 0; x < sites; ++x) EXPECT_NEAR(density.mean[x], 1 + x, 1e-12);
}

// --- errors --------------------------------------------------------------------------------------

/// Of the mean of m successive numbers of an AR(1) sequence of unit variance.
double variance_of_mean(double a, double m) {
  return ((1 + a) / (1 - a) - 2 * a * (1 - std::pow(a, m)) / (m * (1 - a) * (1 - a))) / m;
}

class Correlated : public testing::TestWithParam<double> {};

TEST_P(Correlated, ErrorsAreThoseOfTheMean) {
  const double a = GetParam();
  constexpr int count = 32, seeds = 4;
  Record record;
  record.memory = a;
  double squares = 0, block_squares = 0, tau = 0, deviations = 0;
  // Burn-in given, so that false alarms do not change what is measured. 100 blocks have been
  // merged once.
  const long measured = 100 * per_block;
  const auto slices = static_cast<double>(measured);
  for (int seed = 0; seed < seeds; ++seed) {
    Measurement measurement(record, burn_in_of(1), static_cast<std::uint64_t>(seed), count);
    measurement.run(1 + measured);
    ASSERT_EQ(measurement.state.checkpoint().slices_per_block, 2 * per_block);
    squares += mean_square(measurement.of([](auto& s) { return s.error; })) / seeds;
    block_squares += mean_square(measurement.of([](auto& s) { return s.block_error; })) / seeds;
    tau += mean_of(measurement.of([](auto& s) { return s.autocorrelation; })) / seeds;
    for (const double n : measurement.n())
      deviations += (n - 1) * (n - 1) / (2 * window_sites * seeds);
  }
  constexpr double numbers = 2 * window_sites * seeds, unit = 0.01 / count;
  const auto scatter = [&](double degrees) { return std::sqrt(2 / (numbers * degrees)); };
  const double exact = unit * variance_of_mean(a, slices);
  EXPECT_NEAR(squares / exact, 1, 5 * scatter(count - 1));
  EXPECT_NEAR(deviations / exact, 1, 5 * scatter(1)) << "what it is the error of";
  EXPECT_NEAR(tau / slice_time, 0.5 * slices * variance_of_mean(a, slices),
              5 * scatter(count - 1) * slices * variance_of_mean(a, slices));
  // 50 blocks of a mean each, whose variance is that of blocks, less that of all.
  const double block = 2.0 * static_cast<double>(per_block);
  const double exact_blocks =
      unit * (variance_of_mean(a, block) - variance_of_mean(a, slices)) / 49;
  EXPECT_NEAR(block_squares / exact_blocks, 1, 5 * scatter(49));
  EXPECT_NEAR(exact_blocks / exact, 1, 2 * a / (1 - a * a) / block + 0.01) << "and they agree";
}

INSTANTIATE_TEST_SUITE_P(, Correlated, testing::Values(0.0, 0.5, 0.8), [](const auto& test) {
  return std::string("a").append(std::to_string(static_cast<int>(10 * test.param)));
});

TEST(SteadyState, TheTwinSaysWhatHalfTheStepChanges) {
  Record record;
  record.step_error = 3;
  SteadyStateOptions options;
  options.error_check = true;
  Measurement measurement(record, options);
  measurement.run(4 * per_block);
  const double change = 3 * (0.025 * 0.025 - 0.05 * 0.05);
  for (const WindowDensity& side : measurement.state.densities())
    for (int m = 0; m < window_sites; ++m) {
      EXPECT_NEAR(side.step[m], change, 1e-12);
      EXPECT_NEAR(side.step_error[m], 0, 1e-12) << "the same noise";
    }
}

/// The twin forgets what the run forgets.
TEST(SteadyState, TheTwinForgetsAsWell) {
  Record record = eventful();
  record.step_error = 3;
  SteadyStateOptions options;
  options.error_check = true;
  Measurement measurement(record, options);
  measurement.run(20 * per_block);
  EXPECT_GT(measurement.state.burn_in(), 0);
  for (const WindowDensity& side : measurement.state.densities())
    for (const double change : side.step)
      EXPECT_NEAR(change, 3 * (0.025 * 0.025 - 0.05 * 0.05), 1e-11);
}

TEST(SteadyState, OnlyTheMomentaAskedForHaveToBeKnown) {
  SteadyStateOptions all, none;
  all.target_low = 0;
  none.target_low = 1.0;
  none.target_high = 1.1;
  Measurement measurement({}, all), blind({}, none);
  EXPECT_EQ(measurement.state.relative_error(), std::numeric_limits<double>::infinity());
  measurement.run(3);
  blind.run(3);
  double largest = 0;
  for (const WindowDensity& side : measurement.state.densities())
    for (int m = 0; m < window_sites; ++m) largest = std::max(largest, side.error[m] / side.n[m]);
  EXPECT_DOUBLE_EQ(measurement.state.relative_error(), largest);
  EXPECT_EQ(blind.state.relative_error(), std::numeric_limits<double>::infinity());
}

// --- the end -------------------------------------------------------------------------------------

TEST(SteadyState, StopsWhenTheErrorsAreSmall) {
  SteadyStateOptions options;
  options.target_error = 0.004;
  Measurement measurement({}, options);
  double before = 0;
  EXPECT_EQ(measurement.state.progress(), 0);
  while (!measurement.state.finished()) {
    const double progress = measurement.state.progress();
    ASSERT_TRUE(progress >= 0 && progress <= 1) << progress;
    // Errors are estimates, and may be larger at the next look.
    EXPECT_GE(progress, 0.4 * before);
    before = std::max(before, progress);
    measurement.state.step();
    ASSERT_LT(measurement.slices(), 10000);
  }
  EXPECT_EQ(measurement.state.progress(), 1);
  EXPECT_LE(measurement.state.relative_error(), 0.004);
  EXPECT_GT(measurement.state.relative_error(), 0.003) << "as soon as it can";
  EXPECT_TRUE(measurement.state.stationary());
}

TEST(SteadyState, DoesNotStopForSmallErrorsWhileItDrifts) {
  SteadyStateOptions options = until(100);
  options.target_error = 0.5;
  Record record;
  record.mean = 100;
  record.level = linear(0.1);
  Measurement measurement(record, options);
  measurement.run_to_the_end();
  EXPECT_EQ(measurement.slices(), 100);
}

/// It settled once, and moved while its errors became small.
TEST(SteadyState, DoesNotStopForSmallErrorsOfPartsThatDiffer) {
  SteadyStateOptions options;
  options.target_error = 0.011;
  Record record;
  record.size = constant(0.1);
  record.level = [](long s) { return s < 2 * per_block ? 0.0 : 0.1; };
  Measurement measurement(record, options);
  measurement.run(2 * per_block);
  ASSERT_TRUE(measurement.state.stationary());
  ASSERT_FALSE(measurement.state.finished());
  measurement.run(per_block);
  EXPECT_LT(measurement.state.relative_error(), 0.011) << "it would be small enough";
  EXPECT_FALSE(measurement.state.finished());
  EXPECT_LT(measurement.state.progress(), 1);
  measurement.run_to_the_end();
  EXPECT_TRUE(measurement.state.stationary());
  EXPECT_EQ(measurement.state.burn_in(), 2 * per_block * slice_time);
  for (const double n : measurement.n()) EXPECT_NEAR(n, 1.1, 0.1);

  options.burn_in = 0;
  Measurement told(record, options);
  told.run_to_the_end();
  EXPECT_EQ(told.slices(), 3 * per_block) << "what is asked for counts";
}

/// Quiet first, then it moves: what is left after forgetting has not been compared with anything.
TEST(SteadyState, SettlesAnewAfterItHasForgotten) {
  SteadyStateOptions options = until(400);
  options.target_error = 0.02;
  Record record;
  record.size = [](long s) { return s < 2 * per_block ? 0.5 : 1e-3; };
  record.level = [](long s) { return s < 2 * per_block ? 0 : 1e-1 * static_cast<double>(s); };
  Measurement measurement(record, options);
  measurement.run(2 * per_block);
  ASSERT_FALSE(measurement.state.finished());
  ASSERT_TRUE(measurement.state.stationary());
  measurement.run_to_the_end();
  EXPECT_EQ(measurement.slices(), 400) << "it moves to the end";
  EXPECT_FALSE(measurement.state.stationary());
}

TEST(SteadyState, StopsAtTheGivenTime) {
  Measurement measurement({}, until(33.5));
  double before = -1;
  while (!measurement.state.finished()) {
    EXPECT_GT(measurement.state.progress(), before);
    before = measurement.state.progress();
    measurement.state.step();
  }
  EXPECT_EQ(measurement.slices(), 34);
  EXPECT_EQ(measurement.state.progress(), 1);
}

TEST(SteadyState, ATimeShorterThanABlockIsMeasuredNevertheless) {
  Measurement measurement({}, until(1));
  measurement.run_to_the_end();
  EXPECT_EQ(measurement.measured(), 1);
  for (const double n : measurement.n()) EXPECT_NEAR(n, 1, 0.3);
  EXPECT_FALSE(measurement.state.stationary());
  EXPECT_TRUE(std::isfinite(measurement.state.relative_error()));
}

/// Both are rounded up to slices: nothing would be left.
TEST(SteadyState, SomethingIsMeasuredAfterABurnInThatEndsWithTheRun) {
  SteadyStateOptions options = until(10);
  options.burn_in = 9.5 * slice_time;
  Measurement measurement({}, options);
  measurement.run_to_the_end();
  EXPECT_GE(measurement.measured(), 1);
  for (const double n : measurement.n()) EXPECT_TRUE(std::isfinite(n));
}

TEST(SteadyState, SaysWhereTheFieldBlowsUp) {
  Record record;
  record.blow_up = 4;
  Measurement measurement(record);
  measurement.run(4);
  try {
    measurement.run(1);
    FAIL() << "nothing thrown";
  } catch (const NumericsError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("trajectory 3, site 5, step " +
                           std::to_string(4 * measurement.state.slice_steps() + 1)),
              std::string::npos)
        << message;
  }
}

// --- going on ------------------------------------------------------------------------------------

void expect_same(const SteadyStateCheckpoint& a, const SteadyStateCheckpoint& b) {
  ASSERT_EQ(a.fields.size(), b.fields.size());
  for (std::size_t i = 0; i < a.fields.size(); ++i)
    EXPECT_TRUE(std::ranges::equal(a.fields[i], b.fields[i], [](Complex x, Complex y) {
      return x.re == y.re && x.im == y.im;
    }));
  EXPECT_EQ(a.totals, b.totals);
  EXPECT_EQ(a.first_totals, b.first_totals);
  EXPECT_EQ(a.observables, b.observables);
  EXPECT_EQ(a.slices, b.slices);
  EXPECT_EQ(a.measured, b.measured);
  EXPECT_EQ(a.first_part, b.first_part);
  EXPECT_EQ(a.slices_per_block, b.slices_per_block);
  EXPECT_EQ(a.settled, b.settled);
  EXPECT_EQ(a.drift_probability, b.drift_probability);
  EXPECT_EQ(a.block_end, b.block_end);
  EXPECT_EQ(a.blocks, b.blocks);
}

struct Resumed {
  std::string name;
  SteadyStateOptions options;
  long slices;  ///< at the end
  long every;   ///< from one stop to the next
};

std::ostream& operator<<(std::ostream& stream, const Resumed& c) { return stream << c.name; }

std::vector<Resumed> resumed_cases() {
  SteadyStateOptions checked = until(1e9), target, settling;
  settling.settling = 9.5 * slice_time;
  checked.error_check = true;
  target.target_error = 0.02;
  return {{"automatic", until(1e9), 40, 1},
          {"many_blocks", until(1e9), 150 * per_block, 7 * per_block + 1},
          {"given_burn_in", burn_in_of(13), 40, 1},
          {"settling", settling, 40, 1},
          {"with_its_twin", checked, 40, 1},
          {"until_an_error", target, 0, 1}};
}

class Stopped : public testing::TestWithParam<Resumed> {};

TEST_P(Stopped, GoesOnAsIfItHadNotBeen) {
  const auto& [name, options, slices, every] = GetParam();
  const auto more = [&, end = slices](const Measurement& run) {
    return end > 0 ? run.slices() < end : !run.state.finished();
  };
  Measurement whole(eventful(), options);
  std::vector<SteadyStateCheckpoint> stops;
  while (more(whole)) {
    if (whole.slices() % every == 0) stops.push_back(whole.state.checkpoint());
    whole.run(1);
    ASSERT_LT(whole.slices(), 2000) << "never done";
  }
  for (const SteadyStateCheckpoint& stop : stops) {
    Measurement rest(eventful(), options);
    rest.state.restore(stop);
    expect_same(rest.state.checkpoint(), stop);
    while (more(rest) && rest.slices() < 2000) rest.run(1);
    expect_same(rest.state.checkpoint(), whole.state.checkpoint());
    EXPECT_EQ(rest.n(), whole.n());
    EXPECT_EQ(rest.state.drift_probability(), whole.state.drift_probability());
    EXPECT_EQ(rest.state.relative_error(), whole.state.relative_error());
    if (HasFailure()) FAIL() << "stopped after " << stop.slices << " slices";
  }
}

INSTANTIATE_TEST_SUITE_P(, Stopped, testing::ValuesIn(resumed_cases()),
                         [](const auto& test) { return test.param.name; });

/// A solver that has gone its own way before is no different from a fresh one.
TEST(SteadyState, RestoreForgetsWhatWasBefore) {
  Measurement first(eventful()), other(eventful(), {}, 2);
  first.run(3);
  other.run(30 * per_block);
  other.state.restore(first.state.checkpoint());
  expect_same(other.state.checkpoint(), first.state.checkpoint());
}

}  // namespace
}  // namespace kapitza::field
