// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/kinetic/assemble.hpp"
#include "kapitza/kinetic/assemble_jacobian.hpp"
#include "kapitza/kinetic/collision_terms.hpp"
#include "kapitza/model/lattice.hpp"
#include "kernels/device/block/in_block.hpp"
#include "kernels/device/staged/device.hpp"
#include "kernels/kinetic/staged/assemble_stages.hpp"
#include "kernels/kinetic/staged/sweep_stages.hpp"

namespace kapitza::staged {

/// Where the phase of site r lies among those of its time: sites M/K apart lie together, those of
/// the grid first.
KAPITZA_HD constexpr int phase_place(int r, int K, int M) {
  const int ratio = M / K;
  return r % ratio * K + r / ratio;
}

/// The lattice phases e^{i tau E(p_r)} of a batch of times. Indices [time][r].
struct JoinPhases {
  const Complex* start;   ///< [chunk][M]
  const Complex* offset;  ///< [time in chunk][M]
  const TimeEntry* time;  ///< the batch
  Complex* phase;         ///< [time][phase_place of r]
  int K, M;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [t, r] = split(index, M);
    const std::size_t width = static_cast<std::size_t>(M);
    aligned(phase + t * width + phase_place(r, K, M)) =
        aligned(start + time[t].chunk * width + r) * aligned(offset + time[t].offset * width + r);
  }
};

/// alpha, beta, gamma and delta of Eq. (12). Indices [x][time][j].
///
/// Two lines per time and half, like F and H, so that the transforms of the sweep serve again.
template <int Terms>
struct DerivativeProducts {
  const Complex* transforms;  ///< [x][alpha | gamma half][capacity][F, H][M]; the first half used
  const ChannelRates* rates;
  Complex* products;  ///< [x][half][capacity][2][M]: alpha, beta | gamma, delta
  int M, times, capacity;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [row, j] = split(index, M);
    const auto [x, t] = split(row, times);
    const std::size_t half = static_cast<std::size_t>(capacity) * 2 * M;
    const std::size_t at = x * 2 * half + static_cast<std::size_t>(t) * 2 * M + j;
    const Complex F = aligned(transforms + at), H = aligned(transforms + at + M);
    const auto channels = rates[x].template polynomial<Terms>();
    const kinetic::CollisionDerivatives d = kinetic::collision_derivatives(channels, F, H);
    aligned(products + at) = d.alpha;
    aligned(products + at + M) = {d.beta, 0};
    aligned(products + at + half) = d.gamma;
    aligned(products + at + half + M) = d.delta;
  }
};

/// sum += Re a b, in two fused instructions.
KAPITZA_HD constexpr void add_real_product(double& sum, Complex a, Complex b) {
  sum += a.re * b.re;
  sum -= a.im * b.im;
}

/// The lattice matrices of Eq. (12), the third in two parts, a batch of times added in order:
///
///   P += Re e^{i tau (E_k + E_p)} alpha_{k+p}      Q += Re e^{i tau (E_k - E_p)} beta_{k-p}
///   R += Re e^{i tau (E_k + E_p)} gamma_{k+p}      S += Re e^{i tau (E_k - E_p)} delta_{k-p}
///
/// Indices [x][k][r].
struct AddTimes {
  const Complex* sequences;  ///< [x][half][capacity][2][M]: alpha, beta | gamma, delta of k +- p
  const Complex* phase;      ///< [time][phase_place of r]
  const TimeEntry* time;     ///< the batch
  double *P, *Q, *R, *S;     ///< [x][K][M]
  int K, M, times, capacity;
  bool from_zero;  ///< the first batch: what is in P to S does not matter

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [row, r] = split(index, M);
    const auto [x, k] = split(row, K);
    const int shift = k * (M / K);
    const int plus = shift + r < M ? shift + r : shift + r - M;
    const int minus = shift >= r ? shift - r : shift - r + M;
    const int place = phase_place(r, K, M);
    const std::size_t half = static_cast<std::size_t>(capacity) * 2 * M;
    const Complex* first = sequences + x * 2 * half;
    const Complex* second = first + half;
    Values sums{};
    if (!from_zero) sums = {P[index], Q[index], R[index], S[index]};
    for (int t = 0; t < times; ++t) {
      const std::size_t line = static_cast<std::size_t>(t) * M;
      const Complex phase_k = time[t].slope * aligned(phase + line + k);
      const Complex phase_p = aligned(phase + line + place);
      const Complex sum = phase_k * phase_p, difference = phase_k * conj(phase_p);
      add_real_product(sums.p, sum, aligned(first + 2 * line + plus));
      add_real_product(sums.q, difference, aligned(first + 2 * line + M + minus));
      add_real_product(sums.r, sum, aligned(second + 2 * line + plus));
      add_real_product(sums.s, difference, aligned(second + 2 * line + M + minus));
    }
    P[index] = sums.p;
    Q[index] = sums.q;
    R[index] = sums.r;
    S[index] = sums.s;
  }

 private:
  struct Values {
    double p = 0, q = 0, r = 0, s = 0;
  };
};

/// dI/dn + i dI/dh on the lattice: rows of both matrices share one transform. Indices [x][k][r].
struct PackRows {
  const double *P, *Q, *R, *S;  ///< [x][K][M]
  const double *n, *h;          ///< [x][K]
  Complex* rows;                ///< [x][K][M]
  int M;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [k, r] = split(index, M);
    aligned(rows + index) = at(k, r);
  }

  /// Site r of row [x][k].
  KAPITZA_HD Complex at(std::size_t row, int r) const {
    const std::size_t index = row * M + r;
    const double p = P[index], q = Q[index];
    return {h[row] * (p + q) + n[row] * (R[index] + S[index]), n[row] * (p - q)};
  }
};

