// SPDX-License-Identifier: BSD-3-Clause
#include "kernels/kinetic/cpu/collision.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "kapitza/kinetic/assemble.hpp"
#include "kapitza/kinetic/assemble_jacobian.hpp"
#include "kernels/kinetic/cpu/node_system.hpp"
#include "kernels/kinetic/cpu/pairs.hpp"
#include "kernels/kinetic/cpu/sweep.hpp"

namespace kapitza::cpu {
namespace {

/// Densities per pass of evaluate(): bounds the memory of the partial sums.
constexpr std::size_t block_densities = 64;

/// Momenta per work item of the manifold.
constexpr int pair_momenta = 16;

class CpuCollision final : public kinetic::CollisionOperator {
 public:
  CpuCollision(kinetic::CollisionPlan plan_in, int threads)
      : kinetic::CollisionOperator(std::move(plan_in)),
        threads_(threads),
        sweep_(plan()),
        pairs_(plan()) {}

  void evaluate(std::span<const double> n, kinetic::CollisionBatch& out) override;
  void jacobian(std::span<const double> n, std::span<double> J) override;
  void linearise(std::span<const kinetic::Linearisation> stretches) override;
  std::size_t memory(std::size_t densities) const override;

 private:
  /// B and S of every density of a block: [density][segment][gain, rate][K] and
  /// [density][gain, rate][K].
  struct Sums {
    std::vector<double> sweep, pairs;
  };
  enum class Rates { value, slope };  ///< C_l or dC_l / drho

  int K() const { return plan().K(); }
  std::size_t area() const { return static_cast<std::size_t>(K()) * K(); }
  std::size_t row() const { return 2 * static_cast<std::size_t>(K()); }
  std::size_t segments() const { return plan().time.segments.size(); }

  /// J: where every density's matrix belongs.
  void jacobians(std::span<const double> n, std::span<double* const> J);
  std::vector<BalancedDensity> densities(std::span<const double> n) const;
  Sums sums(std::span<const BalancedDensity> block, Rates rates);
  kinetic::CollisionSums view(const Sums& all, std::size_t x) const;
  void assemble(const BalancedDensity& density, const kinetic::CollisionSums& slopes,
                const kinetic::CollisionSums& values, std::span<const double> by_n,
                std::span<const double> by_h, double* J) const;

