// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "kapitza/kinetic/channel_terms.hpp"
#include "kernels/kinetic/staged/assemble_stages.hpp"
#include "kernels/kinetic/staged/density_stages.hpp"
#include "kernels/kinetic/staged/pair_stages.hpp"
#include "kernels/kinetic/staged/sweep_stages.hpp"
#include "kernels/kinetic/staged/tables.hpp"

namespace kapitza::staged {

/// A plain struct of doubles among doubles.
template <class T>
constexpr std::size_t in_doubles = sizeof(T) / sizeof(double);

template <class T>
void append(std::vector<double>& numbers, std::span<const T> structs) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(double) == 0);
  const std::size_t before = numbers.size();
  numbers.resize(before + structs.size() * in_doubles<T>);
  if (!structs.empty()) std::memcpy(numbers.data() + before, structs.data(), structs.size_bytes());
}

/// Up to `capacity` densities on their way to their sums B and S, Eqs. (8) to (11).
template <Device D>
class DensityPass {
 public:
  DensityPass(D& device, const Tables<D>& tables, std::size_t capacity);

  /// Device memory for so many densities.
  static std::size_t bytes(const Tables<D>& tables, std::size_t capacity);
  std::size_t capacity() const { return capacity_; }

  /// Uploads the densities with their rates, and with the slopes of these if there is to be a
  /// Jacobian; balances and interpolates them.
  void start(std::span<const double> n, std::span<const ChannelRates> rates,
             std::span<const ChannelRates> slopes);
  /// All sums with rates() or slopes().
  void sum(const ChannelRates* rates);
  /// Gain, loss, I and estimates from the sums; out must have room from density `first` on.
  void assemble(kinetic::CollisionBatch& out, std::size_t first);

  std::size_t size() const { return size_; }
  const double* n() const { return input_.data(); }
  const double* h() const { return h_.data(); }
  const kinetic::MomentSystem::Line* line() const { return line_.data(); }
  const Complex* kink() const { return kink_.data(); }
  const ChannelRates* rates() const {
    return reinterpret_cast<const ChannelRates*>(n() + size_ * tables_.K);
  }
  const ChannelRates* slopes() const { return rates() + size_; }
  const Complex* fine(std::size_t level) const { return fine_[level].data(); }
  PairInput pair_input(const ChannelRates* rates) const {
    return {pair_fine_.data(),         kink_.data(), n(), h(), tables_.nodes->data(),
            tables_.first_node.data(), rates};
  }
  PassSums sums() const;

  /// The stage that makes the input of F and H for a batch of times, `stride` times apart in
  /// `out` from one density to the next; its number of indices.
  LoadTimes load(std::size_t level, const TimeBatch& batch, Complex* out, int stride) const;
  std::size_t load_count(std::size_t level, const TimeBatch& batch) const {
    return size_ * batch.times * tables_.levels[level].M;
  }

 private:
  template <class T>
  using Buffer = typename D::template Buffer<T>;
  using Fft = typename D::template Fft<double>;

  void interpolate(const Fft& fft, int points, double scale, Buffer<Complex>& fine);
  void sweep(std::size_t level, const TimeBatch& batch, const ChannelRates* rates);
  void sweep_in_blocks(std::size_t level, const ChannelRates* rates);

  D& device_;
  const Tables<D>& tables_;
  std::size_t capacity_, size_ = 0;
  /// What is uploaded and what is downloaded, each in one piece: a copy of a few bytes takes as
  /// long as one of many.
  Buffer<double> input_;   ///< n [x][K], rates [x], slopes [x]
  Buffer<double> output_;  ///< gain, loss and I, each [x][K]; Diagnosis [x]
  std::vector<double> staging_;
  bool no_slopes_ = false;  ///< of the channels that are swept: their rates know no density
  Buffer<double> h_;
  Buffer<kinetic::MomentSystem::Line> line_;
  Buffer<Complex> kink_;  ///< of n + i h
  Buffer<Complex> packed_, modes_, padded_;
  std::vector<Buffer<Complex>> fine_;  ///< per level: (n + i h) / M
  Buffer<Complex> pair_fine_;
  Buffer<Complex> lines_, transforms_;  ///< [x][time][n, h][M] and [x][time][F, H][M]
  Buffer<Complex> folded_, spectrum_;   ///< [x][time][gain, rate][K]
  Buffer<double> partial_, sweep_sums_, pair_sums_;
};

