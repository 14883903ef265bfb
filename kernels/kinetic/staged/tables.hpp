// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "kapitza/kinetic/assemble.hpp"
#include "kapitza/kinetic/collision.hpp"
#include "kapitza/kinetic/collision_schedule.hpp"
#include "kapitza/kinetic/kink.hpp"
#include "kapitza/kinetic/stencil.hpp"
#include "kapitza/kinetic/time_sweep.hpp"
#include "kernels/device/block/fft_tables.hpp"
#include "kernels/device/staged/device.hpp"
#include "kernels/device/staged/table_set.hpp"
#include "kernels/kinetic/staged/fused_pairs.hpp"
#include "kernels/kinetic/staged/fused_sweep.hpp"
#include "kernels/kinetic/staged/sweep_stages.hpp"

namespace kapitza::staged {

/// Densities per interpolating transform. Fixed, like the batch of every other transform: an FFT
/// library may choose its algorithm by the batch, and a density's result must not depend on how
/// many others are computed with it.
inline constexpr int group = 16;

constexpr std::size_t in_groups(std::size_t densities) {
  return (densities + group - 1) / group * group;
}

/// Whole chunks of one level whose times are transformed together.
struct TimeBatch {
  int first_chunk, chunks;  ///< within the level
  int first_time, times;    ///< within the level
};

/// Consecutive chunks of a level in batches of at most `limit` times, a single chunk at least.
inline std::vector<TimeBatch> batch_times(std::span<const ChunkEntry> chunks, int limit) {
  std::vector<TimeBatch> batches;
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    if (batches.empty() || batches.back().times + chunks[c].times > limit)
      batches.push_back({static_cast<int>(c), 0, chunks[c].first_time, 0});
    ++batches.back().chunks;
    batches.back().times += chunks[c].times;
  }
  return batches;
}

/// One lattice size: tables, transforms, and how its auxiliary times are cut.
template <Device D>
struct Level {
  template <class T>
  using Buffer = typename D::template Buffer<T>;
  using Fft = typename D::template Fft<double>;

  int M;
  int first_chunk;  ///< of all chunks
  int capacity;     ///< times of the longest batch
  std::vector<TimeBatch> batches;
  Buffer<Complex> start;   ///< [chunk][M]
  Buffer<Complex> offset;  ///< [time in chunk][M]
  Buffer<TimeEntry> time;
  Buffer<ChunkEntry> chunk;
  Buffer<double> kink_shape;   ///< [M]: chi - L chi
  Fft interpolate;             ///< `group` densities
  Fft sweep;                   ///< two lines for every time of a batch: F and H of one density
  std::optional<Fft> to_grid;  ///< as many, of length K; none where the level is swept in blocks
  Buffer<Complex> twiddles;    ///< of a sweep in blocks: see SweepChunk

  bool in_blocks() const { return !to_grid; }
};

/// What does not depend on the densities, in device memory.
template <Device D>
class Tables : public TableSet<D> {
 public:
  template <class T>
  using Buffer = typename D::template Buffer<T>;
  using Fft = typename D::template Fft<double>;

  /// Batches of times are cut to `workspace` bytes.
  Tables(D& device, const kinetic::CollisionPlan& plan, std::size_t workspace,
         kinetic::TimeSweep sweep)
      : Tables(device, plan, kinetic::SweepSchedule(plan), workspace, sweep) {}

  int K, segments, chunks;
  int G;  ///< points of the grid of the manifold; 0 without l = 2
  int highest_channel;
  bool as_products;      ///< the Jacobian's sums over time: see AddTimesAsProducts
  int most_points;       ///< three for each node of a momentum
  bool pairs_in_blocks;  ///< the manifold's share of the Jacobian: see TransformPairs
  kinetic::Kink kink;

  Buffer<double> energy;        ///< [K]
  Buffer<double> kink_weight;   ///< [K]: of n_m in the amplitude of the kink
  Buffer<Complex> grid_start;   ///< [chunk][K]
  Buffer<Complex> grid_offset;  ///< [time in chunk][K]
  Buffer<Complex> grid_roots;   ///< [K]: e^{2 pi i m / K}
  Buffer<int> first_chunk;      ///< [segment + 1]
  Buffer<int> first_node;       ///< [K + 1]
  std::shared_ptr<Buffer<kinetic::PlacedNode>> nodes;
  Fft to_modes;                ///< `group` densities
  std::optional<Fft> to_fine;  ///< likewise, to the grid of the manifold
  std::vector<Level<D>> levels;

  int largest_M() const { return levels.empty() ? 0 : levels.back().M; }
  /// Sites of the largest batch of one density: times x M.
  std::size_t batch_sites() const {
    return largest([](const Level<D>& l) { return static_cast<std::size_t>(l.capacity) * l.M; });
  }
  /// The same, and times x K, of those batches that are swept by transforms.
  std::size_t swept_sites() const {
    return largest([](const Level<D>& l) { return swept_times(l) * l.M; });
  }
  std::size_t swept_momenta() const {
    return largest([&](const Level<D>& l) { return swept_times(l) * K; });
  }

 private:
  Tables(D& device, const kinetic::CollisionPlan& plan, const kinetic::SweepSchedule& schedule,
         std::size_t workspace, kinetic::TimeSweep sweep);

  void add_level(D& device, const kinetic::CollisionPlan& plan,
                 const kinetic::SweepSchedule& schedule, int index, std::size_t workspace,
                 kinetic::TimeSweep sweep);

  static std::size_t swept_times(const Level<D>& level) {
    return level.in_blocks() ? 0 : static_cast<std::size_t>(level.capacity);
  }
  template <class Size>
  std::size_t largest(const Size& size) const {
    std::size_t most = 0;
    for (const Level<D>& level : levels) most = std::max(most, size(level));
    return most;
  }
};

