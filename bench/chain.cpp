// SPDX-License-Identifier: BSD-3-Clause
// Newton's linear systems, Eq. (19), on every backend that is here: the Jacobians of all nodes, the
// elimination along the chain, one solution.
//
//   bench_chain [--json]
#include <algorithm>
#include <cmath>
#include <fmt/core.h>

#include "bench/harness.hpp"
#include "kapitza/solver/backend.hpp"

namespace kapitza::bench {
namespace {

constexpr int repeats = 3;

struct Size {
  int K, N;
};

CollisionPlan plan(int K) {
  const CollisionModel model = psi6(K, {2, 3});
  const double T = 32;
  return {model, {T, Resolution::safe_dtau(model), Resolution::safe_M(model, T), 2 * K, 24}};
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
ChainCoefficients coefficients(const Size& size) {
  ChainCoefficients c;
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

nlohmann::json measure(Backend& backend, const Size& size) {
  const auto collision = backend.collision(plan(size.K));
  const auto chain = collision->chain(size.N);
  const auto n = densities(size);
  const ChainCoefficients c = coefficients(size);
  std::vector<double> f(n.size(), 1);
  const double linearise = median_seconds([&] { collision->linearise(n, *chain, 0); });
  const double factorise = median_seconds([&] { chain->factorise(c); });
  const double solve = median_seconds([&] { chain->solve(f); });
  fmt::print(table,
             "  {}, K = {}, N = {}: linearise {:.3f} s, factorise {:.4f} s, solve {:.2f} ms\n",
             backend.description(), size.K, size.N, linearise, factorise, 1e3 * solve);
  return {{"backend", backend.description()},
          {"K", size.K},
          {"N", size.N},
          {"linearise_seconds", linearise},
          {"factorise_seconds", factorise},
          {"solve_seconds", solve}};
}

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  using namespace kapitza;
  using namespace kapitza::bench;
  return report(argc, argv, [] {
    const auto all = backends({1, 0});
    nlohmann::json rows;
    fmt::print(table, "One Newton step, l = 2 and 3, T = 32\n");
    for (const Size size : {Size{128, 64}, Size{256, 80}})
      for (const auto& backend : all) rows.push_back(measure(*backend, size));
    return nlohmann::json{{"rows", rows}};
  });
}
