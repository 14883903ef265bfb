// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>

#include "kapitza/kinetic/collision_terms.hpp"
#include "kernels/device/block/stockham.hpp"
#include "kernels/kinetic/staged/fused_sweep.hpp"

/// The sequences of the Jacobian, Eq. (12), one Block for one density and one auxiliary time: F, H
/// and their products stay in it, and each sequence leaves it once.
namespace kapitza::staged {

/// A batch of times of a level. Pointers are to memory of the device.
struct SequenceTables {
  const Complex* fine;        ///< [x][M]: n + i h on the lattice
  const ChannelRates* rates;  ///< [x]
  const Complex* start;       ///< [chunk][M]
  const Complex* offset;      ///< [time in chunk][M]
  const TimeEntry* time;      ///< the batch
  const Complex* twiddles;    ///< of StockhamIndex
  Complex* sequences;         ///< [x][half][capacity][2][M]: as AddTimes reads them
  int times, capacity;
};

/// Layout: registers F[lane][slot], H and one sequence after the other: lattice site lane + slot *
/// lanes, before and after their transforms.
template <class Index, int Terms>
struct MakeSequences {
  SequenceTables batch;

  static constexpr int lanes = Index::lanes;
  /// As in SweepChunk, for three lines.
  static constexpr int registers = 168;
  static constexpr int resident = std::clamp(65536 / (registers * lanes), 1, 8);

  static constexpr std::size_t shared_bytes() { return Index::cells * sizeof(Complex); }

  template <block::Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t i) const {
    const auto [x, t] = split(i, batch.times);
    Work<B> work(blk);
    load(work, x, batch.time[t]);
    transform(work, work.F);
    transform(work, work.H);
    const std::size_t half = static_cast<std::size_t>(batch.capacity) * 2 * Index::length;
    Complex* to = batch.sequences + x * 2 * half + static_cast<std::size_t>(t) * 2 * Index::length;
    const auto channels = batch.rates[x].template polynomial<Terms>();
    make(work, to, channels, [](const kinetic::CollisionDerivatives& d) { return d.alpha; });
    make(work, to + Index::length, channels,
         [](const kinetic::CollisionDerivatives& d) { return Complex{d.beta, 0}; });
    make(work, to + half, channels, [](const kinetic::CollisionDerivatives& d) { return d.gamma; });
    make(work, to + half + Index::length, channels,
         [](const kinetic::CollisionDerivatives& d) { return d.delta; });
  }

 private:
  template <class B>
  struct Work {
    KAPITZA_HD explicit Work(B& block)
        : blk(block),
          F(block),
          H(block),
          sequence(block),
          buffer(block.template shared<Complex>(Index::cells)) {}
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

    B& blk;
    typename B::template Private<Complex, Index::slots> F, H, sequence;
    typename B::template Shared<Complex> buffer;
    block::BufferUse use;
  };

  /// f(lane, slot, site)
  template <class B, class F>
  KAPITZA_HD static void each_site(Work<B>& work, const F& f) {
    work.blk.each([&](int lane) {
      block::unroll<Index::slots>([&](auto slot) { f(lane, slot, Index::home(lane, slot)); });
    });
  }

  template <class B>
  KAPITZA_HD void load(Work<B>& work, std::size_t x, const TimeEntry& time) const {
    const std::size_t M = Index::length;
    const Complex *fine = batch.fine + x * M, *start = batch.start + time.chunk * M;
    const Complex* offset = batch.offset + time.offset * M;
    each_site(work, [&](int lane, auto slot, int r) {
      const Complex phase = aligned(start + r) * aligned(offset + r), z = aligned(fine + r);
      work.F[lane][slot] = z.re * phase;
      work.H[lane][slot] = z.im * phase;
    });
  }

  template <class B, class Line>
  KAPITZA_HD void transform(Work<B>& work, Line& line) const {
    block::stockham<Index, Sign::plus>(work.blk, line, work.buffer, work.use,
                                       [&](int i) { return aligned(batch.twiddles + i); });
  }

  /// One sequence from its place among the derivatives to its transform in memory. The others are
  /// not computed: what nobody takes the compiler leaves out.
  template <class B, class Part>
  KAPITZA_HD void make(Work<B>& work, Complex* to,
                       const kinetic::ChannelPolynomial<Terms>& channels, const Part& part) const {
    each_site(work, [&](int lane, auto slot, int) {
      work.sequence[lane][slot] =
          part(kinetic::collision_derivatives(channels, work.F[lane][slot], work.H[lane][slot]));
    });
    transform(work, work.sequence);
    each_site(work,
              [&](int lane, auto slot, int q) { aligned(to + q) = work.sequence[lane][slot]; });
  }
};

/// Calls f(Index{}) with the index maps for a lattice of so many sites; false where three lines of
/// them find no room in the registers of a block.
template <class F>
bool with_sequence_index(int M, const F& f) {
  return with_sweep_index(M, [&](auto index) {
    if constexpr (decltype(index)::length > 2048)
      return false;
    else
      return f(index);
  });
}

}  // namespace kapitza::staged
