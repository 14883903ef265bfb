// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cfloat>
#include <cstddef>
#include <stdexcept>
#include <type_traits>

#include "kernels/device/staged/device.hpp"

/// Products and inverses of many dense matrices at once, column-major. They lie anywhere: a small
/// functor says where the i-th one is.
namespace kapitza::staged {

/// C = alpha A B + beta C
struct Product {
  const double *A, *B;  ///< rows x inner, inner x columns
  double* C;            ///< rows x columns; not read where beta = 0
  double alpha = 1, beta = 0;
};

/// Products of one kind, then of another: one call for both.
template <class First, class Second>
struct Both {
  First first;
  std::size_t count;  ///< of the first kind
  Second second;

  KAPITZA_HD Product operator()(std::size_t i) const {
    return i < count ? first(i) : second(i - count);
  }
};

/// All products of a batch: one Block for `tile` x `tile` numbers of one of them.
template <class Products>
struct MultiplyBlocks {
  Products product;  ///< of i: a Product
  int rows, columns, inner;

  static constexpr int side = 16, each = 4, tile = side * each, depth = 16;
  static constexpr int lanes = side * side, resident = 2;

  KAPITZA_HD static int tiles(int size) { return (size + tile - 1) / tile; }
  int blocks(int count) const { return count * tiles(rows) * tiles(columns); }
  /// Between rows of B's tile, which is stored by columns: no two lanes meet in a bank.
  static constexpr int stride = tile + 1;
  std::size_t shared_bytes() const { return depth * (tile + stride) * sizeof(double); }

  template <block::Block Blk>
  KAPITZA_HD void operator()(Blk& blk, std::size_t i) const {
    const SplitIndex columnwise = split(i, tiles(columns));
    const SplitIndex rowwise = split(columnwise.outer, tiles(rows));
    const int row = rowwise.inner * tile, column = columnwise.inner * tile;
    const Product p = product(rowwise.outer);
    typename Blk::template Private<double, each * each> sums(blk);
    typename Blk::template Private<Ahead, 1> ahead(blk);
    const auto a = blk.template shared<double>(depth * tile);    // [inner][row]
    const auto b = blk.template shared<double>(depth * stride);  // [inner][column]
    blk.each([&](int lane) {
      block::unroll<each * each>([&](auto e) { sums[lane][e] = 0; });
      ahead[lane][0] = fetch(p, row, column, 0, lane);
    });
    for (int first = 0; first < inner; first += depth) {
      if (first > 0) blk.sync();
      blk.each([&](int lane) { put(ahead[lane][0], a, b, lane); });
      blk.sync();
      blk.each([&](int lane) {
        // What comes next is on its way while this is added up.
        if (first + depth < inner) ahead[lane][0] = fetch(p, row, column, first + depth, lane);
        add(a, b, lane, sums[lane]);
      });
    }
    blk.each([&](int lane) { finish(p, row + lane % side, column + lane / side, sums[lane]); });
  }

 private:
  /// A lane's part of the next numbers of A and B.
  struct Ahead {
    block::Registers<double, each> a, b;
  };

  KAPITZA_HD static std::size_t at(int row, int column, int rows) {
    return static_cast<std::size_t>(column) * rows + row;
  }

  // Lanes go along the columns, in which A and B lie.
  KAPITZA_HD Ahead fetch(const Product& p, int row, int column, int first, int lane) const {
    Ahead ahead;
    block::unroll<each>([&](auto e) {
      const int r = row + lane % tile, k = first + lane / tile + e * (lanes / tile);
      ahead.a[e] = r < rows && k < inner ? p.A[at(r, k, rows)] : 0;
    });
    block::unroll<each>([&](auto e) {
      const int k = first + lane % depth, c = column + lane / depth + e * (lanes / depth);
      ahead.b[e] = k < inner && c < columns ? p.B[at(k, c, inner)] : 0;
    });
    return ahead;
  }

