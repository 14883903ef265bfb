// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/device/block/power_of_two.hpp"
#include "kernels/device/block/ring_fft.hpp"
#include "kernels/device/block/stockham.hpp"
#include "kernels/device/block/stockham_index.hpp"
#include "kernels/kinetic/staged/sweep_stages.hpp"

/// The sum over auxiliary time, Eq. (9), one Block for one density and one chunk of times: B and S
/// of the chunk leave it once, and nothing else does.
namespace kapitza::staged {

/// A level as its blocks see it. Pointers are to memory of the device.
struct SweepTables {
  const Complex* fine;         ///< [x][M]: n + i h on the lattice
  const ChannelRates* rates;   ///< [x]
  const Complex* start;        ///< [chunk][M]
  const Complex* offset;       ///< [time in chunk][M]
  const TimeEntry* time;       ///< of the level
  const ChunkEntry* chunk;     ///< of the level
  const Complex* grid_start;   ///< [chunk][K]
  const Complex* grid_offset;  ///< [time in chunk][K]
  const Complex* twiddles;     ///< of StockhamIndex
  const Complex* roots;        ///< e^{2 pi i m / K}
  double* partial;             ///< [x][all_chunks][gain, rate][K], from the level on
  int K, chunks, all_chunks;
};

/// Layout: registers F[lane][slot] and H[lane][slot] = lattice site lane + slot * lanes, before and
/// after their transforms, then the products b and s of Eq. (9). Folded onto K sites they go
/// through shared memory to the grid's momenta, two lines side by side, and are added to sums that
/// stay there. Every sum is owned by one lane.
template <class Index, int Terms>
struct SweepChunk {
  SweepTables level;

  static constexpr int lanes = Index::lanes;
  /// As in AdvanceFields. With as many as they like, two lines in registers take up to 168: then
  /// one block of 2048 sites is alone on a multiprocessor, where two fit with eight bytes in
  /// memory.
  static constexpr int registers = 128;
  static constexpr int resident = std::clamp(65536 / (registers * lanes), 1, 8);

  std::size_t shared_bytes() const { return (cells(level.K) + 2 * level.K) * sizeof(Complex); }

  /// The transform on its way; then two lines of K in two halves each, and behind them what lanes
  /// that share a momentum add up.
  KAPITZA_HD static constexpr int cells(int K) {
    const int lines = 4 * K + (lanes > K ? 2 * lanes : 0);
    return lines > Index::cells ? lines : Index::cells;
  }

  template <block::Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t i) const {
    const auto [x, c] = split(i, level.chunks);
    Work<B> work(blk, level.K);
    blk.each(2 * level.K, [&](int j) { work.sums.store(j, Complex{}); });
    const ChunkEntry chunk = level.chunk[c];
    for (int t = 0; t < chunk.times; ++t) {
      load(work, x, c, t);
      transform(work);
      multiply(work, x);
      fold(work);
      to_grid(work, t, level.time[chunk.first_time + t].weight);
    }
    const Complex* start = level.grid_start + static_cast<std::size_t>(c) * level.K;
    double* to = level.partial + (x * level.all_chunks + c) * 2 * level.K;
    blk.each(2 * level.K, [&](int j) {
      const int m = j < level.K ? j : j - level.K;
      to[j] = (aligned(start + m) * work.sums.load(j)).re;
    });
  }

 private:
  template <class B>
  struct Work {
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;
    KAPITZA_HD Work(B& block, int K)
        : blk(block),
          F(block),
          H(block),
          buffer(block.template shared<Complex>(cells(K))),
          sums(block.template shared<Complex>(2 * K)) {}

    B& blk;
    typename B::template Private<Complex, Index::slots> F, H;
    typename B::template Shared<Complex> buffer, sums;  ///< sums: [gain, rate][K]
    block::BufferUse use;
  };

  /// e^{i tau E(p_r)} n and e^{i tau E(p_r)} h
  template <class B>
  KAPITZA_HD void load(Work<B>& work, std::size_t x, int c, int t) const {
    const Complex* fine = level.fine + x * Index::length;
    const Complex* start = level.start + static_cast<std::size_t>(c) * Index::length;
    const Complex* offset = level.offset + t * Index::length;
    work.blk.each([&](int lane) {
      block::unroll<Index::slots>([&](auto slot) {
        const int r = Index::home(lane, slot);
        const Complex phase = aligned(start + r) * aligned(offset + r), z = aligned(fine + r);
        work.F[lane][slot] = z.re * phase;
        work.H[lane][slot] = z.im * phase;
      });
    });
  }

