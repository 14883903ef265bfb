// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cfloat>
#include <cstddef>

#include "kernels/staged/device.hpp"

/// Products and inverses of many dense matrices at once, column-major. They lie anywhere: a small
/// functor says where the i-th one is.
namespace kapitza::staged {

/// C = alpha A B + beta C
struct Product {
  const double *A, *B;  ///< rows x inner, inner x columns
  double* C;            ///< rows x columns; not read where beta = 0
};

/// All products of a batch: one Block for `tile` x `tile` numbers of one of them.
template <class Products>
struct MultiplyBlocks {
  Products product;  ///< of i: a Product
  int rows, columns, inner;
  double alpha, beta;

  static constexpr int side = 16, each = 4, tile = side * each, depth = 16;
  static constexpr int lanes = side * side, resident = 2;

  KAPITZA_HD static int tiles(int size) { return (size + tile - 1) / tile; }
  int blocks(int count) const { return count * tiles(rows) * tiles(columns); }
  /// Between rows of B's tile, which is stored by columns: no two lanes meet in a bank.
  static constexpr int stride = tile + 1;
  std::size_t shared_bytes() const { return depth * (tile + stride) * sizeof(double); }

  template <block::Block Blk>
  KAPITZA_HD void operator()(Blk& blk, std::size_t i) const {
    const Split columnwise = split(i, tiles(columns));
    const Split rowwise = split(columnwise.outer, tiles(rows));
    const int row = rowwise.inner * tile, column = columnwise.inner * tile;
    const Product p = product(rowwise.outer);
    typename Blk::template Private<double, each * each> sums(blk);
    const auto a = blk.template shared<double>(depth * tile);    // [inner][row]
    const auto b = blk.template shared<double>(depth * stride);  // [inner][column]
    blk.each([&](int lane) { block::unroll<each * each>([&](auto e) { sums[lane][e] = 0; }); });
    for (int first = 0; first < inner; first += depth) {
      if (first > 0) blk.sync();
      blk.each(depth * tile, [&](int j) {
        const int r = row + j % tile, k = first + j / tile;
        a.store(j, r < rows && k < inner ? p.A[at(r, k, rows)] : 0);
      });
      blk.each(depth * tile, [&](int j) {
        const int k = first + j % depth, c = column + j / depth;
        b.store(j % depth * stride + j / depth,
                k < inner && c < columns ? p.B[at(k, c, inner)] : 0);
      });
      blk.sync();
      blk.each([&](int lane) { add(a, b, lane, sums[lane]); });
    }
    blk.each([&](int lane) {
      block::unroll<each * each>([&](auto e) {
        const int r = row + lane % side + e % each * side;
        const int c = column + lane / side + e / each * side;
        if (r >= rows || c >= columns) return;
        double& cell = p.C[at(r, c, rows)];
        cell = alpha * sums[lane][e] + (beta == 0 ? 0 : beta * cell);
      });
    });
  }

 private:
  KAPITZA_HD static std::size_t at(int row, int column, int rows) {
    return static_cast<std::size_t>(column) * rows + row;
  }

