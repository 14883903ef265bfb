// SPDX-License-Identifier: BSD-3-Clause
#include "kernels/cpu/collision.hpp"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "kapitza/physics/collision_terms.hpp"
#include "kapitza/solver/assemble.hpp"
#include "kapitza/solver/assemble_jacobian.hpp"
#include "kapitza/spectral/lattice.hpp"
#include "kapitza/spectral/stencil.hpp"
#include "kernels/cpu/fftw.hpp"

namespace kapitza::cpu {
namespace {

/// Auxiliary times per work item. Phases are products start(chunk) x offset(time in chunk), so the
/// tables stay in cache whatever T is; 16 transforms of length K go to FFTW in one call.
constexpr int chunk_times = 16;

/// Densities that share one pass over the nodes of the resonant manifold: one vector register.
constexpr int lanes = 8;

/// Densities per pass of evaluate(): bounds the memory of the partial sums.
constexpr int block_densities = 64;

Complex polar(double angle) { return {std::cos(angle), std::sin(angle)}; }

/// Tables and transforms of one lattice size.
struct Level {
  Level(const CollisionPlan& plan, int sites)
      : M(sites),
        energy(plan.model.dispersion.energy(plan.model.grid.lattice(sites))),
        offset(static_cast<std::size_t>(chunk_times) * sites),
        interpolate(sites, 1, Sign::backward),
        pair(sites, 2, Sign::backward) {
    for (int t = 0; t < chunk_times; ++t)
      for (int r = 0; r < M; ++r) offset[t * M + r] = polar(t * plan.time.dtau * energy[r]);
  }

  int M;
  std::vector<double> energy;
  AlignedArray<Complex> offset;  ///< [time in chunk][site]
  Transform interpolate;         ///< modes of n + i h -> values
  Transform pair;                ///< F and H at once
};

struct Chunk {
  int segment, level, first_step, times;
  std::vector<Complex> start;      ///< phases of the first time, on the lattice
  std::vector<Complex> grid_start;  ///< and on the K grid
  double weight[chunk_times];      ///< zero beyond `times`
};

/// One density and its departure from balance, on the grid and on every lattice.
struct Density {
  const double* n;
  double rho;
  MomentSystem::Line line;  ///< its thermal part
  std::vector<double> h;
  std::vector<std::vector<double>> n_fine, h_fine;  ///< [level][site]
};

struct Scratch {
  Scratch(int K, int M)
      : in(2 * M), out(2 * M), x(M), y(M), folded(2 * chunk_times * K),
        spectrum(2 * chunk_times * K) {}
  AlignedArray<Complex> in, out, x, y, folded, spectrum;
};

/// A node of the resonant manifold, its momenta k2, q1, q2 as places on the fine grid.
struct PairNode {
  double weight;
  double place[3];
};

/// Values of lanes densities at one point of the fine grid of the manifold.
struct alignas(64) Lanes {
  double n[lanes], h[lanes];
};

/// Transforms of the four derivative sequences of Eq. (12) at one time, each written twice in a
/// row and the k - p ones reversed, so that every row reads M consecutive values.
struct DerivativeSequences {
  explicit DerivativeSequences(int M)
      : alpha_re(2 * M), alpha_im(2 * M), beta_re(2 * M), beta_im(2 * M), gamma_re(2 * M),
        gamma_im(2 * M), delta_re(2 * M), delta_im(2 * M) {}
  std::vector<double> alpha_re, alpha_im, beta_re, beta_im, gamma_re, gamma_im, delta_re, delta_im;
};

class CpuCollision final : public CollisionOperator {
 public:
  CpuCollision(CollisionPlan plan_in, int threads);

  void evaluate(std::span<const double> n, CollisionBatch& out) override;
  void jacobian(std::span<const double> n, std::span<double> J) override;
  std::size_t memory(std::size_t densities) const override;