/// The transpose of AddKink: how every row answers to a kink of amplitude one. One Block per row
/// [x][k].
struct RespondToKink {
  const Complex* rows;  ///< [x][K][M]
  const double* shape;  ///< [M]
  Complex* response;    ///< [x][K]: added
  int M;

  static constexpr int lanes = 64, resident = 8;
  std::size_t shared_bytes() const { return block::in_block_bytes(lanes); }

  template <block::Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t index) const {
    block::InBlock<B> sites(blk, M);
    const Complex* row = rows + index * M;
    const Sums<2> sums = sites.template sum<2>([&](int r) {
      const Complex z = shape[r] * aligned(row + r);
      return Sums<2>{{z.re, z.im}};
    });
    blk.each(1, [&](int) { aligned(response + index) += Complex{sums[0], sums[1]}; });
  }
};

/// The transpose of the interpolation, in modes: what remains is one transform of length K, shared
/// by all levels and the manifold. Indices [x][k][mode of K].
struct AddFoldedRows {
  const Complex* fine_modes;  ///< [x][K][M]
  Complex* modes;             ///< [x][K][K]
  int K, M;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [row, i] = split(index, K);
    aligned(modes + index) += folded_mode(fine_modes + row * M, K, M, i);
  }
};

/// Rows on the momentum grid, the kinks' share added. Indices [x][k][p].
struct UnpackRows {
  const Complex* packed;    ///< [x][K][K]
  const Complex* response;  ///< [x][K]: of the rows to the kink
  const double* weight;     ///< [K]: of n_p in the amplitude of the kink
  double *by_n, *by_h;      ///< [x][K][K]
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [row, p] = split(index, K);
    const Complex z = (1.0 / K) * aligned(packed + index) + weight[p] * aligned(response + row);
    by_n[index] = z.re;
    by_h[index] = z.im;
  }
};

/// B and S with the tail extrapolated, as they enter I, and I before its projection, Eq. (11).
/// Indices [x][m].
struct ExtrapolateSums {
  PassSums sums;
  const double *n, *h;
  double *gain, *rate, *I;  ///< [x][K]

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [x, m] = split(index, sums.K);
    const kinetic::CollisionSums all = sums.of(x);
    const double B = all.total_gain(m), S = all.total_rate(m);
    gain[index] = B;
    rate[index] = S;
    I[index] = kinetic::collision_integral(n[index], h[index], B, S);
  }
};

/// What the columns of one Jacobian share.
struct ColumnFrame {
  kinetic::MomentSystem system;
  kinetic::MomentSystem::Line projection;
};

/// Normal matrix and projection line of Eq. (13). One Block per density.
struct ProjectDensity {
  const double *n, *energy;
  double* I;  ///< [x][K], projected on return
  ColumnFrame* frame;
  int K;

  static constexpr int lanes = 128, resident = 4;
  std::size_t shared_bytes() const { return block::in_block_bytes(lanes); }

  template <block::Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t x) const {
    block::InBlock<B> momenta(blk, K);
    const kinetic::MomentSystem system = kinetic::moments_of(momenta, n + x * K, energy);
    const kinetic::Projection projection = kinetic::project(momenta, n + x * K, energy, I + x * K);
    blk.each(1, [&](int) { frame[x] = {system, projection.line}; });
  }
};

/// Everything Eq. (12) needs, for all densities of a pass.
struct PassPieces {
  const double *by_n, *by_h;                   ///< [x][K][K]
  const double *gain, *rate, *slope;           ///< [x][K]
  const double *n, *h;                         ///< [x][K]
  const double* energy;                        ///< [K]
  const kinetic::MomentSystem::Line* balance;  ///< [x]
  const ColumnFrame* frame;                    ///< [x]
  int K;

  KAPITZA_HD kinetic::JacobianPieces of(std::size_t x) const {
    const std::size_t row = x * K, area = row * K;
    return {
        by_n + area, by_h + area, gain + row,          rate + row, slope + row, n + row, h + row,
        energy,      balance[x],  frame[x].projection, K};
  }
};

/// One Block per [x][k].
struct RespondToLine {
  PassPieces pieces;
  kinetic::MomentSystem::Line* response;  ///< [x][K]

  static constexpr int lanes = 64, resident = 8;
  std::size_t shared_bytes() const { return block::in_block_bytes(lanes); }

  template <block::Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t index) const {
    const auto [x, k] = split(index, pieces.K);
    block::InBlock<B> momenta(blk, pieces.K);
    const kinetic::MomentSystem::Line line = kinetic::line_response(momenta, pieces.of(x), k);
    blk.each(1, [&](int) { response[index] = line; });
  }
};

/// Column p of the Jacobian. One Block per [x][p].
struct AssembleColumn {
  PassPieces pieces;
  const kinetic::MomentSystem::Line* response;
  double* const* J;  ///< of x: [K][K]

  static constexpr int lanes = 64, resident = 8;
  std::size_t shared_bytes() const { return block::in_block_bytes(lanes); }

  template <block::Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t index) const {
    const auto [x, p] = split(index, pieces.K);
    block::InBlock<B> momenta(blk, pieces.K);
    kinetic::assemble_jacobian_column(momenta, pieces.of(x), response + x * pieces.K,
                                      pieces.frame[x].system, p, J[x]);
  }
};

}  // namespace kapitza::staged