inline std::vector<double> kink_weights(const kinetic::Kink& kink, int K) {
  std::vector<double> weights(K);
  kink.add_transpose(1, weights.data(), K);
  return weights;
}

inline std::vector<int> first_steps(std::span<const kinetic::SweepSchedule::Chunk> chunks) {
  std::vector<int> steps;
  for (const kinetic::SweepSchedule::Chunk& chunk : chunks) steps.push_back(chunk.first_step);
  return steps;
}

/// The first chunk of every segment, and the number of chunks.
inline std::vector<int> first_of_segments(std::span<const kinetic::SweepSchedule::Chunk> chunks) {
  std::vector<int> first;
  for (std::size_t c = 0; c < chunks.size(); ++c)
    if (chunks[c].segment == static_cast<int>(first.size())) first.push_back(static_cast<int>(c));
  first.push_back(static_cast<int>(chunks.size()));
  return first;
}

/// first: nodes of momentum m are first[m] .. first[m + 1] - 1.
inline int most_nodes(const std::vector<int>& first) {
  int most = 0;
  for (std::size_t m = 1; m < first.size(); ++m) most = std::max(most, first[m] - first[m - 1]);
  return most;
}

template <Device D>
Tables<D>::Tables(D& device, const kinetic::CollisionPlan& plan,
                  const kinetic::SweepSchedule& schedule, std::size_t workspace,
                  kinetic::TimeSweep sweep)
    : K(plan.K()),
      segments(static_cast<int>(plan.time.segments.size())),
      chunks(static_cast<int>(schedule.chunks.size())),
      G(plan.model.has_pairs() ? kinetic::PairTable::grid_size(K) : 0),
      highest_channel(plan.model.highest_channel()),
      as_products(sweep == kinetic::TimeSweep::best),
      most_points(3 * most_nodes(plan.pairs->manifold.first)),
      pairs_in_blocks(G > 0 && sweep == kinetic::TimeSweep::best &&
                      pairs_fit_in_block(K, most_points, device.most_shared_bytes())),
      kink(plan.kink),
      energy(this->upload(device, plan.energy)),
      kink_weight(this->upload(device, kink_weights(plan.kink, K))),
      grid_start(this->upload(device, plan.phases(first_steps(schedule.chunks), plan.energy))),
      grid_offset(
          this->upload(device, plan.phases(kinetic::SweepSchedule::steps_in_chunk(), plan.energy))),
      grid_roots(this->upload(device, block::unit_roots<double>(K))),
      first_chunk(this->upload(device, first_of_segments(schedule.chunks))),
      first_node(this->upload(device, plan.pairs->manifold.first)),
      nodes(this->share(device, plan.pairs, plan.pairs->nodes)),
      to_modes(device, K, group, Sign::minus) {
  if (G > 0) to_fine.emplace(device, G, group, Sign::plus);
  for (int i = 0; i < static_cast<int>(schedule.levels.size()); ++i)
    add_level(device, plan, schedule, i, workspace, sweep);
}

template <Device D>
void Tables<D>::add_level(D& device, const kinetic::CollisionPlan& plan,
                          const kinetic::SweepSchedule& schedule, int index, std::size_t workspace,
                          kinetic::TimeSweep sweep) {
  const auto& [M, lattice_energy] = schedule.levels[index];
  const auto mine = [&](const kinetic::SweepSchedule::Chunk& chunk) {
    return chunk.level == index;
  };
  const auto begin = std::find_if(schedule.chunks.begin(), schedule.chunks.end(), mine);
  const std::span own(begin, std::find_if_not(begin, schedule.chunks.end(), mine));

  std::vector<TimeEntry> time;
  std::vector<ChunkEntry> entries;
  for (const kinetic::SweepSchedule::Chunk& chunk : own) {
    const int place = static_cast<int>(entries.size());
    const double share = kinetic::segment_weight(chunk.segment, segments - 1) / M;
    entries.push_back({static_cast<int>(time.size()), chunk.times});
    for (int t = 0; t < chunk.times; ++t) {
      const double weight =
          plan.time.weight(plan.time.segments[chunk.segment], chunk.first_step + t);
      time.push_back({place, t, weight, share * weight});
    }
  }
  const bool in_blocks =
      sweep == kinetic::TimeSweep::best && sweep_fits_in_block(M, K, device.most_shared_bytes());
  // The Jacobian is the hungrier user: eight lines of M for every time.
  const std::size_t limit = workspace / (8 * static_cast<std::size_t>(M) * sizeof(Complex));
  std::vector<TimeBatch> batches =
      batch_times(entries, static_cast<int>(std::min(limit, time.size())));
  int capacity = 0;
  for (const TimeBatch& batch : batches) capacity = std::max(capacity, batch.times);
  static const std::vector<Complex> none;
  levels.push_back(
      {M,
       static_cast<int>(begin - schedule.chunks.begin()),
       capacity,
       std::move(batches),
       this->upload(device, plan.phases(first_steps(own), lattice_energy)),
       this->upload(device, plan.phases(kinetic::SweepSchedule::steps_in_chunk(), lattice_energy)),
       this->upload(device, time),
       this->upload(device, entries),
       this->upload(device, kinetic::kink_shape(plan.model.grid, M)),
       {device, M, group, Sign::plus},
       {device, M, 2 * capacity, Sign::plus},
       {},
       this->upload(device, in_blocks ? block::stockham_twiddles<double>(M) : none)});
  if (!in_blocks) levels.back().to_grid.emplace(device, K, 2 * capacity, Sign::plus);
}

}  // namespace kapitza::staged
