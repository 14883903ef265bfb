// SPDX-License-Identifier: BSD-3-Clause
#include "kernels/kinetic/cpu/sweep.hpp"

#include <algorithm>
#include <utility>

#include "kernels/kinetic/cpu/channel_terms.hpp"

namespace kapitza::cpu {
namespace {

/// b_j and s_j of Eq. (9), folded from M sites onto K. F and H stand one behind the other in FH.
template <int Terms>
void fold_products(const kinetic::ChannelPolynomial<Terms>& channels, int K, int M, Split FH,
                   Split gain, Split rate) {
  const Split H = FH + M;
  const auto add = [&](int first, double keep) {
#pragma omp simd
    for (int j = 0; j < K; ++j) {
      const int i = first + j;
      const auto [b, s] = kinetic::collision_terms(channels, Complex{FH.re[i], FH.im[i]},
                                                   Complex{H.re[i], H.im[i]});
      gain.re[j] = keep * gain.re[j] + b.re;
      gain.im[j] = keep * gain.im[j] + b.im;
      rate.re[j] = keep * rate.re[j] + s.re;
      rate.im[j] = keep * rate.im[j] + s.im;
    }
  };
  add(0, 0.0);
  for (int first = K; first < M; first += K) add(first, 1.0);
}

}  // namespace

Sweep::Level::Level(const kinetic::CollisionPlan& plan,
                    const kinetic::SweepSchedule::Level& scheduled, std::size_t scratch_size)
    : M(scheduled.M),
      offset(plan.phases(kinetic::SweepSchedule::steps_in_chunk(), scheduled.energy)),
      interpolation(plan.K(), M),
      kink(kinetic::kink_shape(plan.model.grid, M)),
      to_FH(M, 2, Sign::plus, scratch_size, scratch_size),
      to_sequences(M, 3, Sign::plus) {}

Sweep::Sweep(const kinetic::CollisionPlan& plan)
    : plan_(plan),
      K_(plan.K()),
      grid_offset_(plan.phases(kinetic::SweepSchedule::steps_in_chunk(), plan.energy)),
      to_grid_(K_, 2 * chunk_times, Sign::plus) {
  const kinetic::TimeQuadrature& time = plan.time;
  const kinetic::SweepSchedule schedule(plan);
  for (const auto& level : schedule.levels)
    levels_.emplace_back(plan, level, 2 * static_cast<std::size_t>(schedule.levels.back().M));
  for (const auto& scheduled : schedule.chunks) {
    const kinetic::SweepSchedule::Level& level = schedule.levels[scheduled.level];
    const std::span first_step(&scheduled.first_step, 1);
    Chunk chunk{scheduled,
                SplitArray(plan.phases(first_step, level.energy)),
                SplitArray(plan.phases(first_step, plan.energy)),
                {}};
    for (int t = 0; t < chunk.times; ++t)
      chunk.weight[t] = time.weight(time.segments[scheduled.segment], scheduled.first_step + t);
    chunks_.push_back(std::move(chunk));
  }
}

Sweep::Lattices Sweep::refine(const BalancedDensity& density) const {
  Lattices result;
  for (const Level& level : levels_) {
    auto scratch = level.interpolation.scratch();
    level.interpolation.refine(density.n, density.h.data(), scratch);
    AlignedArray n(level.M), h(level.M);
    for (int r = 0; r < level.M; ++r) {
      const double kink = level.kink[r];
      n.data()[r] = (scratch.fine.re()[r] + density.kink_n * kink) / level.M;
      h.data()[r] = (scratch.fine.im()[r] + density.kink_h * kink) / level.M;
    }
    result.n.push_back(std::move(n));
    result.h.push_back(std::move(h));
  }
  return result;
}

/// Densities times the phases of the chunk's first time.
void Sweep::start(const Lattices& density, const Chunk& chunk, Scratch& scratch) const {
  const int M = levels_[chunk.level].M;
  const double *n = density.n[chunk.level].data(), *h = density.h[chunk.level].data();
  const double *re = chunk.start.re(), *im = chunk.start.im();
  const Split x = scratch.start.view(), y = x + M;
#pragma omp simd
  for (int r = 0; r < M; ++r) {
    x.re[r] = n[r] * re[r];
    x.im[r] = n[r] * im[r];
    y.re[r] = h[r] * re[r];
    y.im[r] = h[r] * im[r];
  }
}

/// The same at time t of the chunk.
void Sweep::load(const Level& level, int t, Scratch& scratch) const {
  const int M = level.M;
  const std::size_t row = static_cast<std::size_t>(t) * M;
  const double *re = level.offset.re() + row, *im = level.offset.im() + row;
  const Split x = scratch.start.view(), y = x + M, in = scratch.in.view(), in_h = in + M;
#pragma omp simd
  for (int r = 0; r < M; ++r) {
    in.re[r] = x.re[r] * re[r] - x.im[r] * im[r];
    in.im[r] = x.re[r] * im[r] + x.im[r] * re[r];
    in_h.re[r] = y.re[r] * re[r] - y.im[r] * im[r];
    in_h.im[r] = y.re[r] * im[r] + y.im[r] * re[r];
  }
}

void Sweep::sums(const Lattices& density, const Chunk& chunk, const std::vector<double>& rates,
                 Scratch& scratch, double* result) const {
  const Level& level = levels_[chunk.level];
  start(density, chunk, scratch);
  const Split FH = scratch.out.view();
  for (int t = 0; t < chunk.times; ++t) {
    load(level, t, scratch);
    level.to_FH(scratch.in.view(), FH);
    const Split gain = scratch.folded.view() + static_cast<std::size_t>(2 * t) * K_;
    const Split rate = gain + K_;
    with_polynomial(
        rates, [&](const auto& channels) { fold_products(channels, K_, level.M, FH, gain, rate); });
  }
  to_grid_(scratch.folded.view(), scratch.spectrum.view());

  // Re sum_t w e^{i tau E} z = Re [ start . sum_t (w offset) z ]
  const Split sum = scratch.sum.view();
  std::fill_n(sum.re, 2 * K_, 0.0);
  std::fill_n(sum.im, 2 * K_, 0.0);
  for (int t = 0; t < chunk.times; ++t) {
    const std::size_t row = static_cast<std::size_t>(t) * K_;
    const double *re = grid_offset_.re() + row, *im = grid_offset_.im() + row;
    const double weight = chunk.weight[t];
    for (int part = 0; part < 2; ++part) {
      const Split z = scratch.spectrum.view() + 2 * row + part * K_, total = sum + part * K_;
#pragma omp simd
      for (int m = 0; m < K_; ++m) {
        total.re[m] += weight * (re[m] * z.re[m] - im[m] * z.im[m]);
        total.im[m] += weight * (re[m] * z.im[m] + im[m] * z.re[m]);
      }
    }
  }
  const double *re = chunk.grid_start.re(), *im = chunk.grid_start.im();
  for (int m = 0; m < K_; ++m) {
    result[m] = re[m] * sum.re[m] - im[m] * sum.im[m];
    result[K_ + m] = re[m] * sum.re[K_ + m] - im[m] * sum.im[K_ + m];
  }
}

std::size_t Sweep::table_bytes() const {
  std::size_t numbers = 2 * grid_offset_.size();
  for (const Level& level : levels_) numbers += 2 * level.offset.size() + level.kink.size();
  for (const Chunk& chunk : chunks_) numbers += 2 * (chunk.start.size() + chunk.grid_start.size());
  return numbers * sizeof(double);
}

std::size_t Sweep::bytes_per_density() const {
  std::size_t numbers = chunks_.size() * 2 * K_;
  for (const Level& level : levels_) numbers += 2 * level.M;
  return numbers * sizeof(double);
}

std::size_t Sweep::bytes_per_thread() const {
  const std::size_t M = levels_.empty() ? 0 : levels_.back().M;
  return (12 * M + (8 * chunk_times + 4) * static_cast<std::size_t>(K_)) * sizeof(double);
}

}  // namespace kapitza::cpu
