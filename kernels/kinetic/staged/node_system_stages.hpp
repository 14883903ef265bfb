// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kernels/device/staged/dense_blocks.hpp"

namespace kapitza::staged {

/// How a node feels a neighbour: momentum by momentum at first, all with all once the nodes between
/// them are eliminated.
struct Coupling {
  const double* values = nullptr;  ///< [K], or [p][k]; null: not at all
  bool diagonal = true;

  static constexpr int together = 16;  ///< terms whose numbers are asked for at once

  /// One of `parts` parts of what y adds to the equation of momentum k: every so many-th term.
  template <int parts>
  KAPITZA_HD double part(int which, const double* y, int k, int K) const {
    if (!values) return 0;
    if (diagonal) return which == 0 ? values[k] * y[k] : 0;
    double sum = 0;
    for (int first = which; first < K; first += parts * together) {
      block::Registers<double, together> a, b;
      block::unroll<together>([&](auto e) {
        const int p = first + e * parts;
        a[e] = p < K ? values[static_cast<std::size_t>(p) * K + k] : 0;
        b[e] = p < K ? y[p] : 0;
      });
      block::unroll<together>([&](auto e) { sum += a[e] * b[e]; });
    }
    return sum;
  }
};

/// A node beside the one that is eliminated, which stays. All null where there is none.
struct Neighbour {
  double* block = nullptr;    ///< its A
  double* f = nullptr;        ///< [K]: its right-hand side, later its solution
  Coupling to_x, from_x;      ///< how it feels x, and x feels it
  double* beyond = nullptr;   ///< how it feels the other neighbour once x is gone
  double* through = nullptr;  ///< scratch: A_x^{-1} from_x
};

/// Node x on its way out. Matrices are K x K, column-major.
struct Elimination {
  double* inverse = nullptr;          ///< A_x, then its inverse
  double *f = nullptr, *z = nullptr;  ///< [K]: right-hand side, later solution; scratch
  Neighbour left = {}, right = {};
};

/// What is done for one neighbour and for the other in the same way.
using Side = Neighbour Elimination::*;

/// One node of Eq. (19) before anything is eliminated.
struct SystemNode {
  const double* J;         ///< [k][p]
  const double* diagonal;  ///< [K]
  const double* mirror;    ///< [K], or null
  double* A;               ///< [p][k]
  double Lambda;
};

/// A_x, column-major. Indices [node][p][k].
struct AssembleBlock {
  const SystemNode* nodes;
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [rest, k] = split(index, K);
    const auto [x, p] = split(rest, K);
    const SystemNode& node = nodes[x];
    double value = -node.Lambda * node.J[static_cast<std::size_t>(k) * K + p];
    if (k == p) value += node.diagonal[k];
    if (node.mirror && k + p == K - 1) value += node.mirror[k];
    node.A[static_cast<std::size_t>(p) * K + k] = value;
  }
};

/// What becomes of a neighbour, and of how it feels the other one, while couplings are diagonal:
///
///   A -= to_x A_x^{-1} from_x      beyond = -to_x A_x^{-1} (from_x of the other)
///
/// Indices [elimination][p][k].
template <Side side, Side other>
struct Condense {
  const Elimination* all;
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [rest, k] = split(index, K);
    const auto [i, p] = split(rest, K);
    const Neighbour& here = all[i].*side;
    const std::size_t at = static_cast<std::size_t>(p) * K + k;
    const double through = here.to_x.values[k] * all[i].inverse[at];
    here.block[at] -= through * here.from_x.values[p];
    if (here.beyond) here.beyond[at] = -through * (all[i].*other).from_x.values[p];
  }
};

// The same in products of matrices, once couplings are dense.

/// through = A_x^{-1} from_x
template <Side side>
struct PassThrough {
  const Elimination* all;
  KAPITZA_HD Product operator()(std::size_t i) const {
    return {all[i].inverse, (all[i].*side).from_x.values, (all[i].*side).through};
  }
};

/// A -= to_x through
template <Side side>
struct ReduceBlock {
  const Elimination* all;
  KAPITZA_HD Product operator()(std::size_t i) const {
    return {(all[i].*side).to_x.values, (all[i].*side).through, (all[i].*side).block, -1, 1};
  }
};

/// beyond = -to_x (through of the other)
template <Side side, Side other>
struct ReachBeyond {
  const Elimination* all;
  KAPITZA_HD Product operator()(std::size_t i) const {
    return {(all[i].*side).to_x.values, (all[i].*other).through, (all[i].*side).beyond, -1};
  }
};

struct InverseOf {
  const Elimination* all;
  KAPITZA_HD double* operator()(std::size_t i) const { return all[i].inverse; }
};

// What one momentum of one elimination sums, in parts, and what becomes of the sum.

/// to = A_x^{-1} from
template <double* Elimination::* from, double* Elimination::* to>
struct ApplyInverse {
  const Elimination* all;
  int K;

  template <int parts>
  KAPITZA_HD double part(int which, std::size_t i, int k) const {
    return Coupling{all[i].inverse, false}.template part<parts>(which, all[i].*from, k, K);
  }
  KAPITZA_HD void take(double sum, std::size_t i, int k) const { (all[i].*to)[k] = sum; }
};

/// f -= to_x z
template <Side side>
struct ReduceRow {
  const Elimination* all;
  int K;

  template <int parts>
  KAPITZA_HD double part(int which, std::size_t i, int k) const {
    return (all[i].*side).to_x.template part<parts>(which, all[i].z, k, K);
  }
  KAPITZA_HD void take(double sum, std::size_t i, int k) const { (all[i].*side).f[k] -= sum; }
};

/// z = f_x - from_x y of both neighbours
struct ReturnToNode {
  const Elimination* all;
  int K;

  template <int parts>
  KAPITZA_HD double part(int which, std::size_t i, int k) const {
    const Neighbour &left = all[i].left, &right = all[i].right;
    return left.from_x.template part<parts>(which, left.f, k, K) +
           right.from_x.template part<parts>(which, right.f, k, K);
  }
  KAPITZA_HD void take(double sum, std::size_t i, int k) const { all[i].z[k] = all[i].f[k] - sum; }
};

/// All of these: one Block for `rows` momenta of one elimination, each of which `parts` lanes sum.
/// Matrices lie along the momenta, and so do the lanes.
template <class Row>
struct SumRows {
  Row row;

  static constexpr int rows = 32, parts = 8, lanes = rows * parts, resident = 2;

  int blocks(int count) const { return count * tiles(); }
  std::size_t shared_bytes() const { return lanes * sizeof(double); }

  template <block::Block Blk>
  KAPITZA_HD void operator()(Blk& blk, std::size_t index) const {
    const auto [i, tile] = split(index, tiles());
    const int first = tile * rows;
    const auto sums = blk.template shared<double>(lanes);  // [part][momentum]
    blk.each([&, i = i](int lane) {
      const int k = first + lane % rows;
      sums.store(lane, k < row.K ? row.template part<parts>(lane / rows, i, k) : 0);
    });
    blk.sync();
    blk.each(rows, [&, i = i](int r) {
      if (first + r >= row.K) return;
      double sum = 0;
      block::unroll<parts>([&](auto part) { sum += sums.load(part * rows + r); });
      row.take(sum, i, first + r);
    });
  }

 private:
  KAPITZA_HD int tiles() const { return (row.K + rows - 1) / rows; }
};

}  // namespace kapitza::staged