  int threads_;
  Sweep sweep_;
  Pairs pairs_;
  std::vector<double> partial_;  ///< [density][chunk][gain, rate][K]: kept from call to call
};

std::vector<BalancedDensity> CpuCollision::densities(std::span<const double> n) const {
  std::vector<BalancedDensity> result(n.size() / K());
#pragma omp parallel for num_threads(threads_) schedule(static)
  for (std::size_t x = 0; x < result.size(); ++x) result[x] = BalancedDensity(&n[x * K()], plan());
  return result;
}

/// Work items are (density, chunk of times) and (group of densities, range of momenta). They do
/// not depend on the number of threads and are added in a fixed order: neither do the results.
CpuCollision::Sums CpuCollision::sums(std::span<const BalancedDensity> block, Rates kind) {
  const auto& chunks = sweep_.chunks();
  const std::size_t N = block.size();
  const std::size_t groups = plan().model.has_pairs() ? (N + Pairs::lanes - 1) / Pairs::lanes : 0;
  const std::size_t ranges = (K() + pair_momenta - 1) / pair_momenta;
  const auto group = [&](std::size_t g) {
    return block.subspan(g * Pairs::lanes,
                         std::min<std::size_t>(Pairs::lanes, N - g * Pairs::lanes));
  };
  Sums result{std::vector<double>(N * segments() * row()), std::vector<double>(N * row())};
  partial_.resize(N * chunks.size() * row());
  std::vector<Sweep::Lattices> lattices(N);
  std::vector<std::vector<Pairs::Lanes>> fine(groups);
#pragma omp parallel num_threads(threads_)
  {
    Sweep::Scratch scratch = sweep_.scratch();
#pragma omp for schedule(dynamic) nowait
    for (std::size_t x = 0; x < N; ++x) lattices[x] = sweep_.refine(block[x]);
#pragma omp for schedule(dynamic)
    for (std::size_t g = 0; g < groups; ++g) fine[g] = pairs_.refine(group(g));
#pragma omp for schedule(dynamic) nowait
    for (std::size_t item = 0; item < N * chunks.size(); ++item) {
      // Late chunks are the dearest: hand them out first.
      const std::size_t x = item % N, c = chunks.size() - 1 - item / N;
      const auto rates = kind == Rates::value ? plan().sweep_rates(block[x].rho)
                                              : plan().sweep_rate_slopes(block[x].rho);
      sweep_.sums(lattices[x], chunks[c], rates, scratch,
                  &partial_[(x * chunks.size() + c) * row()]);
    }
#pragma omp for schedule(dynamic)
    for (std::size_t item = 0; item < groups * ranges; ++item) {
      const std::size_t g = item / ranges;
      const int first = static_cast<int>(item % ranges) * pair_momenta;
      pairs_.sums(group(g), fine[g], first, std::min(first + pair_momenta, K()),
                  &result.pairs[g * Pairs::lanes * row()]);
    }
#pragma omp for schedule(static)
    for (std::size_t x = 0; x < N; ++x) {
      for (std::size_t c = 0; c < chunks.size(); ++c) {
        double* total = &result.sweep[(x * segments() + chunks[c].segment) * row()];
        const double* part = &partial_[(x * chunks.size() + c) * row()];
        for (std::size_t i = 0; i < row(); ++i) total[i] += part[i];
      }
      const double rate = kind == Rates::value ? plan().pair_rate(block[x].rho)
                                               : plan().pair_rate_slope(block[x].rho);
      for (std::size_t i = 0; i < row(); ++i) result.pairs[x * row() + i] *= rate;
    }
  }
  return result;
}

kinetic::CollisionSums CpuCollision::view(const Sums& all, std::size_t x) const {
  return {segments() > 0 ? &all.sweep[x * segments() * row()] : nullptr,
          static_cast<int>(segments()), plan().model.has_pairs() ? &all.pairs[x * row()] : nullptr,
          K()};
}

void CpuCollision::evaluate(std::span<const double> n, kinetic::CollisionBatch& out) {
  const std::size_t N = n.size() / K();
  out.resize(N, K());
  for (std::size_t first = 0; first < N; first += block_densities) {
    const std::size_t count = std::min(block_densities, N - first);
    const std::vector<BalancedDensity> block = densities(n.subspan(first * K(), count * K()));
    const Sums all = sums(block, Rates::value);
#pragma omp parallel for num_threads(threads_) schedule(static)
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t x = first + i;
      kinetic::CollisionValues values{&out.gain[x * K()], &out.loss[x * K()], &out.I[x * K()]};
      kinetic::assemble_collision(block[i].n, block[i].h.data(), plan().energy.data(), view(all, i),
                                  values);
      out.error[x] = values.error;
      out.grid_error[x] = values.grid_error;
      out.number_rate_raw[x] = values.number_rate_raw;
      out.energy_rate_raw[x] = values.energy_rate_raw;
      out.projection[x] = values.projection;
    }
  }
}

void CpuCollision::jacobian(std::span<const double> n, std::span<double> J) {
  std::vector<double*> matrices;
  for (std::size_t x = 0; x < n.size() / K(); ++x) matrices.push_back(&J[x * area()]);
  jacobians(n, matrices);
}

void CpuCollision::linearise(std::span<const kinetic::Linearisation> stretches) {
  std::vector<double> n;
  std::vector<double*> matrices;
  for (const auto& [part, system, first] : stretches) {
    const std::span<double> J = cpu::jacobians(*system);
    n.insert(n.end(), part.begin(), part.end());
    for (std::size_t x = 0; x < part.size() / K(); ++x)
      matrices.push_back(&J[(first + x) * area()]);
  }
  jacobians(n, matrices);
}

void CpuCollision::jacobians(std::span<const double> n, std::span<double* const> J) {
  const std::size_t N = n.size() / K();
  const std::size_t group = sweep_.jacobian_group(N);
  Sweep::JacobianSpace space = sweep_.jacobian_space(group);
  std::vector<double> by_n, by_h;
  for (std::size_t first = 0; first < N; first += group) {
    const std::size_t count = std::min(group, N - first);
    const std::vector<BalancedDensity> block = densities(n.subspan(first * K(), count * K()));
    const Sums slopes = sums(block, Rates::slope), values = sums(block, Rates::value);
    by_n.assign(count * area(), 0.0);
    by_h.assign(count * area(), 0.0);
    sweep_.jacobian(block, threads_, space, by_n, by_h);
    for (std::size_t i = 0; i < count; ++i) {
      const auto part = [&](std::vector<double>& all) {
        return std::span(all).subspan(i * area(), area());
      };
      if (plan().model.has_pairs()) pairs_.jacobian(block[i], threads_, part(by_n), part(by_h));
      assemble(block[i], view(slopes, i), view(values, i), part(by_n), part(by_h), J[first + i]);
    }
  }
}

void CpuCollision::assemble(const BalancedDensity& density, const kinetic::CollisionSums& slopes,
                            const kinetic::CollisionSums& values, std::span<const double> by_n,
                            std::span<const double> by_h, double* J) const {
  std::vector<double> gain(K()), rate(K()), slope(K()), I(K());
  for (int m = 0; m < K(); ++m) {
    const double n = density.n[m], h = density.h[m];
    gain[m] = values.total_gain(m);
    rate[m] = values.total_rate(m);
    I[m] = kinetic::collision_integral(n, h, gain[m], rate[m]);
    slope[m] = h * slopes.total_gain(m) + n * slopes.total_rate(m);  // fused in this order
  }
  const double* energy = plan().energy.data();
  const kinetic::JacobianPieces pieces{by_n.data(),
                                       by_h.data(),
                                       gain.data(),
                                       rate.data(),
                                       slope.data(),
                                       density.n,
                                       density.h.data(),
                                       energy,
                                       density.line,
                                       kinetic::project(density.n, energy, K(), I.data()).line,
                                       K()};
  const InOrder momenta(K());
  const kinetic::MomentSystem system = kinetic::moments_of(momenta, density.n, energy);
  std::vector<kinetic::MomentSystem::Line> response(K());
#pragma omp parallel num_threads(threads_)
  {
#pragma omp for schedule(static)
    for (int k = 0; k < K(); ++k) response[k] = kinetic::line_response(momenta, pieces, k);
#pragma omp for schedule(static)
    for (int p = 0; p < K(); ++p)
      kinetic::assemble_jacobian_column(momenta, pieces, response.data(), system, p, J);
  }
}

std::size_t CpuCollision::memory(std::size_t N) const {
  const std::size_t block = std::min(N, block_densities);
  const std::size_t groups =
      plan().model.has_pairs() ? (block + Pairs::lanes - 1) / Pairs::lanes : 0;
  return sweep_.table_bytes() + pairs_.table_bytes() + groups * pairs_.bytes_per_group() +
         block * (sweep_.bytes_per_density() + (segments() + 1) * row() * sizeof(double)) +
         threads_ * sweep_.bytes_per_thread();
}

}  // namespace

std::unique_ptr<kinetic::CollisionOperator> make_collision(kinetic::CollisionPlan plan,
                                                           int threads) {
  return std::make_unique<CpuCollision>(std::move(plan), threads);
}

}  // namespace kapitza::cpu
