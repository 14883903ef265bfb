// SPDX-License-Identifier: BSD-3-Clause
//
// Rows of the pairs' Jacobian, each made and transformed by one block: against a literal scatter,
// barriers, threads. The whole operator is compared with the CPU backend's in
// tests/kinetic/blocks_staged_collision.cpp.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

#include "kernels/device/block/fft_tables.hpp"
#include "kernels/device/block/serial_block.hpp"
#include "kernels/kinetic/staged/fused_pairs.hpp"
#include "tests/support/checked_block.hpp"
#include "tests/support/drop_sync.hpp"
#include "tests/support/host_device.hpp"
#include "tests/support/thread_block.hpp"

namespace kapitza::staged {
namespace {

using Checked = block::DropSync<block::CheckedBlock>;

/// Nodes and densities without meaning.
template <int Momenta>
class Rows {
 public:
  static constexpr int K = Momenta, G = kinetic::Stencil::oversampling * K, densities = 2;
  using Algorithm = TransformPairs<block::StockhamIndex<G, double, 16>>;
  static constexpr int lanes = Algorithm::lanes;
  /// Momenta with nodes of their own kind.
  static constexpr int empty = 0, edges = 1, heap = 2, many = 3, single = 4;

  Rows() {
    std::mt19937 engine(7);
    const auto uniform = [&](double low, double high) {
      return low + (high - low) * engine() / 4294967296.0;
    };
    for (int m = 0; m < K; ++m) {
      first.push_back(static_cast<int>(nodes.size()));
      const auto add = [&](double a, double b, double c) {
        nodes.push_back({uniform(0.1, 1),
                         {a, b, c},
                         {uniform(-0.1, 0.1), uniform(-0.1, 0.1), uniform(-0.1, 0.1)}});
      };
      const auto somewhere = [&] { return uniform(0, G); };
      if (m == edges)
        // All stencils that reach around the grid's ends, both ends themselves included.
        for (const double from : {0.0, G / 2.0, G - 4.0})
          for (double step = 0; step <= 4; step += 0.5)
            add(from + step, G - step, step == 0 ? G : from + step / 3);
      else if (m == heap)
        for (int i = 0; i < 20; ++i) add(G / 3.0 + 0.01 * i, G - 0.3, somewhere());
      else if (m == many)
        for (int i = 0; i < 2 * K + 5; ++i) add(somewhere(), somewhere(), somewhere());
      else if (m != empty)
        for (int i = 0; i < (m == single ? 1 : 12); ++i) add(somewhere(), somewhere(), somewhere());
    }
    first.push_back(static_cast<int>(nodes.size()));
    for (int m = 0; m < K; ++m) most = std::max(most, 3 * (first[m + 1] - first[m]));
    for (int i = 0; i < densities * G; ++i) fine.push_back({uniform(0.1, 1), uniform(0.1, 1)});
    for (int x = 0; x < densities; ++x) kink.push_back({uniform(0.1, 1), uniform(0.1, 1)});
    for (int i = 0; i < densities * K; ++i)
      n.push_back(uniform(0.1, 1)), h.push_back(uniform(0, 1));
    for (int i = 0; i < densities * K * K; ++i) modes.push_back({uniform(-1, 1), uniform(-1, 1)});
    for (int i = 0; i < densities * K; ++i) response.push_back({uniform(-1, 1), uniform(-1, 1)});
    rates[0].pairs = 0.7;
    rates[1].pairs = 1.3;
    PairOrder<HostDevice> order(device, nodes.data(), first.data(), nodes.size(), most, K);
    rank.assign(order.rank(), order.rank() + 3 * nodes.size());
    cells.assign(order.cells(), order.cells() + K * G);
    twiddles.assign(order.twiddles(), order.twiddles() + G - 16);
  }

  Algorithm algorithm() {
    return {{fine.data(), kink.data(), n.data(), h.data(), nodes.data(), first.data(), rates},
            rank.data(),
            cells.data(),
            twiddles.data(),
            modes.data(),
            response.data(),
            most};
  }
  std::size_t bytes() { return algorithm().shared_bytes(); }

  /// The row of one density and momentum, and how it answers to the kink.
  struct Row {
    std::vector<Complex> modes;
    Complex response;
    bool operator==(const Row&) const = default;
  };
  Row row(int index) const {
    const auto at = modes.begin() + index * K;
    return {{at, at + K}, response[index]};
  }
  template <class B>
  Row make_row(B& blk, int index) {
    algorithm()(blk, index);
    return row(index);
  }

  std::vector<kinetic::PlacedNode> nodes;
  std::vector<int> first, rank;
  std::vector<CellRange> cells;
  std::vector<Complex> fine, kink, twiddles, modes, response;
  std::vector<double> n, h;
  ChannelRates rates[densities];
  int most = 0;

