// SPDX-License-Identifier: BSD-3-Clause
//
// Eq. (12) sums over auxiliary time, for k on the K grid and p on a lattice of M sites,
//
//   P(k,p) = sum Re u_k u_p alpha_{k+p}     Q(k,p) = sum Re u_k u*_p beta_{k-p}
//   G(k,p) = sum Re u_k u_p gamma_{k+p}     D(k,p) = sum Re u_k u*_p delta_{k-p}
//
// with u = e^{i tau E}. The sequences alpha ... delta differ from density to density, the phases do
// not: at one q = k + p or q = k - p the sums of all densities are one product of real matrices,
// phases [k][time, re or im] by sequences [time, re or im][density].
#include <algorithm>
#include <cstddef>

#include "kapitza/kinetic/assemble.hpp"
#include "kernels/kinetic/cpu/channel_terms.hpp"
#include "kernels/kinetic/cpu/sweep.hpp"

namespace kapitza::cpu {
namespace {

constexpr int lanes = 8;  ///< momenta k side by side: a vector register, or two of half the size
constexpr int sequences_per_side = 2;  ///< alpha and gamma of k + p, beta and delta of k - p
constexpr int panel_densities = 2;
/// Side by side in a product: lanes x columns fit into registers.
constexpr int columns = sequences_per_side * panel_densities;
constexpr int tile_sites = 16;  ///< per work item: two cache lines of a sequence
constexpr int block_times = 8 * Sweep::chunk_times;  ///< in one product, at most

using Lanes = double[lanes];
using Columns = double[columns];

/// sums[c][lane] += sum_i phases[i][lane] panel[i][c]
void add_product(int depth, const Lanes* phases, const Columns* panel, Lanes* sums) {
  double total[columns][lanes];
  for (int c = 0; c < columns; ++c) std::copy_n(sums[c], lanes, total[c]);
  for (int i = 0; i < depth; ++i)
    for (int c = 0; c < columns; ++c)
#pragma omp simd
      for (int lane = 0; lane < lanes; ++lane) total[c][lane] += phases[i][lane] * panel[i][c];
  for (int c = 0; c < columns; ++c) std::copy_n(total[c], lanes, sums[c]);
}

/// What q is: k + p or k - p.
enum Side { sum, difference };
constexpr int sides = 2;

/// Phases as reading them in strips of k wants them. v_p = u_p for sums of momenta and u*_{-p} for
/// differences: what goes with u_k is v_{q-k} in both cases.
class ProductPhases {
 public:
  /// times: of phases on a lattice of M sites.
  ProductPhases(int K, int M, int times, Side side)
      : K_(K),
        ratio_(M / K),
        times_(times),
        side_(side),
        strips_((K + lanes - 1) / lanes),
        length_(K + strips_ * lanes + lanes),
        u_(2 * static_cast<std::size_t>(strips_) * lanes * times),
        v_(2 * static_cast<std::size_t>(ratio_) * length_ * times) {}

  void set(int time, const double* re, const double* im) {
    for (int m = 0; m < K_; ++m) {
      double* u =
          u_.data() + 2 * static_cast<std::size_t>(m / lanes * times_ + time) * lanes + m % lanes;
      u[0] = re[m * ratio_];
      u[lanes] = im[m * ratio_];
    }
    // At sites of one residue, falling, and over more than a period: no strip has to wrap.
    const int M = ratio_ * K_;
    for (int residue = 0; residue < ratio_; ++residue) {
      double* v = v_.data() + 2 * static_cast<std::size_t>(residue * times_ + time) * length_;
      for (int i = 0; i < length_; ++i) {
        const int p = ((K_ - i % K_) * ratio_ + residue) % M;
        const int site = side_ == Side::sum || p == 0 ? p : M - p;
        v[i] = re[site];
        v[length_ + i] = side_ == Side::sum ? im[site] : -im[site];
      }
    }
  }

  struct alignas(64) Phase {
    double re[lanes], im[lanes];
  };

