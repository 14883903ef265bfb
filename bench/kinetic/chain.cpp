// SPDX-License-Identifier: BSD-3-Clause
// Newton's linear systems, Eq. (19), on every backend that is here: the Jacobians of all nodes, the
// elimination along the chain, one solution.
//
//   bench_chain [measured] [predicted] [--json]
//
// predicted: what an H200 would need for the linear system alone, which waits rather than computes.
#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/core.h>
#include <type_traits>

#include "bench/harness.hpp"
#include "bench/work.hpp"
#include "kapitza/kinetic/backend.hpp"
#include "kernels/device/staged/dense_blocks.hpp"
#include "kernels/kinetic/staged/node_system_stages.hpp"

namespace kapitza::bench {
namespace {

constexpr int repeats = 3;

struct Size {
  int K, N;
};

kinetic::CollisionPlan plan(int K) {
  const kinetic::CollisionModel model = psi6(K, {2, 3});
  const double T = 32;
  return {
      model,
      {T, kinetic::Resolution::safe_dtau(model), kinetic::Resolution::safe_M(model, T), 2 * K, 24}};
}

/// Densities that change slowly along the chain.
std::vector<double> densities(const Size& size) {
  std::vector<double> n;
  for (int x = 0; x < size.N; ++x)
    for (double k : MomentumGrid{size.K}.momenta())
      n.push_back(0.5 + 0.3 * std::cos(k + 0.02 * x) + 0.1 * std::sin(2 * k));
  return n;
}

/// Two nodes per cell: both momenta couple within a cell, one of them across a face.
kinetic::NodeCoefficients coefficients(const Size& size) {
  kinetic::NodeCoefficients c;
  c.Lambda = 0.01;
  c.diagonal.assign(static_cast<std::size_t>(size.N) * size.K, 4);
  for (int x = 0; x < size.N; ++x)
    for (int m = 0; m < size.K; ++m) {
      const bool face = x % 2 == 1, rightwards = 2 * m >= size.K;
      c.lower.push_back(face || rightwards ? -1 : 0);
      c.upper.push_back(face && rightwards ? 0 : 1);
    }
  return c;
}

double median_seconds(const std::function<void()>& work) {
  std::vector<double> times;
  for (int i = 0; i < repeats; ++i) times.push_back(seconds(work));
  return median(times);
}

nlohmann::json measure(Machine& machine, const Size& size) {
  kinetic::Backend& backend = machine.kinetic();
  const auto collision = backend.collision(plan(size.K));
  const auto system = backend.node_system(size.K, size.N);
  const auto n = densities(size);
  const kinetic::NodeCoefficients c = coefficients(size);
  std::vector<double> f(n.size(), 1);
  const double linearise =
      median_seconds([&] { kinetic::linearise(*collision, {n, system.get(), 0}); });
  const double factorise = median_seconds([&] { kinetic::factorise(backend, {system.get(), &c}); });
  const double solve = median_seconds([&] { kinetic::solve(backend, {system.get(), f}); });
  fmt::print(table,
             "  {}, K = {}, N = {}: linearise {:.3f} s, factorise {:.4f} s, solve {:.2f} ms\n",
             machine.description(), size.K, size.N, linearise, factorise, 1e3 * solve);
  return {{"backend", machine.description()},
          {"K", size.K},
          {"N", size.N},
          {"linearise_seconds", linearise},
          {"factorise_seconds", factorise},
          {"solve_seconds", solve}};
}

constexpr Size measured_sizes[] = {{128, 64}, {256, 80}};

nlohmann::json measured() {
  // One thread is of interest beside two, not beside a GPU.
  const auto all = cuda_unavailable().empty() ? machines() : machines({1, 0});
  nlohmann::json rows;
  fmt::print(table, "One Newton step, l = 2 and 3, T = 32\n");
  for (const Size& size : measured_sizes)
    for (const auto& machine : all) rows.push_back(measure(*machine, size));
  return rows;
}

/// Seconds. Measured on an H100: a kernel of no work that waits for the one before it. Assumed: a
/// load from device memory that something waits for; a barrier and what waits for shared memory and
/// arithmetic between two of them in the search for pivots; a step of a product's tile.
constexpr double kernel = 2.5e-6, load = 0.6e-6, barrier = 0.08e-6, step = 0.6e-6;
constexpr double cycles = 1.98e9;                 ///< in a second
constexpr double fma_per_cycle = 64, bytes = 64;  ///< of a multiprocessor: FP64; between it and L2

int levels(const Size& size) {
  return static_cast<int>(std::bit_width(static_cast<unsigned>(size.N - 1)));
}

/// What C was is asked for last.
double product_latency(int inner) {
  using Multiply = staged::MultiplyBlocks<staged::Panel>;
  return kernel + 2 * load + step * inner / Multiply::depth;
}

/// One panel: V by one multiprocessor for every matrix, Y, and their product.
template <class Pivots>
double panel_latency(int K) {
  const int width = std::min(K, Pivots::width);
  const double moved = 2.0 * K * width * sizeof(double) / bytes / cycles;
  // Three barriers; in between all numbers of the panel are multiplied and added once.
  const double column = 3 * barrier + Pivots::lanes * Pivots::held / fma_per_cycle / cycles;
  const double pivots = kernel + 2 * load + moved + width * column;
  const double take = kernel + 2 * load;
  return pivots + take + product_latency(width);
}

/// Along the longest row of things that wait for each other: inverses and reductions level by
/// level.
double factorise_latency(const Size& size) {
  const double inverse =
      2 * (kernel + load) + staged::with_panel(size.K, [&]<class P>(std::type_identity<P>) {
        const int panels = (size.K + P::width - 1) / P::width;
        return panels * panel_latency<P>(size.K);
      });
  const double condense = 2 * (kernel + 2 * load);
  const double reduce = 3 * product_latency(size.K);
  return (levels(size) + 1) * inverse + condense + std::max(0, levels(size) - 1) * reduce;
}

/// Three sums for every node on the way there and two on the way back, each with the address of
/// its matrix, its terms and what they are added to.
double solve_latency(const Size& size) {
  using Sums = staged::SumRows<staged::ReturnToNode>;
  const int together = Sums::parts * staged::Coupling::together;
  const int terms = (size.K + together - 1) / together;
  const double sum = kernel + (2 + terms) * load;
  return (3 * levels(size) + 2 * (levels(size) + 1)) * sum;
}

nlohmann::json predicted() {
  fmt::print(table,
             "A system on a GPU, if a kernel takes {} us beside its own time,\n"
             "a load from device memory {} us, a barrier {} us, 16 terms of a product {} us\n",
             1e6 * kernel, 1e6 * load, 1e6 * barrier, 1e6 * step);
  nlohmann::json rows;
  for (const Size& size : {Size{64, 16}, Size{256, 40}, Size{256, 80}, Size{512, 160}}) {
    const double seconds = factorise_latency(size);
    // Inverses, and six products for all nodes but those of the first level.
    const double operations = std::pow(size.K, 3) * (4.0 * size.N);
    const double busy = operations / h200.fp64_fma_per_second;
    const double solution = solve_latency(size);
    fmt::print(
        table,
        "  K = {}, N = {}: factors {:.1f} ms of waiting, {:.2f} ms of arithmetic at an H200's "
        "best; a solution {:.2f} ms\n",
        size.K, size.N, 1e3 * seconds, 1e3 * busy, 1e3 * solution);
    rows.push_back({{"K", size.K},
                    {"N", size.N},
                    {"latency_seconds", seconds},
                    {"arithmetic_seconds", busy},
                    {"solution_seconds", solution}});
  }
  return rows;
}

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  using namespace kapitza::bench;
  return report(argc, argv, {{"measured", measured}, {"predicted", predicted}});
}
