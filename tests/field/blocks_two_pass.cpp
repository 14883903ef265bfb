// SPDX-License-Identifier: BSD-3-Clause
//
// Steps in two passes over a long ring: lines in a Block, barriers, mutants, threads, numbers.
// Whole ensembles are compared with the CPU backend's in tests/field/blocks_staged_ensemble.cpp.
#include <algorithm>
#include <cmath>
#include <fftw3.h>
#include <gtest/gtest.h>
#include <limits>
#include <numbers>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "kapitza/numerics/norms.hpp"
#include "kernels/device/block/serial_block.hpp"
#include "kernels/field/block/two_pass.hpp"
#include "kernels/field/staged/staged_ensemble.hpp"
#include "kernels/field/staged/two_pass_steps.hpp"
#include "tests/support/checked_block.hpp"
#include "tests/support/densities.hpp"
#include "tests/support/drop_sync.hpp"
#include "tests/support/ensemble_contents.hpp"
#include "tests/support/staged_on_host.hpp"
#include "tests/support/thread_block.hpp"

namespace kapitza::block {
namespace {

using staged::HostDevice;
using Checked = DropSync<CheckedBlock>;
using Serial = DropSync<SerialBlock>;

template <class Real>
using Signal = std::vector<BasicComplex<Real>>;

// --- lines ---------------------------------------------------------------------------------------

template <class Map>
void expect_every_lane_once() {
  std::set<std::pair<int, int>> seen;
  std::set<int> cells;
  constexpr int count = 40;
  for (int lane = 0; lane < Map::lines * Map::lanes; ++lane) {
    const int line = Map::line(lane), place = Map::place(lane);
    EXPECT_TRUE(line >= 0 && line < Map::lines && place >= 0 && place < Map::lanes);
    EXPECT_EQ(Map::lane(line, place), lane);
    EXPECT_TRUE(seen.insert({line, place}).second);
  }
  for (int line = 0; line < Map::lines; ++line)
    for (int i = 0; i < count; ++i) EXPECT_TRUE(cells.insert(Map::cell(line, i, count)).second);
  EXPECT_EQ(*cells.begin(), 0);
  EXPECT_EQ(*cells.rbegin(), Map::lines * count - 1);
}

TEST(Lines, HaveLanesAndCellsOfTheirOwn) {
  expect_every_lane_once<SideBySide<1, 64>>();
  expect_every_lane_once<SideBySide<4, 16>>();
  expect_every_lane_once<Interleaved<8, 8>>();
  expect_every_lane_once<Interleaved<16, 4>>();
}

TEST(Lines, ShareWhatIsLeftOfALoop) {
  Checked blk(32, 0);
  LinesInBlock<Checked, Interleaved<4, 8>> lines(blk);
  std::vector<int> times(4 * 19);
  lines.each(19, [&](int i) { ++times[lines.line() * 19 + i]; });
  EXPECT_EQ(times, std::vector<int>(4 * 19, 1));
}

/// Cells that a group of lanes touches at once must lie in different banks of shared memory.
template <class Shape>
void expect_no_bank_conflicts() {
  using Index = typename Shape::ColumnIndex;
  using Lines = typename Shape::ColumnLines;
  constexpr int group = Shape::tile;  // 128 bytes of values: all 32 banks
  for (int stage = 0; stage + 1 < Index::stages; ++stage)
    for (int first = 0; first < Lines::lines * Lines::lanes; first += group)
      for (int slot = 0; slot < Index::slots; ++slot) {
        std::set<int> stored, loaded;
        for (int lane = first; lane < first + group; ++lane) {
          const int line = Lines::line(lane), place = Lines::place(lane), span = Index::span(stage);
          const int to = Index::pad(span, Index::scatter(span, place)) + slot * span;
          const int from = Index::pad(span, place) + Index::pad(span, Index::home(0, slot));
          stored.insert(Lines::cell(line, to, Index::cells) % group);
          loaded.insert(Lines::cell(line, from, Index::cells) % group);
        }
        ASSERT_EQ(stored.size(), static_cast<std::size_t>(group));
        ASSERT_EQ(loaded.size(), static_cast<std::size_t>(group));
      }
}

// --- passes --------------------------------------------------------------------------------------

template <int R, int C, class T>
struct OfShape : TwoPass<R, C, T> {
  using Real = T;
};

/// Some trajectories on a ring, with all that two steps need.
template <class Shape>
class Ring {
 public:
  using Real = typename Shape::Real;
  using Values = Signal<Real>;
  static constexpr int trajectories = 2, modes = 60;

