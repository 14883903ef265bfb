// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

#include "kapitza/solver/collision.hpp"
#include "kapitza/spectral/kink.hpp"
#include "kapitza/spectral/momentum_grid.hpp"
#include "kapitza/spectral/stencil.hpp"

namespace kapitza {

/// How the sum over auxiliary time, Eq. (11), is cut into pieces of work, the same for every
/// backend.
///
/// A phase at tau = (first_step + t) dtau is a product start(chunk) x offset(t): tables of phases
/// grow with T by one row per chunk, not per time.
struct SweepSchedule {
  static constexpr int chunk_times = 16;

  /// One lattice size.
  struct Level {
    int M;
    std::vector<double> energy;  ///< E(p_r), r = 0 .. M - 1
  };

  /// Consecutive auxiliary times of one segment, at most chunk_times of them.
  struct Chunk {
    int segment, level;
    int first_step, times;
  };

  explicit SweepSchedule(const CollisionPlan& plan) {
    const auto& segments = plan.time.segments;
    for (int s = 0; s < static_cast<int>(segments.size()); ++s) {
      const int M = segments[s].M;
      if (levels.empty() || levels.back().M != M)
        levels.push_back({M, plan.model.dispersion.energy(plan.model.grid.lattice(M))});
      const int level = static_cast<int>(levels.size()) - 1, end = segments[s].last_step + 1;
      for (int step = segments[s].first_step; step < end; step += chunk_times)
        chunks.push_back({s, level, step, std::min(chunk_times, end - step)});
    }
  }

  std::vector<Level> levels;  ///< ascending in M
  std::vector<Chunk> chunks;  ///< ascending in tau, hence also in segment and level
};

/// chi - L chi of Eq. (6) on the lattice of M momenta: the shape of a kink of amplitude one.
///
/// chi is even, so L chi = a_0 + 2 sum_{0 < j < K/2} a_j cos j k. Every angle j p_r is a multiple
/// of pi / M, hence one table of cosines.
inline std::vector<double> kink_shape(const MomentumGrid& grid, int M) {
  const int K = grid.K, ratio = M / K, period = 2 * M;
  std::vector<double> cosine(period);
  for (int i = 0; i < period; ++i) cosine[i] = std::cos(std::numbers::pi * i / M);
  // p_r in units of pi / M, within one period.
  const auto momentum = [&](int r) { return (ratio + 2 * r - M + period) % period; };

  const std::vector<double> chi = Kink::chi(grid.momenta());
  std::vector<double> a((K + 1) / 2);
  for (int m = 0; m < K; ++m) {
    const int step = momentum(ratio * m);
    int angle = 0;
    for (std::size_t j = 0; j < a.size(); ++j) {
      a[j] += (j == 0 ? 1 : 2) * chi[m] * cosine[angle] / K;
      angle += angle + step < period ? step : step - period;
    }
  }
  std::vector<double> shape = Kink::chi(grid.lattice(M));
  for (int r = 0; r < M; ++r) {
    const int step = momentum(r);
    int angle = 0;
    for (double a_j : a) {
      shape[r] -= a_j * cosine[angle];
      angle += angle + step < period ? step : step - period;
    }
  }
  return shape;
}

/// A node of the resonant manifold. Densities are read there by stencils from a periodic grid of G
/// points, on which the kink is apart.
struct PlacedNode {
  double weight;
  double place[3];  ///< of k2, q1, q2 on the grid: coordinates in [0, G]
  double kink[3];   ///< chi - (stencil of L chi) there
};

inline std::vector<PlacedNode> place_nodes(const CollisionPlan& plan, int G) {
  const MomentumGrid& grid = plan.model.grid;
  const auto place = [&](double k) {
    const double x = grid.coordinate(k, G);
    return x - G * std::floor(x / G);
  };
  std::vector<double> smooth;  // L chi
  if (!plan.pairs.nodes.empty()) {
    smooth = Kink::chi(grid.lattice(G));
    const std::vector<double> shape = kink_shape(grid, G);
    for (int i = 0; i < G; ++i) smooth[i] -= shape[i];
  }
  const auto kink = [&](double k) {
    const Stencil stencil = Stencil::at(place(k));
    double sum = 0;
    for (int tap = 0; tap < Stencil::taps; ++tap)
      sum += stencil.weight[tap] * smooth[(stencil.first + tap + G) % G];
    return Kink::chi(k) - sum;
  };
  std::vector<PlacedNode> placed;
  placed.reserve(plan.pairs.nodes.size());
  for (const auto& [weight, k2, q1, q2] : plan.pairs.nodes)
    placed.push_back({weight, {place(k2), place(q1), place(q2)}, {kink(k2), kink(q1), kink(q2)}});
  return placed;
}

}  // namespace kapitza
