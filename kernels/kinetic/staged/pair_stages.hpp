// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/kinetic/collision_terms.hpp"
#include "kapitza/kinetic/pair_table.hpp"
#include "kapitza/kinetic/stencil.hpp"
#include "kernels/device/block/in_block.hpp"
#include "kernels/device/staged/device.hpp"
#include "kernels/kinetic/staged/sweep_stages.hpp"

namespace kapitza::staged {

/// Index of a stencil's tap on a periodic grid of G points, without a division: a place lies in
/// [0, G], so a tap is at most one period off.
KAPITZA_HD constexpr int wrap(int i, int G) { return i < 0 ? i + G : i >= G ? i - G : i; }

/// One density on the fine grid of the manifold.
struct PairDensity {
  const Complex* fine;  ///< [G]: n + i h, its kink apart
  Complex kink;
  int G;

  /// n + i h where a stencil points; node_kink: the shape of the kink there.
  KAPITZA_HD Complex at(const kinetic::Stencil& stencil, double node_kink) const {
    Complex value = node_kink * kink;
    for (int tap = 0; tap < kinetic::Stencil::taps; ++tap)
      value += stencil.weight[tap] * aligned(fine + wrap(stencil.first + tap, G));
    return value;
  }
};

/// What the channel l = 2 is computed from, of all densities of a pass.
struct PairInput {
  const Complex* fine;  ///< [x][G]: n + i h, kinks apart
  const Complex* kink;  ///< [x]
  const double *n, *h;  ///< [x][K]
  const kinetic::PlacedNode* nodes;
  const int* first;           ///< nodes of momentum m: first[m] .. first[m + 1] - 1
  const ChannelRates* rates;  ///< [x]

  KAPITZA_HD PairDensity density(std::size_t x, int G) const {
    return {fine + x * G, aligned(kink + x), G};
  }
  KAPITZA_HD const kinetic::PlacedNode* nodes_of(int m) const { return nodes + first[m]; }
  KAPITZA_HD int count(int m) const { return first[m + 1] - first[m]; }
};

/// B and S of the resonant manifold, Eq. (10). One Block per [x][m], whose lanes share the nodes.
struct SumPairs {
  PairInput input;
  double* sums;  ///< [x][gain, rate][K]
  int K, G;

  static constexpr int lanes = 64, resident = 8;
  std::size_t shared_bytes() const { return block::in_block_bytes(lanes); }

  template <block::Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t index) const {
    const auto [x, m] = split(index, K);
    const PairDensity density = input.density(x, G);
    const kinetic::PlacedNode* own = input.nodes_of(m);
    block::InBlock<B> all(blk, input.count(m));
    const Sums<2> sum = all.template sum<2>([&](int i) {
      const kinetic::PlacedNode node = own[i];
      const Complex a = density.at(kinetic::Stencil::at(node.place[0]), node.kink[0]);
      const Complex b = density.at(kinetic::Stencil::at(node.place[1]), node.kink[1]);
      const Complex c = density.at(kinetic::Stencil::at(node.place[2]), node.kink[2]);
      const kinetic::PairTerms terms = kinetic::pair_terms(a.re, a.im, b.re, b.im, c.re, c.im);
      return Sums<2>{{node.weight * terms.gain, node.weight * terms.rate}};
    });
    blk.each(1, [&](int) {
      sums[x * 2 * K + m] = input.rates[x].pairs * sum[0];
      sums[(x * 2 + 1) * K + m] = input.rates[x].pairs * sum[1];
    });
  }
};

/// Rows of the pair Jacobian on the fine grid: every node scatters its slopes through its three
/// stencils. Indices [x][m]: a row belongs to one index, so the scatter needs no atomics.
struct ScatterPairs {
  PairInput input;
  Complex* rows;      ///< [x][m][G]: dI/dn + i dI/dh, zero before
  Complex* response;  ///< [x][m]: what the kinks contribute is added
  int K, G;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [x, m] = split(index, K);
    const PairDensity density = input.density(x, G);
    const kinetic::PlacedNode* own = input.nodes_of(m);
    Complex* row = rows + index * G;
    Complex kinks = aligned(response + index);
    for (int i = 0; i < input.count(m); ++i) {
      const kinetic::PlacedNode& node = own[i];
      double n_at[3], h_at[3];
      for (int j = 0; j < 3; ++j) {
        const Complex value = density.at(kinetic::Stencil::at(node.place[j]), node.kink[j]);
        n_at[j] = value.re;
        h_at[j] = value.im;
      }
      const kinetic::PairSlopes slopes =
          kinetic::pair_slopes(input.n[index], input.h[index], n_at, h_at);
      const double scale = input.rates[x].pairs * node.weight;
      for (int j = 0; j < 3; ++j) {
        const kinetic::Stencil stencil = kinetic::Stencil::at(node.place[j]);
        const Complex slope = scale * Complex{slopes.by_n[j], slopes.by_h[j]};
        kinks += node.kink[j] * slope;
        for (int tap = 0; tap < kinetic::Stencil::taps; ++tap)
          aligned(row + wrap(stencil.first + tap, G)) += stencil.weight[tap] * slope;
      }
    }
    aligned(response + index) = kinks;
  }
};

}  // namespace kapitza::staged
