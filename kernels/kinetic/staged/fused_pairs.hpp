// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/device/block/fft_tables.hpp"
#include "kernels/device/block/in_block.hpp"
#include "kernels/device/block/power_of_two.hpp"
#include "kernels/device/block/stockham.hpp"
#include "kernels/device/block/stockham_index.hpp"
#include "kernels/device/staged/device.hpp"
#include "kernels/kinetic/staged/pair_stages.hpp"

/// The manifold's share of the Jacobian, one Block for one row: the row on the fine grid, sixteen
/// times as long as what is wanted of it, never leaves the block.
///
/// Nodes scatter to cells that others scatter to as well. So every cell gathers instead. The points
/// of a momentum, three for each of its nodes, are sorted by where their stencils begin: those that
/// reach a cell then follow each other, and are added in this order.
namespace kapitza::staged {

/// The points of one momentum that reach a cell, in the order of SortPoints, which is periodic like
/// the grid: -1 is the last one. A block has room for far fewer points than a short can count.
struct CellRange {
  short begin, end;
};

/// Indices [m][point]; point 3 i + j is leg j of node i of the momentum.
struct SortPoints {
  const kinetic::PlacedNode* nodes;
  const int* first;  ///< nodes of momentum m: first[m] .. first[m + 1] - 1
  int* rank;         ///< [node][3]: the place of a point among those of its momentum
  int* begin;        ///< of the stencil of every point, momentum by momentum, by rank
  int most;          ///< points of a momentum
  int G;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [m, point] = split(index, most);
    const int count = first[m + 1] - first[m];
    if (point >= 3 * count) return;
    const kinetic::PlacedNode* own = nodes + first[m];
    const int place = begin_of(own[point / 3].place[point % 3]);
    int before = 0;
    for (int i = 0; i < count; ++i)
      for (int j = 0; j < 3; ++j) {
        const int other = begin_of(own[i].place[j]);
        before += other < place || (other == place && 3 * i + j < point) ? 1 : 0;
      }
    const std::size_t points = 3 * static_cast<std::size_t>(first[m]);
    rank[points + point] = before;
    begin[points + before] = place;
  }

 private:
  KAPITZA_HD int begin_of(double place) const { return wrap(kinetic::Stencil::at(place).first, G); }
};

/// Indices [m][cell].
struct FindPoints {
  const int* first;
  const int* begin;  ///< of SortPoints
  CellRange* cells;  ///< [m][G]
  int G;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [m, cell] = split(index, G);
    const int* own = begin + 3 * static_cast<std::size_t>(first[m]);
    const int points = 3 * (first[m + 1] - first[m]);
    const int from = cell - (kinetic::Stencil::taps - 1);
    const int start = from < 0 ? before(own, points, from + G) - points : before(own, points, from);
    cells[index] = {static_cast<short>(start), static_cast<short>(before(own, points, cell + 1))};
  }

 private:
  /// How many points begin before a cell.
  KAPITZA_HD static int before(const int* begin, int points, int cell) {
    int low = 0, high = points;
    while (low < high) {
      const int middle = (low + high) / 2;
      if (begin[middle] < cell)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }
};

/// Layout: registers row[lane][slot] = fine cell, then mode, lane + slot * lanes. There are K
/// lanes, so that all modes that are kept are in the first and in the last slot.
template <class Index>
struct TransformPairs {
  PairInput input;
  const int* rank;          ///< of SortPoints
  const CellRange* cells;   ///< [m][G]
  const Complex* twiddles;  ///< of Index
  Complex* modes;           ///< [x][m][K]: dI/dn + i dI/dh in modes is added
  Complex* response;        ///< [x][m]: what the kinks contribute is added
  int most;                 ///< points of a momentum

  static constexpr int K = Index::lanes, G = Index::length;
  static_assert(G == kinetic::Stencil::oversampling * K &&
                Index::slots == kinetic::Stencil::oversampling);