  template <class Cells>
  KAPITZA_HD static void put(const Ahead& ahead, const Cells& a, const Cells& b, int lane) {
    block::unroll<each>([&](auto e) { a.store(lane + e * lanes, ahead.a[e]); });
    block::unroll<each>([&](auto e) {
      b.store(lane % depth * stride + lane / depth + e * (lanes / depth), ahead.b[e]);
    });
  }

  template <class Cells>
  KAPITZA_HD static void add(const Cells& a, const Cells& b, int lane,
                             block::Registers<double, each * each>& sums) {
    block::unroll<depth>([&](auto k) {
      block::Registers<double, each> left, right;
      block::unroll<each>([&](auto e) {
        left[e] = a.load(k * tile + lane % side + e * side);
        right[e] = b.load(k * stride + lane / side + e * side);
      });
      block::unroll<each * each>([&](auto e) { sums[e] += left[e % each] * right[e / each]; });
    });
  }

  /// All that C held is read before any of it is written: one wait instead of sixteen.
  KAPITZA_HD void finish(const Product& p, int row, int column,
                         const block::Registers<double, each * each>& sums) const {
    const auto cell = [&](int e) -> double* {
      const int r = row + e % each * side, c = column + e / each * side;
      return r < rows && c < columns ? p.C + at(r, c, rows) : nullptr;
    };
    block::Registers<double, each * each> old;
    block::unroll<each * each>([&](auto e) {
      const double* from = cell(e);
      old[e] = p.beta != 0 && from ? *from : 0;
    });
    block::unroll<each * each>([&](auto e) {
      if (double* to = cell(e)) *to = p.alpha * sums[e] + (p.beta == 0 ? 0 : p.beta * old[e]);
    });
  }
};

template <Device D, class Products>
void multiply(D& device, std::size_t count, const MultiplyBlocks<Products>& products) {
  device.each_block(products.blocks(static_cast<int>(count)), products);
}

// ---- inverses ----------------------------------------------------------------------------------
//
// Gauss and Jordan's elimination in place, a panel of columns at a time. Rows never move: order[c]
// is the row on which column c was eliminated, and the last step puts everything into its place.
// With P the panel's columns, S the rows of its pivots and X the inverse of the block A(S, P), a
// panel that is eliminated by itself, in all rows, becomes
//
//   V(i) = -A(i, P) X,   V(S) = X
//
// and what that means for the matrix is one product: with Y = A(S), but Y(P) = 1,
//
//   A += V Y,   where rows S and columns P of A were set to zero.

/// What the stages of one panel share.
struct Panel {
  double* A;      ///< [i]: K x K
  int* order;     ///< [i][K]: of a column: the row on which it was eliminated
  int* column;    ///< [i][K]: of a row: the column that was eliminated on it; -1: none yet
  double *V, *Y;  ///< [i]: K x width, width x K; room for `room` columns
  int K, first, width, room;

  KAPITZA_HD double* V_of(std::size_t i) const { return V + i * room * K; }
  KAPITZA_HD double* Y_of(std::size_t i) const { return Y + i * room * K; }
  KAPITZA_HD int* order_of(std::size_t i) const { return order + i * K; }
  KAPITZA_HD int* column_of(std::size_t i) const { return column + i * K; }
  KAPITZA_HD double& at(std::size_t i, int row, int j) const { return A[(i * K + j) * K + row]; }
  /// A += V Y
  KAPITZA_HD Product operator()(std::size_t i) const {
    return {V_of(i), Y_of(i), A + i * K * K, 1, 1};
  }
};

/// Eliminates the columns of a panel, one after the other, each on a row that is not yet used and
/// in which it is largest: V, order and column. One Block for every matrix.
///
/// A lane holds its rows of the panel in registers. With every column they go round by one place,
/// so that the column in turn is at place 0: indices into registers are constants, and the loop
/// stays a loop. Only the row of the pivot passes through shared memory.
template <int Lanes, int Rows>
struct PivotPanel {
  Panel panel;
  int* singular;  ///< [i]: set where a pivot is zero or not finite

