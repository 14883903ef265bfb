// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kernels/staged/dense_blocks.hpp"

namespace kapitza::staged {

/// How a node feels a neighbour: momentum by momentum at first, all with all once the nodes between
/// them are eliminated.
struct Coupling {
  const double* values = nullptr;  ///< [K], or [p][k]; null: not at all
  bool diagonal = true;

  /// What y adds to the equation of momentum k.
  KAPITZA_HD double operator()(const double* y, int k, int K) const {
    if (!values) return 0;
    if (diagonal) return values[k] * y[k];
    double sum = 0;
    for (int p = 0; p < K; ++p) sum += values[static_cast<std::size_t>(p) * K + k] * y[p];
    return sum;
  }
};

/// Node x on its way out, between the nodes l and r that stay. Where there is no such neighbour,
/// all that belongs to it is null. Matrices are K x K, column-major.
struct Elimination {
  double* inverse = nullptr;                                   ///< A_x, then its inverse
  double *left_block = nullptr, *right_block = nullptr;        ///< A_l, A_r
  Coupling lower, upper;                                       ///< of x: to l and to r
  Coupling left_to_x, right_to_x;                              ///< of l and of r: to x
  double *left_to_right = nullptr, *right_to_left = nullptr;   ///< of l to r and back, without x
  double *G = nullptr, *H = nullptr;                           ///< scratch: see Reduction
  double *f = nullptr, *left_f = nullptr, *right_f = nullptr;  ///< [K]: right-hand sides, solutions
  double* z = nullptr;                                         ///< [K]: scratch
};

/// One node of Eq. (19) before anything is eliminated.
struct ChainNode {
  const double* J;         ///< [k][p]
  const double* diagonal;  ///< [K]
  const double* mirror;    ///< [K], or null
  double* A;               ///< [p][k]
  double Lambda;
};

/// A_x, column-major. Indices [node][p][k].
struct AssembleBlock {
  const ChainNode* nodes;
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [rest, k] = split(index, K);
    const auto [x, p] = split(rest, K);
    const ChainNode& node = nodes[x];
    double value = -node.Lambda * node.J[static_cast<std::size_t>(k) * K + p];
    if (k == p) value += node.diagonal[k];
    if (node.mirror && k + p == K - 1) value += node.mirror[k];
    node.A[static_cast<std::size_t>(p) * K + k] = value;
  }
};

/// What becomes of a neighbour and of its coupling beyond x while couplings are diagonal:
///
///   A_l -= left_to_x A_x^{-1} lower      left_to_right = -left_to_x A_x^{-1} upper
///
/// and the mirror image. Indices [elimination][p][k].
struct CondenseLeft {
  const Elimination* all;
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [rest, k] = split(index, K);
    const auto [i, p] = split(rest, K);
    const Elimination& e = all[i];
    const std::size_t at = static_cast<std::size_t>(p) * K + k;
    const double through = e.left_to_x.values[k] * e.inverse[at];
    e.left_block[at] -= through * e.lower.values[p];
    if (e.right_block) e.left_to_right[at] = -through * e.upper.values[p];
  }
};
struct CondenseRight {
  const Elimination* all;
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [rest, k] = split(index, K);
    const auto [i, p] = split(rest, K);
    const Elimination& e = all[i];
    if (!e.right_block) return;
    const std::size_t at = static_cast<std::size_t>(p) * K + k;
    const double through = e.right_to_x.values[k] * e.inverse[at];
    e.right_block[at] -= through * e.upper.values[p];
    e.right_to_left[at] = -through * e.lower.values[p];
  }
};

/// The same once couplings are dense: six products, in this order.
enum class Reduction {
  lower,          ///< G = A_x^{-1} lower
  upper,          ///< H = A_x^{-1} upper
  left_block,     ///< A_l -= left_to_x G
  right_block,    ///< A_r -= right_to_x H
  left_to_right,  ///< = -left_to_x H
  right_to_left,  ///< = -right_to_x G
};

template <Reduction reduction>
struct ReductionProduct {
  const Elimination* all;

  KAPITZA_HD Product operator()(std::size_t i) const {
    const Elimination& e = all[i];
    switch (reduction) {
      case Reduction::lower:
        return {e.inverse, e.lower.values, e.G};
      case Reduction::upper:
        return {e.inverse, e.upper.values, e.H};
      case Reduction::left_block:
        return {e.left_to_x.values, e.G, e.left_block};
      case Reduction::right_block:
        return {e.right_to_x.values, e.H, e.right_block};
      case Reduction::left_to_right:
        return {e.left_to_x.values, e.H, e.left_to_right};
      case Reduction::right_to_left:
        return {e.right_to_x.values, e.G, e.right_to_left};
    }
    return {};
  }
};

struct InverseOf {
  const Elimination* all;
  KAPITZA_HD double* operator()(std::size_t i) const { return all[i].inverse; }
};

/// z_x = A_x^{-1} f_x. Indices [elimination][k].
struct SolveNode {
  const Elimination* all;
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [i, k] = split(index, K);
    const Elimination& e = all[i];
    e.z[k] = Coupling{e.inverse, false}(e.f, k, K);
  }
};

/// f_l -= left_to_x z_x. Indices [elimination][k].
struct ReduceLeft {
  const Elimination* all;
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [i, k] = split(index, K);
    const Elimination& e = all[i];
    e.left_f[k] -= e.left_to_x(e.z, k, K);
  }
};
/// f_r -= right_to_x z_x. Indices [elimination][k].
struct ReduceRight {
  const Elimination* all;
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [i, k] = split(index, K);
    const Elimination& e = all[i];
    if (e.right_f) e.right_f[k] -= e.right_to_x(e.z, k, K);
  }
};

/// f_x - lower y_l - upper y_r, into z. Indices [elimination][k].
struct ReturnToNode {
  const Elimination* all;
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [i, k] = split(index, K);
    const Elimination& e = all[i];
    double rest = e.f[k];
    if (e.left_f) rest -= e.lower(e.left_f, k, K);
    if (e.right_f) rest -= e.upper(e.right_f, k, K);
    e.z[k] = rest;
  }
};

/// y_x = A_x^{-1} z_x, in the place of f_x. Indices [elimination][k].
struct FinishNode {
  const Elimination* all;
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [i, k] = split(index, K);
    const Elimination& e = all[i];
    e.f[k] = Coupling{e.inverse, false}(e.z, k, K);
  }
};

}  // namespace kapitza::staged
