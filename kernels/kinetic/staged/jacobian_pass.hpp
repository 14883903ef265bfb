// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "kernels/kinetic/staged/density_pass.hpp"
#include "kernels/kinetic/staged/fused_pairs.hpp"
#include "kernels/kinetic/staged/fused_rows.hpp"
#include "kernels/kinetic/staged/fused_sequences.hpp"
#include "kernels/kinetic/staged/jacobian_products.hpp"
#include "kernels/kinetic/staged/jacobian_stages.hpp"

namespace kapitza::staged {

/// dI/dn of the densities of a DensityPass, Eq. (12).
template <Device D>
class JacobianPass {
 public:
  JacobianPass(D& device, const Tables<D>& tables, std::size_t capacity);

  /// Device memory for so many densities, beside that of the DensityPass and the Jacobians.
  static std::size_t bytes(const Tables<D>& tables, std::size_t capacity);
  std::size_t capacity() const { return capacity_; }

  /// `densities` has been started, with slopes; J: where in device memory the K x K values of each
  /// belong.
  void run(DensityPass<D>& densities, std::span<double* const> J);

 private:
  template <class T>
  using Buffer = typename D::template Buffer<T>;
  using Fft = typename D::template Fft<double>;

  /// Complex numbers per density that the transforms read: derivative lines, or rows.
  static std::size_t lines(const Tables<D>& tables) {
    const int row = tables.pairs_in_blocks ? tables.K : std::max(tables.G, tables.K);
    std::size_t most = static_cast<std::size_t>(tables.K) * row;
    for (const Level<D>& level : tables.levels)
      most = std::max(most,
                      static_cast<std::size_t>(std::max(4 * level.capacity, tables.K)) * level.M);
    return most;
  }

  void add_level(const DensityPass<D>& densities, std::size_t level);
  void add_times(const DensityPass<D>& densities, std::size_t level, const TimeBatch& batch);
  void make_sequences(const DensityPass<D>& densities, std::size_t level, const TimeBatch& batch);
  bool make_sequences_in_blocks(const DensityPass<D>& densities, std::size_t level,
                                const TimeBatch& batch);
  void add_pairs(const DensityPass<D>& densities);
  void add_rows(std::size_t size, const Fft& fft, int points);
  void assemble(const DensityPass<D>& densities, std::span<double* const> J);

