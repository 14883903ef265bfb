// SPDX-License-Identifier: BSD-3-Clause
//
// The complete GPU path of the field, run on the host: the same stages, transforms and order of
// summation, with a loop for the kernel launch, a SerialBlock for a thread block and FFTW for
// cuFFT. What these tests leave open is cuFFT itself, the launch, and the sums of rows.

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <numbers>
#include <numeric>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "kapitza/field/backend.hpp"
#include "kapitza/machine/machine.hpp"
#include "kapitza/numerics/norms.hpp"
#include "kernels/field/staged/staged_ensemble.hpp"
#include "tests/support/densities.hpp"
#include "tests/support/ensemble_contents.hpp"
#include "tests/support/needs_gpu.hpp"
#include "tests/support/staged_on_host.hpp"

namespace kapitza::staged {
namespace {

using kapitza::testing::fields_of;
using kapitza::testing::totals_of;

using Order = HostDevice::Order;
template <class Real>
using Host = StagedEnsemble<HostDevice, Real>;

struct Setting {
  std::string name;
  int sites;
  int absorber = 0, window = 0;  ///< 0: a closed chain
  int order = 2, kick_every = 1;
  int trajectories = 3;
  double lambda = 0.5;
  bool starts_from_zero = false;
  Dispersion dispersion = Dispersion::parabolic();
  field::Steps steps = field::Steps::transforms;
};

/// The same on a ring whose fields fit into blocks.
Setting fused(Setting setting, int sites) {
  setting.name += "Fused" + std::to_string(sites);
  setting.sites = sites;
  setting.steps = field::Steps::fused;
  return setting;
}

/// The same on a ring that takes two passes for a step.
Setting two_pass(Setting setting, int sites) {
  setting.name += "TwoPass" + std::to_string(sites);
  setting.sites = sites;
  setting.steps = field::Steps::two_pass;
  return setting;
}

void PrintTo(const Setting& setting, std::ostream* out) { *out << setting.name; }

field::Problem make_problem(const Setting& setting) {
  field::Problem problem;
  problem.dispersion = setting.dispersion;
  problem.lambda = setting.lambda;
  problem.profile.assign(setting.sites, 0.0);
  const std::vector<double> defect{1.0, -0.4, 0.7, 0.0, 1.2};
  std::copy(defect.begin(), defect.end(), problem.profile.begin() + setting.sites / 2 - 3);
  if (setting.absorber > 0) problem.absorber = field::Absorber{setting.absorber, 4.0};
  problem.window = setting.window;
  problem.starts_from_zero = setting.starts_from_zero;
  problem.density = [](const std::vector<double>& k) {
    std::vector<double> n;
    for (const double k_m : k) n.push_back(0.05 * kapitza::testing::random_smooth(3)(k_m));
    return n;
  };
  return problem;
}

field::EnsemblePlan make_plan(const Setting& setting, Precision precision = Precision::double_) {
  const field::Numerics numerics{0.15, setting.kick_every, setting.order};
  return field::make_plan(make_problem(setting), numerics,
                          {setting.trajectories, 0x123456789abcdef, precision});
}

template <class Real>
field::EnsemblePlan make_plan_of(const Setting& setting) {
  return make_plan(setting, std::is_same_v<Real, float> ? Precision::single_ : Precision::double_);
}

std::unique_ptr<field::Ensemble> reference(const field::EnsemblePlan& plan) {
  return make_cpu_machine(1)->field().ensemble(plan);
}

double norm_of(const Complex* phi, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += norm(phi[i]);
  return std::sqrt(sum);
}

double norm_of(const std::vector<double>& values) {
  return std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0));
}

// --- how far two correct evaluations may differ --------------------------------------------------

/// Sizes that a field reaches: |psi_x|^2 at any site and in the defect, and the norm.
struct Sizes {
  double density = 0, in_defect = 0, norm = 0;
};