  /// u_k v_{q-k} at one q, for the k of one strip.
  class Strip {
   public:
    Strip(const ProductPhases& all, int q, int strip)
        : length_(all.length_),
          u_(all.u_.data() + 2 * static_cast<std::size_t>(strip * all.times_) * lanes),
          v_(all.v_.data() +
             2 * static_cast<std::size_t>(q % all.ratio_ * all.times_) * all.length_ +
             (all.K_ - q / all.ratio_ + strip * lanes)) {}

    Phase operator[](std::size_t time) const {
      const double *ur = u_ + 2 * time * lanes, *ui = ur + lanes;
      const double *vr = v_ + 2 * time * length_, *vi = vr + length_;
      Phase z;
#pragma omp simd
      for (int lane = 0; lane < lanes; ++lane) {
        z.re[lane] = ur[lane] * vr[lane] - ui[lane] * vi[lane];
        z.im[lane] = ur[lane] * vi[lane] + ui[lane] * vr[lane];
      }
      return z;
    }

   private:
    int length_;
    const double *u_, *v_;
  };

 private:
  int K_, ratio_, times_;
  Side side_;
  int strips_, length_;
  AlignedArray u_;  ///< [strip][time][re, im][lane], with zeros behind the last k
  AlignedArray v_;  ///< [residue of the site][time][re, im][place]
};

}  // namespace

/// What the times of one lattice size contribute to the Jacobians of a group.
class Sweep::LevelJacobian {
 public:
  LevelJacobian(const Sweep& sweep, const Level& level, std::span<const Chunk> chunks,
                std::span<const BalancedDensity> group, std::span<const Lattices> lattices,
                JacobianSpace& space);

  /// Adds it, on all threads.
  void operator()(int threads, std::span<double> by_n, std::span<double> by_h);

 private:
  struct Workspace;

  int K() const { return sweep_.K_; }
  int M() const { return level_.M; }
  std::size_t strips() const { return (K() + lanes - 1) / lanes; }
  std::size_t tiles() const { return (M() + tile_sites - 1) / tile_sites; }
  std::size_t panels() const { return (group_.size() + panel_densities - 1) / panel_densities; }
  Lanes* sums(int side, std::size_t strip, std::size_t q, std::size_t panel) const;
  Split sequences(std::size_t x, int t) const;

  /// Behind the last chunk of the block that begins with chunk `first`.
  std::size_t block_end(std::size_t first) const {
    std::size_t last = first;
    while (last < chunks_.size() && before_[last + 1] - before_[first] <= block_times) ++last;
    return last;
  }

  void set_phases(std::size_t time);
  void derive(std::size_t x, const Chunk& chunk, int first_time, Workspace& work) const;
  void fill_panels(int side, int first_q, int times, Columns* panels) const;
  void multiply(int side, std::size_t tile, std::size_t first, std::size_t last,
                Workspace& work) const;
  void add_rows(std::size_t x, std::size_t strip, Workspace& work, double* by_n,
                double* by_h) const;

  const Sweep& sweep_;
  const Level& level_;
  std::span<const Chunk> chunks_;
  std::span<const BalancedDensity> group_;
  std::span<const Lattices> lattices_;
  JacobianSpace& space_;
  std::vector<int> before_;            ///< times before each chunk
  std::vector<ProductPhases> phases_;  ///< [side]: times within a chunk, then first times of chunks
};

/// Of one thread.
struct Sweep::LevelJacobian::Workspace {
  explicit Workspace(const LevelJacobian& all)
      : sweep(all.sweep_.scratch()),
        derivatives(all.level_.to_sequences.size()),
        panels(tile_sites * all.panels() * 2 * block_times * columns),
        fine(all.level_.interpolation.scratch()),
        rows(lanes * stride(all.M())) {}

  /// Between rows: not a power of two, which caches dislike.
  static int stride(int M) { return M + lanes; }

