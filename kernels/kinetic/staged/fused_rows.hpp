// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>

#include "kapitza/model/lattice.hpp"
#include "kernels/device/block/in_block.hpp"
#include "kernels/device/block/stockham.hpp"
#include "kernels/device/block/stockham_index.hpp"
#include "kernels/kinetic/staged/jacobian_stages.hpp"

namespace kapitza::staged {

/// A row of dI/dn + i dI/dh on the lattice, from the sums over times to the modes of the grid, and
/// its answer to a kink: PackRows, RespondToKink, a transform and AddFoldedRows, one Block per row
/// [x][k].
///
/// Layout: registers row[lane][slot] = lattice site, then mode, lane + slot * lanes.
template <class Index>
struct TransformRows {
  PackRows rows;
  const double* shape;      ///< [M]
  const Complex* twiddles;  ///< of Index
  Complex* modes;           ///< [x][k][K]: added
  Complex* response;        ///< [x][k]: added
  int K;

  static constexpr int M = Index::length, lanes = Index::lanes;
  static constexpr int registers = 80;
  static constexpr int resident = std::clamp(65536 / (registers * lanes), 1, 16);

  static constexpr std::size_t shared_bytes() {
    return Index::cells * sizeof(Complex) + block::in_block_bytes(lanes);
  }

  template <block::Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t index) const {
    typename B::template Private<Complex, Index::slots> row(blk);
    const auto buffer = blk.template shared<Complex>(Index::cells);
    block::InBlock<B> all(blk, lanes);
    block::BufferUse use;
    const auto each_site = [&](const auto& f) {
      blk.each([&](int lane) {
        block::unroll<Index::slots>(
            [&](auto slot) { f(row[lane][slot], Index::home(lane, slot)); });
      });
    };

    each_site([&](Complex& value, int r) { value = rows.at(index, r); });
    const Sums<2> kinks = all.template sum<2>([&](int lane) {
      Complex sum;
      block::unroll<Index::slots>(
          [&](auto slot) { sum += shape[Index::home(lane, slot)] * row[lane][slot]; });
      return Sums<2>{{sum.re, sum.im}};
    });
    block::stockham<Index, Sign::plus>(blk, row, buffer, use,
                                       [&](int i) { return aligned(twiddles + i); });
    // No barrier: what a lane read there last lay where it stores now.
    static_assert(Index::pad(Index::span(Index::stages - 2), M - 1) == M - 1);
    each_site([&](const Complex& value, int mode) {
      if (mode <= K / 2 || mode >= M - K / 2) buffer.store(mode, value);
    });
    blk.sync();
    blk.each(K, [&](int i) {
      aligned(modes + index * K + i) += folded_mode(Loaded<decltype(buffer)>{buffer}, K, M, i);
    });
    blk.each(1, [&](int) { aligned(response + index) += Complex{kinks[0], kinks[1]}; });
  }

 private:
  template <class Buffer>
  struct Loaded {
    const Buffer& cells;
    KAPITZA_HD Complex operator[](int i) const { return cells.load(i); }
  };
};

}  // namespace kapitza::staged