/// Largest sizes after any step, times what a field may do in between.
Sizes sizes_of(const field::EnsemblePlan& plan, long steps) {
  Sizes sizes;
  const auto ensemble = reference(plan);
  ensemble->start();
  for (long step = 0; step <= steps; ++step) {
    const std::vector<Complex> phi = fields_of(*ensemble);
    for (std::size_t at = 0; at < phi.size(); at += plan.sites) {
      for (int x = 0; x < plan.sites; ++x) {
        const double y = norm(phi[at + x]);
        sizes.density = std::max(sizes.density, y);
        if (plan.turns[x] != 0) sizes.in_defect = std::max(sizes.in_defect, y);
      }
      sizes.norm = std::max(sizes.norm, norm_of(phi.data() + at, plan.sites));
    }
    ensemble->advance(step, 1);
  }
  return {2 * sizes.density, 2 * sizes.in_defect, 2 * sizes.norm};
}

/// Units of rounding in a transform, as a part of the norm of its result: a butterfly of p numbers
/// adds p products with factors that are rounded themselves.
double transform_units(int n) {
  double units = 0;
  for (int p = 2; n > 1; ++p)
    for (; n % p == 0; n /= p) units += std::sqrt(p) * (p + 3);
  return units;
}

/// sum_l |slope_l| y^l and its derivative: bounds of U' and U''.
double slope_size(const field::EnsemblePlan& plan, double y) {
  double sum = 0;
  for (int l = 0; l < field::PotentialSlope<double>::size; ++l)
    sum += std::abs(plan.slope.slope[l]) * std::pow(y, l);
  return sum;
}
double curvature_size(const field::EnsemblePlan& plan, double y) {
  double sum = 0;
  for (int l = 1; l < field::PotentialSlope<double>::size; ++l)
    sum += l * std::abs(plan.slope.slope[l]) * std::pow(y, l - 1);
  return sum;
}

/// The random numbers end at 4.8, and come with eight roundings.
constexpr double largest_normal = 4.8;
constexpr double normal_units = 8;

/// How far the fields of two correct evaluations may lie apart after some steps, in the norm of one
/// trajectory.
///
/// All parts of a step leave the norm of a deviation as it is, or less, but for the defect: a phase
/// theta |psi|^2-dependent makes it larger by 1 + 2 |theta'| |psi|^2. To it each part adds its
/// roundings: those of its transforms and products, of cis, and of the angle, of which Horner's
/// rule leaves two units for each power.
template <class Real>
double field_bound(const field::EnsemblePlan& plan, long steps, Sizes sizes) {
  const double unit = std::numeric_limits<Real>::epsilon() / 2;
  const double turns = largest(plan.turns), y = sizes.in_defect;
  double growth = 1, units = 0;
  for (const double coefficient : plan.composition.local) {
    const double angle = 2 * std::numbers::pi * turns * std::abs(coefficient);
    growth *= 1 + 2 * angle * curvature_size(plan, y) * y;
    units += 8 + (2 * field::PotentialSlope<Real>::size + 4) * angle * slope_size(plan, y);
  }
  units += plan.composition.stages() * (2 * transform_units(plan.sites) + 4);
  double added = units * sizes.norm;
  if (plan.kick_every > 0) {
    const int modes = static_cast<int>(plan.noise.size());
    const double kick =
        largest(plan.kick_shape) * std::sqrt(modes) * largest_normal * norm_of(plan.noise);
    added += (transform_units(modes) + normal_units + 4) * kick;
  }
  const double start = (transform_units(plan.sites) + normal_units) * sizes.norm;
  return std::pow(growth, steps) * (start + static_cast<double>(steps) * added) * unit;
}

/// The same of every total of one measurement. No amplitude is larger than the norm of the field,
/// times which the taper has norm one; n and n^2 of a deviation follow.
struct TotalBounds {
  double n, n_squared, site, energy;
};

template <class Real>
TotalBounds total_bounds(const field::EnsemblePlan& plan, Sizes sizes, double field) {
  const double unit = std::numeric_limits<Real>::epsilon() / 2, S = sizes.norm;
  const double amplitude = field + (transform_units(plan.window_sites()) + 4) * S * unit *
                                       std::sqrt(plan.window_sites()) * largest(plan.taper);
  const double n = 2 * S * amplitude;
  const double site = 2 * std::sqrt(sizes.density) * field;
  double potential = 0;
  for (const double D : plan.potential) potential += std::abs(D);
  return {n, 2 * S * S * n, site, potential * slope_size(plan, sizes.in_defect) * site};
}

