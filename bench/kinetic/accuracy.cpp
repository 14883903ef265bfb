// SPDX-License-Identifier: BSD-3-Clause
// What the tolerance is worth: for densities from easy to hard, the resolution that is chosen, the
// estimated and the actual error; and what balance and extrapolation in T gain at a given T.
//
//   bench_accuracy [--json]
#include <algorithm>
#include <cmath>
#include <fmt/core.h>

#include "bench/harness.hpp"
#include "bench/kinetic/plain_sweep.hpp"
#include "kapitza/kinetic/resolve.hpp"
#include "kapitza/numerics/norms.hpp"
#include "tests/support/densities.hpp"

namespace kapitza::bench {
namespace {

constexpr int K = 128;

kinetic::CollisionBatch evaluate(kinetic::Backend& backend, const kinetic::CollisionModel& model,
                                 const kinetic::Resolution& resolution,
                                 const std::vector<double>& n) {
  kinetic::CollisionBatch batch;
  backend.collision(kinetic::CollisionPlan(model, resolution))->evaluate(n, batch);
  return batch;
}

double error(const std::vector<double>& I, const kinetic::CollisionBatch& exact) {
  return largest_difference(I, exact.I) / largest(exact.gain);
}

nlohmann::json tolerances(kinetic::Backend& backend) {
  const kinetic::CollisionModel model = psi6(K, {2, 3});
  fmt::print(table,
             "Tolerance, K = {}, l = 2 and 3; errors relative to max_k gain, actual against "
             "T = 1500, M = 32768\n\n",
             K);
  fmt::print(table,
             "| density | tolerance | T | M | points | cut-off (estimated) | cut-off (actual) "
             "| grid (reported) |\n|---|---|---|---|---|---|---|---|\n");
  nlohmann::json rows;
  for (const auto& density : testing::test_densities()) {
    const auto n = density.on(model.grid);
    const kinetic::CollisionBatch exact =
        evaluate(backend, model, {1500, 0.15, 32768, 8192, 512}, n);
    for (double tolerance : {1e-2, 1e-3, 1e-4}) {
      const auto resolved = kinetic::resolve_collision(backend, model, n, {.tolerance = tolerance});
      const kinetic::Resolution& r = resolved.collision->plan().resolution;
      kinetic::CollisionBatch batch;
      resolved.collision->evaluate(n, batch);
      const double actual = error(batch.I, exact);
      fmt::print(table, "| {} | {:.0e} | {:.0f} | {} ... {} | {} | {:.1e} | {:.1e} | {:.1e} |\n",
                 density.name, tolerance, r.T, r.M_first, r.M, r.points, resolved.errors.cutoff,
                 actual, resolved.errors.grid);
      rows.push_back({{"density", density.name},
                      {"tolerance", tolerance},
                      {"T", r.T},
                      {"M", r.M},
                      {"M_first", r.M_first},
                      {"points", r.points},
                      {"cutoff_error", resolved.errors.cutoff},
                      {"actual_error", actual},
                      {"grid_error", resolved.errors.grid}});
    }
  }
  return rows;
}

nlohmann::json cut_off(kinetic::Backend& backend) {
  const kinetic::CollisionModel model = psi6(K, {3});
  fmt::print(table, "\nCut-off error at given T, K = {}, l = 3, M = 4096\n\n", K);
  fmt::print(table,
             "| density | T | gain and loss, sharp | balanced, sharp | balanced, extrapolated "
             "|\n|---|---|---|---|---|\n");
  nlohmann::json rows;
  for (const auto& density : testing::test_densities()) {
    const auto n = density.on(model.grid);
    const kinetic::CollisionBatch exact = evaluate(backend, model, {1000, 0.2, 32768, 8192, 0}, n);
    const auto at = [&](double T) {
      return evaluate(backend, model, {T, 0.2, 4096, 4096, 0}, n).I;
    };
    // The program computes I_x(T) = 8/7 I(T) - 1/7 I(T/2); undone from small T upwards.
    std::vector<double> sharp = at(1.0 / 8);
    for (double T = 0.25; T <= 128; T *= 2) {
      const auto extrapolated = at(T);
      for (int m = 0; m < K; ++m) sharp[m] = 7.0 / 8 * extrapolated[m] + 1.0 / 8 * sharp[m];
      if (T < 32) continue;
      auto plain = PlainSweep(K, T, 0.2, 4096)(n);
      const std::vector<double> energy = model.dispersion.energy(model.grid.momenta());
      kinetic::project(n.data(), energy.data(), K, plain.data());
      const double errors[] = {error(plain, exact), error(sharp, exact),
                               error(extrapolated, exact)};
      fmt::print(table, "| {} | {:.0f} | {:.1e} | {:.1e} | {:.1e} |\n", density.name, T, errors[0],
                 errors[1], errors[2]);
      rows.push_back({{"density", density.name},
                      {"T", T},
                      {"plain", errors[0]},
                      {"balanced", errors[1]},
                      {"extrapolated", errors[2]}});
    }
  }
  return rows;
}

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  using namespace kapitza::bench;
  return report(argc, argv, [] {
    const auto machine = kapitza::make_cpu_machine();
    kapitza::kinetic::Backend& backend = machine->kinetic();
    return nlohmann::json{{"tolerance", tolerances(backend)}, {"cut_off", cut_off(backend)}};
  });
}
