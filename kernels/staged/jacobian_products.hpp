// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>

#include "kapitza/block/block.hpp"
#include "kernels/staged/jacobian_stages.hpp"

namespace kapitza::staged {

/// AddTimes as products of matrices. At fixed q = k + p (Sign::plus: alpha and gamma, for P and R)
/// or q = k - p (Sign::minus: beta and delta, for Q and S) the phases of (k, p) are the same for
/// all densities, and the sequences at q are the same for all k: rows k, columns densities, and
/// the sum over times and over real and imaginary parts. Both factors serve many times over, where
/// AddTimes reads six numbers for every twelve multiplications.
///
/// One Block for `momenta` momenta k, `sites` sites q that lie M/K apart, so that they meet the
/// same p again and again, and `group` densities. A warp has one q, a lane `rows` of the k.
/// Densities do not know of each other, and times are added in their order: the bits of a density's
/// sums do not depend on how many there are.
template <Sign sign>
struct AddTimesAsProducts {
  AddTimes all;
  int densities;

  static constexpr int warp = 32, sites = 8, lanes = warp * sites;
  static constexpr int rows = 2, momenta = warp * rows;
  static constexpr int group = 8;
  static constexpr int together = 4;  ///< times between two barriers
  static constexpr int resident = 2;

  /// Shared cells for one time: e^{i tau E(k)} times the weight, e^{i tau E(p)}, both sequences.
  static constexpr int partners = momenta + sites - 1, columns = sites * group;
  static constexpr int cells = momenta + partners + 2 * columns;
  std::size_t shared_bytes() const { return together * cells * sizeof(Complex); }

  KAPITZA_HD int ratio() const { return all.M / all.K; }
  KAPITZA_HD static int tiles(int size, int tile) { return (size + tile - 1) / tile; }
  int blocks() const {
    return tiles(densities, group) * tiles(all.K, momenta) * tiles(all.K, sites) * ratio();
  }

  template <block::Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t i) const {
    const Tile tile = place(i);
    typename B::template Private<Sums, rows * group> sums(blk);
    const auto cell = blk.template shared<Complex>(together * cells);
    blk.each([&](int lane) {
      block::unroll<rows * group>([&](auto e) { sums[lane][e] = load_sums(tile, lane, e); });
    });
    for (int t = 0; t < all.times; t += together) {
      const int count = all.times - t < together ? all.times - t : together;
      if (t > 0) blk.sync();
      for (int u = 0; u < count; ++u) load(blk, cell, tile, u * cells, t + u);
      blk.sync();
      blk.each([&](int lane) {
        for (int u = 0; u < count; ++u) add(cell, u * cells, lane, sums[lane]);
      });
    }
    blk.each([&](int lane) {
      block::unroll<rows * group>([&](auto e) { store_sums(tile, lane, e, sums[lane][e]); });
    });
  }

 private:
  /// Of P and R, or of Q and S.
  struct Sums {
    double first = 0, second = 0;
  };

  struct Tile {
    int x, k, q;  ///< the first ones; q in units of the ratio,
    int rest;     ///< beside this
  };

  /// Neighbouring sites q go to blocks that follow each other: what they read lies together.
  KAPITZA_HD Tile place(std::size_t i) const {
    const Split by_rest = split(i, ratio());
    const Split by_site = split(by_rest.outer, tiles(all.K, sites));
    const Split by_momentum = split(by_site.outer, tiles(all.K, momenta));
    return {static_cast<int>(by_momentum.outer) * group, by_momentum.inner * momenta,
            by_site.inner * sites, by_rest.inner};
  }

  KAPITZA_HD int wrapped(int site) const {
    const int rest = site % all.M;
    return rest < 0 ? rest + all.M : rest;
  }
  /// The site of p = q - k or k - q. Both count in units of the ratio.
  KAPITZA_HD int partner(const Tile& tile, int q_minus_k) const {
    const int site = q_minus_k * ratio() + tile.rest;
    return wrapped(sign == Sign::plus ? site : -site);
  }