void expect_close(const std::vector<Complex>& expected, const std::vector<Complex>& actual,
                  int sites, double bound) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t at = 0; at < expected.size(); at += sites) {
    std::vector<Complex> difference;
    for (int x = 0; x < sites; ++x) difference.push_back(actual[at + x] - expected[at + x]);
    EXPECT_LE(norm_of(difference.data(), sites), bound) << "trajectory " << at / sites;
  }
}

void expect_close(const field::EnsemblePlan& plan, const std::vector<double>& expected,
                  const std::vector<double>& actual, TotalBounds bounds, int measurements) {
  ASSERT_EQ(actual.size(), expected.size());
  std::vector<double> allowed;
  const field::TotalsLayout at = plan.totals();
  allowed.resize(at.size(), bounds.site);
  for (int window = 0; window < at.windows; ++window)
    for (int m = 0; m < at.momenta; ++m) {
      allowed[at.n(window, m)] = bounds.n;
      allowed[at.n_squared(window, m)] = bounds.n_squared;
    }
  allowed[at.energy()] = bounds.energy;
  for (std::size_t i = 0; i < expected.size(); ++i)
    ASSERT_NEAR(actual[i], expected[i], measurements * allowed[i % allowed.size()])
        << "trajectory " << i / allowed.size() << ", observable " << i % allowed.size();
}

// --- against the CPU backend ---------------------------------------------------------------------

std::vector<Setting> settings() {
  return {{"Even", 64, 10, 12},
          {"Odd", 75, 11, 20, 2, 3, 5},
          {"Prime", 67, 9, 16, 2, 2},
          {"FourthOrder", 80, 12, 16, 4, 2},
          {"FourthOrderPrime", 67, 10, 15, 4, 1, 1},
          {"WindowsFillTheirPlace", 65, 10, 19},
          {"LongNoise", 37, 13, 2},
          {"FromZero", 64, 10, 12, 2, 1, 3, 0.5, true},
          {"NoDefect", 64, 10, 12, 2, 1, 3, 0.0},
          {"Closed", 60},
          {"ClosedPrimeFourthOrder", 53, 0, 0, 4, 1, 5, 0.3},
          {"ClosedWithoutDefect", 45, 0, 0, 2, 1, 2, 0.0}};
}

/// The block algorithm at every size; noise on rings of 48, 60, 18, 36 and 90 modes.
std::vector<Setting> fused_settings() {
  const Setting driven{"Driven", 0, 16, 20, 2, 2, 2}, fourth{"FourthOrder", 0, 20, 24, 4, 1, 2};
  const Setting narrow{"Narrow", 0, 6, 20, 2, 3, 3}, closed{"Closed", 0, 0, 0, 4, 1, 2, 0.3};
  const Setting from_zero{"FromZero", 0, 12, 16, 2, 1, 2, 0.5, true};
  const Setting free{"NoDefect", 0, 30, 20, 2, 2, 2, 0.0};
  return {fused(driven, 256),  fused(driven, 512),    fused(driven, 1024), fused(driven, 2048),
          fused(driven, 4096), fused(driven, 8192),   fused(fourth, 256),  fused(fourth, 2048),
          fused(narrow, 256),  fused(from_zero, 512), fused(free, 256),    fused(closed, 256),
          fused(closed, 1024)};
}