  D& device_;
  const Tables<D>& tables_;
  std::size_t capacity_;
  Buffer<Complex> phase_;                   ///< [time][phase_place of r]
  Buffer<Complex> in_, out_;                ///< derivative lines, then rows over the fine momenta
  Buffer<Complex> modes_;                   ///< [x][K][K]: rows of dI/dn + i dI/dh, in modes
  Buffer<double> P_, Q_, R_, S_;            ///< [x][K][M]
  Buffer<double> by_n_, by_h_;              ///< [x][K][K]
  Buffer<double> gain_, rate_, slope_, I_;  ///< [x][K]
  Buffer<ColumnFrame> frame_;
  Buffer<Complex> kink_response_;                 ///< [x][K]
  Buffer<kinetic::MomentSystem::Line> response_;  ///< [x][K]
  Buffer<double*> J_;                             ///< [x]
  std::vector<Fft> to_modes_;                     ///< per level: the K rows of one density
  std::optional<PairOrder<D>> pair_order_;        ///< of pairs in blocks
  std::optional<Fft> pair_to_modes_;              ///< of other pairs
  Fft to_grid_;
};

template <Device D>
JacobianPass<D>::JacobianPass(D& device, const Tables<D>& tables, std::size_t capacity)
    : device_(device),
      tables_(tables),
      capacity_(capacity),
      phase_(device, tables.batch_sites()),
      in_(device, capacity * lines(tables)),
      out_(device, in_.size()),
      modes_(device, capacity * tables.K * tables.K),
      P_(device, capacity * tables.K * tables.largest_M()),
      Q_(device, P_.size()),
      R_(device, P_.size()),
      S_(device, P_.size()),
      by_n_(device, modes_.size()),
      by_h_(device, modes_.size()),
      gain_(device, capacity * tables.K),
      rate_(device, gain_.size()),
      slope_(device, gain_.size()),
      I_(device, gain_.size()),
      frame_(device, capacity),
      kink_response_(device, gain_.size()),
      response_(device, gain_.size()),
      J_(device, capacity),
      to_grid_(device, tables.K, tables.K, Sign::minus) {
  for (const Level<D>& level : tables.levels)
    to_modes_.emplace_back(device, level.M, tables.K, Sign::plus);
  if (tables.pairs_in_blocks)
    pair_order_.emplace(device, tables.nodes->data(), tables.first_node.data(),
                        tables.nodes->size(), tables.most_points, tables.K);
  else if (tables.G > 0)
    pair_to_modes_.emplace(device, tables.G, tables.K, Sign::plus);
}

template <Device D>
std::size_t JacobianPass<D>::bytes(const Tables<D>& tables, std::size_t capacity) {
  const std::size_t K = tables.K;
  const std::size_t each = (2 * lines(tables) + K * K) * sizeof(Complex) +
                           K * (4 * tables.largest_M() + 2 * K + 4) * sizeof(double) +
                           K * (sizeof(kinetic::MomentSystem::Line) + sizeof(Complex)) +
                           sizeof(ColumnFrame) + sizeof(double*);
  const std::size_t order =
      tables.pairs_in_blocks ? PairOrder<D>::bytes(tables.nodes->size(), tables.K) : 0;
  return tables.batch_sites() * sizeof(Complex) + order + capacity * each;
}

template <Device D>
void JacobianPass<D>::run(DensityPass<D>& densities, std::span<double* const> J) {
  const std::size_t rows = densities.size() * tables_.K, area = rows * tables_.K;
  const double *n = densities.n(), *h = densities.h();
  densities.sum(densities.slopes());
  device_.each(rows,
               ExtrapolateSums{densities.sums(), n, h, gain_.data(), rate_.data(), slope_.data()});
  // Last, so that these sums and rates stay for what follows.
  densities.sum(densities.rates());
  device_.each(rows,
               ExtrapolateSums{densities.sums(), n, h, gain_.data(), rate_.data(), I_.data()});

  device_.each(area, SetZero<Complex>{modes_.data()});
  device_.each(rows, SetZero<Complex>{kink_response_.data()});
  for (std::size_t i = 0; i < tables_.levels.size(); ++i) add_level(densities, i);
  if (tables_.G > 0) add_pairs(densities);
  for (std::size_t x = 0; x < densities.size(); ++x) {
    const std::size_t at = x * tables_.K * tables_.K;
    to_grid_(modes_.data() + at, out_.data() + at);
  }
  device_.each(area, UnpackRows{out_.data(), kink_response_.data(), tables_.kink_weight.data(),
                                by_n_.data(), by_h_.data(), tables_.K});
  assemble(densities, J);
}

/// The sweep's share of one level: four lattice matrices, then the rows that they make.
template <Device D>
void JacobianPass<D>::add_level(const DensityPass<D>& densities, std::size_t level) {
  const int K = tables_.K, M = tables_.levels[level].M;
  const std::size_t cells = densities.size() * K * M;
  for (const TimeBatch& batch : tables_.levels[level].batches) add_times(densities, level, batch);
  const PackRows pack{P_.data(),     Q_.data(),     R_.data(),  S_.data(),
                      densities.n(), densities.h(), in_.data(), M};
  const int rows = static_cast<int>(densities.size()) * K;
  const Level<D>& l = tables_.levels[level];
  const auto in_blocks = [&](auto index) {
    device_.each_block(rows,
                       TransformRows<decltype(index)>{pack, l.kink_shape.data(), l.twiddles.data(),
                                                      modes_.data(), kink_response_.data(), K});
    return true;
  };
  if (l.in_blocks() && with_sweep_index(M, in_blocks)) return;
  device_.each(cells, pack);
  device_.each_block(rows,
                     RespondToKink{in_.data(), l.kink_shape.data(), kink_response_.data(), M});
  add_rows(densities.size(), to_modes_[level], M);
}

template <Device D>
void JacobianPass<D>::add_times(const DensityPass<D>& densities, std::size_t level,
                                const TimeBatch& batch) {
  const Level<D>& l = tables_.levels[level];
  const TimeEntry* time = l.time.data() + batch.first_time;
  device_.each(static_cast<std::size_t>(batch.times) * l.M,
               JoinPhases{l.start.data(), l.offset.data(), time, phase_.data(), tables_.K, l.M});
  if (!tables_.as_products || !l.in_blocks() || !make_sequences_in_blocks(densities, level, batch))
    make_sequences(densities, level, batch);
  const AddTimes add{out_.data(), phase_.data(), time,       P_.data(),
                     Q_.data(),   R_.data(),     S_.data(),  tables_.K,
                     l.M,         batch.times,   l.capacity, batch.first_time == 0};
  if (!tables_.as_products) {
    device_.each(densities.size() * tables_.K * l.M, add);
    return;
  }
  const int size = static_cast<int>(densities.size());
  with_group(size, [&](auto together) {
    const AddTimesAsProducts<Sign::plus, together> sums{add, size};
    const AddTimesAsProducts<Sign::minus, together> differences{add, size};
    device_.each_block(sums.blocks(), sums);
    device_.each_block(differences.blocks(), differences);
  });
}

/// alpha, beta, gamma and delta of a batch of times, into out_.
template <Device D>
void JacobianPass<D>::make_sequences(const DensityPass<D>& densities, std::size_t level,
                                     const TimeBatch& batch) {
  const Level<D>& l = tables_.levels[level];
  const std::size_t half = 2 * static_cast<std::size_t>(l.capacity) * l.M;
  device_.each(densities.load_count(level, batch),
               densities.load(level, batch, in_.data(), 2 * l.capacity));
  for (std::size_t x = 0; x < densities.size(); ++x)
    l.sweep(in_.data() + 2 * x * half, out_.data() + 2 * x * half);
  kinetic::with_terms(tables_.highest_channel, [&](auto terms) {
    device_.each(densities.load_count(level, batch),
                 DerivativeProducts<decltype(terms)::value>{
                     out_.data(), densities.rates(), in_.data(), l.M, batch.times, l.capacity});
  });
  for (std::size_t x = 0; x < 2 * densities.size(); ++x)
    l.sweep(in_.data() + x * half, out_.data() + x * half);
}

/// The same; false where a block does not hold it.
template <Device D>
bool JacobianPass<D>::make_sequences_in_blocks(const DensityPass<D>& densities, std::size_t level,
                                               const TimeBatch& batch) {
  const Level<D>& l = tables_.levels[level];
  const SequenceTables tables{densities.fine(level),
                              densities.rates(),
                              l.start.data(),
                              l.offset.data(),
                              l.time.data() + batch.first_time,
                              l.twiddles.data(),
                              out_.data(),
                              batch.times,
                              l.capacity};
  return with_sequence_index(l.M, [&](auto index) {
    kinetic::with_terms(tables_.highest_channel, [&](auto terms) {
      device_.each_block(static_cast<int>(densities.size()) * batch.times,
                         MakeSequences<decltype(index), decltype(terms)::value>{tables});
    });
    return true;
  });
}

/// The manifold's share.
template <Device D>
void JacobianPass<D>::add_pairs(const DensityPass<D>& densities) {
  const std::size_t rows = densities.size() * tables_.K;
  const PairInput input = densities.pair_input(densities.rates());
  if (pair_order_) {
    with_pair_index(tables_.K, [&](auto index) {
      device_.each_block(
          static_cast<int>(rows),
          TransformPairs<decltype(index)>{input, pair_order_->rank(), pair_order_->cells(),
                                          pair_order_->twiddles(), modes_.data(),
                                          kink_response_.data(), tables_.most_points});
      return true;
    });
    return;
  }
  device_.each(rows * tables_.G, SetZero<Complex>{in_.data()});
  device_.each(rows, ScatterPairs{input, in_.data(), kink_response_.data(), tables_.K, tables_.G});
  add_rows(densities.size(), *pair_to_modes_, tables_.G);
}

/// Rows over `points` fine momenta, taken back to the grid by the transpose of the interpolation.
template <Device D>
void JacobianPass<D>::add_rows(std::size_t size, const Fft& fft, int points) {
  const std::size_t K = tables_.K;
  for (std::size_t x = 0; x < size; ++x)
    fft(in_.data() + x * K * points, out_.data() + x * K * points);
  device_.each(size * K * K, AddFoldedRows{out_.data(), modes_.data(), tables_.K, points});
}

template <Device D>
void JacobianPass<D>::assemble(const DensityPass<D>& densities, std::span<double* const> J) {
  const int K = tables_.K;
  const double* energy = tables_.energy.data();
  device_.each_block(static_cast<int>(densities.size()),
                     ProjectDensity{densities.n(), energy, I_.data(), frame_.data(), K});
  const PassPieces pieces{by_n_.data(),
                          by_h_.data(),
                          gain_.data(),
                          rate_.data(),
                          slope_.data(),
                          densities.n(),
                          densities.h(),
                          energy,
                          densities.line(),
                          frame_.data(),
                          K};
  const int rows = static_cast<int>(densities.size()) * K;
  device_.each_block(rows, RespondToLine{pieces, response_.data()});
  device_.upload(J, J_.data());
  device_.each_block(rows, AssembleColumn{pieces, response_.data(), J_.data()});
}

}  // namespace kapitza::staged
