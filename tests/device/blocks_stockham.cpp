// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <complex>
#include <fftw3.h>
#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <numbers>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/device/block/fft_tables.hpp"
#include "kernels/device/block/serial_block.hpp"
#include "kernels/device/block/stockham.hpp"
#include "tests/support/checked_block.hpp"
#include "tests/support/drop_sync.hpp"
#include "tests/support/stockham_types.hpp"
#include "tests/support/thread_block.hpp"

namespace kapitza::block {
namespace {

using SmallIndices =
    testing::Types<Double<64>, Double<128>, Double<256>, Double<512>, Single<64>, Single<128>,
                   Single<256>, Single<512>, Radix16<128, double>, Radix16<512, float>>;
/// Every length; with radix 16 those of fused steps.
using AllIndices =
    testing::Types<Double<64>, Double<128>, Double<256>, Double<512>, Double<1024>, Double<2048>,
                   Double<4096>, Single<64>, Single<128>, Single<256>, Single<512>, Single<1024>,
                   Single<2048>, Single<4096>, Radix16<4096, double>, Radix16<8192, double>,
                   Radix16<4096, float>, Radix16<8192, float>, Radix16<16384, float>>;

template <class I>
using Real = decltype(I::Value::re);
template <class I>
using Signal = std::vector<typename I::Value>;
/// The oracles work in at least double, whatever the precision under test.
using Reference = std::vector<std::complex<double>>;

template <class I>
Signal<I> noise(unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<Real<I>> uniform(-1, 1);
  Signal<I> x(I::length);
  for (auto& z : x) {
    z.re = uniform(generator);
    z.im = uniform(generator);
  }
  return x;
}

template <class Value>
Reference widen(const std::vector<Value>& x) {
  Reference wide;
  for (const auto& z : x) wide.emplace_back(z.re, z.im);
  return wide;
}

/// X_k = sum_j x_j e^{s 2 pi i jk / N}, term by term.
Reference literal_dft(const Reference& x, Sign sign) {
  const std::size_t n = x.size();
  Reference result;
  for (std::size_t k = 0; k < n; ++k) {
    std::complex<long double> sum = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const long double turn = static_cast<long double>(j * k % n) / static_cast<long double>(n);
      const long double angle = static_cast<int>(sign) * 2 * std::numbers::pi_v<long double> * turn;
      sum += std::complex<long double>(x[j]) * std::polar(1.0L, angle);
    }
    result.emplace_back(sum);
  }
  return result;
}

Reference fftw_dft(Reference x, Sign sign) {
  auto* data = reinterpret_cast<fftw_complex*>(x.data());
  const std::unique_ptr<std::remove_pointer_t<fftw_plan>, decltype(&fftw_destroy_plan)> plan(
      fftw_plan_dft_1d(static_cast<int>(x.size()), data, data, static_cast<int>(sign),
                       FFTW_ESTIMATE),
      &fftw_destroy_plan);
  fftw_execute(plan.get());
  return x;
}

/// |a - b| / |b| in the 2-norm
double relative_error(const Reference& a, const Reference& b) {
  double difference = 0;
  double size = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference += std::norm(a[i] - b[i]);
    size += std::norm(b[i]);
  }
  return std::sqrt(difference / size);
}

/// Rounding errors add up at random, stage after stage; the largest seen is 0.14 eps log2(N).
template <class I>
double bound() {
  return 0.3 * std::numeric_limits<Real<I>>::epsilon() * std::log2(I::length);
}

/// The algorithm as the device runs it: from memory to registers, transform, and back.
template <class I, Sign sign, class B, class Twiddles>
void transform(B& blk, const Signal<I>& in, Signal<I>& out, const Twiddles& twiddles) {
  transform_line<I, sign>(
      blk, [&](int i) { return in[static_cast<std::size_t>(i)]; },
      [&](int i, typename I::Value z) { out[static_cast<std::size_t>(i)] = z; }, twiddles);
}

template <class I>
struct Table {
  Signal<I> entries = stockham_twiddles<Real<I>>(I::length, I::full_radix);
  TwiddleTable<Real<I>> view() const { return {entries.data()}; }
};

using Serial = DropSync<SerialBlock>;
using Checked = DropSync<CheckedBlock>;