 private:
  HostDevice device;
};

/// What is added to the row by every node scattering its slopes, and by a sum for every mode.
template <class R>
typename R::Row literal(const R& rows, int index) {
  constexpr int K = R::K, G = R::G;
  using Wide = BasicComplex<long double>;
  const int x = index / K, m = index % K;
  std::vector<Wide> cells(G);
  Wide response;
  for (int i = rows.first[m]; i < rows.first[m + 1]; ++i) {
    const kinetic::PlacedNode& node = rows.nodes[i];
    double n_at[3], h_at[3];
    for (int j = 0; j < 3; ++j) {
      const kinetic::Stencil stencil = kinetic::Stencil::at(node.place[j]);
      Complex value = node.kink[j] * rows.kink[x];
      for (int tap = 0; tap < kinetic::Stencil::taps; ++tap)
        value += stencil.weight[tap] * rows.fine[x * G + (stencil.first + tap + G) % G];
      n_at[j] = value.re;
      h_at[j] = value.im;
    }
    const kinetic::PairSlopes slopes =
        kinetic::pair_slopes(rows.n[index], rows.h[index], n_at, h_at);
    for (int j = 0; j < 3; ++j) {
      const long double scale = static_cast<long double>(rows.rates[x].pairs) * node.weight;
      const Wide slope = scale * Wide{slopes.by_n[j], slopes.by_h[j]};
      const kinetic::Stencil stencil = kinetic::Stencil::at(node.place[j]);
      response += static_cast<long double>(node.kink[j]) * slope;
      for (int tap = 0; tap < kinetic::Stencil::taps; ++tap)
        cells[(stencil.first + tap + G) % G] +=
            static_cast<long double>(stencil.weight[tap]) * slope;
    }
  }
  const std::vector<Wide> roots = block::unit_roots<long double>(G);
  const auto mode = [&](int k) {
    Wide sum;
    for (int j = 0; j < G; ++j) sum += cells[j] * roots[(j * k % G + G) % G];
    return sum;
  };
  const auto narrow = [](Wide z) {
    return Complex{static_cast<double>(z.re), static_cast<double>(z.im)};
  };
  typename R::Row row{{}, narrow(response)};
  for (int i = 0; i < K; ++i) {
    const Wide value = i < K / 2   ? mode(i)
                       : i > K / 2 ? mode(i - K)
                                   : 0.5L * (mode(K / 2) + mode(-K / 2));
    row.modes.push_back(narrow(value));
  }
  return row;
}

/// The largest difference of a component.
double distance(Complex a, Complex b) {
  return std::max(std::abs(a.re - b.re), std::abs(a.im - b.im));
}

/// What the terms of a row add up to without cancellations: up to 24 with densities up to two, for
/// each of three stencils, whose weights add up to less than two.
template <class R>
double size(const R& rows, int index) {
  double sum = 0;
  for (int i = rows.first[index % R::K]; i < rows.first[index % R::K + 1]; ++i)
    sum += rows.rates[index / R::K].pairs * rows.nodes[i].weight * 24 * 3 * 2;
  return sum;
}

template <class R>
struct FusedPairs : ::testing::Test {};
// A last stage of the transform with radix 2 and with radix 4.
using AllRows = ::testing::Types<Rows<32>, Rows<64>>;
TYPED_TEST_SUITE(FusedPairs, AllRows);

TYPED_TEST(FusedPairs, FindsThePointsThatReachACell) {
  const TypeParam rows;
  constexpr int G = TypeParam::G;
  for (int m = 0; m < TypeParam::K; ++m) {
    const int first = 3 * rows.first[m], points = 3 * rows.first[m + 1] - first;
    std::vector<std::vector<int>> expected(G), found(G);
    for (int point = 0; point < points; ++point) {
      const kinetic::PlacedNode& node = rows.nodes[rows.first[m] + point / 3];
      const int begin = kinetic::Stencil::at(node.place[point % 3]).first;
      const int rank = rows.rank[first + point];
      for (int tap = 0; tap < kinetic::Stencil::taps; ++tap)
        expected[(begin + tap + G) % G].push_back(rank);
    }
    for (int cell = 0; cell < G; ++cell) {
      const CellRange range = rows.cells[m * G + cell];
      for (int i = range.begin; i < range.end; ++i) found[cell].push_back(i < 0 ? i + points : i);
      std::ranges::sort(found[cell]);
      std::ranges::sort(expected[cell]);
      ASSERT_EQ(found[cell], expected[cell]) << "cell " << cell << " of momentum " << m;
    }
  }
}

TYPED_TEST(FusedPairs, AddWhatALiteralScatterAdds) {
  constexpr double eps = std::numeric_limits<double>::epsilon();
  TypeParam rows;
  for (int index = 0; index < TypeParam::densities * TypeParam::K; ++index) {
    const auto before = rows.row(index), added = literal(rows, index);
    block::CheckedBlock blk(TypeParam::lanes, rows.bytes());
    const auto after = rows.make_row(blk, index);
    EXPECT_EQ(blk.hazards().count(), 0) << blk.hazards().text();
    // A dozen roundings of a slope, and as many of a mode; one of what was there.
    const double most = 32 * eps * size(rows, index) + 2 * eps;
    EXPECT_LT(distance(after.response, before.response + added.response), most) << index;
    for (int i = 0; i < TypeParam::K; ++i)
      ASSERT_LT(distance(after.modes[i], before.modes[i] + added.modes[i]), most)
          << "mode " << i << " of row " << index;
  }
}

TYPED_TEST(FusedPairs, AddNothingWithoutNodes) {
  TypeParam rows;
  const auto before = rows.row(TypeParam::empty);
  block::SerialBlock blk(TypeParam::lanes, rows.bytes());
  EXPECT_TRUE(rows.make_row(blk, TypeParam::empty) == before);
}

TYPED_TEST(FusedPairs, NeedEveryBarrier) {
  TypeParam original;
  const auto run = [&](Checked& blk) {
    TypeParam rows = original;
    return rows.make_row(blk, TypeParam::many);
  };
  Checked intact(TypeParam::lanes, original.bytes());
  const auto expected = run(intact);
  EXPECT_EQ(intact.hazards().count(), 0) << intact.hazards().text();
  ASSERT_GT(intact.seen, 8);
  for (int which = 0; which < intact.seen; ++which) {
    Checked checked(TypeParam::lanes, original.bytes(), which);
    EXPECT_TRUE(run(checked) == expected) << "without barrier " << which;
    EXPECT_GT(checked.hazards().count(), 0) << "without barrier " << which;
  }
}

TYPED_TEST(FusedPairs, OnThreadsGiveTheSameBits) {
  TypeParam original;
  for (const int index : {TypeParam::empty, TypeParam::edges, TypeParam::heap, TypeParam::many}) {
    const auto run = [&](int threads) {
      TypeParam rows = original;
      const auto algorithm = rows.algorithm();
      block::run_threads(TypeParam::lanes, threads, rows.bytes(),
                         [&](block::ThreadBlock& blk) { algorithm(blk, index); });
      return rows.row(index);
    };
    EXPECT_TRUE(run(3) == run(1)) << index;
  }
}

TYPED_TEST(FusedPairs, FeelEveryTable) {
  TypeParam original;
  constexpr int index = TypeParam::K + TypeParam::many;
  const auto run = [&](TypeParam& rows) {
    block::SerialBlock blk(TypeParam::lanes, rows.bytes());
    return rows.make_row(blk, index);
  };
  TypeParam right = original;
  const auto expected = run(right);
  const auto expect_different = [&](TypeParam& wrong) {
    const auto row = run(wrong);
    double most = 0;
    for (int i = 0; i < TypeParam::K; ++i)
      most = std::max(most, distance(row.modes[i], expected.modes[i]));
    EXPECT_GT(most, 1e-4);
  };
  for (const auto table : {&TypeParam::fine, &TypeParam::kink, &TypeParam::twiddles}) {
    TypeParam wrong = original;
    std::ranges::rotate(wrong.*table, (wrong.*table).begin() + 1);
    expect_different(wrong);
  }
  for (const auto table : {&TypeParam::n, &TypeParam::h}) {
    TypeParam wrong = original;
    std::ranges::rotate(wrong.*table, (wrong.*table).begin() + 1);
    expect_different(wrong);
  }
  TypeParam other_rates = original;
  other_rates.rates[1].pairs *= 1.1;
  expect_different(other_rates);
}

TEST(FusedPairsOfAGrid, FitIntoABlockOrNot) {
  constexpr std::size_t limit = std::size_t{163} << 10;
  for (const int K : {32, 64, 128, 256, 512}) EXPECT_TRUE(pairs_fit_in_block(K, 768, limit)) << K;
  EXPECT_TRUE(pairs_fit_in_block(256, 1536, limit));
  EXPECT_FALSE(pairs_fit_in_block(256, 3072, limit)) << "slopes and weights of too many nodes";
  EXPECT_FALSE(pairs_fit_in_block(1024, 12, limit)) << "too many fine cells";
  EXPECT_FALSE(pairs_fit_in_block(96, 12, limit)) << "no power of two";
}

}  // namespace
}  // namespace kapitza::staged