/// The passes over every kind of ring; the noise of the wide absorber fits into no block.
std::vector<Setting> two_pass_settings() {
  const Setting driven{"Driven", 0, 16, 20, 2, 2, 2}, narrow{"Narrow", 0, 6, 20, 2, 3, 3};
  const Setting fourth{"FourthOrder", 0, 20, 24, 4, 1, 2, 0.3};
  const Setting closed{"Closed", 0, 0, 0, 4, 1, 2, 0.3};
  const Setting from_zero{"FromZero", 0, 12, 16, 2, 1, 2, 0.5, true};
  const Setting free{"NoDefect", 0, 30, 20, 2, 2, 2, 0.0};
  const Setting wide{"Wide", 0, 4000, 20, 2, 3, 1}, alone{"Alone", 0, 16, 20, 2, 3, 1};
  return {two_pass(driven, 4096), two_pass(fourth, 4096),  two_pass(narrow, 4096),
          two_pass(closed, 4096), two_pass(free, 4096),    two_pass(from_zero, 8192),
          two_pass(wide, 32768),  two_pass(fourth, 16384), two_pass(alone, 32768),
          two_pass(alone, 65536), two_pass(alone, 131072)};
}

class StagedEnsembleAgrees : public ::testing::TestWithParam<Setting> {};

/// From the start on, `actual` does what the CPU backend does.
template <class Real>
void expect_agreement(field::Ensemble& actual, double largest_bound) {
  constexpr long steps = 7;
  const field::EnsemblePlan& plan = actual.plan();
  const Sizes sizes = sizes_of(plan, steps);
  const auto expected = reference(plan);

  expected->start();
  actual.start();
  {
    SCOPED_TRACE("start");
    expect_close(fields_of(*expected), fields_of(actual), plan.sites,
                 field_bound<Real>(plan, 0, sizes));
    EXPECT_EQ(totals_of(actual), totals_of(*expected));
  }
  for (field::Ensemble* ensemble : {expected.get(), &actual}) {
    EXPECT_FALSE(ensemble->advance(0, 0));
    EXPECT_FALSE(ensemble->advance(0, 3));
    EXPECT_FALSE(ensemble->advance(3, steps - 3));
  }
  const double bound = field_bound<Real>(plan, steps, sizes);
  EXPECT_LT(bound, largest_bound * sizes.norm);
  expect_close(fields_of(*expected), fields_of(actual), plan.sites, bound);
  expect_close(plan, totals_of(*expected), totals_of(actual),
               total_bounds<Real>(plan, sizes, bound), 3);
}

/// A bound above this part of the field would not say much.
template <class Real>
constexpr double largest_bound = sizeof(Real) == sizeof(double) ? 1e-10 : 1e-10 * 0x1p29;

template <class Real>
void expect_agreement_on_the_host(const Setting& setting) {
  Host<Real> ensemble(make_plan_of<Real>(setting), most_indices, setting.steps);
  expect_agreement<Real>(ensemble, largest_bound<Real>);
}

TEST_P(StagedEnsembleAgrees, WithTheCpuBackend) {
  expect_agreement_on_the_host<double>(GetParam());
}

TEST_P(StagedEnsembleAgrees, WithTheCpuBackendInSinglePrecision) {
  expect_agreement_on_the_host<float>(GetParam());
}

TEST(StagedEnsemble, HoldsTwiceAsManySitesInSinglePrecision) {
  const Setting setting = fused({"", 0, 16, 20, 2, 2, 1}, 16384);
  expect_agreement_on_the_host<float>(setting);
  EXPECT_THROW(expect_agreement_on_the_host<double>(setting), std::invalid_argument);
}

/// The same within the same bounds on a GPU, and twice the same bits.
template <class Real>
void expect_agreement_on_the_gpu(const Setting& setting) {
  const auto gpu = make_cuda_machine({setting.steps});
  const auto run = [&] {
    auto ensemble = gpu->field().ensemble(make_plan_of<Real>(setting));
    expect_agreement<Real>(*ensemble, largest_bound<Real>);
    return fields_of(*ensemble);
  };
  EXPECT_TRUE(run() == run());
}

TEST_P(StagedEnsembleAgrees, WithTheCpuBackendOnCuda) {
  NEEDS_GPU();
  expect_agreement_on_the_gpu<double>(GetParam());
  expect_agreement_on_the_gpu<float>(GetParam());
}

TEST(StagedEnsemble, HoldsTwiceAsManySitesInSinglePrecisionOnCuda) {
  NEEDS_GPU();
  expect_agreement_on_the_gpu<float>(fused({"", 0, 16, 20, 2, 2, 1}, 16384));
}