  static constexpr int lanes = K;
  static constexpr int registers = 128;
  static constexpr int resident = std::clamp(65536 / (registers * lanes), 1, 8);

  std::size_t shared_bytes() const {
    return size(most) * sizeof(Complex) + block::in_block_bytes(lanes);
  }

  template <block::Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t index) const {
    const auto [x, m] = split(index, K);
    const int points = 3 * input.count(m);
    typename B::template Private<Complex, Index::slots> row(blk);
    const auto buffer = blk.template shared<Complex>(size(most));
    block::BufferUse use;

    use.begin(blk);
    const Sums<2> kinks = spread(blk, buffer, index, x, m);
    blk.each([&](int lane) { gather(buffer, m, points, lane, row[lane]); });
    block::stockham<Index, Sign::plus>(blk, row, buffer, use,
                                       [&](int i) { return aligned(twiddles + i); });
    blk.each([&](int lane) {
      constexpr int half = K / 2;
      const Complex low = row[lane][0], high = row[lane][Index::slots - 1];
      aligned(modes + index * K + lane) += lane < half   ? low
                                           : lane > half ? high
                                                         : 0.5 * (low + high);
    });
    blk.each(1, [&](int) { aligned(response + index) += Complex{kinks[0], kinks[1]}; });
  }

 private:
  /// Weights of a point: that for a cell is found at the cell's number modulo 8, where a lane finds
  /// those for all of its cells. Two of them are one complex number.
  static constexpr int packs = 4;
  /// Slope and weights of a point. An odd number of cells apart they meet in no bank.
  static constexpr int record = 1 + packs;
  static_assert(kinetic::Stencil::taps < 2 * packs && G % (2 * packs) == 0 &&
                lanes % (2 * packs) == 0);

  /// Cells of the buffer: those of the transform, and before it slopes and weights of the points.
  KAPITZA_HD static constexpr int size(int points) {
    return record * points > Index::cells ? record * points : Index::cells;
  }

  /// Slopes and weights by rank; what is left are the sums for the kinks.
  template <class B, class Buffer>
  KAPITZA_HD Sums<2> spread(B& blk, const Buffer& buffer, std::size_t index, std::size_t x,
                            int m) const {
    const PairDensity density = input.density(x, G);
    const kinetic::PlacedNode* own = input.nodes_of(m);
    const int* own_rank = rank + 3 * static_cast<std::size_t>(input.first[m]);
    block::InBlock<B> all(blk, input.count(m));
    return all.template sum<2>([&](int i) {
      double n_at[3], h_at[3];
      block::unroll<3>([&](auto j) {
        const kinetic::Stencil stencil = kinetic::Stencil::at(own[i].place[j]);
        const Complex value = density.at(stencil, own[i].kink[j]);
        n_at[j] = value.re;
        h_at[j] = value.im;
        store_weights(buffer, stencil, record * own_rank[3 * i + j] + 1);
      });
      const kinetic::PairSlopes slopes =
          kinetic::pair_slopes(input.n[index], input.h[index], n_at, h_at);
      const double scale = input.rates[x].pairs * own[i].weight;
      Complex kinks;
      block::unroll<3>([&](auto j) {
        const Complex slope = scale * Complex{slopes.by_n[j], slopes.by_h[j]};
        kinks += own[i].kink[j] * slope;
        buffer.store(record * own_rank[3 * i + j], slope);
      });
      return Sums<2>{{kinks.re, kinks.im}};
    });
  }

  template <class Buffer>
  KAPITZA_HD static void store_weights(const Buffer& buffer, const kinetic::Stencil& stencil,
                                       int to) {
    // A zero before the weights and two behind them.
    block::Registers<double, 2 * packs + 1> weight{};
    block::unroll<kinetic::Stencil::taps>([&](auto tap) { weight[tap + 1] = stencil.weight[tap]; });
    const bool odd = stencil.first % 2 != 0;
    const int pack = (stencil.first + G) % (2 * packs) / 2;
    block::unroll<packs>([&](auto i) {
      const Complex from_even{weight[2 * i + 1], weight[2 * i + 2]};
      const Complex from_odd{weight[2 * i], weight[2 * i + 1]};
      buffer.store(to + (pack + i) % packs, odd ? from_odd : from_even);
    });
  }

  template <class Buffer, class Row>
  KAPITZA_HD void gather(const Buffer& buffer, int m, int points, int lane, Row& row) const {
    const CellRange* own_cells = cells + static_cast<std::size_t>(m) * G;
    block::Registers<CellRange, Index::slots> range;
    block::unroll<Index::slots>(
        [&](auto slot) { range[slot] = aligned(own_cells + Index::home(lane, slot)); });
    const bool odd = lane % 2 != 0;
    const int weights = 1 + lane % (2 * packs) / 2;
    block::unroll<Index::slots>([&](auto slot) {
      Complex sum;
      for (int i = range[slot].begin; i < range[slot].end; ++i) {
        const int from = record * (i < 0 ? i + points : i);
        const Complex pack = buffer.load(from + weights);
        sum += (odd ? pack.im : pack.re) * buffer.load(from);
      }
      row[slot] = sum;
    });
  }
};

