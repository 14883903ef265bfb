// SPDX-License-Identifier: BSD-3-Clause
#include "kernels/kinetic/cpu/pairs.hpp"

#include <algorithm>

#include "kapitza/kinetic/collision_terms.hpp"

namespace kapitza::cpu {

Pairs::Pairs(const kinetic::CollisionPlan& plan)
    : plan_(plan),
      K_(plan.K()),
      interpolation_(K_, kinetic::PairTable::grid_size(K_)),
      nodes_(plan.pairs->nodes) {}

std::vector<Pairs::Lanes> Pairs::refine(std::span<const BalancedDensity> group) const {
  const int G = interpolation_.lattice();
  std::vector<Lanes> fine(fine_size(), Lanes{});
  auto scratch = interpolation_.scratch();
  for (std::size_t lane = 0; lane < group.size(); ++lane) {
    interpolation_.refine(group[lane].n, group[lane].h.data(), scratch);
    for (std::size_t i = 0; i < fine.size(); ++i) {
      const std::size_t from = (i + G - kinetic::Stencil::before) % G;
      fine[i].n[lane] = scratch.fine.re()[from];
      fine[i].h[lane] = scratch.fine.im()[from];
    }
  }
  return fine;
}

void Pairs::sums(std::span<const BalancedDensity> group, const std::vector<Lanes>& fine, int first,
                 int last, double* result) const {
  Lanes kinks{};
  for (std::size_t lane = 0; lane < group.size(); ++lane) {
    kinks.n[lane] = group[lane].kink_n;
    kinks.h[lane] = group[lane].kink_h;
  }
  for (int m = first; m < last; ++m) {
    alignas(64) double gain[lanes] = {}, rate[lanes] = {};
    for (int i = plan_.pairs->manifold.first[m]; i < plan_.pairs->manifold.first[m + 1]; ++i) {
      Lanes at[3];
      for (int j = 0; j < 3; ++j) {
#pragma omp simd
        for (int lane = 0; lane < lanes; ++lane) {
          at[j].n[lane] = nodes_[i].kink[j] * kinks.n[lane];
          at[j].h[lane] = nodes_[i].kink[j] * kinks.h[lane];
        }
        const kinetic::Stencil stencil = kinetic::Stencil::at(nodes_[i].place[j]);
        const Lanes* value = &fine[stencil.first + kinetic::Stencil::before];
        for (int tap = 0; tap < kinetic::Stencil::taps; ++tap)
#pragma omp simd
          for (int lane = 0; lane < lanes; ++lane) {
            at[j].n[lane] += stencil.weight[tap] * value[tap].n[lane];
            at[j].h[lane] += stencil.weight[tap] * value[tap].h[lane];
          }
      }
#pragma omp simd
      for (int lane = 0; lane < lanes; ++lane) {
        const kinetic::PairTerms terms =
            kinetic::pair_terms(at[0].n[lane], at[0].h[lane], at[1].n[lane], at[1].h[lane],
                                at[2].n[lane], at[2].h[lane]);
        gain[lane] += nodes_[i].weight * terms.gain;
        rate[lane] += nodes_[i].weight * terms.rate;
      }
    }
    for (std::size_t lane = 0; lane < group.size(); ++lane) {
      result[(2 * lane) * K_ + m] = gain[lane];
      result[(2 * lane + 1) * K_ + m] = rate[lane];
    }
  }
}

Pairs::Values Pairs::values(const kinetic::PlacedNode& node, const BalancedDensity& density,
                            const std::vector<Lanes>& fine) const {
  Values at;
  for (int j = 0; j < 3; ++j) {
    at.stencil[j] = kinetic::Stencil::at(node.place[j]);
    at.n[j] = node.kink[j] * density.kink_n;
    at.h[j] = node.kink[j] * density.kink_h;
    for (int tap = 0; tap < kinetic::Stencil::taps; ++tap) {
      const Lanes& value = fine[at.stencil[j].first + kinetic::Stencil::before + tap];
      at.n[j] += at.stencil[j].weight[tap] * value.n[0];
      at.h[j] += at.stencil[j].weight[tap] * value.h[0];
    }
  }
  return at;
}

/// Every node scatters its derivatives through its three stencils.
void Pairs::jacobian(const BalancedDensity& density, int threads, std::span<double> by_n,
                     std::span<double> by_h) const {
  const int G = interpolation_.lattice();
  const double C2 = plan_.pair_rate(density.rho);
  const std::vector<Lanes> fine = refine(std::span(&density, 1));
#pragma omp parallel num_threads(threads)
  {
    auto scratch = interpolation_.scratch();
    const Split row = scratch.fine.view();
#pragma omp for schedule(dynamic, 8)
    for (int m = 0; m < K_; ++m) {
      std::fill_n(row.re, G, 0.0);
      std::fill_n(row.im, G, 0.0);
      double kink_n = 0, kink_h = 0;
      for (int i = plan_.pairs->manifold.first[m]; i < plan_.pairs->manifold.first[m + 1]; ++i) {
        const Values at = values(nodes_[i], density, fine);
        const kinetic::PairSlopes slopes =
            kinetic::pair_slopes(density.n[m], density.h[m], at.n, at.h);
        for (int j = 0; j < 3; ++j) {
          const double weight = C2 * nodes_[i].weight;
          kink_n += weight * nodes_[i].kink[j] * slopes.by_n[j];
          kink_h += weight * nodes_[i].kink[j] * slopes.by_h[j];
          for (int tap = 0; tap < kinetic::Stencil::taps; ++tap) {
            const double share = weight * at.stencil[j].weight[tap];
            const int place = (at.stencil[j].first + tap + G) % G;
            row.re[place] += share * slopes.by_n[j];
            row.im[place] += share * slopes.by_h[j];
          }
        }
      }
      double* row_n = &by_n[static_cast<std::size_t>(m) * K_];
      double* row_h = &by_h[static_cast<std::size_t>(m) * K_];
      interpolation_.coarsen(scratch, row_n, row_h);
      plan_.kink.add_transpose(kink_n, row_n, K_);
      plan_.kink.add_transpose(kink_h, row_h, K_);
    }
  }
}

}  // namespace kapitza::cpu