template <Device D>
DensityPass<D>::DensityPass(D& device, const Tables<D>& tables, std::size_t capacity)
    : device_(device),
      tables_(tables),
      capacity_(capacity),
      input_(device, capacity * (tables.K + 2 * in_doubles<ChannelRates>)),
      output_(device, capacity * (3 * tables.K + in_doubles<Diagnosis>)),
      h_(device, capacity * tables.K),
      line_(device, capacity),
      kink_(device, capacity),
      packed_(device, in_groups(capacity) * tables.K),
      modes_(device, packed_.size()),
      padded_(device, in_groups(capacity) * std::max(tables.largest_M(), tables.G)),
      pair_fine_(device, in_groups(capacity) * tables.G),
      lines_(device, capacity * 2 * tables.swept_sites()),
      transforms_(device, lines_.size()),
      folded_(device, capacity * 2 * tables.swept_momenta()),
      spectrum_(device, folded_.size()),
      partial_(device, capacity * tables.chunks * 2 * tables.K),
      sweep_sums_(device, capacity * tables.segments * 2 * tables.K),
      pair_sums_(device, tables.G > 0 ? capacity * 2 * tables.K : 0) {
  for (const Level<D>& level : tables.levels)
    fine_.emplace_back(device, in_groups(capacity) * level.M);
}

template <Device D>
std::size_t DensityPass<D>::bytes(const Tables<D>& tables, std::size_t capacity) {
  std::size_t grouped = 2 * tables.K + std::max(tables.largest_M(), tables.G) + tables.G;
  for (const Level<D>& level : tables.levels) grouped += level.M;
  const std::size_t lines = 4 * (tables.swept_sites() + tables.swept_momenta());
  const std::size_t rows = 2 * (tables.chunks + tables.segments + (tables.G > 0 ? 1 : 0)) + 5;
  return (in_groups(capacity) * grouped + capacity * lines) * sizeof(Complex) +
         capacity * (rows * tables.K * sizeof(double) + sizeof(kinetic::MomentSystem::Line) +
                     sizeof(Complex) + 2 * sizeof(ChannelRates) + sizeof(Diagnosis));
}

template <Device D>
void DensityPass<D>::start(std::span<const double> densities, std::span<const ChannelRates> rates,
                           std::span<const ChannelRates> slopes) {
  const int K = tables_.K;
  size_ = densities.size() / K;
  staging_.assign(densities.begin(), densities.end());
  append(staging_, rates);
  append(staging_, slopes);
  no_slopes_ = std::ranges::all_of(slopes, [](const ChannelRates& slope) {
    return std::ranges::all_of(slope.sweep, [](double rate) { return rate == 0; });
  });
  device_.upload(std::span<const double>(staging_), input_.data());
  device_.each_block(static_cast<int>(size_),
                     BalanceDensity{n(), tables_.energy.data(), h_.data(), line_.data(),
                                    kink_.data(), tables_.kink, K});
  device_.each(size_ * K, PackDensity{n(), h_.data(), packed_.data(), K});
  for (std::size_t x = 0; x < size_; x += group)
    tables_.to_modes(packed_.data() + x * K, modes_.data() + x * K);
  // The transforms of F and H are sums over M momenta with weight 1/M.
  for (std::size_t i = 0; i < fine_.size(); ++i) {
    const int M = tables_.levels[i].M;
    interpolate(tables_.levels[i].interpolate, M, 1.0 / M, fine_[i]);
    device_.each(size_ * M, AddKink{tables_.levels[i].kink_shape.data(), kink_.data(),
                                    fine_[i].data(), 1.0 / M, M});
  }
  if (tables_.G > 0) interpolate(*tables_.to_fine, tables_.G, 1.0, pair_fine_);
}

template <Device D>
void DensityPass<D>::interpolate(const Fft& fft, int points, double scale, Buffer<Complex>& fine) {
  device_.each(size_ * points, PadModes{modes_.data(), padded_.data(), scale, tables_.K, points});
  for (std::size_t x = 0; x < size_; x += group)
    fft(padded_.data() + x * points, fine.data() + x * points);
}

template <Device D>
void DensityPass<D>::sum(const ChannelRates* rates) {
  const int K = tables_.K;
  const bool all_zero = rates == slopes() && no_slopes_;
  if (all_zero) device_.each(size_ * tables_.segments * 2 * K, SetZero<double>{sweep_sums_.data()});
  for (std::size_t i = 0; i < (all_zero ? 0 : tables_.levels.size()); ++i) {
    if (tables_.levels[i].in_blocks())
      sweep_in_blocks(i, rates);
    else
      for (const TimeBatch& batch : tables_.levels[i].batches) sweep(i, batch, rates);
  }
  if (tables_.segments > 0 && !all_zero)
    device_.each(size_ * tables_.segments * 2 * K,
                 SumChunks{partial_.data(), tables_.first_chunk.data(), sweep_sums_.data(), K,
                           tables_.segments, tables_.chunks});
  if (tables_.G > 0)
    device_.each_block(static_cast<int>(size_) * K,
                       SumPairs{pair_input(rates), pair_sums_.data(), K, tables_.G});
}

