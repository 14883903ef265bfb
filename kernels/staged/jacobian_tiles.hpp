// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>

#include "kapitza/block/block.hpp"
#include "kernels/staged/jacobian_stages.hpp"

namespace kapitza::staged {

/// AddTimes, cut into tiles that read every number from device memory once: one Block for `rows`
/// momenta k and as many sites r as it has lanes.
///
/// A lane goes down a diagonal, r = r_0 + lane - (k - k_0) M/K, where alpha and gamma, functions of
/// k + p, stay the same. What changes on the way, beta and delta of k - p and the phase of p, lies
/// in shared memory in one stretch each. Times are added in their order, as in AddTimes: the bits
/// are the same.
struct AddTimesInTiles {
  AddTimes all;

  static constexpr int lanes = 128, rows = 8;
  static constexpr int together = 2;  ///< times between two barriers
  /// Three sums for every row need most of 128 registers.
  static constexpr int resident = 4;

  KAPITZA_HD int ratio() const { return all.M / all.K; }
  KAPITZA_HD int differences() const { return lanes + 2 * (rows - 1) * ratio(); }
  KAPITZA_HD int phases() const { return lanes + (rows - 1) * ratio(); }
  /// Cells for one time: beta, delta, e^{i tau E(p)}, and e^{i tau E(k)} times the weight.
  KAPITZA_HD int cells() const { return 2 * differences() + phases() + rows; }
  std::size_t shared_bytes() const { return together * cells() * sizeof(Complex); }

  KAPITZA_HD int row_tiles() const { return (all.K + rows - 1) / rows; }
  KAPITZA_HD int site_tiles() const { return (all.M + lanes - 1) / lanes; }
  int blocks(int densities) const { return densities * row_tiles() * site_tiles(); }

  template <block::Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t i) const {
    const Tile tile = place(i);
    typename B::template Private<Sums, rows> sums(blk);
    const auto cell = blk.template shared<Complex>(together * cells());
    blk.each([&](int lane) {
      block::unroll<rows>([&](auto j) { sums[lane][j] = load_sums(tile, lane, j); });
    });
    for (int t = 0; t < all.times; t += together) {
      const int count = all.times - t < together ? all.times - t : together;
      if (t > 0) blk.sync();
      for (int u = 0; u < count; ++u) load(blk, cell, tile, u * cells(), t + u);
      blk.sync();
      blk.each([&](int lane) {
        for (int u = 0; u < count; ++u) add(cell, tile, u * cells(), t + u, lane, sums[lane]);
      });
    }
    blk.each([&](int lane) {
      block::unroll<rows>([&](auto j) { store_sums(tile, lane, j, sums[lane][j]); });
    });
  }

 private:
  struct Sums {
    double p = 0, q = 0, r = 0;
  };

  struct Tile {
    std::size_t x;
    int k, site;  ///< the first ones
  };

  KAPITZA_HD Tile place(std::size_t i) const {
    const auto [rest, site_tile] = split(i, site_tiles());
    const auto [x, row_tile] = split(rest, row_tiles());
    return {x, row_tile * rows, site_tile * lanes};
  }

  KAPITZA_HD int wrapped(int site) const {
    const int rest = site % all.M;
    return rest < 0 ? rest + all.M : rest;
  }

  /// Whether a lane has something to do in row j, and where that is in P, Q and R.
  KAPITZA_HD bool inside(const Tile& tile, int lane, int j) const {
    return tile.k + j < all.K && tile.site + lane < all.M;
  }
  KAPITZA_HD std::size_t at(const Tile& tile, int lane, int j) const {
    return (tile.x * all.K + tile.k + j) * all.M + wrapped(tile.site + lane - j * ratio());
  }
  KAPITZA_HD Sums load_sums(const Tile& tile, int lane, int j) const {
    if (!inside(tile, lane, j)) return {};
    const std::size_t i = at(tile, lane, j);
    return {all.P[i], all.Q[i], all.R[i]};
  }
  KAPITZA_HD void store_sums(const Tile& tile, int lane, int j, const Sums& sums) const {
    if (!inside(tile, lane, j)) return;
    const std::size_t i = at(tile, lane, j);
    all.P[i] = sums.p;
    all.Q[i] = sums.q;
    all.R[i] = sums.r;
  }

  KAPITZA_HD const Complex* sequence(const Tile& tile, int half, int line, int t) const {
    const std::size_t halves = static_cast<std::size_t>(all.capacity) * 2 * all.M;
    return all.sequences + (2 * tile.x + half) * halves +
           (2 * static_cast<std::size_t>(t) + line) * all.M;
  }

  /// What one time puts into shared memory, from `first` on. beta and delta of the site k - p are
  /// at the place lanes - 1 - lane + 2 j ratio(), the phase of p at lane + (rows - 1 - j) ratio().
  template <class B, class Cells>
  KAPITZA_HD void load(B& blk, const Cells& cell, const Tile& tile, int first, int t) const {
    const Complex *beta = sequence(tile, 0, 1, t), *delta = sequence(tile, 1, 1, t);
    const Complex* phase = all.phase + static_cast<std::size_t>(t) * all.M;
    const int difference = tile.k * ratio() - tile.site - (lanes - 1);
    const int site = tile.site - (rows - 1) * ratio();
    const int width = differences(), behind = first + 2 * width;
    blk.each(width, [&](int i) {
      const int from = wrapped(difference + i);
      cell.store(first + i, aligned(beta + from));
      cell.store(first + width + i, aligned(delta + from));
    });
    blk.each(phases(), [&](int i) { cell.store(behind + i, aligned(phase + wrapped(site + i))); });
    const int weights = behind + phases();
    blk.each(rows, [&](int j) {
      const int k = tile.k + j < all.K ? tile.k + j : tile.k;
      cell.store(weights + j, all.time[t].slope * aligned(phase + k * ratio()));
    });
  }

  template <class Cells>
  KAPITZA_HD void add(const Cells& cell, const Tile& tile, int first, int t, int lane,
                      block::Registers<Sums, rows>& sums) const {
    const int plus = wrapped(tile.k * ratio() + tile.site + lane);
    const Complex alpha = aligned(sequence(tile, 0, 0, t) + plus);
    const Complex gamma = aligned(sequence(tile, 1, 0, t) + plus);
    const int width = differences(), behind = first + 2 * width, weights = behind + phases();
    block::unroll<rows>([&](auto j) {
      const int difference = first + lanes - 1 - lane + 2 * j * ratio();
      const Complex beta = cell.load(difference), delta = cell.load(difference + width);
      const Complex phase_p = cell.load(behind + lane + (rows - 1 - j) * ratio());
      add_derivative(cell.load(weights + j), phase_p, alpha, beta, gamma, delta, sums[j].p,
                     sums[j].q, sums[j].r);
    });
  }
};

}  // namespace kapitza::staged