  template <class Cells>
  KAPITZA_HD static void add(const Cells& a, const Cells& b, int lane,
                             block::Registers<double, each * each>& sums) {
    for (int k = 0; k < depth; ++k) {
      block::Registers<double, each> left, right;
      block::unroll<each>([&](auto e) {
        left[e] = a.load(k * tile + lane % side + e * side);
        right[e] = b.load(k * stride + lane / side + e * side);
      });
      block::unroll<each * each>([&](auto e) { sums[e] += left[e % each] * right[e / each]; });
    }
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
// With P the panel's columns, S the rows of its pivots and X the inverse of the block A(S, P),
//
//   A(i, j) -= A(i, P) X A(S, j),   A(S, j) = X A(S, j),   A(i, P) = -A(i, P) X,   A(S, P) = X
//
// is one product, V Y, taken off an A whose rows S and columns P were set to zero, with
// V(i) = A(i, P), V(S) = -1, Y(j) = X A(S, j), Y(P) = X.

/// What the stages of one panel share.
struct Panel {
  double* A;          ///< [i]: K x K
  int* order;         ///< [i][K]: rows; those from `first` on are not yet used
  double *X, *V, *Y;  ///< [i]: width x width, K x width, width x K; room for `room` columns
  int K, first, width, room;

  KAPITZA_HD double* inverse(std::size_t i) const { return X + i * room * room; }
  KAPITZA_HD double* V_of(std::size_t i) const { return V + i * room * K; }
  KAPITZA_HD double* Y_of(std::size_t i) const { return Y + i * room * K; }
  KAPITZA_HD int* order_of(std::size_t i) const { return order + i * K; }
  KAPITZA_HD double& at(std::size_t i, int row, int column) const {
    return A[(i * K + column) * K + row];
  }
  /// A -= V Y
  KAPITZA_HD Product operator()(std::size_t i) const { return {V_of(i), Y_of(i), A + i * K * K}; }
};

/// Finds the pivots of a panel, largest first in every column, and inverts its block: one Block for
/// every matrix, all unused rows of the panel in shared memory.
struct PivotPanel {
  Panel panel;
  int* singular;  ///< [i]: set where a pivot is zero or not finite

  static constexpr int lanes = 256, resident = 1, scouts = 16;

  /// The widest panel that fits.
  static int width(int K, std::size_t shared_bytes) {
    int width = 32;
    while (width > 1 && bytes(K, width) > shared_bytes) width /= 2;
    return width;
  }
  std::size_t shared_bytes() const { return bytes(panel.K - panel.first, panel.width); }

  template <block::Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t i) const {
    const int rows = panel.K - panel.first, width = panel.width;
    const auto cell = blk.template shared<double>(rows * width);  // [column][row]
    const auto best = blk.template shared<Candidate>(lanes + scouts);
    const auto row_of = blk.template shared<int>(rows);
    int* order = panel.order_of(i) + panel.first;
    blk.each(rows, [&](int r) { row_of.store(r, order[r]); });
    blk.each(rows * width,
             [&](int j) { cell.store(j, panel.at(i, order[j % rows], panel.first + j / rows)); });
    // No barrier: a lane begins with those numbers of the first column that it has loaded itself.
    for (int c = 0; c < width; ++c) {
      blk.each([&](int lane) { best.store(lane, search(cell, c, rows, lane)); });
      blk.sync();
      blk.each(scouts, [&](int s) {
        best.store(lanes + s, better(best, s * (lanes / scouts), lanes / scouts));
      });
      blk.sync();
      blk.each(width, [&](int j) {
        const Candidate pivot = better(best, lanes, scouts);
        exchange(cell, c, j, rows, pivot);
        if (j > 0) return;
        const int row = row_of.load(pivot.row);
        row_of.store(pivot.row, row_of.load(c));
        row_of.store(c, row);
        const double size = magnitude(pivot.value);
        if (!(size > 0 && size <= DBL_MAX)) singular[i] = 1;  // a NaN is neither
      });
      blk.sync();
      blk.each(rows, [&](int r) { eliminate(cell, c, r, rows, width); });
    }
    blk.sync();
    blk.each(rows, [&](int r) { order[r] = row_of.load(r); });
    blk.each(width * width,
             [&](int j) { panel.inverse(i)[j] = cell.load(j / width * rows + j % width); });
  }

 private:
  struct Candidate {
    double value;
    int row;
  };

  static std::size_t bytes(int rows, int width) {
    const auto padded = [](std::size_t size) { return (size + 15) / 16 * 16; };
    return padded(static_cast<std::size_t>(rows) * width * sizeof(double)) +
           padded((lanes + scouts) * sizeof(Candidate)) + padded(rows * sizeof(int));
  }

  KAPITZA_HD static double magnitude(double x) { return x < 0 ? -x : x; }

  /// The largest number of column c in a lane's rows.
  template <class Cells>
  KAPITZA_HD static Candidate search(const Cells& cell, int c, int rows, int lane) {
    Candidate found{0, c};
    for (int r = lane; r < rows; r += lanes) {
      if (r < c) continue;
      const double value = cell.load(c * rows + r);
      if (magnitude(value) > magnitude(found.value)) found = {value, r};
    }
    return found;
  }

  template <class Candidates>
  KAPITZA_HD static Candidate better(const Candidates& best, int first, int count) {
    Candidate found = best.load(first);
    for (int s = 1; s < count; ++s) {
      const Candidate other = best.load(first + s);
      if (magnitude(other.value) > magnitude(found.value)) found = other;
    }
    return found;
  }

  /// Rows c and the pivot's change places in column j, and the pivot's is divided by it.
  template <class Cells>
  KAPITZA_HD static void exchange(const Cells& cell, int c, int j, int rows, Candidate pivot) {
    const double value = cell.load(j * rows + pivot.row);
    cell.store(j * rows + pivot.row, cell.load(j * rows + c));
    cell.store(j * rows + c, (j == c ? 1 : value) / pivot.value);
  }

  template <class Cells>
  KAPITZA_HD static void eliminate(const Cells& cell, int c, int r, int rows, int width) {
    if (r == c) return;
    const double factor = cell.load(c * rows + r);
    for (int j = 0; j < width; ++j) {
      const double value = j == c ? 0 : cell.load(j * rows + r);
      cell.store(j * rows + r, value - factor * cell.load(j * rows + c));
    }
  }
};

/// V(i) = A(i, P) and Y. Indices [i][column of the panel, row] and [i][column, row of the panel]:
/// both are written in the order in which they lie.
struct TakePanel {
  Panel panel;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [i, at] = split(index, panel.width * panel.K);
    panel.V_of(i)[at] = panel.A[(i * panel.K + panel.first) * panel.K + at];
    panel.Y_of(i)[at] = y(i, at % panel.width, at / panel.width);
  }