TEST(StagedEnsemble, HoldsAMillionSitesOnCuda) {
  NEEDS_GPU();
  const Setting setting = two_pass({"", 0, 16, 20, 2, 3, 1}, 1 << 20);
  expect_agreement_on_the_gpu<double>(setting);
  expect_agreement_on_the_gpu<float>(setting);
}

/// Number, energies and densities of the totals belong to the fields they were measured in.
TEST_P(StagedEnsembleAgrees, WithItsOwnFields) {
  const field::EnsemblePlan plan = make_plan(GetParam());
  Host<double> ensemble(plan, most_indices, GetParam().steps);
  ensemble.start();
  ensemble.advance(0, 4);
  const std::vector<Complex> phi = fields_of(ensemble);
  const std::vector<double> sums = totals_of(ensemble);
  for (int i = 0; i < plan.trajectories; ++i) {
    const field::TotalsLayout at = plan.totals();
    const double* row = at.row(sums.data(), i);
    double energy = 0, size = 0;
    for (int x = 0; x < plan.sites; ++x) {
      const double y = norm(phi[i * plan.sites + x]);
      EXPECT_DOUBLE_EQ(row[at.site(x)], y);
      energy += plan.potential[x] * plan.slope.integral(y);
      size += std::abs(plan.potential[x] * plan.slope.integral(y));
    }
    EXPECT_NEAR(row[at.energy()], energy,
                plan.sites * std::numeric_limits<double>::epsilon() * size);
  }
}

INSTANTIATE_TEST_SUITE_P(Settings, StagedEnsembleAgrees, ::testing::ValuesIn(settings()),
                         [](const auto& test) { return test.param.name; });
INSTANTIATE_TEST_SUITE_P(Blocks, StagedEnsembleAgrees, ::testing::ValuesIn(fused_settings()),
                         [](const auto& test) { return test.param.name; });
INSTANTIATE_TEST_SUITE_P(Passes, StagedEnsembleAgrees, ::testing::ValuesIn(two_pass_settings()),
                         [](const auto& test) { return test.param.name; });

// --- properties ----------------------------------------------------------------------------------

template <class Real>
struct StagedEnsembleIn : ::testing::Test {};
using Precisions = ::testing::Types<double, float>;
TYPED_TEST_SUITE(StagedEnsembleIn, Precisions);

const Setting driven{"", 75, 11, 20, 4, 2, 5};
const Setting closed{"", 53, 0, 0, 2, 1, 3};
const std::vector<Setting> all_kinds{driven,
                                     closed,
                                     fused(driven, 256),
                                     fused(closed, 256),
                                     two_pass(driven, 4096),
                                     two_pass(closed, 4096)};

/// Everything that an ensemble leaves, as bits are compared.
struct Results {
  std::vector<Complex> fields;
  std::vector<double> totals;
  friend bool operator==(const Results&, const Results&) = default;
};

Results results_of(const field::Ensemble& ensemble) {
  return {fields_of(ensemble), totals_of(ensemble)};
}

template <class Real>
Results run(const Setting& setting, std::size_t most = most_indices,
            Order order = Order::forwards) {
  Host<Real> ensemble(make_plan_of<Real>(setting), most, setting.steps, order);
  ensemble.start();
  ensemble.advance(0, 3);
  ensemble.advance(3, 2);
  return results_of(ensemble);
}

TYPED_TEST(StagedEnsembleIn, BitsDoNotDependOnTheOrderOfIndices) {
  for (const Setting& setting : all_kinds)
    EXPECT_TRUE(run<TypeParam>(setting, most_indices, Order::backwards) == run<TypeParam>(setting));
}

TYPED_TEST(StagedEnsembleIn, BitsDoNotDependOnTheBatches) {
  for (const Setting& setting : all_kinds) {
    const Results expected = run<TypeParam>(setting);
    for (const int rows : {0, 1, 2, 3})
      EXPECT_TRUE(run<TypeParam>(setting, rows * setting.sites) == expected) << rows;
  }
}

