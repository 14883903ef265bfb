// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/device/block/block.hpp"
#include "kernels/kinetic/staged/jacobian_stages.hpp"

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
/// sums depend neither on how many there are nor on the group.
///
/// A pair of times lies in shared memory in one of four places. While a Block adds one pair up, the
/// pair after the next is on its way from device memory to registers, from where it goes to the
/// place of the pair before the last: no lane waits for memory, and one barrier serves two pairs.
template <Sign sign, int group_size = 8>
struct AddTimesAsProducts {
  AddTimes all;
  int densities;

  static constexpr int warp = 32, sites = 8, lanes = warp * sites;
  static constexpr int rows = 4, momenta = warp * rows;
  static constexpr int group = group_size;
  static constexpr int resident = group > 1 ? 1 : 2;

  /// Shared cells for a pair: e^{i tau E(k)} times the weight, e^{i tau E(p)}, both sequences.
  static constexpr int together = 2, ahead = 2, places = 2 * ahead;
  static constexpr int partners = momenta + sites - 1, columns = 2 * group * sites;
  static constexpr int behind_momenta = together * momenta;
  static constexpr int behind_partners = behind_momenta + together * partners;
  static constexpr int cells = behind_partners + together * columns;
  std::size_t shared_bytes() const { return places * cells * sizeof(Complex); }

  KAPITZA_HD int ratio() const { return all.M / all.K; }
  KAPITZA_HD static int tiles(int size, int tile) { return (size + tile - 1) / tile; }
  int blocks() const {
    return tiles(densities, group) * tiles(all.K, sites) * tiles(all.K, momenta) * ratio();
  }

