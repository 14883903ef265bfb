// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <numbers>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "kernels/device/block/fft_tables.hpp"
#include "kernels/device/block/stockham_index.hpp"
#include "tests/support/stockham_types.hpp"

namespace kapitza::block {
namespace {

using Indices =
    testing::Types<Double<64>, Double<128>, Double<256>, Double<512>, Double<1024>, Double<2048>,
                   Double<4096>, Single<64>, Single<128>, Single<256>, Single<512>, Single<1024>,
                   Single<2048>, Single<4096>, Radix16<512, double>, Radix16<2048, double>,
                   Radix16<2048, float>, Radix16<4096, double>, Radix16<4096, float>,
                   Radix16<8192, double>, Radix16<16384, float>>;

template <class I>
struct StockhamIndexTest : testing::Test {};
TYPED_TEST_SUITE(StockhamIndexTest, Indices, StockhamNames);

/// Every number from 0 to count - 1, once.
void expect_permutation(std::vector<int> values, int count) {
  std::sort(values.begin(), values.end());
  std::vector<int> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(values, all);
}

template <class I, class Map>
std::vector<int> over_lanes_and_slots(Map map) {
  std::vector<int> values;
  for (int lane = 0; lane < I::lanes; ++lane)
    for (int slot = 0; slot < I::slots; ++slot) values.push_back(map(lane, slot));
  return values;
}

/// The element that a lane writes from a slot after a stage of full radix.
template <class I>
int scattered(int span, int lane, int slot) {
  return I::scatter(span, lane) + slot * span;
}

TYPED_TEST(StockhamIndexTest, RadicesMultiplyToTheLength) {
  using I = TypeParam;
  int product = 1;
  for (int stage = 0; stage < I::stages; ++stage) {
    EXPECT_EQ(product, I::span(stage));
    if (stage + 1 < I::stages) {
      EXPECT_EQ(I::radix(stage), I::full_radix);
    }
    product *= I::radix(stage);
  }
  EXPECT_EQ(product, I::length);
  EXPECT_GE(I::radix(I::stages - 1), 2);
}

TYPED_TEST(StockhamIndexTest, HomeIsABijection) {
  using I = TypeParam;
  expect_permutation(over_lanes_and_slots<I>(I::home), I::length);
}

TYPED_TEST(StockhamIndexTest, ScatterIsABijectionInEveryExchange) {
  using I = TypeParam;
  for (int stage = 0; stage + 1 < I::stages; ++stage) {
    const int span = I::span(stage);
    expect_permutation(
        over_lanes_and_slots<I>([&](int lane, int slot) { return scattered<I>(span, lane, slot); }),
        I::length);
  }
}

TYPED_TEST(StockhamIndexTest, EveryExchangeIsNeeded) {
  using I = TypeParam;
  for (int stage = 0; stage + 1 < I::stages; ++stage) {
    bool stays = true;
    for (int lane = 0; lane < I::lanes; ++lane)
      for (int slot = 0; slot < I::slots; ++slot)
        stays = stays && scattered<I>(I::span(stage), lane, slot) % I::lanes == lane;
    EXPECT_FALSE(stays);
  }
}

TYPED_TEST(StockhamIndexTest, PadIsInjectiveAndInBounds) {
  using I = TypeParam;
  for (int stage = 0; stage + 1 < I::stages; ++stage) {
    std::set<int> cells;
    for (int i = 0; i < I::length; ++i) cells.insert(I::pad(I::span(stage), i));
    EXPECT_EQ(cells.size(), static_cast<std::size_t>(I::length));
    EXPECT_GE(*cells.begin(), 0);
    EXPECT_LT(*cells.rbegin(), I::cells);
  }
}

TYPED_TEST(StockhamIndexTest, PadIsAdditiveInTheSlot) {
  using I = TypeParam;
  for (int stage = 0; stage + 1 < I::stages; ++stage) {
    const int span = I::span(stage);
    for (int lane = 0; lane < I::lanes; ++lane) {
      for (int slot = 0; slot < I::slots; ++slot) {
        const int first = scattered<I>(span, lane, 0), further = slot * span;
        EXPECT_EQ(I::pad(span, first + further), I::pad(span, first) + further);
        EXPECT_EQ(I::pad(span, I::home(lane, slot)),
                  I::pad(span, lane) + I::pad(span, I::home(0, slot)));
      }
    }
  }
}

TYPED_TEST(StockhamIndexTest, TwiddleIsABijectionAndTheTableFollowsIt) {
  using I = TypeParam;
  using Real = decltype(I::Value::re);
  const auto table = stockham_twiddles<Real>(I::length, I::full_radix);
  ASSERT_EQ(table.size(), static_cast<std::size_t>(I::twiddles));
  std::vector<int> entries;
  for (int stage = 1; stage < I::stages; ++stage) {
    const int span = I::span(stage);
    for (int k = 0; k < span; ++k) {
      for (int r = 1; r < I::radix(stage); ++r) {
        entries.push_back(I::twiddle(span, k, r));
        const double angle = -2 * std::numbers::pi * k * r / (span * I::radix(stage));
        const auto w = table.at(static_cast<std::size_t>(entries.back()));
        EXPECT_NEAR(w.re, std::cos(angle), 1e-7);
        EXPECT_NEAR(w.im, std::sin(angle), 1e-7);
      }
    }
  }
  expect_permutation(entries, I::twiddles);
}

TYPED_TEST(StockhamIndexTest, EveryStageReadsTwiddlesFromAMultipleOfFourEntries) {
  using I = TypeParam;
  for (int stage = 1; stage < I::stages; ++stage)
    for (int r = 1; r < I::radix(stage); ++r) EXPECT_EQ(I::twiddle(I::span(stage), 0, r) % 4, 0);
}

/// How often the busiest of the 32 four-byte banks is asked, for different words, by lanes that
/// are served together. 1: no conflict. `cells` are the cells of one warp, in lane order; a warp
/// is served in groups of 128 bytes.
template <class Value>
int conflict_degree(const std::vector<int>& cells) {
  constexpr int words = static_cast<int>(sizeof(Value)) / 4;
  constexpr int group = 32 / words;
  int worst = 0;
  for (int first = 0; first < 32; first += group) {
    std::map<int, std::set<int>> words_of_bank;
    for (int i = first; i < first + group; ++i) {
      for (int w = 0; w < words; ++w) {
        const int word = cells.at(static_cast<std::size_t>(i)) * words + w;
        words_of_bank[word % 32].insert(word);
      }
    }
    for (const auto& [bank, asked] : words_of_bank)
      worst = std::max(worst, static_cast<int>(asked.size()));
  }
  return worst;
}

/// The worst degree over all warps of a thread block and all slots. Lines shorter than a warp lie
/// side by side, I::cells apart. cell(lane, slot) is the map to be judged.
template <class I, class Cell>
int worst_degree(Cell cell) {
  int worst = 0;
  for (int warp = 0; warp < std::max(1, I::lanes / 32); ++warp) {
    for (int slot = 0; slot < I::slots; ++slot) {
      std::vector<int> cells;
      for (int thread = 32 * warp; thread < 32 * (warp + 1); ++thread)
        cells.push_back(thread / I::lanes * I::cells + cell(thread % I::lanes, slot));
      worst = std::max(worst, conflict_degree<typename I::Value>(cells));
    }
  }
  return worst;
}

TYPED_TEST(StockhamIndexTest, NoBankConflicts) {
  using I = TypeParam;
  for (int stage = 0; stage + 1 < I::stages; ++stage) {
    const int span = I::span(stage);
    const int store = worst_degree<I>(
        [&](int lane, int slot) { return I::pad(span, scattered<I>(span, lane, slot)); });
    const int load = worst_degree<I>(
        [&](int lane, int slot) { return I::pad(span, lane) + I::pad(span, I::home(0, slot)); });
    EXPECT_EQ(store, 1) << "storing, span " << span;
    EXPECT_EQ(load, 1) << "loading, span " << span;
  }
}

TYPED_TEST(StockhamIndexTest, WithoutPaddingManyLanesMeetInOneBank) {
  using I = TypeParam;
  const int degree =
      worst_degree<I>([](int lane, int slot) { return scattered<I>(1, lane, slot); });
  EXPECT_GE(degree, 4);
}

TYPED_TEST(StockhamIndexTest, ThreadBlockAndSharedMemoryFitTheDevice) {
  using I = TypeParam;
  EXPECT_LE(I::lanes, 1024);
  EXPECT_LE(shared_bytes<I>, 163u * 1024u);
}

}  // namespace
}  // namespace kapitza::block