TYPED_TEST(StagedEnsembleIn, GoesOnFromACheckpoint) {
  for (const Setting& setting : {driven, fused(driven, 256), two_pass(driven, 4096)}) {
    const field::EnsemblePlan plan = make_plan_of<TypeParam>(setting);
    Host<TypeParam> whole(plan, most_indices, setting.steps),
        first(plan, most_indices, setting.steps);
    Host<TypeParam> second(plan, 2 * plan.sites, setting.steps);
    whole.start();
    first.start();
    for (field::Ensemble* ensemble : {&whole, &first}) ensemble->advance(0, 3);
    whole.advance(3, 4);

    second.set_fields(fields_of(first));
    second.set_totals(totals_of(first));
    second.advance(3, 4);

    EXPECT_TRUE(results_of(second) == results_of(whole));
  }
}

TYPED_TEST(StagedEnsembleIn, StartsAnew) {
  Host<TypeParam> ensemble(make_plan_of<TypeParam>(driven));
  ensemble.start();
  const Results expected = results_of(ensemble);
  EXPECT_EQ(norm_of(expected.totals), 0);
  ensemble.advance(0, 2);
  EXPECT_GT(norm_of(totals_of(ensemble)), 0);
  ensemble.start();
  EXPECT_TRUE(results_of(ensemble) == expected);
}

TYPED_TEST(StagedEnsembleIn, OnlyTheCheckTravels) {
  for (const Setting& setting : all_kinds) {
    Host<TypeParam> ensemble(make_plan_of<TypeParam>(setting), most_indices, setting.steps);
    ensemble.start();
    HostDevice::record = {};
    ensemble.advance(0, 5);
    EXPECT_EQ(HostDevice::record.uploaded, 0u);
    EXPECT_EQ(HostDevice::record.downloaded, setting.trajectories * sizeof(double));
    EXPECT_EQ(HostDevice::record.allocated, 0u);
  }
}

TYPED_TEST(StagedEnsembleIn, MemoryIsWhatItSays) {
  for (const Setting& setting : all_kinds)
    for (const int rows : {1, 2, 100}) {
      HostDevice::record = {};
      Host<TypeParam> ensemble(make_plan_of<TypeParam>(setting), rows * setting.sites,
                               setting.steps);
      EXPECT_EQ(HostDevice::record.allocated - HostDevice::record.released, ensemble.memory());
    }
}

TYPED_TEST(StagedEnsembleIn, SmallChunksNeedLessMemory) {
  const field::EnsemblePlan plan = make_plan_of<TypeParam>(driven);
  EXPECT_LT(Host<TypeParam>(plan, plan.sites).memory(), Host<TypeParam>(plan).memory());
}

// --- fields that grow beyond all bounds ----------------------------------------------------------

/// Packets of an amplitude that the defect does not survive: U'(|psi|^2) overflows from
/// |psi| = `threshold` on. They sit beside it, closer in later trajectories; trajectory 0 has none.
/// The cosine band moves them no faster than its velocity, with steep tails.
std::vector<Complex> packets(const field::EnsemblePlan& plan, double threshold) {
  std::vector<Complex> phi(static_cast<std::size_t>(plan.sites) * plan.trajectories);
  for (int i = 0; i < plan.trajectories; ++i)
    for (int x = 0; x < plan.sites; ++x) phi[i * plan.sites + x] = {0.1 + 0.01 * i, 0.02 * x};
  for (int i = 1; i < plan.trajectories; ++i) {
    // Lopsided: of two sites alike, rounding would choose the largest.
    const int site = i * plan.sites + plan.defect.end + 12 - 3 * i;
    phi[site] = {2e3 * threshold, 0};
    phi[site + 1] = {0, 1e2 * threshold};
  }
  return phi;
}

template <class Real>
double overflow_threshold() {
  return std::pow(std::numeric_limits<Real>::max(), 0.25);
}