  struct Element {
    int x, k, q;
  };
  KAPITZA_HD static Element element(const Tile& tile, int lane, int e) {
    return {tile.x + e % group, tile.k + lane % warp + e / group * warp, tile.q + lane / warp};
  }
  KAPITZA_HD bool inside(const Element& e) const {
    return e.x < densities && e.k < all.K && e.q < all.K;
  }
  KAPITZA_HD std::size_t at(const Tile& tile, const Element& e) const {
    return (static_cast<std::size_t>(e.x) * all.K + e.k) * all.M + partner(tile, e.q - e.k);
  }
  KAPITZA_HD double* first_sums() const { return sign == Sign::plus ? all.P : all.Q; }
  KAPITZA_HD double* second_sums() const { return sign == Sign::plus ? all.R : all.S; }
  KAPITZA_HD Sums load_sums(const Tile& tile, int lane, int number) const {
    const Element e = element(tile, lane, number);
    if (!inside(e)) return {};
    return {first_sums()[at(tile, e)], second_sums()[at(tile, e)]};
  }
  KAPITZA_HD void store_sums(const Tile& tile, int lane, int number, const Sums& sums) const {
    const Element e = element(tile, lane, number);
    if (!inside(e)) return;
    first_sums()[at(tile, e)] = sums.first;
    second_sums()[at(tile, e)] = sums.second;
  }

  /// What one time puts into shared memory, from `first` on.
  template <class B, class Cells>
  KAPITZA_HD void load(B& blk, const Cells& cell, const Tile& tile, int first, int t) const {
    const Complex* phase = all.phase + static_cast<std::size_t>(t) * all.M;
    blk.each(momenta, [&](int j) {
      const int k = tile.k + j < all.K ? tile.k + j : tile.k;
      cell.store(first + j, all.time[t].slope * aligned(phase + k * ratio()));
    });
    const int behind = first + momenta, lowest = tile.q - tile.k - (momenta - 1);
    blk.each(partners,
             [&](int j) { cell.store(behind + j, aligned(phase + partner(tile, lowest + j))); });
    blk.each(columns, [&](int j) {
      const int x = tile.x + j % group, q = tile.q + j / group;
      const bool there = x < densities && q < all.K;
      const Complex* value = sequences(x, t) + q * ratio() + tile.rest;
      const int place = behind + partners + 2 * j;
      cell.store(place, there ? aligned(value) : Complex{});
      cell.store(place + 1, there ? aligned(value + half()) : Complex{});
    });
  }

  /// From alpha to gamma and from beta to delta.
  KAPITZA_HD std::size_t half() const { return static_cast<std::size_t>(all.capacity) * 2 * all.M; }
  KAPITZA_HD const Complex* sequences(int x, int t) const {
    const int line = sign == Sign::plus ? 0 : 1;
    return all.sequences + 2 * x * half() + (2 * static_cast<std::size_t>(t) + line) * all.M;
  }

  template <class Cells>
  KAPITZA_HD static void add(const Cells& cell, int first, int lane,
                             block::Registers<Sums, rows * group>& sums) {
    const int own = lane % warp, q = lane / warp;
    const int behind = first + momenta, columns_of_q = behind + partners + 2 * q * group;
    block::Registers<Complex, rows> phase;
    block::unroll<rows>([&](auto j) {
      const int k = own + j * warp;
      const Complex p = cell.load(behind + q - k + momenta - 1);
      phase[j] = cell.load(first + k) * (sign == Sign::plus ? p : conj(p));
    });
    block::unroll<group>([&](auto x) {
      const Complex a = cell.load(columns_of_q + 2 * x), b = cell.load(columns_of_q + 2 * x + 1);
      block::unroll<rows>([&](auto j) {
        Sums& s = sums[j * group + x];
        add_real_product(s.first, phase[j], a);
        add_real_product(s.second, phase[j], b);
      });
    });
  }
};

}  // namespace kapitza::staged