/// Calls f(Index{}) with the index maps for the rows of K momenta; false where there are none.
template <class F>
bool with_pair_index(int K, const F& f) {
  constexpr int finer = kinetic::Stencil::oversampling;
  return block::with_power_of_two<32, 512>(
      K, [&](auto momenta) { return f(block::StockhamIndex<finer * momenta, double, finer>{}); });
}

/// points: of a momentum, at most.
inline bool pairs_fit_in_block(int K, int points, std::size_t most_shared_bytes) {
  return with_pair_index(K, [&](auto index) {
    TransformPairs<decltype(index)> rows{};
    rows.most = points;
    return rows.shared_bytes() <= most_shared_bytes;
  });
}

/// The tables of TransformPairs, in device memory. The device makes them: the host would take
/// longer than a Jacobian.
template <Device D>
class PairOrder {
  template <class T>
  using Buffer = typename D::template Buffer<T>;

 public:
  PairOrder(D& device, const kinetic::PlacedNode* nodes, const int* first, std::size_t count,
            int most_points, int K)
      : rank_(device, 3 * count),
        cells_(device, static_cast<std::size_t>(K) * kinetic::PairTable::grid_size(K)),
        twiddles_(device, twiddle_count(K)) {
    const int G = kinetic::PairTable::grid_size(K);
    Buffer<int> begin(device, rank_.size());
    device.each(static_cast<std::size_t>(K) * most_points,
                SortPoints{nodes, first, rank_.data(), begin.data(), most_points, G});
    device.each(cells_.size(), FindPoints{first, begin.data(), cells_.data(), G});
    const std::vector<Complex>& twiddles = block::stockham_twiddles<double>(G, radix);
    device.upload(std::span<const Complex>(twiddles), twiddles_.data());
  }

  /// What making them takes is included.
  static std::size_t bytes(std::size_t count, int K) {
    return 6 * count * sizeof(int) +
           static_cast<std::size_t>(K) * kinetic::PairTable::grid_size(K) * sizeof(CellRange) +
           twiddle_count(K) * sizeof(Complex);
  }

  const int* rank() const { return rank_.data(); }
  const CellRange* cells() const { return cells_.data(); }
  const Complex* twiddles() const { return twiddles_.data(); }

 private:
  static constexpr int radix = kinetic::Stencil::oversampling;
  static std::size_t twiddle_count(int K) {
    return static_cast<std::size_t>(kinetic::PairTable::grid_size(K)) - radix;
  }

  Buffer<int> rank_;
  Buffer<CellRange> cells_;
  Buffer<Complex> twiddles_;
};

}  // namespace kapitza::staged