/// From the same fields, in chunks of every size, the same as the CPU backend; returns it.
template <class Real>
field::BlowUp expect_same_blow_up(const field::EnsemblePlan& plan, const std::vector<Complex>& phi,
                                  long first, long steps,
                                  field::Steps how = field::Steps::transforms) {
  const auto found_by = [&](field::Ensemble& ensemble) {
    ensemble.set_fields(phi);
    ensemble.clear();
    const std::optional<field::BlowUp> found = ensemble.advance(first, steps);
    EXPECT_TRUE(found);
    return found.value_or(field::BlowUp{-1, -1, -1});
  };
  const field::BlowUp expected = found_by(*reference(plan));
  for (int rows = 1; rows <= plan.trajectories; ++rows) {
    Host<Real> ensemble(plan, rows * plan.sites, how);
    const field::BlowUp actual = found_by(ensemble);
    EXPECT_EQ(actual.trajectory, expected.trajectory);
    EXPECT_EQ(actual.site, expected.site);
    EXPECT_EQ(actual.step, expected.step);
  }
  return expected;
}

TYPED_TEST(StagedEnsembleIn, FindsWhereAFieldBlowsUp) {
  for (Setting setting : {Setting{"", 64, 10, 12, 2, 2, 4}, Setting{"", 75, 11, 16, 4, 1, 4},
                          Setting{"", 53, 0, 0, 2, 1, 4}, fused({"", 0, 10, 12, 2, 2, 4}, 256)}) {
    setting.dispersion = Dispersion::cosine();
    const field::EnsemblePlan plan = make_plan_of<TypeParam>(setting);
    const field::BlowUp found = expect_same_blow_up<TypeParam>(
        plan, packets(plan, overflow_threshold<TypeParam>()), 100, 60, setting.steps);
    EXPECT_EQ(found.trajectory, 1);
    EXPECT_GT(found.step, 100);
    EXPECT_LT(found.step, 159);
  }
}

/// In double precision: in single the rounding of a packet alone, all over a ring of 4096 sites,
/// turns the defect by angles beyond what cis_turns() takes.
TEST(StagedEnsemble, FindsWhereALongFieldBlowsUp) {
  Setting setting = two_pass({"", 0, 10, 12, 2, 2, 4}, 4096);
  setting.dispersion = Dispersion::cosine();
  const field::EnsemblePlan plan = make_plan(setting);
  const field::BlowUp found = expect_same_blow_up<double>(
      plan, packets(plan, overflow_threshold<double>()), 100, 60, setting.steps);
  EXPECT_EQ(found.trajectory, 1);
  EXPECT_GT(found.step, 100);
  EXPECT_LT(found.step, 159);
}

TEST(StagedEnsemble, FindsTheKickThatBlowsAFieldUp) {
  Setting setting = driven;
  setting.kick_every = 7;
  field::EnsemblePlan plan = make_plan(setting);
  for (double& amplitude : plan.noise) amplitude *= 1e160;
  const std::vector<Complex> zero(static_cast<std::size_t>(plan.sites) * plan.trajectories);
  const field::BlowUp found = expect_same_blow_up<double>(plan, zero, 99, 20);
  EXPECT_EQ(found.trajectory, 0);
  EXPECT_EQ(found.step, 104);
}

TEST(StagedEnsemble, FindsWhatOnlyTheEnergyShows) {
  const field::EnsemblePlan plan = make_plan(closed);
  // |psi|^4 of U' is a number, |psi|^6 of U is none.
  std::vector<Complex> large(static_cast<std::size_t>(plan.sites) * plan.trajectories);
  for (int x = 0; x < plan.sites; ++x) large[plan.sites + x] = {x == 9 ? 3e60 : 1e60, 0};
  const field::BlowUp found = expect_same_blow_up<double>(plan, large, 5, 3);
  EXPECT_EQ(found.trajectory, 1);
  EXPECT_NEAR(found.site, 9, 2);
  EXPECT_EQ(found.step, 7);
}