  static constexpr int lanes = Lanes, resident = 1;
  static constexpr int most_rows = Lanes * Rows;
  static constexpr int held = 32, width = held / Rows;  ///< numbers of a lane, of a row

  std::size_t shared_bytes() const {
    return (lanes + scouts) * sizeof(unsigned) + width * sizeof(double);
  }

  template <block::Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t i) const {
    typename B::template Private<double, held> values(blk);  // [row][place]
    typename B::template Private<double, Rows> factors(blk);
    typename B::template Private<int, Rows> columns(blk);
    typename B::template Private<Candidate, 1> candidates(blk);
    const auto keys = blk.template shared<unsigned>(lanes);
    const auto best = blk.template shared<unsigned>(scouts);
    const auto pivot = blk.template shared<double>(width);  // 1 / its first number, then the others
    blk.each([&](int lane) { load(i, lane, values[lane], columns[lane]); });
    for (int c = 0; c < panel.width; ++c) {
      blk.each([&](int lane) {
        if (c > 0) eliminate_next(pivot, values[lane], factors[lane]);
        candidates[lane][0] = search(lane, values[lane], columns[lane]);
        keys.store(lane, candidates[lane][0].key);
      });
      blk.sync();
      blk.each([&](int lane) {
        if (lane < scouts) best.store(lane, largest<lanes / scouts>(keys, lane, scouts));
        // What nobody waits for, while the scouts search.
        if (c > 0) eliminate_others(pivot, values[lane], factors[lane]);
        candidates[lane][0].value = 1 / candidates[lane][0].value;
      });
      blk.sync();
      blk.each([&](int lane) {
        const int row = row_of(largest<scouts>(best, 0, 1));
        if (row % lanes != lane) return;
        const double reciprocal = candidates[lane][0].value;
        pivot.store(0, reciprocal);
        publish(row / lanes, pivot, values[lane]);
        block::unroll<Rows>([&](auto m) {
          if (m == row / lanes) columns[lane][m] = panel.first + c;
        });
        if (!regular(reciprocal)) singular[i] = 1;
      });
      blk.sync();
    }
    blk.each([&](int lane) {
      eliminate_next(pivot, values[lane], factors[lane]);
      eliminate_others(pivot, values[lane], factors[lane]);
      store(i, lane, values[lane], columns[lane]);
    });
  }

 private:
  static constexpr int scouts = 16, row_bits = 12;
  static_assert(most_rows <= 1 << row_bits);

  using Values = block::Registers<double, held>;
  using Factors = block::Registers<double, Rows>;
  using Columns = block::Registers<int, Rows>;

  /// Of a lane.
  struct Candidate {
    double value;
    unsigned key;
  };

  /// Exponent and nine bits behind it, then the row, the first one largest. So the largest key
  /// belongs to one row, whose number is the largest to 0.2 percent: as good a pivot as any. A NaN
  /// has a larger key than all numbers.
  KAPITZA_HD static unsigned key_of(double x, int row) {
    const auto bits = __builtin_bit_cast(unsigned long long, x) << 1;  // without the sign
    constexpr unsigned rows = (1u << row_bits) - 1;
    return (static_cast<unsigned>(bits >> 32) & ~rows) | (rows - static_cast<unsigned>(row));
  }
  KAPITZA_HD static int row_of(unsigned key) {
    constexpr unsigned rows = (1u << row_bits) - 1;
    return static_cast<int>(rows - (key & rows));
  }

  KAPITZA_HD static bool regular(double x) {
    const double magnitude = x < 0 ? -x : x;
    return magnitude > 0 && magnitude <= DBL_MAX;  // a NaN is neither
  }

  KAPITZA_HD void load(std::size_t i, int lane, Values& values, Columns& columns) const {
    block::unroll<Rows>([&](auto m) {
      const int row = lane + m * lanes;
      columns[m] = row < panel.K ? panel.column_of(i)[row] : 0;
      block::unroll<width>([&](auto e) {
        values[m * width + e] =
            row < panel.K && e < panel.width ? panel.at(i, row, panel.first + e) : 0;
      });
    });
  }