template <class I, Sign sign>
Signal<I> serial(const Signal<I>& in) {
  Serial blk(I::lanes, shared_bytes<I>);
  Signal<I> out(in.size());
  transform<I, sign>(blk, in, out, Table<I>{}.view());
  return out;
}

// ------------------------------------------------------------------------------- the numbers

template <class I>
struct StockhamSmallTest : testing::Test {};
TYPED_TEST_SUITE(StockhamSmallTest, SmallIndices, StockhamNames);

template <class I>
struct StockhamTest : testing::Test {};
TYPED_TEST_SUITE(StockhamTest, AllIndices, StockhamNames);

TYPED_TEST(StockhamSmallTest, IsTheLiteralSum) {
  using I = TypeParam;
  const auto x = noise<I>();
  const auto minus = widen(serial<I, Sign::minus>(x));
  const auto plus = widen(serial<I, Sign::plus>(x));
  EXPECT_LT(relative_error(minus, literal_dft(widen(x), Sign::minus)), bound<I>());
  EXPECT_LT(relative_error(plus, literal_dft(widen(x), Sign::plus)), bound<I>());
}

TYPED_TEST(StockhamTest, AgreesWithFftw) {
  using I = TypeParam;
  const auto x = noise<I>(2);
  const auto minus = widen(serial<I, Sign::minus>(x));
  const auto plus = widen(serial<I, Sign::plus>(x));
  EXPECT_LT(relative_error(minus, fftw_dft(widen(x), Sign::minus)), bound<I>());
  EXPECT_LT(relative_error(plus, fftw_dft(widen(x), Sign::plus)), bound<I>());
}

TYPED_TEST(StockhamTest, TransformsOneWaveToOnePeak) {
  using I = TypeParam;
  constexpr int wave = I::length / 2 - 5;
  Signal<I> x(I::length);
  for (int j = 0; j < I::length; ++j) {
    const double angle = 2 * std::numbers::pi * (j * wave % I::length) / I::length;
    x[static_cast<std::size_t>(j)] = {static_cast<Real<I>>(std::cos(angle)),
                                      static_cast<Real<I>>(std::sin(angle))};
  }
  Reference peak(I::length);
  peak[wave] = I::length;
  EXPECT_LT(relative_error(widen(serial<I, Sign::minus>(x)), peak), bound<I>());
}

// ------------------------------------------------------------------------------- the barriers

/// Two transforms through one buffer, F F x = N x backwards: all barriers that a fused kernel has.
template <class I, class B>
Signal<I> twice(B& blk, const Signal<I>& in) {
  const Table<I> table;
  Signal<I> out(in.size());
  typename B::template Private<typename I::Value, I::slots> x(blk);
  BufferUse use;
  const auto buffer = blk.template shared<typename I::Value>(I::cells);
  blk.each([&](int lane) {
    for (int slot = 0; slot < I::slots; ++slot)
      x[lane][slot] = in[static_cast<std::size_t>(I::home(lane, slot))];
  });
  for (int time = 0; time < 2; ++time) stockham<I, Sign::plus>(blk, x, buffer, use, table.view());
  blk.each([&](int lane) {
    for (int slot = 0; slot < I::slots; ++slot)
      out[static_cast<std::size_t>(I::home(lane, slot))] = x[lane][slot];
  });
  return out;
}

template <class I>
constexpr int barriers_of_two = 2 * I::barriers + 1;

TYPED_TEST(StockhamTest, TwiceIsNTimesTheMirrorImageWithoutHazards) {
  using I = TypeParam;
  const auto x = noise<I>(3);
  Checked blk(I::lanes, shared_bytes<I>);
  const auto y = widen(twice<I>(blk, x));
  Reference expected = widen(x);
  std::reverse(expected.begin() + 1, expected.end());
  for (auto& z : expected) z *= I::length;
  EXPECT_LT(relative_error(y, expected), 2 * bound<I>());
  EXPECT_EQ(blk.hazards().count(), 0) << blk.hazards().text();
  EXPECT_EQ(blk.seen, barriers_of_two<I>);
}