  Ring()
      : plan(make_plan()),
        tables(device, plan),
        own(staged::make_two_pass_tables<Shape>(device, plan, tables)) {
    if (static_cast<int>(plan.noise.size()) != modes) throw std::logic_error("modes of the noise");
    for (int i = 0; i < trajectories * Shape::sites; ++i)
      start.push_back({static_cast<Real>(std::sin(1.0 + 0.37 * i * (i % 17))),
                       static_cast<Real>(std::cos(2.0 + 0.11 * i * (i % 13)))});
    for (int i = 0; i < trajectories * modes; ++i)
      noise.push_back({static_cast<Real>(std::sin(3.0 * i)), static_cast<Real>(std::cos(5.0 * i))});
  }

  ColumnPass<Shape, Real> columns(Values& fields, bool from_rows, bool to_rows, bool all = true) {
    LocalParts parts;
    if (all) {
      parts.add(0);
      parts.add(LocalParts::kick);
      parts.add(1);
    }
    return {{tables.step, tables.local.data(), own.columns.data(), tables.kick_shape.data(),
             noise.data(), modes},
            fields.data(),
            parts,
            from_rows,
            to_rows};
  }

  RowPass<Shape, Real> rows(Values& fields) {
    return {{own.phases.data(), own.rows.data(), own.places.data(), own.slots.data()},
            fields.data(),
            trajectories};
  }

  template <class Pass>
  void run_all(const Pass& pass, int blocks) {
    device.each_block(blocks, pass);
  }
  void run_columns(Values& fields, bool from_rows, bool to_rows, bool all = true) {
    using Pass = ColumnPass<Shape, Real>;
    run_all(columns(fields, from_rows, to_rows, all), trajectories * Pass::tiles);
  }
  void run_rows(Values& fields) {
    run_all(rows(fields), trajectories * RowPass<Shape, Real>::groups);
  }

  HostDevice device;
  field::EnsemblePlan plan;
  staged::EnsembleTables<HostDevice, Real> tables;
  staged::TwoPassTables<HostDevice, Real> own;
  Values start, noise;