  /// Among the rows of a lane that are not yet used.
  KAPITZA_HD static Candidate search(int lane, const Values& values, const Columns& columns) {
    Candidate found{1, 0};
    block::unroll<Rows>([&](auto m) {
      const double value = values[m * width];
      const unsigned key = key_of(value, lane + m * lanes);
      if (columns[m] < 0 && key >= found.key) found = {value, key};
    });
    return found;
  }

  /// Of `count` keys. In pairs, because a row of comparisons would wait for itself.
  template <int count, class Keys>
  KAPITZA_HD static unsigned largest(const Keys& keys, int first, int stride) {
    if constexpr (count == 1) {
      return keys.load(first);
    } else {
      const unsigned one = largest<count / 2>(keys, first, stride);
      const unsigned other = largest<count / 2>(keys, first + count / 2 * stride, stride);
      return one > other ? one : other;
    }
  }

  /// The row of the pivot, which is left so that its elimination divides it by the pivot.
  template <class Cells>
  KAPITZA_HD static void publish(int which, const Cells& pivot, Values& values) {
    block::unroll<Rows>([&](auto m) {
      if (m != which) return;
      values[m * width] = -1;
      block::unroll<width - 1>([&](auto e) {
        pivot.store(e + 1, values[m * width + e + 1]);
        values[m * width + e + 1] = 0;
      });
    });
  }

  /// The column in turn out of the next one.
  template <class Cells>
  KAPITZA_HD static void eliminate_next(const Cells& pivot, Values& values, Factors& factors) {
    block::unroll<Rows>([&](auto m) {
      factors[m] = values[m * width] * pivot.load(0);
      values[m * width] = values[m * width + 1] - factors[m] * pivot.load(1);
    });
  }

  /// Then out of all others.
  template <class Cells>
  KAPITZA_HD static void eliminate_others(const Cells& pivot, Values& values,
                                          const Factors& factors) {
    block::unroll<width - 2>([&](auto e) {
      const double above = pivot.load(e + 2);
      block::unroll<Rows>([&](auto m) {
        values[m * width + e + 1] = values[m * width + e + 2] - factors[m] * above;
      });
    });
    block::unroll<Rows>([&](auto m) { values[m * width + width - 1] = -factors[m]; });
  }

  KAPITZA_HD void store(std::size_t i, int lane, const Values& values,
                        const Columns& columns) const {
    block::unroll<Rows>([&](auto m) {
      const int row = lane + m * lanes;
      if (row >= panel.K) return;
      if (columns[m] >= panel.first) {
        panel.column_of(i)[row] = columns[m];
        panel.order_of(i)[columns[m]] = row;
      }
      // A narrow panel has gone round by its own width only.
      block::unroll<width>([&](auto e) {
        const int c = e - (width - panel.width);
        if (c >= 0) panel.V_of(i)[c * panel.K + row] = values[m * width + e];
      });
    });
  }
};

/// use(std::type_identity<PivotPanel>) of the widest panel for matrices of order K.
template <class Use>
auto with_panel(int K, const Use& use) {
  const auto fits = [K]<class P>(std::type_identity<P>) { return K <= P::most_rows; };
  constexpr std::type_identity<PivotPanel<128, 1>> tiny;
  constexpr std::type_identity<PivotPanel<256, 1>> small;
  constexpr std::type_identity<PivotPanel<512, 1>> usual;
  constexpr std::type_identity<PivotPanel<512, 2>> large;
  constexpr std::type_identity<PivotPanel<512, 4>> larger;
  constexpr std::type_identity<PivotPanel<512, 8>> largest;
  if (fits(tiny)) return use(tiny);
  if (fits(small)) return use(small);
  if (fits(usual)) return use(usual);
  if (fits(large)) return use(large);
  if (fits(larger)) return use(larger);
  if (fits(largest)) return use(largest);
  throw std::length_error("matrices of more than 4096 rows");
}