  Scratch sweep;
  SplitArray derivatives;
  AlignedArray panels;  ///< [q][panel][time][re, im][column]
  Interpolation::Scratch fine;
  SplitArray rows;  ///< dI/dn and dI/dh: [lane][p]
};

Sweep::LevelJacobian::LevelJacobian(const Sweep& sweep, const Level& level,
                                    std::span<const Chunk> chunks,
                                    std::span<const BalancedDensity> group,
                                    std::span<const Lattices> lattices, JacobianSpace& space)
    : sweep_(sweep),
      level_(level),
      chunks_(chunks),
      group_(group),
      lattices_(lattices),
      space_(space),
      before_{0} {
  for (const Chunk& chunk : chunks) before_.push_back(before_.back() + chunk.times);
  for (const Side side : {Side::sum, Side::difference})
    phases_.emplace_back(K(), M(), chunk_times + static_cast<int>(chunks.size()), side);
}

/// [side][strip of k][q][panel][column][lane]
Lanes* Sweep::LevelJacobian::sums(int side, std::size_t strip, std::size_t q,
                                  std::size_t panel) const {
  const std::size_t row = ((side * strips() + strip) * M() + q) * panels() + panel;
  return reinterpret_cast<Lanes*>(space_.sums.data()) + row * columns;
}

/// alpha, gamma and beta + delta one behind the other: [x][time of the block][re, im][sequence][q]
Split Sweep::LevelJacobian::sequences(std::size_t x, int t) const {
  const std::size_t distance = SplitArray::distance(level_.to_sequences.size());
  double* first = space_.sequences.data() + (x * block_times + t) * 2 * distance;
  return {first, first + distance};
}

void Sweep::LevelJacobian::set_phases(std::size_t time) {
  const bool within = time < chunk_times;
  const SplitArray& phase = within ? level_.offset : chunks_[time - chunk_times].start;
  const std::size_t first = within ? time * M() : 0;
  for (ProductPhases& side : phases_)
    side.set(static_cast<int>(time), phase.re() + first, phase.im() + first);
}

/// The sequences at the times of a chunk, with the weights of these times.
void Sweep::LevelJacobian::derive(std::size_t x, const Chunk& chunk, int first_time,
                                  Workspace& work) const {
  const int M = this->M(), last = static_cast<int>(sweep_.plan_.time.segments.size()) - 1;
  sweep_.start(lattices_[x], chunk, work.sweep);
  const Split F = work.sweep.out.view(), H = F + M, z = work.derivatives.view();
  with_polynomial(sweep_.plan_.sweep_rates(group_[x].rho), [&](const auto& channels) {
    for (int t = 0; t < chunk.times; ++t) {
      sweep_.load(level_, t, work.sweep);
      level_.to_FH(work.sweep.in.view(), F);
      // 1/M: dF is a sum over M momenta with that weight.
      const double weight = kinetic::segment_weight(chunk.segment, last) * chunk.weight[t] / M;
#pragma omp simd
      for (int j = 0; j < M; ++j) {
        const auto d = kinetic::collision_derivatives(channels, Complex{F.re[j], F.im[j]},
                                                      Complex{H.re[j], H.im[j]});
        z.re[j] = weight * d.alpha.re;
        z.im[j] = weight * d.alpha.im;
        z.re[M + j] = weight * d.gamma.re;
        z.im[M + j] = weight * d.gamma.im;
        // beta is real and delta imaginary: one transform serves both.
        z.re[2 * M + j] = weight * d.beta;
        z.im[2 * M + j] = weight * d.delta.im;
      }
      level_.to_sequences(z, sequences(x, first_time + t));
    }
  });
}

/// Sequences of all densities at a few q, in the order in which the products want them.
void Sweep::LevelJacobian::fill_panels(int side, int first_q, int times, Columns* panel) const {
  const int M = this->M(), depth = 2 * times, last_q = std::min(first_q + tile_sites, M);
  for (std::size_t x = 0; x < group_.size(); ++x)
    for (int t = 0; t < times; ++t) {
      const Split alpha = sequences(x, t), gamma = alpha + M, both = gamma + M;
      Columns* row = panel + x / panel_densities * depth + 2 * t;
      const std::size_t column = x % panel_densities * sequences_per_side;
      for (int q = first_q; q < last_q; ++q, row += panels() * depth) {
        double *re = &row[0][column], *im = &row[1][column];
        if (side == Side::sum) {
          re[0] = alpha.re[q], re[1] = gamma.re[q];
          im[0] = alpha.im[q], im[1] = gamma.im[q];
        } else {
          const int back = q == 0 ? 0 : M - q;
          re[0] = 0.5 * (both.re[q] + both.re[back]), re[1] = 0.5 * (both.re[q] - both.re[back]);
          im[0] = 0.5 * (both.im[q] - both.im[back]), im[1] = 0.5 * (both.im[q] + both.im[back]);
        }
      }
    }
}

/// Adds chunks [first, last) at the q of a tile.
void Sweep::LevelJacobian::multiply(int side, std::size_t tile, std::size_t first, std::size_t last,
                                    Workspace& work) const {
  const int times = before_[last] - before_[first], depth = 2 * times;
  const int first_q = static_cast<int>(tile) * tile_sites;
  Columns* panel = reinterpret_cast<Columns*>(work.panels.data());
  fill_panels(side, first_q, times, panel);
  int longest = 0;
  for (std::size_t c = first; c < last; ++c) longest = std::max(longest, chunks_[c].times);
  ProductPhases::Phase within[chunk_times];
  alignas(64) double phases[2 * block_times][lanes];
  for (int q = first_q; q < std::min(first_q + tile_sites, M()); ++q, panel += panels() * depth)
    for (std::size_t strip = 0; strip < strips(); ++strip) {
      const ProductPhases::Strip products(phases_[side], q, static_cast<int>(strip));
      for (int t = 0; t < longest; ++t) within[t] = products[t];
      Lanes* phase = phases;
      for (std::size_t c = first; c < last; ++c) {
        const ProductPhases::Phase start = products[chunk_times + c];
        for (int t = 0; t < chunks_[c].times; ++t, phase += 2)
#pragma omp simd
          for (int lane = 0; lane < lanes; ++lane) {
            const double re = within[t].re[lane], im = within[t].im[lane];
            phase[0][lane] = start.re[lane] * re - start.im[lane] * im;
            phase[1][lane] = -(start.re[lane] * im + start.im[lane] * re);
          }
      }
      Lanes* total = sums(side, strip, q, 0);
      if (first == 0) std::fill_n(&total[0][0], panels() * columns * lanes, 0.0);
      for (std::size_t p = 0; p < panels(); ++p)
        add_product(depth, phases, panel + p * depth, total + p * columns);
    }
}

/// A strip of rows of dI/dn and dI/dh, on the lattice and from there to the K grid.
void Sweep::LevelJacobian::add_rows(std::size_t x, std::size_t strip, Workspace& work, double* by_n,
                                    double* by_h) const {
  const int M = this->M(), ratio = M / K(), stride = Workspace::stride(M);
  const int first = static_cast<int>(strip) * lanes, count = std::min(lanes, K() - first);
  const std::size_t panel = x / panel_densities;
  const std::size_t column = x % panel_densities * sequences_per_side;
  const double *n = group_[x].n + first, *h = group_[x].h.data() + first;
  const Split rows = work.rows.view();
  for (int q = 0; q < M; ++q) {
    const Lanes* total = sums(Side::sum, strip, q, panel) + column;
    for (int lane = 0; lane < count; ++lane) {
      const int p = q - (first + lane) * ratio, i = lane * stride + (p < 0 ? p + M : p);
      rows.re[i] = h[lane] * total[0][lane] + n[lane] * total[1][lane];
      rows.im[i] = n[lane] * total[0][lane];
    }
  }
  for (int q = 0; q < M; ++q) {
    const Lanes* total = sums(Side::difference, strip, q, panel) + column;
    for (int lane = 0; lane < count; ++lane) {
      const int p = (first + lane) * ratio - q, i = lane * stride + (p < 0 ? p + M : p);
      rows.re[i] += h[lane] * total[0][lane] + n[lane] * total[1][lane];
      rows.im[i] -= n[lane] * total[0][lane];
    }
  }
  const kinetic::Kink& kink = sweep_.plan_.kink;
  for (int lane = 0; lane < count; ++lane) {
    const Split row = rows + lane * stride, fine = work.fine.fine.view();
    double kink_n = 0, kink_h = 0;
    for (int r = 0; r < M; ++r) {
      fine.re[r] = row.re[r];
      fine.im[r] = row.im[r];
      kink_n += level_.kink[r] * row.re[r];
      kink_h += level_.kink[r] * row.im[r];
    }
    const std::size_t place = (x * K() + first + lane) * K();
    level_.interpolation.coarsen(work.fine, by_n + place, by_h + place);
    kink.add_transpose(kink_n, by_n + place, K());
    kink.add_transpose(kink_h, by_h + place, K());
  }
}

/// Work items do not depend on the number of threads, nor the sums of one density on the others.
void Sweep::LevelJacobian::operator()(int threads, std::span<double> by_n, std::span<double> by_h) {
#pragma omp parallel num_threads(threads)
  {
    Workspace work(*this);
#pragma omp for schedule(static)
    for (std::size_t time = 0; time < chunk_times + chunks_.size(); ++time) set_phases(time);
    for (std::size_t first = 0, last; first < chunks_.size(); first = last) {
      last = block_end(first);
#pragma omp for schedule(dynamic) collapse(2)
      for (std::size_t x = 0; x < group_.size(); ++x)
        for (std::size_t c = first; c < last; ++c)
          derive(x, chunks_[c], before_[c] - before_[first], work);
#pragma omp for schedule(dynamic) collapse(2)
      for (int side = 0; side < sides; ++side)
        for (std::size_t tile = 0; tile < tiles(); ++tile) multiply(side, tile, first, last, work);
    }
#pragma omp for schedule(dynamic) collapse(2)
    for (std::size_t x = 0; x < group_.size(); ++x)
      for (std::size_t strip = 0; strip < strips(); ++strip)
        add_rows(x, strip, work, by_n.data(), by_h.data());
  }
}

void Sweep::jacobian(std::span<const BalancedDensity> group, int threads, JacobianSpace& space,
                     std::span<double> by_n, std::span<double> by_h) const {
  std::vector<Lattices> lattices(group.size());
#pragma omp parallel for num_threads(threads) schedule(dynamic)
  for (std::size_t x = 0; x < group.size(); ++x) lattices[x] = refine(group[x]);
  const std::span<const Chunk> all(chunks_);
  for (std::size_t first = 0, end; first < all.size(); first = end) {
    for (end = first; end < all.size() && all[end].level == all[first].level;) ++end;
    LevelJacobian(*this, levels_[all[first].level], all.subspan(first, end - first), group,
                  lattices, space)(threads, by_n, by_h);
  }
}

std::size_t Sweep::sums_per_panel() const {
  const std::size_t M = levels_.empty() ? 0 : levels_.back().M;
  return sides * M * (K_ + lanes - 1) / lanes * lanes * columns;
}

std::size_t Sweep::sequences_per_density() const {
  return levels_.empty()
             ? 0
             : block_times * 2 * SplitArray::distance(levels_.back().to_sequences.size());
}

/// As many as share the phases with profit and have room for their sums and sequences.
std::size_t Sweep::jacobian_group(std::size_t densities) const {
  constexpr std::size_t most = 8, room = (std::size_t{256} << 20) / sizeof(double);
  const std::size_t panel = sums_per_panel() + panel_densities * sequences_per_density();
  const std::size_t panels = std::max<std::size_t>(1, room / std::max<std::size_t>(1, panel));
  return std::min({densities, most, panels * panel_densities});
}

Sweep::JacobianSpace Sweep::jacobian_space(std::size_t group) const {
  if (levels_.empty()) return {};
  const std::size_t panels = (group + panel_densities - 1) / panel_densities;
  return {AlignedArray::unset(panels * sums_per_panel()),
          AlignedArray::unset(group * sequences_per_density())};
}

}  // namespace kapitza::cpu