 private:
  static field::EnsemblePlan make_plan() {
    field::Problem problem;
    problem.lambda = 0.5;
    problem.profile.assign(Shape::sites, 0.0);
    for (int x = 0; x < 9; ++x) problem.profile[Shape::sites / 2 - 4 + x] = 1 - 0.1 * x;
    problem.absorber = field::Absorber{20, 4.0};
    problem.window = 16;
    problem.density = [](const std::vector<double>& k) {
      std::vector<double> n;
      for (const double k_m : k) n.push_back(0.05 * kapitza::testing::random_smooth(3)(k_m));
      return n;
    };
    return field::make_plan(problem, {0.15, 2, 2}, {trajectories, 7, Precision::double_});
  }
};

template <class S>
struct Passes : ::testing::Test {};
using Shapes =
    ::testing::Types<OfShape<64, 64, double>, OfShape<64, 256, double>, OfShape<64, 2048, double>,
                     OfShape<256, 64, double>, OfShape<128, 64, float>, OfShape<64, 512, float>>;
struct ShapeNames {
  template <class S>
  static std::string GetName(int) {
    return std::to_string(S::rows) + "x" + std::to_string(S::columns) +
           (sizeof(typename S::Real) == sizeof(double) ? "double" : "single");
  }
};
TYPED_TEST_SUITE(Passes, Shapes, ShapeNames);

TYPED_TEST(Passes, HaveNoBankConflictsInTheirColumns) { expect_no_bank_conflicts<TypeParam>(); }

/// A kinetic stage by transforms of FFTW, without the passes.
template <class Real>
Signal<Real> whole_ring_step(Signal<Real> fields, const std::vector<Complex>& phases, int sites) {
  std::vector<Complex> line(sites);
  const auto transform = [&](int sign) {
    auto* z = reinterpret_cast<fftw_complex*>(line.data());
    fftw_plan plan = fftw_plan_dft_1d(sites, z, z, sign, FFTW_ESTIMATE);
    fftw_execute(plan);
    fftw_destroy_plan(plan);
  };
  for (std::size_t at = 0; at < fields.size(); at += sites) {
    for (int x = 0; x < sites; ++x)
      line[x] = {static_cast<double>(fields[at + x].re), static_cast<double>(fields[at + x].im)};
    transform(FFTW_FORWARD);
    for (int k = 0; k < sites; ++k) line[k] = line[k] * phases[k];
    transform(FFTW_BACKWARD);
    for (int x = 0; x < sites; ++x)
      fields[at + x] = {static_cast<Real>(line[x].re), static_cast<Real>(line[x].im)};
  }
  return fields;
}

/// Two transforms of log2 N stages with two roundings each, of values of size sqrt 2.
template <class Shape>
double rounding() {
  const double unit = std::numeric_limits<typename Shape::Real>::epsilon() / 2;
  return 4 * std::log2(Shape::sites) * unit * std::sqrt(2.0);
}

TYPED_TEST(Passes, AreAKineticStageOfTheWholeRing) {
  using Real = typename TypeParam::Real;
  Ring<TypeParam> ring;
  Signal<Real> fields = ring.start;
  ring.run_columns(fields, false, true, false);
  ring.run_rows(fields);
  ring.run_columns(fields, true, false, false);
  const auto expected = whole_ring_step(ring.start, ring.plan.kinetic[0], TypeParam::sites);
  EXPECT_LT(largest_difference(fields, expected), rounding<TypeParam>());
  EXPECT_GT(largest_difference(fields, ring.start), 0.1);
}

TYPED_TEST(Passes, DoEveryLocalPartInItsOrder) {
  using Real = typename TypeParam::Real;
  Ring<TypeParam> ring;
  Signal<Real> fields = ring.start, expected = ring.start;
  ring.run_columns(fields, false, false);
  const field::LocalSites sites = ring.tables.step.sites;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::size_t trajectory = i / TypeParam::sites;
    const int site = static_cast<int>(i % TypeParam::sites);
    const bool in_absorber = sites.is_absorber(site);
    const Real* table = ring.tables.local.data();
    BasicComplex<Real>& psi = expected[i];
    ring.tables.step(psi, site, table);
    if (in_absorber) {
      const std::size_t place = site < 20 ? site : site - TypeParam::sites + ring.modes;
      psi += ring.tables.kick_shape.data()[site] * ring.noise[trajectory * ring.modes + place];
    }
    ring.tables.step(psi, site, table + TypeParam::sites);
  }
  EXPECT_LT(largest_difference(fields, expected), rounding<TypeParam>());
  EXPECT_GT(largest_difference(fields, ring.start), 0.1);
}

/// Some of a pass: ends of the ring, and of the trajectories.
std::vector<int> some_blocks(int all) { return {0, all / 2, all - 1}; }

TYPED_TEST(Passes, HaveNoHazards) {
  using Real = typename TypeParam::Real;
  Ring<TypeParam> ring;
  Signal<Real> fields = ring.start;
  for (const bool from : {false, true})
    for (const bool to : {false, true}) {
      const auto pass = ring.columns(fields, from, to);
      for (const int i : some_blocks(ring.trajectories * pass.tiles)) {
        Checked blk(pass.lanes, pass.shared_bytes());
        pass(blk, i);
        EXPECT_EQ(blk.hazards().count(), 0) << blk.hazards().text();
      }
    }
  const auto pass = ring.rows(fields);
  for (const int i : some_blocks(ring.trajectories * pass.groups)) {
    Checked blk(pass.lanes, pass.shared_bytes());
    pass(blk, i);
    EXPECT_EQ(blk.hazards().count(), 0) << blk.hazards().text();
  }
}

/// Takes out every barrier of two transforms.
template <class Index, class Pass>
void expect_every_barrier_needed(const Pass& pass) {
  Checked intact(pass.lanes, pass.shared_bytes());
  pass(intact, 0);
  ASSERT_EQ(intact.seen, 2 * 2 * Index::exchanges - 1);
  for (int which = 0; which < intact.seen; ++which) {
    Checked blk(pass.lanes, pass.shared_bytes(), which);
    pass(blk, 0);
    EXPECT_GT(blk.hazards().count(), 0) << "without barrier " << which;
  }
}

TYPED_TEST(Passes, NeedEveryBarrier) {
  Ring<TypeParam> ring;
  auto fields = ring.start;
  expect_every_barrier_needed<typename TypeParam::ColumnIndex>(ring.columns(fields, true, true));
  expect_every_barrier_needed<typename TypeParam::RowIndex>(ring.rows(fields));
}

TYPED_TEST(Passes, OnThreadsGiveTheSameBits) {
  Ring<TypeParam> ring;
  const auto after = [&](int threads) {
    auto fields = ring.start;
    const auto columns = ring.columns(fields, true, true);
    const auto rows = ring.rows(fields);
    for (const int i : {0, columns.tiles / 2})
      run_threads(columns.lanes, threads, columns.shared_bytes(),
                  [&](ThreadBlock& blk) { columns(blk, i); });
    run_threads(rows.lanes, threads, rows.shared_bytes(), [&](ThreadBlock& blk) { rows(blk, 1); });
    return fields;
  };
  const auto expected = after(1);
  EXPECT_TRUE(after(3) == expected);
  EXPECT_GT(largest_difference(expected, ring.start), 0.1);
}

TYPED_TEST(Passes, TouchNoOtherTrajectory) {
  Ring<TypeParam> ring;
  auto both = ring.start, spoilt = ring.start;
  for (int x = 0; x < TypeParam::sites; ++x)
    spoilt[x] = {std::numeric_limits<typename TypeParam::Real>::quiet_NaN(), 0};
  for (auto* fields : {&both, &spoilt}) {
    ring.run_columns(*fields, false, true);
    ring.run_rows(*fields);
    ring.run_columns(*fields, true, false);
  }
  EXPECT_TRUE(
      std::equal(both.begin() + TypeParam::sites, both.end(), spoilt.begin() + TypeParam::sites));
}

// --- noise ---------------------------------------------------------------------------------------

TEST(MakeNoise, IsTheTransformOfTheDrawAndNeedsEveryBarrier) {
  Ring<OfShape<64, 64, double>> ring;
  const int n = ring.modes;
  const field::NoiseModes<double> noise{ring.plan.noise.data(), 11, Stream::noise, n};
  const auto made = [&](auto& blk) {
    Signal<double> out(2 * n);
    MakeNoise<double>{noise, ring.own.noise_roots.data(), out.data(), 5, 9}(blk, 1);
    return Signal<double>(out.begin() + n, out.end());
  };
  const std::size_t bytes = MakeNoise<double>::shared_bytes_of(n);
  Checked intact(MakeNoise<double>::lanes, bytes);
  const Signal<double> actual = made(intact);
  EXPECT_EQ(intact.hazards().count(), 0) << intact.hazards().text();

  Signal<double> drawn(n), expected(n);
  for (int draw = 0; draw < noise.draws(); ++draw)
    noise(6, 9, draw, [&](int mode, Complex z) { drawn[mode] = z; });
  for (int x = 0; x < n; ++x)
    for (int m = 0; m < n; ++m) {
      const double angle = 2 * std::numbers::pi * (x * m % n) / n;
      expected[x] += drawn[m] * Complex{std::cos(angle), std::sin(angle)};
    }
  EXPECT_LT(largest_difference(actual, expected), 1e-13);
  EXPECT_GT(largest_difference(expected, Signal<double>(n)), 1e-2);

  for (int which = 0; which < intact.seen; ++which) {
    Checked blk(MakeNoise<double>::lanes, bytes, which);
    made(blk);
    EXPECT_GT(blk.hazards().count(), 0) << "without barrier " << which;
  }
}

// --- parts of a pass over columns ----------------------------------------------------------------

TEST(LocalParts, KeepTheirOrderAndRefuseMoreThanTheyHold) {
  LocalParts parts;
  for (const int part : {3, LocalParts::kick, 0, 7}) parts.add(part);
  ASSERT_EQ(parts.count(), 4);
  EXPECT_EQ(parts[0], 3);
  EXPECT_EQ(parts[1], LocalParts::kick);
  EXPECT_EQ(parts[2], 0);
  EXPECT_EQ(parts[3], 7);
  EXPECT_THROW(parts.add(1), std::length_error);
  EXPECT_THROW(LocalParts{}.add(16), std::length_error);
  EXPECT_THROW(LocalParts{}.add(-1), std::length_error);
}

TEST(TwoPassWalker, RefusesTwoKicksAtOnce) {
  using Shape = OfShape<64, 64, double>;
  Ring<Shape> ring;
  auto fields = ring.start;
  const auto none = [](long) { FAIL() << "there is room for the noise in a block"; };
  staged::TwoPassWalker<Shape, HostDevice, double, decltype(none)> walker(
      ring.device, ring.plan, ring.tables, ring.own, {0, ring.trajectories}, fields.data(),
      ring.noise.data(), none);
  walker.kick(1);
  EXPECT_THROW(walker.kick(2), std::logic_error);
}

// --- steps ---------------------------------------------------------------------------------------

struct Course {
  int sites, order, kick_every, absorber;
};

template <class Real>
std::vector<Complex> fields_after(const Course& how, field::Steps steps,
                                  const std::vector<std::pair<long, long>>& slices) {
  field::Problem problem;
  problem.lambda = 0.5;
  problem.profile.assign(how.sites, 0.0);
  for (int x = 0; x < 9; ++x) problem.profile[how.sites / 2 - 4 + x] = 1 - 0.1 * x;
  problem.absorber = field::Absorber{how.absorber, 4.0};
  problem.window = 16;
  problem.density = [](const std::vector<double>& k) {
    std::vector<double> n;
    for (const double k_m : k) n.push_back(0.05 * kapitza::testing::random_smooth(3)(k_m));
    return n;
  };
  const Precision precision =
      std::is_same_v<Real, double> ? Precision::double_ : Precision::single_;
  staged::StagedEnsemble<HostDevice, Real> ensemble(
      field::make_plan(problem, {0.15, how.kick_every, how.order}, {2, 7, precision}),
      staged::most_indices, steps);
  ensemble.start();
  for (const auto& [first, count] : slices) EXPECT_FALSE(ensemble.advance(first, count));
  return kapitza::testing::fields_of(ensemble);
}

/// Largest difference, of fields whose |psi|^2 is about n = 0.05, in roundings.
template <class Real>
double roundings(const std::vector<Complex>& a, const std::vector<Complex>& b) {
  return largest_difference(a, b) / largest(a) / (std::numeric_limits<Real>::epsilon() / 2);
}

template <class Real>
struct TwoPassSteps : ::testing::Test {};
using Precisions = ::testing::Types<double, float>;
TYPED_TEST_SUITE(TwoPassSteps, Precisions);

/// Every kinetic stage is two transforms of log2 N stages, and each of these adds a rounding or so.
double allowed(const Course& how, long steps) {
  const int stages = how.order == 2 ? 1 : 6;
  return 2 * std::log2(how.sites) * static_cast<double>(stages * steps);
}

TYPED_TEST(TwoPassSteps, AreThoseOfTransformsAndOfBlocks) {
  for (const Course how :
       {Course{4096, 2, 2, 20}, Course{4096, 4, 3, 35}, Course{8192, 2, 1, 40}}) {
    const auto two = fields_after<TypeParam>(how, field::Steps::two_pass, {{0, 7}});
    for (const field::Steps other : {field::Steps::transforms, field::Steps::fused})
      EXPECT_LT(roundings<TypeParam>(two, fields_after<TypeParam>(how, other, {{0, 7}})),
                allowed(how, 7))
          << how.sites;
  }
}

TYPED_TEST(TwoPassSteps, MayBeCutAnywhere) {
  const Course how{4096, 2, 3, 20};
  const auto whole = fields_after<TypeParam>(how, field::Steps::two_pass, {{0, 8}});
  for (long cut = 0; cut <= 8; ++cut)
    EXPECT_LT(roundings<TypeParam>(whole, fields_after<TypeParam>(how, field::Steps::two_pass,
                                                                  {{0, cut}, {cut, 8 - cut}})),
              allowed(how, 8))
        << cut;
  EXPECT_GT(
      roundings<TypeParam>(whole, fields_after<TypeParam>(how, field::Steps::two_pass, {{0, 7}})),
      1e4);
}

TYPED_TEST(TwoPassSteps, AreTakenWhereNoBlockHoldsTheField) {
  const auto chosen = [](int sites, field::Steps steps) {
    field::Problem problem;
    problem.profile.assign(sites, 0.0);
    problem.absorber = field::Absorber{20, 4.0};
    problem.window = 16;
    problem.density = [](const std::vector<double>& k) { return std::vector<double>(k.size()); };
    return staged::choose_steps<TypeParam>(field::make_plan(problem, {0.15, 2, 2}, {1, 7}), steps,
                                           std::size_t{163} << 10);
  };
  const bool is_double = std::is_same_v<TypeParam, double>;
  EXPECT_EQ(chosen(8192, field::Steps::best), field::Steps::fused);
  EXPECT_EQ(chosen(16384, field::Steps::best),
            is_double ? field::Steps::two_pass : field::Steps::fused);
  EXPECT_EQ(chosen(32768, field::Steps::best), field::Steps::two_pass);
  EXPECT_EQ(chosen(1 << 20, field::Steps::best), field::Steps::two_pass);
  EXPECT_EQ(chosen(30000, field::Steps::best), field::Steps::transforms);
  EXPECT_EQ(chosen(1 << 21, field::Steps::best), field::Steps::transforms);
  EXPECT_EQ(chosen(4096, field::Steps::two_pass), field::Steps::two_pass);
  EXPECT_EQ(chosen(32768, field::Steps::transforms), field::Steps::transforms);
  EXPECT_THROW(chosen(30000, field::Steps::two_pass), std::invalid_argument);
  EXPECT_THROW(chosen(2048, field::Steps::two_pass), std::invalid_argument);
  EXPECT_THROW(chosen(32768, field::Steps::fused), std::invalid_argument);
}

}  // namespace
}  // namespace kapitza::block