 private:
  KAPITZA_HD double y(std::size_t i, int s, int j) const {
    const int* pivots = panel.order_of(i) + panel.first;
    const double* X = panel.inverse(i);
    const int c = j - panel.first;
    if (c >= 0 && c < panel.width) return X[c * panel.width + s];
    double sum = 0;
    for (int r = 0; r < panel.width; ++r) sum += X[r * panel.width + s] * panel.at(i, pivots[r], j);
    return sum;
  }
};

/// V(S) = -1; rows S and columns P of A are zero. Indices [i][of the panel][row or column].
struct ClearPanel {
  Panel panel;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [rest, j] = split(index, panel.K);
    const auto [i, s] = split(rest, panel.width);
    const int pivot = panel.order_of(i)[panel.first + s];
    const int c = j - panel.first;
    panel.at(i, j, panel.first + s) = 0;
    if (c < 0 || c >= panel.width)
      panel.at(i, pivot, j) = 0;
    else
      panel.V_of(i)[c * panel.K + pivot] = c == s ? -1 : 0;
  }
};

/// The matrices as they are before the first panel. Indices [i][column][row].
template <class Matrices>
struct StartInverse {
  Matrices matrix;  ///< of i: where it is
  double* work;     ///< [i]: K x K
  int *order, *singular;
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [i, at] = split(index, K * K);
    work[index] = matrix(i)[at];
    if (at < K) order[i * K + at] = at;
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
        room_(room_for(device, K)),
        work_(device, capacity * K * K),
        X_(device, capacity * room_ * room_),
        V_(device, capacity * room_ * K),
        Y_(device, V_.size()),
        order_(device, capacity * K) {}

  /// matrix(i) becomes its inverse; singular[i], on the device, says where there is none.
  template <class Matrices>
  void operator()(const Matrices& matrix, std::size_t count, int* singular) {
    const std::size_t cells = count * K_ * K_;
    device_.each(cells, StartInverse<Matrices>{matrix, work_.data(), order_.data(), singular, K_});
    for (int first = 0; first < K_; first += room_) eliminate(first, count, singular);
    device_.each(cells, FinishInverse<Matrices>{matrix, work_.data(), order_.data(), K_});
  }

  /// Bytes of one for so many.
  static std::size_t memory(const D& device, std::size_t capacity, int K) {
    const std::size_t room = room_for(device, K);
    return capacity *
           ((static_cast<std::size_t>(K) * K + room * room + 2 * room * K) * sizeof(double) +
            K * sizeof(int));
  }

 private:
  template <class T>
  using Buffer = typename D::template Buffer<T>;

  static int room_for(const D& device, int K) {
    return std::min(K, PivotPanel::width(K, device.most_shared_bytes()));
  }
  void eliminate(int first, std::size_t count, int* singular) {
    const int width = std::min(room_, K_ - first);
    const Panel panel{work_.data(), order_.data(), X_.data(), V_.data(), Y_.data(),
                      K_,           first,         width,     room_};
    device_.each_block(static_cast<int>(count), PivotPanel{panel, singular});
    device_.each(count * width * K_, TakePanel{panel});
    device_.each(count * width * K_, ClearPanel{panel});
    multiply(device_, count, MultiplyBlocks<Panel>{panel, K_, K_, width, -1, 1});
  }

  D& device_;
  int K_, room_;
  Buffer<double> work_, X_, V_, Y_;
  Buffer<int> order_;
};

}  // namespace kapitza::staged
