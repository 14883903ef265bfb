// SPDX-License-Identifier: BSD-3-Clause
#include "kernels/cpu/sweep.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kapitza/physics/collision_terms.hpp"
#include "kapitza/solver/assemble.hpp"

namespace kapitza::cpu {
namespace {

void fill_phases(double tau, const std::vector<double>& energy, Split phase) {
  for (std::size_t r = 0; r < energy.size(); ++r) {
    phase.re[r] = std::cos(tau * energy[r]);
    phase.im[r] = std::sin(tau * energy[r]);
  }
}

template <int Terms>
ChannelPolynomial<Terms> polynomial(const std::vector<double>& rates) {
  ChannelPolynomial<Terms> channels;
  std::copy_n(rates.begin(), std::min<std::size_t>(Terms, rates.size()), channels.rate);
  return channels;
}

/// b_j and s_j of Eq. (9), folded from M sites onto K. F and H stand one behind the other in FH.
template <int Terms>
void fold_products(const ChannelPolynomial<Terms>& channels, int K, int M, Split FH, Split gain,
                   Split rate) {
  const Split H = FH + M;
  const auto add = [&](int first, double keep) {
#pragma omp simd
    for (int j = 0; j < K; ++j) {
      const int i = first + j;
      const auto [b, s] =
          collision_terms(channels, Complex{FH.re[i], FH.im[i]}, Complex{H.re[i], H.im[i]});
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

Sweep::Level::Level(const CollisionPlan& plan, const SweepSchedule::Level& scheduled,
                    std::size_t scratch_size)
    : M(scheduled.M),
      offset(static_cast<std::size_t>(chunk_times) * M),
      interpolation(plan.K(), M),
      kink(kink_shape(plan.model.grid, M)),
      pair(M, 2, Sign::backward, scratch_size, scratch_size) {
  for (int t = 0; t < chunk_times; ++t)
    fill_phases(t * plan.time.dtau, scheduled.energy,
                offset.view() + static_cast<std::size_t>(t) * M);
}

Sweep::Sweep(const CollisionPlan& plan)
    : plan_(plan),
      K_(plan.K()),
      grid_offset_(static_cast<std::size_t>(chunk_times) * K_),
      to_grid_(K_, 2 * chunk_times, Sign::backward) {
  const TimeQuadrature& time = plan.time;
  const SweepSchedule schedule(plan);
  for (int t = 0; t < chunk_times; ++t)
    fill_phases(t * time.dtau, plan.energy, grid_offset_.view() + static_cast<std::size_t>(t) * K_);
  for (const auto& level : schedule.levels)
    levels_.emplace_back(plan, level, 2 * static_cast<std::size_t>(schedule.levels.back().M));
  for (const auto& scheduled : schedule.chunks) {
    const SweepSchedule::Level& level = schedule.levels[scheduled.level];
    Chunk chunk{scheduled, SplitArray(level.M), SplitArray(K_), {}};
    const double tau = scheduled.first_step * time.dtau;
    for (int t = 0; t < chunk.times; ++t)
      chunk.weight[t] = time.weight(time.segments[scheduled.segment], scheduled.first_step + t);
    fill_phases(tau, level.energy, chunk.start.view());
    fill_phases(tau, plan.energy, chunk.grid_start.view());
    chunks_.push_back(std::move(chunk));
  }
}

Sweep::Lattices Sweep::refine(const Density& density) const {
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
    level.pair(scratch.in.view(), FH);
    const Split gain = scratch.folded.view() + static_cast<std::size_t>(2 * t) * K_;
    const Split rate = gain + K_;
    switch (rates.size()) {
      case 1:
        fold_products(polynomial<1>(rates), K_, level.M, FH, gain, rate);
        break;
      case 2:
        fold_products(polynomial<2>(rates), K_, level.M, FH, gain, rate);
        break;
      default:
        fold_products(polynomial<4>(rates), K_, level.M, FH, gain, rate);
        break;
    }
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

/// Transforms of the four derivative sequences of Eq. (12) at one time, each written twice in a
/// row and the k - p ones reversed, so that every row of the Jacobian reads M consecutive values.
struct Sweep::Derivatives {
  explicit Derivatives(int M) : alpha(2 * M), beta(2 * M), gamma(2 * M), delta(2 * M), phase(M) {}
  SplitArray alpha, beta, gamma, delta;
  SplitArray phase;  ///< e^{i tau E_p}
  double weight = 0;
};

void Sweep::derivatives(const Density& density, const Lattices& lattices, const Chunk& chunk, int t,
                        Scratch& scratch, Derivatives& result) const {
  const Level& level = levels_[chunk.level];
  const int M = level.M;
  start(lattices, chunk, scratch);
  load(level, t, scratch);
  const Split in = scratch.in.view(), out = scratch.out.view(), late = scratch.start.view();
  level.pair(in, out);
  const auto channels = polynomial<CollisionModel::max_channel - 2>(plan_.sweep_rates(density.rho));
  // alpha and beta go through `in` at once; gamma and delta wait in `late`.
  for (int j = 0; j < M; ++j) {
    const CollisionDerivatives d = collision_derivatives(channels, Complex{out.re[j], out.im[j]},
                                                         Complex{out.re[M + j], out.im[M + j]});
    in.re[j] = d.alpha.re, in.im[j] = d.alpha.im;
    in.re[M + j] = d.beta, in.im[M + j] = 0;
    late.re[j] = d.gamma.re, late.im[j] = d.gamma.im;
    late.re[M + j] = d.delta.re, late.im[M + j] = d.delta.im;
  }
  const auto store = [M](Split z, bool reversed, Split twice) {
    for (int i = 0; i < M; ++i) {
      const int from = reversed && i > 0 ? M - i : i;
      twice.re[i] = twice.re[M + i] = z.re[from];
      twice.im[i] = twice.im[M + i] = z.im[from];
    }
  };
  level.pair(in, out);
  store(out, false, result.alpha.view());
  store(out + M, true, result.beta.view());
  level.pair(late, out);
  store(out, false, result.gamma.view());
  store(out + M, true, result.delta.view());

  const std::size_t row = static_cast<std::size_t>(t) * M;
  for (int r = 0; r < M; ++r) {
    const double c = level.offset.re()[row + r], s = level.offset.im()[row + r];
    result.phase.re()[r] = chunk.start.re()[r] * c - chunk.start.im()[r] * s;
    result.phase.im()[r] = chunk.start.re()[r] * s + chunk.start.im()[r] * c;
  }
  // 1/M: dF is a sum over M momenta with that weight.
  const int last = static_cast<int>(plan_.time.segments.size()) - 1;
  result.weight = segment_weight(chunk.segment, last) * chunk.weight[t] / M;
}

/// Rows k of the three lattice matrices of Eq. (12):
///
///   P = Re e^{i tau (E_k + E_p)} alpha_{k+p}      Q = Re e^{i tau (E_k - E_p)} beta_{k-p}
///   R = Re [ e^{i tau (E_k + E_p)} gamma_{k+p} + e^{i tau (E_k - E_p)} delta_{k-p} ]
struct Sweep::Rows {
  double *P, *Q, *R;

  /// Adds one auxiliary time to the row at lattice momentum `site`.
  void add(const Derivatives& d, int M, int site) const {
    const double *ar = d.alpha.re() + site, *ai = d.alpha.im() + site;
    const double *gr = d.gamma.re() + site, *gi = d.gamma.im() + site;
    const int back = (M - site) % M;
    const double *br = d.beta.re() + back, *bi = d.beta.im() + back;
    const double *dr = d.delta.re() + back, *di = d.delta.im() + back;
    const double *c = d.phase.re(), *s = d.phase.im();
    const double ck = d.weight * c[site], sk = d.weight * s[site];
#pragma omp simd
    for (int r = 0; r < M; ++r) {
      const double cc = ck * c[r], ss = sk * s[r], cs = ck * s[r], sc = sk * c[r];
      const double plus_re = cc - ss, plus_im = sc + cs, minus_re = cc + ss, minus_im = sc - cs;
      P[r] += plus_re * ar[r] - plus_im * ai[r];
      Q[r] += minus_re * br[r] - minus_im * bi[r];
      R[r] += plus_re * gr[r] - plus_im * gi[r] + minus_re * dr[r] - minus_im * di[r];
    }
  }
};

void Sweep::segment_jacobian(const Density& density, const Lattices& lattices, int segment,
                             int threads, std::vector<double>& by_n,
                             std::vector<double>& by_h) const {
  std::vector<std::pair<const Chunk*, int>> times;
  for (const Chunk& chunk : chunks_)
    for (int t = 0; chunk.segment == segment && t < chunk.times; ++t) times.emplace_back(&chunk, t);
  const Level& level = levels_[times.front().first->level];
  const int M = level.M, ratio = M / K_;
  const std::size_t area = static_cast<std::size_t>(K_) * M;
  std::vector<double> P(area), Q(area), R(area);
  constexpr std::size_t batch = chunk_times;
  std::vector<Derivatives> sequences;
  for (std::size_t i = 0; i < batch; ++i) sequences.emplace_back(M);
#pragma omp parallel num_threads(threads)
  {
    Scratch work = scratch();
    auto fine = level.interpolation.scratch();
    for (std::size_t first = 0; first < times.size(); first += batch) {
      const std::size_t count = std::min(batch, times.size() - first);
#pragma omp for schedule(dynamic)
      for (std::size_t i = 0; i < count; ++i)
        derivatives(density, lattices, *times[first + i].first, times[first + i].second, work,
                    sequences[i]);
      // A few rows at a time: they stay in the first-level cache while the sequences pass.
      constexpr int tile = 4;
#pragma omp for schedule(static)
      for (int m0 = 0; m0 < K_; m0 += tile)
        for (std::size_t i = 0; i < count; ++i)
          for (int m = m0; m < std::min(m0 + tile, K_); ++m) {
            const std::size_t row = static_cast<std::size_t>(m) * M;
            Rows{&P[row], &Q[row], &R[row]}.add(sequences[i], M, m * ratio);
          }
    }
#pragma omp for schedule(static)
    for (int m = 0; m < K_; ++m) {
      const double n = density.n[m], h = density.h[m];
      const std::size_t row = static_cast<std::size_t>(m) * M;
      double kink_n = 0, kink_h = 0;
      for (int r = 0; r < M; ++r) {
        const double p = P[row + r], q = Q[row + r], kink = level.kink[r];
        fine.fine.re()[r] = h * (p + q) + n * R[row + r];
        fine.fine.im()[r] = n * (p - q);
        kink_n += kink * fine.fine.re()[r];
        kink_h += kink * fine.fine.im()[r];
      }
      double* row_n = &by_n[static_cast<std::size_t>(m) * K_];
      double* row_h = &by_h[static_cast<std::size_t>(m) * K_];
      level.interpolation.coarsen(fine, row_n, row_h);
      plan_.kink.add_transpose(kink_n, row_n, K_);
      plan_.kink.add_transpose(kink_h, row_h, K_);
    }
  }
}

void Sweep::jacobian(const Density& density, int threads, std::vector<double>& by_n,
                     std::vector<double>& by_h) const {
  const Lattices lattices = refine(density);
  for (std::size_t s = 0; s < plan_.time.segments.size(); ++s)
    segment_jacobian(density, lattices, static_cast<int>(s), threads, by_n, by_h);
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