/// Numbers of a row in a panel.
inline int panel_width(int K) {
  return with_panel(K, [K]<class P>(std::type_identity<P>) { return std::min(K, P::width); });
}

/// Y = A(S), but Y(P) = 1; rows S and columns P of A are zero. Indices [i][column][row of the
/// panel], and of the columns P [i][column of the panel, row]: both are written in the order in
/// which they lie.
struct TakePanel {
  Panel panel;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [i, at] = split(index, panel.width * panel.K);
    const auto [column, s] = split(at, panel.width);
    const int j = static_cast<int>(column), c = j - panel.first;
    double& y = panel.Y_of(i)[at];
    if (c >= 0 && c < panel.width) {
      y = c == s ? 1 : 0;
    } else {
      double& cell = panel.at(i, panel.order_of(i)[panel.first + s], j);
      y = cell;
      cell = 0;
    }
    panel.A[(i * panel.K + panel.first) * panel.K + at] = 0;
  }
};

/// The matrices as they are before the first panel. Indices [i][column][row].
template <class Matrices>
struct StartInverse {
  Matrices matrix;         ///< of i: where it is
  double* work;            ///< [i]: K x K
  int *column, *singular;  ///< as those of a Panel
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [i, at] = split(index, K * K);
    work[index] = matrix(i)[at];
    if (at < K) column[i * K + at] = -1;
    if (at == 0) singular[i] = 0;
  }
};

/// Everything into its place. Indices [i][column][row].
template <class Matrices>
struct FinishInverse {
  Matrices matrix;
  const double* work;
  const int* order;
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [rest, row] = split(index, K);
    const auto [i, column] = split(rest, K);
    const int* place = order + i * K;
    matrix(i)[static_cast<std::size_t>(place[column]) * K + row] =
        work[(i * K + column) * K + place[row]];
  }
};

/// Inverts up to `capacity` K x K matrices at once.
template <Device D>
class InvertBlocks {
 public:
  InvertBlocks(D& device, std::size_t capacity, int K)
      : device_(device),
        K_(K),
        room_(panel_width(K)),
        work_(device, capacity * K * K),
        V_(device, capacity * room_ * K),
        Y_(device, V_.size()),
        order_(device, capacity * K),
        column_(device, order_.size()) {}

  /// matrix(i) becomes its inverse; singular[i], on the device, says where there is none.
  template <class Matrices>
  void operator()(const Matrices& matrix, std::size_t count, int* singular) {
    const std::size_t cells = count * K_ * K_;
    device_.each(cells, StartInverse<Matrices>{matrix, work_.data(), column_.data(), singular, K_});
    with_panel(K_, [&]<class P>(std::type_identity<P>) {
      for (int first = 0; first < K_; first += room_) eliminate<P>(first, count, singular);
    });
    device_.each(cells, FinishInverse<Matrices>{matrix, work_.data(), order_.data(), K_});
  }

  /// Bytes of one for so many.
  static std::size_t memory(std::size_t capacity, int K) {
    const std::size_t rows = K, cells = rows * rows + 2 * rows * panel_width(K);
    return capacity * (cells * sizeof(double) + 2 * rows * sizeof(int));
  }

 private:
  template <class T>
  using Buffer = typename D::template Buffer<T>;

  template <class Pivots>
  void eliminate(int first, std::size_t count, int* singular) {
    const int width = std::min(room_, K_ - first);
    const Panel panel{work_.data(), order_.data(), column_.data(), V_.data(), Y_.data(),
                      K_,           first,         width,          room_};
    device_.each_block(static_cast<int>(count), Pivots{panel, singular});
    device_.each(count * width * K_, TakePanel{panel});
    multiply(device_, count, MultiplyBlocks<Panel>{panel, K_, K_, width});
  }

  D& device_;
  int K_, room_;
  Buffer<double> work_, V_, Y_;
  Buffer<int> order_, column_;
};

}  // namespace kapitza::staged