  template <block::Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t i) const {
    const Tile tile = place(i);
    typename B::template Private<Sums, rows * group> sums(blk);
    typename B::template Private<Source, 1> source(blk);
    typename B::template Private<Fetched, 1> fetched(blk);
    const auto cell = blk.template shared<Complex>(places * cells);
    const int pairs = (all.times + together - 1) / together;
    blk.each([&](int lane) {
      source[lane][0] = source_of(tile, lane);
      block::unroll<rows * group>([&](auto e) { sums[lane][e] = load_sums(tile, lane, e); });
      for (int n = 0; n < ahead; ++n)
        keep(cell, n % places * cells, lane, fetch(source[lane][0], lane, n * together));
    });
    blk.sync();
    for (int n = 0; n < pairs; ++n) {
      const int next = n + ahead;
      blk.each([&](int lane) { fetched[lane][0] = fetch(source[lane][0], lane, next * together); });
      blk.each([&](int lane) { add(cell, n % places * cells, lane, sums[lane]); });
      blk.each([&](int lane) { keep(cell, next % places * cells, lane, fetched[lane][0]); });
      if (n % ahead == ahead - 1 && n + 1 < pairs) blk.sync();
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

  /// Blocks that follow each other read the same sequences, or sites q that are neighbours: what
  /// they read lies together.
  KAPITZA_HD Tile place(std::size_t i) const {
    const SplitIndex by_rest = split(i, ratio());
    const SplitIndex by_momentum = split(by_rest.outer, tiles(all.K, momenta));
    const SplitIndex by_site = split(by_momentum.outer, tiles(all.K, sites));
    return {static_cast<int>(by_site.outer) * group, by_momentum.inner * momenta,
            by_site.inner * sites, by_rest.inner};
  }

  /// The site of p = q - k or k - q. Both count in units of the ratio.
  KAPITZA_HD int partner(const Tile& tile, int q_minus_k) const {
    const int site = q_minus_k * ratio() + tile.rest;
    const int rest = (sign == Sign::plus ? site : -site) % all.M;
    return rest < 0 ? rest + all.M : rest;
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
    if (all.from_zero || !inside(e)) return {};
    return {first_sums()[at(tile, e)], second_sums()[at(tile, e)]};
  }
  KAPITZA_HD void store_sums(const Tile& tile, int lane, int number, const Sums& sums) const {
    const Element e = element(tile, lane, number);
    if (!inside(e)) return;
    first_sums()[at(tile, e)] = sums.first;
    second_sums()[at(tile, e)] = sums.second;
  }

  // What a lane brings to shared memory for every pair of times: one momentum, up to two partners
  // and up to one number of a sequence, always at the same place from the time's beginning. What is
  // not there has a neighbour's numbers, and its sums are nobody's.
  static constexpr int partner_slots = (together * partners + lanes - 1) / lanes;
  static_assert(together * momenta == lanes && together * columns <= lanes && partner_slots == 2);

  struct Source {
    int momentum, partner[partner_slots];  ///< places among the phases of two times
    const Complex* column;
  };
  KAPITZA_HD Source source_of(const Tile& tile, int lane) const {
    const int k = tile.k + lane % momenta, lowest = tile.q - tile.k - (momenta - 1);
    const int own_q = tile.q + lane % sites, own_x = tile.x + lane % columns / sites / 2;
    const int x = own_x < densities ? own_x : tile.x, q = own_q < all.K ? own_q : tile.q;
    Source source;
    source.momentum = time_of_momentum(lane) * all.M + (k < all.K ? k : tile.k);
    block::unroll<partner_slots>([&](auto slot) {
      const int j = lane + slot * lanes, u = j / partners;
      source.partner[slot] =
          u * all.M + phase_place(partner(tile, lowest + j % partners), all.K, all.M);
    });
    source.column = all.sequences + (2 * static_cast<std::size_t>(x) + lane / sites % 2) * half() +
                    (2 * time_of_column(lane) + (sign == Sign::plus ? 0 : 1)) * all.M +
                    q * ratio() + tile.rest;
    return source;
  }
  KAPITZA_HD static int time_of_momentum(int lane) { return lane / momenta; }
  KAPITZA_HD static int time_of_partner(int lane, int slot) {
    return (lane + slot * lanes) / partners;
  }
  KAPITZA_HD static int time_of_column(int lane) { return lane / columns; }
  /// From alpha to gamma and from beta to delta.
  KAPITZA_HD std::size_t half() const { return static_cast<std::size_t>(all.capacity) * 2 * all.M; }

  /// On its way to shared memory. A time behind the last is one of zeros.
  struct Fetched {
    double weight = 0;
    Complex momentum{}, partner[partner_slots]{}, column{};
  };
  KAPITZA_HD Fetched fetch(const Source& source, int lane, int t) const {
    const std::size_t first = static_cast<std::size_t>(t) * all.M;
    const auto there = [&](int u) { return u < together && t + u < all.times; };
    Fetched result;
    if (there(time_of_momentum(lane))) {
      result.weight = all.time[t + time_of_momentum(lane)].slope;
      result.momentum = aligned(all.phase + first + source.momentum);
    }
    block::unroll<partner_slots>([&](auto slot) {
      if (there(time_of_partner(lane, slot)))
        result.partner[slot] = aligned(all.phase + first + source.partner[slot]);
    });
    if (there(time_of_column(lane))) result.column = aligned(source.column + 2 * first);
    return result;
  }

  /// Each kind of cells in the order of the lanes that bring them.
  template <class Cells>
  KAPITZA_HD static void keep(const Cells& cell, int first, int lane, const Fetched& fetched) {
    cell.store(first + lane, fetched.weight * fetched.momentum);
    block::unroll<partner_slots>([&](auto slot) {
      const int j = lane + slot * lanes;
      if (j < together * partners) cell.store(first + behind_momenta + j, fetched.partner[slot]);
    });
    if (lane < together * columns) cell.store(first + behind_partners + lane, fetched.column);
  }

  /// k p or k conj(p). Which products are fused is said here: of two that are subtracted a compiler
  /// may choose either, and not the same for every group.
  KAPITZA_HD static Complex joined(Complex k, Complex p) {
    const double im = sign == Sign::plus ? p.im : -p.im;
    return {std::fma(k.re, p.re, -(k.im * im)), std::fma(k.re, im, k.im * p.re)};
  }

  template <class Cells>
  KAPITZA_HD static void add(const Cells& cell, int first, int lane,
                             block::Registers<Sums, rows * group>& sums) {
    const int own = lane % warp, q = lane / warp;
    const int own_momentum = first + own;
    const int own_partner = first + behind_momenta + momenta - 1 + q - own;
    const int own_column = first + behind_partners + q;
    block::unroll<together>([&](auto u) {
      block::Registers<Complex, rows> phase;
      block::unroll<rows>([&](auto j) {
        phase[j] = joined(cell.load(own_momentum + u * momenta + j * warp),
                          cell.load(own_partner + u * partners - j * warp));
      });
      block::unroll<group>([&](auto x) {
        const int column = own_column + u * columns + 2 * x * sites;
        const Complex a = cell.load(column), b = cell.load(column + sites);
        block::unroll<rows>([&](auto j) {
          Sums& s = sums[j * group + x];
          add_real_product(s.first, phase[j], a);
          add_real_product(s.second, phase[j], b);
        });
      });
    });
  }
};

/// f(group), a Constant: the smallest group with which no more Blocks are needed than with eight
/// densities in each. Seven and eight waste little of any large number.
template <class F>
void with_group(int densities, const F& f) {
  constexpr int most = 8;
  const int groups = (densities + most - 1) / most;
  const int each = (densities + groups - 1) / groups;
  if (each <= 1) return f(block::Constant<1>{});
  if (each <= 2) return f(block::Constant<2>{});
  if (each <= 4) return f(block::Constant<4>{});
  if (each <= 7) return f(block::Constant<7>{});
  f(block::Constant<most>{});
}

}  // namespace kapitza::staged