 private:
  /// B and S of every density of a block: [density][segment][gain, rate][K] and
  /// [density][gain, rate][K].
  struct Sums {
    std::vector<double> sweep, pairs;
  };

  int K() const { return plan().K(); }
  Sums sums(std::span<const Density> block, bool slopes) const;
  CollisionSums view(const Sums& all, std::size_t x) const;
  std::size_t densities(std::span<const double> n) const { return n.size() / K(); }

  void prepare(std::span<const double> n, std::vector<Density>& block) const;
  void sweep(const Density& density, const Chunk& chunk, const std::vector<double>& rates,
             Scratch& scratch, double* sums) const;
  template <int Terms>
  void products(const Level& level, const ChannelPolynomial<Terms>& channels, const Complex* F,
                const Complex* H, Complex* gain, Complex* rate) const;
  void pairs(std::span<const Density> group, const std::vector<Lanes>& fine, int first_m,
             int last_m, bool slopes, double* sums) const;
  void spread(std::span<const Density> group, std::vector<Lanes>& fine) const;

  void derivative_sequences(const Density& density, const Chunk& chunk, int t, Scratch& scratch,
                            DerivativeSequences& sequences) const;
  void sweep_jacobian(const Density& density, int segment, std::vector<double>& by_n,
                      std::vector<double>& by_h) const;
  void pair_jacobian(const Density& density, std::vector<double>& by_n,
                     std::vector<double>& by_h) const;
  void add_on_grid(const Transform& to_modes, Complex* fine, Complex* modes, double* re,
                   double* im) const;

