// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/kinetic/collision.hpp"
#include "kapitza/kinetic/collision_terms.hpp"
#include "kernels/device/staged/device.hpp"

namespace kapitza::staged {

template <class T>
struct SetZero {
  T* values;

  KAPITZA_HD void operator()(std::size_t index) const { values[index] = T{}; }
};

/// C_3, C_4, ... and C_2 of one density, or their derivatives by rho.
struct ChannelRates {
  double sweep[kinetic::CollisionModel::max_channel - 2];
  double pairs;

  template <int Terms>
  KAPITZA_HD kinetic::ChannelPolynomial<Terms> polynomial() const {
    kinetic::ChannelPolynomial<Terms> channels;
    for (int i = 0; i < Terms; ++i) channels.rate[i] = sweep[i];
    return channels;
  }
};

/// One auxiliary time of a level.
struct TimeEntry {
  int chunk;      ///< within the level
  int offset;     ///< within the chunk
  double weight;  ///< of the quadrature, Eq. (11)
  double slope;   ///< its weight in dI/dn: segment_weight() x weight / M, since dF = (1/M) sum dn
};

/// Consecutive times that share a row of start phases.
struct ChunkEntry {
  int first_time, times;  ///< within the level
};

/// e^{i tau E(p_r)} n and e^{i tau E(p_r)} h, the input of F and H. Indices [x][time][r].
///
/// Reads three complex numbers, of which only fine[x] is not shared by all densities, and writes
/// two.
struct LoadTimes {
  const Complex* fine;    ///< [x][M]: n + i h on the lattice
  const Complex* start;   ///< [chunk][M]
  const Complex* offset;  ///< [time in chunk][M]
  const TimeEntry* time;  ///< the batch
  Complex* out;           ///< [x][capacity][n, h][M]
  int M, times, capacity;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [row, r] = split(index, M);
    const auto [x, t] = split(row, times);
    const std::size_t width = static_cast<std::size_t>(M);
    const Complex phase =
        aligned(start + time[t].chunk * width + r) * aligned(offset + time[t].offset * width + r);
    const Complex z = aligned(fine + x * width + r);
    Complex* to = out + (x * capacity + t) * 2 * width + r;
    aligned(to) = z.re * phase;
    aligned(to + width) = z.im * phase;
  }
};

/// b_j and s_j of Eq. (9), folded from M sites onto K. Indices [x][time][j].
template <int Terms>
struct FoldProducts {
  const Complex* transforms;  ///< [x][capacity][F, H][M]
  const ChannelRates* rates;  ///< [x]
  Complex* folded;            ///< [x][capacity][gain, rate][K]
  int K, M, times, capacity;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [row, j] = split(index, K);
    const auto [x, t] = split(row, times);
    const std::size_t line = x * capacity + t;
    const Complex *F = transforms + line * 2 * M + j, *H = F + M;
    const auto channels = rates[x].template polynomial<Terms>();
    Complex gain, rate;
    for (int fold = 0; fold < M; fold += K) {
      const auto [b, s] = kinetic::collision_terms(channels, aligned(F + fold), aligned(H + fold));
      gain += b;
      rate += s;
    }
    Complex* to = folded + line * 2 * K + j;
    aligned(to) = gain;
    aligned(to + K) = rate;
  }
};

/// B and S of one chunk of times. Indices [x][chunk][m].
///
/// The order of summation is that of the times, then of the chunks, whatever the batches are.
struct SumTimes {
  const Complex* spectrum;     ///< [x][capacity][gain, rate][K]
  const ChunkEntry* chunk;     ///< the batch
  const TimeEntry* time;       ///< the level
  const Complex* grid_start;   ///< [chunk of the batch][K]
  const Complex* grid_offset;  ///< [time in chunk][K]
  double* partial;             ///< [x][all_chunks][gain, rate][K], from the batch on
  int K, first_time, chunks, capacity, all_chunks;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [row, m] = split(index, K);
    const auto [x, c] = split(row, chunks);
    Complex gain, rate;
    for (int i = 0; i < chunk[c].times; ++i) {
      const int t = chunk[c].first_time + i;
      const Complex phase = time[t].weight * aligned(grid_offset + i * K + m);
      const Complex* from = spectrum + (x * capacity + (t - first_time)) * 2 * K + m;
      gain += phase * aligned(from);
      rate += phase * aligned(from + K);
    }
    const Complex start = aligned(grid_start + c * K + m);
    double* to = partial + (x * all_chunks + c) * 2 * K + m;
    to[0] = (start * gain).re;
    to[K] = (start * rate).re;
  }
};

/// Sums of whole segments. Indices [x][segment][gain, rate][m].
struct SumChunks {
  const double* partial;  ///< [x][all_chunks][gain, rate][K]
  const int* first;       ///< chunks of segment s: first[s] .. first[s + 1] - 1
  double* sums;           ///< [x][segment][gain, rate][K]
  int K, segments, all_chunks;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [row, m] = split(index, 2 * K);
    const auto [x, s] = split(row, segments);
    double sum = 0;
    for (int c = first[s]; c < first[s + 1]; ++c) sum += partial[(x * all_chunks + c) * 2 * K + m];
    sums[index] = sum;
  }
};

}  // namespace kapitza::staged