  template <class B>
  KAPITZA_HD void transform(Work<B>& work) const {
    const auto twiddles = [&](int i) { return aligned(level.twiddles + i); };
    block::stockham<Index, Sign::plus>(work.blk, work.F, work.buffer, work.use, twiddles);
    block::stockham<Index, Sign::plus>(work.blk, work.H, work.buffer, work.use, twiddles);
  }

  /// b and s in place of F and H
  template <class B>
  KAPITZA_HD void multiply(Work<B>& work, std::size_t x) const {
    const auto channels = level.rates[x].template polynomial<Terms>();
    work.blk.each([&](int lane) {
      block::unroll<Index::slots>([&](auto slot) {
        const auto [b, s] =
            kinetic::collision_terms(channels, work.F[lane][slot], work.H[lane][slot]);
        work.F[lane][slot] = b;
        work.H[lane][slot] = s;
      });
    });
  }

  /// Of the values of a lane those are added that fall onto the same site of K: what is left is in
  /// the first K / lanes slots, in the first one if there are more lanes than sites.
  template <class Values>
  KAPITZA_HD static void fold_slots(Values& values, int K) {
    block::unroll<3>([&](auto step) {
      constexpr int half = Index::slots >> (step + 1);
      if (K > half * lanes) return;
      block::unroll<half>([&](auto slot) { values[slot] += values[slot + half]; });
    });
  }

  /// Both lines, folded from M sites onto K, to the beginning of their places in the buffer.
  template <class B>
  KAPITZA_HD void fold(Work<B>& work) const {
    const int K = level.K, shared = lanes > K ? lanes / K : 1;
    const int gain = shared > 1 ? 4 * K : 0, rate = gain + (shared > 1 ? lanes : 2 * K);
    work.use.begin(work.blk);
    work.blk.each([&](int lane) {
      fold_slots(work.F[lane], K);
      fold_slots(work.H[lane], K);
      block::unroll<Index::slots>([&](auto slot) {
        if (slot > 0 && slot * lanes >= K) return;
        work.buffer.store(gain + slot * lanes + lane, work.F[lane][slot]);
        work.buffer.store(rate + slot * lanes + lane, work.H[lane][slot]);
      });
    });
    work.blk.sync();
    if (shared == 1) return;
    work.blk.each(2 * K, [&](int j) {
      const int m = j < K ? j : j - K;
      Complex sum;
      for (int i = 0; i < shared; ++i) sum += work.buffer.load((j < K ? gain : rate) + m + i * K);
      work.buffer.store(j < K ? m : 2 * K + m, sum);
    });
    work.blk.sync();
  }

  /// To the grid's momenta, weighted with the phase of this time and added to the sums.
  template <class B>
  KAPITZA_HD void to_grid(Work<B>& work, int t, double weight) const {
    const int K = level.K;
    const int first = block::ring_transform<2>(work.blk, work.buffer, K,
                                               [&](int i) { return aligned(level.roots + i); });
    const Complex* phase = level.grid_offset + static_cast<std::size_t>(t) * K;
    work.blk.each(2 * K, [&](int j) {
      const int m = j < K ? j : j - K;
      const Complex value = work.buffer.load(first + (j < K ? m : 2 * K + m));
      work.sums.store(j, work.sums.load(j) + weight * aligned(phase + m) * value);
    });
  }
};

/// Calls f(Index{}) with the index maps for a lattice of so many sites; false where there are none.
/// The rest of what a SweepChunk depends on is K: see sweep_fits_in_block().
template <class F>
bool with_sweep_index(int M, const F& f) {
  return block::with_power_of_two<128, 4096>(
      M, [&](auto length) { return f(block::StockhamIndex<length, double>{}); });
}

inline bool sweep_fits_in_block(int M, int K, std::size_t most_shared_bytes) {
  return with_sweep_index(M, [&](auto index) {
    SweepChunk<decltype(index), 1> chunk{};
    chunk.level.K = K;
    return chunk.shared_bytes() <= most_shared_bytes;
  });
}

}  // namespace kapitza::staged