TYPED_TEST(StockhamTest, EveryBarrierIsNeededAndOnlyTheCheckerSeesThat) {
  using I = TypeParam;
  const auto x = noise<I>(6);
  Serial intact(I::lanes, shared_bytes<I>);
  const auto expected = twice<I>(intact, x);
  for (int which = 0; which < barriers_of_two<I>; ++which) {
    Checked checked(I::lanes, shared_bytes<I>, which);
    twice<I>(checked, x);
    EXPECT_GT(checked.hazards().count(), 0) << "without barrier " << which;

    Serial blind(I::lanes, shared_bytes<I>, which);
    EXPECT_EQ(twice<I>(blind, x), expected) << "without barrier " << which;
  }
}

TYPED_TEST(StockhamSmallTest, OnThreadsGivesTheSameBits) {
  using I = TypeParam;
  const auto x = noise<I>(5);
  const auto expected = serial<I, Sign::plus>(x);
  const Table<I> table;
  for (const int threads : {I::lanes, 3}) {
    Signal<I> y(x.size());
    run_threads(I::lanes, threads, shared_bytes<I>,
                [&](ThreadBlock& blk) { transform<I, Sign::plus>(blk, x, y, table.view()); });
    EXPECT_EQ(y, expected) << threads << " threads";
  }
}

// -------------------------------------------------------------------------------- the mutants

/// What the numerical tests say of a table of twiddle factors.
template <class I>
double error_with(const Signal<I>& twiddles) {
  const auto x = noise<I>(7);
  Signal<I> y(x.size());
  Serial blk(I::lanes, shared_bytes<I>);
  transform<I, Sign::minus>(blk, x, y, TwiddleTable<Real<I>>{twiddles.data()});
  return relative_error(widen(y), fftw_dft(widen(x), Sign::minus));
}

TYPED_TEST(StockhamTest, AWrongTwiddleFactorIsSeen) {
  using I = TypeParam;
  const Signal<I> right = Table<I>{}.entries;
  EXPECT_LT(error_with<I>(right), bound<I>());

  Signal<I> off_by_one = right;
  std::rotate(off_by_one.begin(), off_by_one.begin() + 1, off_by_one.end());
  EXPECT_GT(error_with<I>(off_by_one), 100 * bound<I>());

  Signal<I> conjugated = right;
  for (auto& w : conjugated) w = conj(w);
  EXPECT_GT(error_with<I>(conjugated), 100 * bound<I>());

  Signal<I> one_missing = right;
  one_missing[I::twiddles / 2] = {1, 0};
  EXPECT_GT(error_with<I>(one_missing), 10 * bound<I>());
}

using Index512 = Double<512>;

/// The runs of one exchange begin one element late.
struct ShiftedScatter : Index512 {
  static constexpr int scatter(int span, int j) { return j / span * (8 * span) + (j + 1) % span; }
};

/// Two elements share a cell.
struct CollidingPad : Index512 {
  static constexpr int pad(int, int i) { return i == 16 ? 8 : i; }
};

/// Padding that outgrows the buffer.
struct WidePad : Index512 {
  static constexpr int pad(int, int i) { return i + i / 4; }
};

template <class I>
struct Verdict {
  double error;
  HazardLog hazards;
};

template <class I>
Verdict<I> judge() {
  const auto x = noise<I>(8);
  Signal<I> y(x.size());
  Checked blk(I::lanes, shared_bytes<I>);
  transform<I, Sign::minus>(blk, x, y, Table<I>{}.view());
  return {relative_error(widen(y), fftw_dft(widen(x), Sign::minus)), blk.hazards()};
}

TEST(StockhamMutants, AWrongScatterIsSeenByTheNumbers) {
  const auto verdict = judge<ShiftedScatter>();
  EXPECT_EQ(verdict.hazards.count(), 0) << verdict.hazards.text();
  EXPECT_GT(verdict.error, 0.1);
}

TEST(StockhamMutants, ACollidingPadIsSeenByTheChecker) {
  const auto verdict = judge<CollidingPad>();
  EXPECT_GT(verdict.hazards.count(Hazard::write_after_write), 0);
}

TEST(StockhamMutants, AWidePadIsSeenByTheChecker) {
  const auto verdict = judge<WidePad>();
  EXPECT_GT(verdict.hazards.count(Hazard::out_of_bounds), 0);
}

}  // namespace
}  // namespace kapitza::block