template <Device D>
LoadTimes DensityPass<D>::load(std::size_t level, const TimeBatch& batch, Complex* out,
                               int stride) const {
  const Level<D>& l = tables_.levels[level];
  return {fine_[level].data(),
          l.start.data(),
          l.offset.data(),
          l.time.data() + batch.first_time,
          out,
          l.M,
          batch.times,
          stride};
}

/// Partial sums of one batch of times, Eq. (9).
template <Device D>
void DensityPass<D>::sweep(std::size_t level, const TimeBatch& batch, const ChannelRates* rates) {
  const int K = tables_.K;
  const Level<D>& l = tables_.levels[level];
  const std::size_t sites = 2 * static_cast<std::size_t>(l.capacity) * l.M;
  const std::size_t momenta = 2 * static_cast<std::size_t>(l.capacity) * K;
  device_.each(load_count(level, batch), load(level, batch, lines_.data(), l.capacity));
  for (std::size_t x = 0; x < size_; ++x)
    l.sweep(lines_.data() + x * sites, transforms_.data() + x * sites);
  kinetic::with_terms(tables_.highest_channel, [&](auto terms) {
    device_.each(size_ * batch.times * K,
                 FoldProducts<decltype(terms)::value>{transforms_.data(), rates, folded_.data(), K,
                                                      l.M, batch.times, l.capacity});
  });
  for (std::size_t x = 0; x < size_; ++x)
    (*l.to_grid)(folded_.data() + x * momenta, spectrum_.data() + x * momenta);
  const std::size_t chunk = l.first_chunk + batch.first_chunk;
  device_.each(size_ * batch.chunks * K,
               SumTimes{spectrum_.data(), l.chunk.data() + batch.first_chunk, l.time.data(),
                        tables_.grid_start.data() + chunk * K, tables_.grid_offset.data(),
                        partial_.data() + chunk * 2 * K, K, batch.first_time, batch.chunks,
                        l.capacity, tables_.chunks});
}

/// All partial sums of a level at once.
template <Device D>
void DensityPass<D>::sweep_in_blocks(std::size_t level, const ChannelRates* rates) {
  const Level<D>& l = tables_.levels[level];
  const int chunks = static_cast<int>(l.chunk.size());
  const std::size_t first = l.first_chunk, K = tables_.K;
  const SweepTables tables{fine_[level].data(),
                           rates,
                           l.start.data(),
                           l.offset.data(),
                           l.time.data(),
                           l.chunk.data(),
                           tables_.grid_start.data() + first * K,
                           tables_.grid_offset.data(),
                           l.twiddles.data(),
                           tables_.grid_roots.data(),
                           partial_.data() + first * 2 * K,
                           tables_.K,
                           chunks,
                           tables_.chunks};
  kinetic::with_terms(tables_.highest_channel, [&](auto terms) {
    with_sweep_index(l.M, [&](auto index) {
      device_.each_block(static_cast<int>(size_) * chunks,
                         SweepChunk<decltype(index), decltype(terms)::value>{tables});
      return true;
    });
  });
}

template <Device D>
PassSums DensityPass<D>::sums() const {
  return {tables_.segments > 0 ? sweep_sums_.data() : nullptr,
          tables_.G > 0 ? pair_sums_.data() : nullptr, tables_.segments, tables_.K};
}

template <Device D>
void DensityPass<D>::assemble(kinetic::CollisionBatch& out, std::size_t first) {
  const std::size_t count = size_ * tables_.K;
  double* values = output_.data();
  device_.each_block(
      static_cast<int>(size_),
      AssembleDensity{n(), h_.data(), tables_.energy.data(), sums(), values, values + count,
                      values + 2 * count, reinterpret_cast<Diagnosis*>(values + 3 * count)});
  staging_.resize(3 * count + size_ * in_doubles<Diagnosis>);
  device_.download(values, std::span(staging_));
  const double* from = staging_.data();
  for (std::vector<double>* part : {&out.gain, &out.loss, &out.I}) {
    std::copy_n(from, count, part->begin() + static_cast<std::ptrdiff_t>(first * tables_.K));
    from += count;
  }
  std::vector<Diagnosis> diagnoses(size_);
  std::memcpy(diagnoses.data(), from, size_ * sizeof(Diagnosis));
  for (std::size_t x = 0; x < size_; ++x) {
    out.error[first + x] = diagnoses[x].error;
    out.grid_error[first + x] = diagnoses[x].grid_error;
    out.number_rate_raw[first + x] = diagnoses[x].number_rate_raw;
    out.energy_rate_raw[first + x] = diagnoses[x].energy_rate_raw;
    out.projection[first + x] = diagnoses[x].projection;
  }
}

}  // namespace kapitza::staged