TYPED_TEST(StagedEnsembleIn, OtherTrajectoriesSurviveABlowUp) {
  const field::EnsemblePlan plan = make_plan_of<TypeParam>(Setting{"", 64, 10, 12, 2, 2, 3});
  const auto N = static_cast<std::size_t>(plan.sites);
  const std::vector<Complex> phi = packets(plan, overflow_threshold<TypeParam>());
  std::vector<Complex> harmless(3 * N);
  for (int i = 0; i < 3; ++i) std::copy_n(phi.begin(), N, harmless.begin() + i * N);
  std::vector<Complex> one_bad = harmless;
  std::copy_n(phi.begin() + N, N, one_bad.begin() + N);
  const auto run_from = [&](const std::vector<Complex>& fields, bool bad) {
    Host<TypeParam> ensemble(plan);
    ensemble.set_fields(fields);
    ensemble.clear();
    EXPECT_EQ(ensemble.advance(0, 60).has_value(), bad);
    return results_of(ensemble);
  };
  const Results expected = run_from(harmless, false), actual = run_from(one_bad, true);
  const std::size_t M = plan.observables();
  for (const std::size_t i : {0, 2}) {
    EXPECT_TRUE(std::equal(expected.fields.begin() + i * N, expected.fields.begin() + (i + 1) * N,
                           actual.fields.begin() + i * N));
    EXPECT_TRUE(std::equal(expected.totals.begin() + i * M, expected.totals.begin() + (i + 1) * M,
                           actual.totals.begin() + i * M));
  }
}

TYPED_TEST(StagedEnsembleIn, FindsWhatWasNeverFinite) {
  const field::EnsemblePlan plan = make_plan_of<TypeParam>(closed);
  std::vector<Complex> phi(static_cast<std::size_t>(plan.sites) * plan.trajectories);
  phi[plan.sites + 7] = {std::numeric_limits<double>::quiet_NaN(), 0};
  Host<TypeParam> ensemble(plan);
  ensemble.set_fields(phi);
  ensemble.clear();
  const std::optional<field::BlowUp> found = ensemble.advance(5, 3);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->trajectory, 1);
  EXPECT_EQ(found->site, 7);
  EXPECT_EQ(found->step, 5);
}

// --- parts ---------------------------------------------------------------------------------------

TEST(LocalSites, AreThoseOfDefectAndAbsorber) {
  for (const Setting& setting : {driven, closed, Setting{"", 64, 10, 12, 2, 1, 3, 0.0}}) {
    const field::EnsemblePlan plan = make_plan(setting);
    const field::LocalSites sites = plan.local_sites();
    std::vector<int> found, expected;
    for (int j = 0; j < sites.size(); ++j) {
      found.push_back(sites(j));
      EXPECT_EQ(sites.is_defect(sites(j)), j < sites.defect);
    }
    std::sort(found.begin(), found.end());
    for (int x = 0; x < plan.sites; ++x)
      if ((x >= plan.defect.begin && x < plan.defect.end) || plan.damping[x] > 0)
        expected.push_back(x);
    EXPECT_EQ(found, expected);
    for (int x = 0; x < plan.sites; ++x) {
      EXPECT_EQ(sites.is_defect(x), x >= plan.defect.begin && x < plan.defect.end);
      EXPECT_EQ(sites.is_absorber(x), plan.damping[x] > 0);
    }
  }
}

TEST(TrajectoryBatches, HoldEveryTrajectoryOnce) {
  for (int all = 1; all <= 40; ++all)
    for (std::size_t most = 0; most <= 45; ++most) {
      const TrajectoryBatches batches(all, 3, most);
      int next = 0;
      for (int i = 0; i < batches.count; ++i) {
        EXPECT_EQ(batches[i].first, next);
        EXPECT_GE(batches[i].size, 1);
        EXPECT_LE(batches[i].size, batches.capacity);
        next += batches[i].size;
      }
      EXPECT_EQ(next, all);
      EXPECT_GE(batches.rows(), static_cast<std::size_t>(all));
      EXPECT_LE(3u * batches.capacity, std::max<std::size_t>(most, 3));
    }
}

TEST(TrajectoryBatches, StayBelowTheLimitOfAStage) {
  const TrajectoryBatches batches(3000000, 4096, most_indices);
  EXPECT_LT(std::size_t{4096} * batches.capacity, std::size_t{1} << 31);
  EXPECT_EQ(batches.count, 6);
}

}  // namespace
}  // namespace kapitza::staged