  int threads_;
  std::vector<Level> levels_;
  std::vector<Chunk> chunks_;
  AlignedArray<Complex> grid_offset_;  ///< [time in chunk][K]
  Transform to_modes_;
  Transform to_grid_;  ///< 2 x chunk_times transforms of length K
  Transform to_fine_;  ///< modes -> the fine grid of the manifold
  std::vector<PairNode> nodes_;
};

template <int Terms>
ChannelPolynomial<Terms> polynomial(const std::vector<double>& rates) {
  ChannelPolynomial<Terms> channels;
  std::copy_n(rates.begin(), std::min<std::size_t>(Terms, rates.size()), channels.rate);
  return channels;
}

CpuCollision::CpuCollision(CollisionPlan plan_in, int threads)
    : CollisionOperator(std::move(plan_in)),
      threads_(threads),
      grid_offset_(static_cast<std::size_t>(chunk_times) * K()),
      to_modes_(K(), 1, Sign::forward),
      to_grid_(K(), 2 * chunk_times, Sign::backward),
      to_fine_(Stencil::oversampling * K(), 1, Sign::backward) {
  const int G = to_fine_.length();
  for (const auto& node : plan().pairs.nodes) {
    const auto place = [&](double k) {
      const double x = plan().model.grid.coordinate(k, G);
      return x - G * std::floor(x / G);
    };
    nodes_.push_back({node.weight, {place(node.k2), place(node.q1), place(node.q2)}});
  }
  const TimeQuadrature& time = plan().time;
  for (const auto& segment : time.segments)
    if (levels_.empty() || levels_.back().M != segment.M) levels_.emplace_back(plan(), segment.M);
  for (int t = 0; t < chunk_times; ++t)
    for (int m = 0; m < K(); ++m)
      grid_offset_[t * K() + m] = polar(t * time.dtau * plan().energy[m]);

  for (std::size_t s = 0; s < time.segments.size(); ++s) {
    const auto& segment = time.segments[s];
    const auto level = std::find_if(levels_.begin(), levels_.end(),
                                    [&](const Level& l) { return l.M == segment.M; });
    for (int step = segment.first_step; step <= segment.last_step; step += chunk_times) {
      Chunk chunk{static_cast<int>(s), static_cast<int>(level - levels_.begin()), step,
                  std::min(chunk_times, segment.last_step + 1 - step), {}, {}, {}};
      for (int t = 0; t < chunk.times; ++t) chunk.weight[t] = time.weight(segment, step + t);
      for (double E : level->energy) chunk.start.push_back(polar(step * time.dtau * E));
      for (double E : plan().energy) chunk.grid_start.push_back(polar(step * time.dtau * E));
      chunks_.push_back(std::move(chunk));
    }
  }
}

/// Balances each density and interpolates n and h, as one complex function, to every lattice.
void CpuCollision::prepare(std::span<const double> n, std::vector<Density>& block) const {
  block.resize(densities(n));
  const int largest = levels_.empty() ? 0 : levels_.back().M;
#pragma omp parallel num_threads(threads_)
  {
    AlignedArray<Complex> values(K()), modes(K()), padded(largest), fine(largest);
#pragma omp for schedule(static)
    for (std::size_t x = 0; x < block.size(); ++x) {
      Density& density = block[x];
      density.n = n.data() + x * K();
      density.h.resize(K());
      density.rho = std::accumulate(density.n, density.n + K(), 0.0) / K();
      density.line = balance(density.n, plan().energy.data(), K(), density.h.data());
      for (int m = 0; m < K(); ++m) values[m] = {density.n[m] / K(), density.h[m] / K()};
      to_modes_(values.data(), modes.data());
      density.n_fine.resize(levels_.size());
      density.h_fine.resize(levels_.size());
      for (std::size_t i = 0; i < levels_.size(); ++i) {
        const int M = levels_[i].M;
        for (int r = 0; r < M; ++r) padded[r] = padded_mode(modes.data(), K(), M, r);
        levels_[i].interpolate(padded.data(), fine.data());
        density.n_fine[i].resize(M);
        density.h_fine[i].resize(M);
        // The transforms of F and H are sums over M momenta with weight 1/M.
        for (int r = 0; r < M; ++r) {
          density.n_fine[i][r] = fine[r].re / M;
          density.h_fine[i][r] = fine[r].im / M;
        }
      }
    }
  }
}

/// b_j and s_j of Eq. (9), folded from M sites onto K.
template <int Terms>
void CpuCollision::products(const Level& level, const ChannelPolynomial<Terms>& channels,
                            const Complex* F, const Complex* H, Complex* gain,
                            Complex* rate) const {
  const int grid = K();
  for (int j = 0; j < grid; ++j) {
    const auto [b, s] = collision_terms(channels, F[j], H[j]);
    gain[j] = b;
    rate[j] = s;
  }
  for (int fold = grid; fold < level.M; fold += grid) {
    for (int j = 0; j < grid; ++j) {
      const auto [b, s] = collision_terms(channels, F[fold + j], H[fold + j]);
      gain[j] += b;
      rate[j] += s;
    }
  }
}

/// One chunk of auxiliary times for one density: sums[0..K) += B, sums[K..2K) += S.
void CpuCollision::sweep(const Density& density, const Chunk& chunk,
                         const std::vector<double>& rates, Scratch& scratch, double* sums) const {
  const Level& level = levels_[chunk.level];
  const int M = level.M, grid = K();
  const double* n = density.n_fine[chunk.level].data();
  const double* h = density.h_fine[chunk.level].data();
  Complex *x = scratch.x.data(), *y = scratch.y.data(), *in = scratch.in.data();
  for (int r = 0; r < M; ++r) {
    x[r] = n[r] * chunk.start[r];
    y[r] = h[r] * chunk.start[r];
  }
  for (int t = 0; t < chunk.times; ++t) {
    const Complex* phase = &level.offset[static_cast<std::size_t>(t) * M];
    for (int r = 0; r < M; ++r) {
      in[r] = x[r] * phase[r];
      in[M + r] = y[r] * phase[r];
    }
    level.pair(in, scratch.out.data());
    const Complex *F = scratch.out.data(), *H = F + M;
    Complex *gain = &scratch.folded[2 * t * grid], *rate = gain + grid;
    switch (rates.size()) {
      case 1: products(level, polynomial<1>(rates), F, H, gain, rate); break;
      case 2: products(level, polynomial<2>(rates), F, H, gain, rate); break;
      default: products(level, polynomial<4>(rates), F, H, gain, rate); break;
    }
  }
  to_grid_(scratch.folded.data(), scratch.spectrum.data());
  for (int m = 0; m < grid; ++m) {
    Complex gain, rate;
    for (int t = 0; t < chunk.times; ++t) {
      const Complex phase = chunk.weight[t] * grid_offset_[t * grid + m];
      gain += phase * scratch.spectrum[2 * t * grid + m];
      rate += phase * scratch.spectrum[(2 * t + 1) * grid + m];
    }
    sums[m] = (chunk.grid_start[m] * gain).re;
    sums[grid + m] = (chunk.grid_start[m] * rate).re;
  }
}

/// n and h of a group of densities on the fine grid of the manifold, with a margin on both sides
/// so that no stencil wraps.
void CpuCollision::spread(std::span<const Density> group, std::vector<Lanes>& fine) const {
  const int G = to_fine_.length();
  fine.assign(G + Stencil::taps, Lanes{});
  AlignedArray<Complex> values(K()), modes(K()), padded(G), out(G);
  for (std::size_t lane = 0; lane < group.size(); ++lane) {
    for (int m = 0; m < K(); ++m) values[m] = {group[lane].n[m] / K(), group[lane].h[m] / K()};
    to_modes_(values.data(), modes.data());
    for (int r = 0; r < G; ++r) padded[r] = padded_mode(modes.data(), K(), G, r);
    to_fine_(padded.data(), out.data());
    for (int i = 0; i < G + Stencil::taps; ++i) {
      const Complex z = out[(i - Stencil::before + G) % G];
      fine[i].n[lane] = z.re;
      fine[i].h[lane] = z.im;
    }
  }
}

/// Eq. (10) for a group of densities and a range of momenta, sums laid out as [density][gain,
/// rate][K].
void CpuCollision::pairs(std::span<const Density> group, const std::vector<Lanes>& fine,
                         int first_m, int last_m, bool slopes, double* sums) const {
  double rates[lanes] = {};
  for (std::size_t lane = 0; lane < group.size(); ++lane)
    rates[lane] = slopes ? plan().pair_rate_slope(group[lane].rho)
                         : plan().pair_rate(group[lane].rho);
  for (int m = first_m; m < last_m; ++m) {
    double gain[lanes] = {}, rate[lanes] = {};
    for (int i = plan().pairs.first[m]; i < plan().pairs.first[m + 1]; ++i) {
      Lanes at[3] = {};
      for (int j = 0; j < 3; ++j) {
        const Stencil stencil = Stencil::at(nodes_[i].place[j]);
        const Lanes* value = &fine[stencil.first + Stencil::before];
        for (int tap = 0; tap < Stencil::taps; ++tap)
          for (int lane = 0; lane < lanes; ++lane) {
            at[j].n[lane] += stencil.weight[tap] * value[tap].n[lane];
            at[j].h[lane] += stencil.weight[tap] * value[tap].h[lane];
          }
      }
      for (int lane = 0; lane < lanes; ++lane) {
        const PairTerms terms = pair_terms(at[0].n[lane], at[0].h[lane], at[1].n[lane],
                                           at[1].h[lane], at[2].n[lane], at[2].h[lane]);
        gain[lane] += nodes_[i].weight * terms.gain;
        rate[lane] += nodes_[i].weight * terms.rate;
      }
    }
    for (std::size_t lane = 0; lane < group.size(); ++lane) {
      sums[(2 * lane) * K() + m] = rates[lane] * gain[lane];
      sums[(2 * lane + 1) * K() + m] = rates[lane] * rate[lane];
    }
  }
}

/// All sums of a block of densities.
CpuCollision::Sums CpuCollision::sums(std::span<const Density> block, bool slopes) const {
  const std::size_t chunks = chunks_.size(), N = block.size(), row = 2 * K();
  const std::size_t segments = plan().time.segments.size();
  Sums result{std::vector<double>(N * segments * row), std::vector<double>(N * row)};
  std::vector<double> partial(N * chunks * row);
  const int largest = levels_.empty() ? 0 : levels_.back().M;
  const std::size_t groups = plan().model.has_pairs() ? (N + lanes - 1) / lanes : 0;
  std::vector<std::vector<Lanes>> fine(groups);
  const auto group = [&](std::size_t g) {
    return block.subspan(g * lanes, std::min<std::size_t>(lanes, N - g * lanes));
  };
  constexpr int pair_momenta = 16;
  const int pair_tasks = (K() + pair_momenta - 1) / pair_momenta;
#pragma omp parallel num_threads(threads_)
  {
    Scratch scratch(K(), largest);
#pragma omp for schedule(dynamic) nowait
    for (std::size_t item = 0; item < N * chunks; ++item) {
      // Late chunks are the dearest: hand them out first.
      const std::size_t x = item % N, c = chunks - 1 - item / N;
      const auto rates = slopes ? plan().sweep_rate_slopes(block[x].rho)
                                : plan().sweep_rates(block[x].rho);
      sweep(block[x], chunks_[c], rates, scratch, &partial[(x * chunks + c) * row]);
    }
#pragma omp for schedule(dynamic)
    for (std::size_t g = 0; g < groups; ++g) spread(group(g), fine[g]);
#pragma omp for schedule(dynamic) nowait
    for (std::size_t task = 0; task < groups * pair_tasks; ++task) {
      const std::size_t g = task / pair_tasks;
      const int m = static_cast<int>(task % pair_tasks) * pair_momenta;
      pairs(group(g), fine[g], m, std::min(m + pair_momenta, K()), slopes,
            &result.pairs[g * lanes * row]);
    }
#pragma omp for schedule(static)
    for (std::size_t x = 0; x < N; ++x)
      for (std::size_t c = 0; c < chunks; ++c) {
        double* segment = &result.sweep[(x * segments + chunks_[c].segment) * row];
        const double* part = &partial[(x * chunks + c) * row];
        for (std::size_t m = 0; m < row; ++m) segment[m] += part[m];
      }
  }
  return result;
}

void CpuCollision::evaluate(std::span<const double> n, CollisionBatch& out) {
  const std::size_t N = densities(n);
  out.resize(N, K());
  std::vector<Density> block;
  for (std::size_t first = 0; first < N; first += block_densities) {
    const std::size_t count = std::min<std::size_t>(block_densities, N - first);
    prepare(n.subspan(first * K(), count * K()), block);
    const Sums all = sums(block, false);
#pragma omp parallel for num_threads(threads_) schedule(static)
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t x = first + i;
      CollisionValues values{&out.gain[x * K()], &out.loss[x * K()], &out.I[x * K()], 0, 0, 0, 0};
      assemble_collision(block[i].n, block[i].h.data(), plan().energy.data(), view(all, i), values);
      out.error[x] = values.error;
      out.grid_error[x] = values.grid_error;
      out.number_rate_raw[x] = values.number_rate_raw;
      out.energy_rate_raw[x] = values.energy_rate_raw;
    }
  }
}

CollisionSums CpuCollision::view(const Sums& all, std::size_t x) const {
  const int segments = static_cast<int>(plan().time.segments.size());
  const std::size_t row = 2 * K();
  return {segments > 0 ? &all.sweep[x * segments * row] : nullptr, segments,
          plan().model.has_pairs() ? &all.pairs[x * row] : nullptr, K()};
}

void CpuCollision::jacobian(std::span<const double> n, std::span<double> J) {
  const std::size_t area = static_cast<std::size_t>(K()) * K();
  std::vector<Density> block;
  std::vector<double> by_n(area), by_h(area), gain(K()), rate(K()), slope(K()), I(K());
  std::vector<MomentSystem::Line> response(K());
  for (std::size_t x = 0; x < densities(n); ++x) {
    prepare(n.subspan(x * K(), K()), block);
    const Density& density = block[0];
    std::fill(by_n.begin(), by_n.end(), 0.0);
    std::fill(by_h.begin(), by_h.end(), 0.0);
    for (std::size_t s = 0; s < plan().time.segments.size(); ++s)
      sweep_jacobian(density, static_cast<int>(s), by_n, by_h);
    if (plan().model.has_pairs()) pair_jacobian(density, by_n, by_h);

    const Sums values = sums(block, false), slopes = sums(block, true);
    const auto total = [&](const Sums& all, std::vector<double>& B, std::vector<double>& S) {
      const CollisionSums view_all = view(all, 0);
      const int last = view_all.segments - 1;
      for (int m = 0; m < K(); ++m) {
        B[m] = view_all.pair_gain(m);
        S[m] = view_all.pair_rate(m);
        for (int s = 0; s <= last; ++s) {
          B[m] += segment_weight(s, last) * view_all.gain(s, m);
          S[m] += segment_weight(s, last) * view_all.rate(s, m);
        }
      }
    };
    total(slopes, gain, rate);
    for (int m = 0; m < K(); ++m) slope[m] = density.h[m] * gain[m] + density.n[m] * rate[m];
    total(values, gain, rate);
    for (int m = 0; m < K(); ++m) I[m] = density.h[m] * gain[m] + density.n[m] * rate[m];

    const double* energy = plan().energy.data();
    const JacobianPieces pieces{by_n.data(), by_h.data(), gain.data(), rate.data(), slope.data(),
                                density.n, density.h.data(), energy, density.line,
                                project(density.n, energy, K(), I.data()).line, K()};
    MomentSystem system;
    for (int m = 0; m < K(); ++m) system.add(density.n[m] * density.n[m], energy[m]);
#pragma omp parallel num_threads(threads_)
    {
#pragma omp for schedule(static)
      for (int k = 0; k < K(); ++k) response[k] = line_response(pieces, k);
#pragma omp for schedule(static)
      for (int p = 0; p < K(); ++p)
        assemble_jacobian_column(pieces, response.data(), system, p, &J[x * area]);
    }
  }
}

void CpuCollision::derivative_sequences(const Density& density, const Chunk& chunk, int t,
                                        Scratch& scratch, DerivativeSequences& sequences) const {
  const Level& level = levels_[chunk.level];
  const int M = level.M;
  const Complex* phase = &level.offset[static_cast<std::size_t>(t) * M];
  Complex* in = scratch.in.data();
  for (int r = 0; r < M; ++r) {
    const Complex e = chunk.start[r] * phase[r];
    in[r] = density.n_fine[chunk.level][r] * e;
    in[M + r] = density.h_fine[chunk.level][r] * e;
  }
  level.pair(in, scratch.out.data());
  const Complex *F = scratch.out.data(), *H = F + M;
  const auto channels = polynomial<CollisionModel::max_channel - 2>(plan().sweep_rates(density.rho));
  // alpha and beta leave through `in`, gamma and delta wait in x and y.
  for (int j = 0; j < M; ++j) {
    const CollisionDerivatives d = collision_derivatives(channels, F[j], H[j]);
    in[j] = d.alpha;
    in[M + j] = {d.beta, 0};
    scratch.x[j] = d.gamma;
    scratch.y[j] = d.delta;
  }
  const auto store = [M](const Complex* z, bool reversed, std::vector<double>& re,
                         std::vector<double>& im) {
    for (int i = 0; i < M; ++i) {
      const Complex value = z[reversed ? (M - i) % M : i];
      re[i] = re[M + i] = value.re;
      im[i] = im[M + i] = value.im;
    }
  };
  level.pair(in, scratch.out.data());
  store(F, false, sequences.alpha_re, sequences.alpha_im);
  store(H, true, sequences.beta_re, sequences.beta_im);
  std::copy_n(scratch.x.data(), M, in);
  std::copy_n(scratch.y.data(), M, in + M);
  level.pair(in, scratch.out.data());
  store(F, false, sequences.gamma_re, sequences.gamma_im);
  store(H, true, sequences.delta_re, sequences.delta_im);
}

/// Row k of the three lattice matrices of Eq. (12), one auxiliary time added:
///
///   P += Re e^{i tau (E_k + E_p)} alpha_{k+p}      Q += Re e^{i tau (E_k - E_p)} beta_{k-p}
///   R += Re [ e^{i tau (E_k + E_p)} gamma_{k+p} + e^{i tau (E_k - E_p)} delta_{k-p} ]
struct JacobianRow {
  double *P, *Q, *R;
};

void add_to_row(const DerivativeSequences& d, Complex phase_k, const Complex* phase_p, int M,
                int shift, JacobianRow row) {
  const double *ar = &d.alpha_re[shift], *ai = &d.alpha_im[shift];
  const double *gr = &d.gamma_re[shift], *gi = &d.gamma_im[shift];
  const int back = (M - shift) % M;
  const double *br = &d.beta_re[back], *bi = &d.beta_im[back];
  const double *dr = &d.delta_re[back], *di = &d.delta_im[back];
#pragma omp simd
  for (int r = 0; r < M; ++r) {
    const Complex sum = phase_k * phase_p[r], difference = phase_k * conj(phase_p[r]);
    row.P[r] += sum.re * ar[r] - sum.im * ai[r];
    row.Q[r] += difference.re * br[r] - difference.im * bi[r];
    row.R[r] += sum.re * gr[r] - sum.im * gi[r] + difference.re * dr[r] - difference.im * di[r];
  }
}

/// The sweep's share of dI/dn and dI/dh: the lattice matrices of one segment, then the transpose
/// of the interpolation on every row.
void CpuCollision::sweep_jacobian(const Density& density, int segment, std::vector<double>& by_n,
                                  std::vector<double>& by_h) const {
  std::vector<std::pair<const Chunk*, int>> times;
  for (const Chunk& chunk : chunks_)
    for (int t = 0; chunk.segment == segment && t < chunk.times; ++t) times.emplace_back(&chunk, t);
  const Level& level = levels_[times.front().first->level];
  const int M = level.M, ratio = M / K();
  const std::size_t width = M;
  std::vector<double> P(K() * width), Q(K() * width), R(K() * width);
  constexpr std::size_t batch = chunk_times;
  std::vector<DerivativeSequences> sequences(batch, DerivativeSequences(M));
  std::vector<std::vector<Complex>> phases(batch, std::vector<Complex>(M));
  const double cut = segment_weight(segment, static_cast<int>(plan().time.segments.size()) - 1);
#pragma omp parallel num_threads(threads_)
  {
    Scratch scratch(K(), M);
    for (std::size_t first = 0; first < times.size(); first += batch) {
      const std::size_t count = std::min(batch, times.size() - first);
#pragma omp for schedule(dynamic)
      for (std::size_t i = 0; i < count; ++i) {
        const auto [chunk, t] = times[first + i];
        derivative_sequences(density, *chunk, t, scratch, sequences[i]);
        for (int r = 0; r < M; ++r)
          phases[i][r] = chunk->start[r] * level.offset[static_cast<std::size_t>(t) * M + r];
      }
#pragma omp for schedule(static)
      for (int m = 0; m < K(); ++m)
        for (std::size_t i = 0; i < count; ++i) {
          const auto [chunk, t] = times[first + i];
          // 1/M: dF is a sum over M momenta with that weight.
          const double weight = cut * chunk->weight[t] / M;
          add_to_row(sequences[i], weight * phases[i][m * ratio], phases[i].data(), M, m * ratio,
                     {&P[m * width], &Q[m * width], &R[m * width]});
        }
    }
#pragma omp for schedule(static)
    for (int m = 0; m < K(); ++m) {
      const double n = density.n[m], h = density.h[m];
      for (int r = 0; r < M; ++r) {
        const double p = P[m * width + r], q = Q[m * width + r];
        scratch.in[r] = {h * (p + q) + n * R[m * width + r], n * (p - q)};
      }
      add_on_grid(level.interpolate, scratch.in.data(), scratch.out.data(), &by_n[m * K()],
                  &by_h[m * K()]);
    }
  }
}

/// Two rows over the fine momenta, as one complex function, taken back to the grid by the
/// transpose of the interpolation and added.
void CpuCollision::add_on_grid(const Transform& to_modes, Complex* fine, Complex* modes,
                               double* re, double* im) const {
  const int M = to_modes.length();
  to_modes(fine, modes);
  AlignedArray<Complex> folded(K()), values(K());
  for (int i = 0; i < K(); ++i) folded[i] = folded_mode(modes, K(), M, i);
  to_modes_(folded.data(), values.data());
  for (int p = 0; p < K(); ++p) {
    re[p] += values[p].re / K();
    im[p] += values[p].im / K();
  }
}

/// The manifold's share: every node scatters its derivatives through its three stencils.
void CpuCollision::pair_jacobian(const Density& density, std::vector<double>& by_n,
                                 std::vector<double>& by_h) const {
  const int G = to_fine_.length();
  const double C2 = plan().pair_rate(density.rho);
  std::vector<Lanes> fine;
  spread(std::span(&density, 1), fine);
#pragma omp parallel num_threads(threads_)
  {
    AlignedArray<Complex> row(G), modes(G);
#pragma omp for schedule(dynamic, 8)
    for (int m = 0; m < K(); ++m) {
      const double n1 = density.n[m], h1 = density.h[m];
      std::fill_n(row.data(), G, Complex{});
      for (int i = plan().pairs.first[m]; i < plan().pairs.first[m + 1]; ++i) {
        Stencil stencil[3];
        double n[3] = {}, h[3] = {};
        for (int j = 0; j < 3; ++j) {
          stencil[j] = Stencil::at(nodes_[i].place[j]);
          for (int tap = 0; tap < Stencil::taps; ++tap) {
            const Lanes& value = fine[stencil[j].first + Stencil::before + tap];
            n[j] += stencil[j].weight[tap] * value.n[0];
            h[j] += stencil[j].weight[tap] * value.h[0];
          }
        }
        const PairSlopes slopes = pair_slopes(n1, h1, n, h);
        for (int j = 0; j < 3; ++j)
          for (int tap = 0; tap < Stencil::taps; ++tap) {
            const double weight = C2 * nodes_[i].weight * stencil[j].weight[tap];
            row[(stencil[j].first + tap + G) % G] +=
                weight * Complex{slopes.by_n[j], slopes.by_h[j]};
          }
      }
      add_on_grid(to_fine_, row.data(), modes.data(), &by_n[m * K()], &by_h[m * K()]);
    }
  }
}

std::size_t CpuCollision::memory(std::size_t densities) const {
  const std::size_t N = std::min<std::size_t>(densities, block_densities);
  std::size_t bytes = nodes_.size() * sizeof(PairNode);
  for (const Level& level : levels_)
    bytes += level.offset.size() * sizeof(Complex) + N * 2 * level.M * sizeof(double);
  for (const Chunk& chunk : chunks_) bytes += (chunk.start.size() + K()) * sizeof(Complex);
  bytes += N * (chunks_.size() + plan().time.segments.size() + 1) * 2 * K() * sizeof(double);
  return bytes + threads_ * (levels_.empty() ? 0 : 6 * levels_.back().M * sizeof(Complex));
}

}  // namespace

std::unique_ptr<CollisionOperator> make_collision(CollisionPlan plan, int threads) {
  return std::make_unique<CpuCollision>(std::move(plan), threads);
}

}  // namespace kapitza::cpu
