// SPDX-License-Identifier: BSD-3-Clause
// What a GPU does, and nothing of the CPU: what a first run tells most about, in half a minute.
//
//   bench_first [operators] [evaluations] [jacobians] [chains] [filling] [kicks] [profile] [--json]
//
// First calls beside later ones: what is made once. Few densities and trajectories beside many: how
// much of the device they fill. profile, only if named: a few launches of everything, for a
// profiler.
#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "bench/harness.hpp"
#include "tests/support/defect_runs.hpp"
#include "tests/support/densities.hpp"

namespace kapitza::bench {
namespace {

constexpr int most_densities = 164;

struct Times {
  double first, median;
};

Times times_of(int later, const std::function<void()>& work) {
  const double first = seconds(work);
  std::vector<double> all;
  for (int i = 0; i < later; ++i) all.push_back(seconds(work));
  return {first, median(all)};
}

kinetic::CollisionPlan plan_of(int K, double T, int M) {
  return {psi6(K, {2, 3}), {T, 0.2, M, M, 128}};
}

struct Size {
  int K;
  double T;
  int M;
};
constexpr Size sizes[] = {{64, 16, 256}, {256, 65, 1024}, {256, 130, 2048}, {256, 130, 4096}};

/// The first of the densities across a defect.
std::vector<double> densities(int K, int N) {
  std::vector<double> n = testing::across_a_defect(K, most_densities, most_densities);
  n.resize(static_cast<std::size_t>(K) * N);
  return n;
}

nlohmann::json collision_row(const char* what, const Size& size, int N, bool fused,
                             const Times& times) {
  fmt::print(table, "{:>12} {:>5} {:>5} {:>5} {:>10} {:>8} {:>12.3f} {:>12.3f}\n", what, size.K,
             size.T, size.M, N, fused ? "fused" : "cuFFT", 1e3 * times.first, 1e3 * times.median);
  std::fflush(table);
  return {{"device", "cuda"},
          {"what", what},
          {"K", size.K},
          {"T", size.T},
          {"M", size.M},
          {"densities", N},
          {"path", fused ? "fused" : "cuFFT"},
          {"first_seconds", times.first},
          {"median_seconds", times.median}};
}

void collision_head() {
  fmt::print(table, "{:>12} {:>5} {:>5} {:>5} {:>10} {:>8} {:>12} {:>12}\n", "what", "K", "T", "M",
             "densities", "path", "first/ms", "median/ms");
}

/// What an operator costs before it does anything: a solver makes dozens.
nlohmann::json operators() {
  fmt::print(table, "{:>12} {:>5} {:>5} {:>5} {:>12} {:>12}\n", "what", "K", "T", "M", "first/ms",
             "median/ms");
  nlohmann::json rows;
  const auto gpu = make_cuda_machine();
  for (const Size& size : sizes) {
    const kinetic::CollisionPlan plan = plan_of(size.K, size.T, size.M);
    const Times times = times_of(21, [&] { gpu->kinetic().collision(plan); });
    fmt::print(table, "{:>12} {:>5} {:>5} {:>5} {:>12.3f} {:>12.3f}\n", "operator", size.K, size.T,
               size.M, 1e3 * times.first, 1e3 * times.median);
    std::fflush(table);
    rows.push_back({{"device", "cuda"},
                    {"what", "operator"},
                    {"K", size.K},
                    {"T", size.T},
                    {"M", size.M},
                    {"first_seconds", times.first},
                    {"median_seconds", times.median}});
  }
  return rows;
}

nlohmann::json evaluations() {
  collision_head();
  nlohmann::json rows;
  for (const Size& size : sizes)
    for (const kinetic::TimeSweep sweep :
         {kinetic::TimeSweep::best, kinetic::TimeSweep::transforms})
      for (const int N : {1, 8, 41, most_densities}) {
        const auto gpu = make_cuda_machine({.sweep = sweep});
        const auto collision = gpu->kinetic().collision(plan_of(size.K, size.T, size.M));
        const std::vector<double> n = densities(size.K, N);
        kinetic::CollisionBatch batch;
        rows.push_back(collision_row("evaluation", size, N, sweep == kinetic::TimeSweep::best,
                                     times_of(9, [&] { collision->evaluate(n, batch); })));
      }
  return rows;
}

nlohmann::json jacobians() {
  collision_head();
  nlohmann::json rows;
  for (const Size& size : {sizes[0], sizes[1], sizes[2]})
    for (const kinetic::TimeSweep sweep :
         {kinetic::TimeSweep::best, kinetic::TimeSweep::transforms})
      for (const int N : {1, 8, 41}) {
        const auto gpu = make_cuda_machine({.sweep = sweep});
        const auto collision = gpu->kinetic().collision(plan_of(size.K, size.T, size.M));
        const auto system = gpu->kinetic().node_system(size.K, N);
        const std::vector<double> n = densities(size.K, N);
        rows.push_back(collision_row(
            "Jacobians", size, N, sweep == kinetic::TimeSweep::best,
            times_of(5, [&] { kinetic::linearise(*collision, {n, system.get(), 0}); })));
      }
  return rows;
}

kinetic::NodeCoefficients coefficients(std::size_t values) {
  kinetic::NodeCoefficients c;
  c.Lambda = 0.01;
  c.diagonal.assign(values, 4);
  c.lower.assign(values, -1);
  c.upper.assign(values, 1);
  return c;
}

nlohmann::json chains() {
  fmt::print(table, "{:>5} {:>6} {:>20} {:>20}\n", "K", "nodes", "factors/ms", "a solution/ms");
  nlohmann::json rows;
  for (const auto& [K, N] : {std::pair{64, 16}, {256, 40}, {256, 80}, {512, 160}}) {
    const auto gpu = make_cuda_machine();
    const auto collision = gpu->kinetic().collision(plan_of(K, 8, 2 * K));
    const auto system = gpu->kinetic().node_system(K, N);
    const std::vector<double> n = densities(K, N);
    const kinetic::NodeCoefficients c = coefficients(n.size());
    std::vector<double> f(n.size(), 1);
    kinetic::linearise(*collision, {n, system.get(), 0});
    const Times factors =
        times_of(5, [&] { kinetic::factorise(gpu->kinetic(), {system.get(), &c}); });
    const Times solution = times_of(5, [&] { kinetic::solve(gpu->kinetic(), {system.get(), f}); });
    fmt::print(table, "{:>5} {:>6} {:>20.3f} {:>20.3f}\n", K, N, 1e3 * factors.median,
               1e3 * solution.median);
    std::fflush(table);
    rows.push_back({{"device", "cuda"},
                    {"K", K},
                    {"nodes", N},
                    {"factors_first_seconds", factors.first},
                    {"factors_median_seconds", factors.median},
                    {"solution_median_seconds", solution.median}});
  }
  return rows;
}

// ---- ensembles ----------------------------------------------------------------------------------

struct Fields {
  int sites, trajectories;
  Precision precision = Precision::double_;
  int kick_every = 2;
  long slice = 100;
};

nlohmann::json field_row(const Fields& run) {
  const auto gpu = make_cuda_machine();
  const auto plan =
      field::make_plan(testing::DefectRun::on_ring(run.sites).problem(), {0.05, run.kick_every, 2},
                       {run.trajectories, 1, run.precision});
  const auto ensemble = gpu->field().ensemble(plan);
  ensemble->start();
  long first = 0;
  const Times times = times_of(3, [&] {
    if (ensemble->advance(first, run.slice)) throw std::runtime_error("a field is lost");
    first += run.slice;
  });
  const double speed = static_cast<double>(run.slice) * run.trajectories * run.sites / times.median;
  const char* precision = run.precision == Precision::double_ ? "double" : "single";
  fmt::print(table, "{:>7} {:>6} {:>13} {:>6} {:>6} {:>12.3f} {:>12.3g}\n", precision, run.sites,
             run.trajectories, run.kick_every, run.slice, 1e3 * times.median, speed);
  std::fflush(table);
  return {{"device", "cuda"},
          {"precision", precision},
          {"sites", run.sites},
          {"trajectories", run.trajectories},
          {"kick_every", run.kick_every},
          {"slice", run.slice},
          {"median_seconds", times.median},
          {"site_steps_per_second", speed}};
}

void field_head() {
  fmt::print(table, "{:>7} {:>6} {:>13} {:>6} {:>6} {:>12} {:>12}\n", "real", "sites",
             "trajectories", "kicks", "slice", "slice/ms", "site-steps/s");
}

/// How many trajectories it takes to fill the device, and what a slice costs beside its steps.
nlohmann::json filling() {
  field_head();
  nlohmann::json rows;
  for (const int trajectories : {1, 16, 66, 132, 264, 396, 528, 792, 2048, 8192})
    rows.push_back(field_row({2048, trajectories}));
  for (const long slice : {1L, 10L, 1000L}) {
    Fields run{2048, 2048};
    run.slice = slice;
    rows.push_back(field_row(run));
  }
  return rows;
}

/// In both precisions, with more kicks and with fewer.
nlohmann::json kicks() {
  field_head();
  nlohmann::json rows;
  for (const Precision precision : {Precision::double_, Precision::single_})
    for (const int kick_every : {2, 4})
      rows.push_back(field_row({2048, 3168, precision, kick_every}));
  return rows;
}

/// Two evaluations, one call for Jacobians, a factorisation and a solution at the size of the
/// documents; a slice of every kind of fused steps.
nlohmann::json profile() {
  constexpr int K = 256, N = 41;
  const auto gpu = make_cuda_machine();
  const auto collision = gpu->kinetic().collision(plan_of(K, 65, 1024));
  const std::vector<double> n = densities(K, N);
  kinetic::CollisionBatch batch;
  for (int i = 0; i < 2; ++i) collision->evaluate(n, batch);
  const auto system = gpu->kinetic().node_system(K, N);
  kinetic::linearise(*collision, {n, system.get(), 0});
  const kinetic::NodeCoefficients c = coefficients(n.size());
  kinetic::factorise(gpu->kinetic(), {system.get(), &c});
  std::vector<double> f(n.size(), 1);
  kinetic::solve(gpu->kinetic(), {system.get(), f});
  nlohmann::json rows;
  for (const int sites : {512, 2048, 4096, 8192}) {
    Fields run{sites, (1 << 23) / sites};
    run.slice = 20;
    rows.push_back(field_row(run));
  }
  return rows;
}

/// On a machine without a GPU nothing of it.
template <nlohmann::json (*section)()>
nlohmann::json on_gpu() {
  if (cuda_unavailable().empty()) return section();
  fmt::print(table, "no GPU: nothing measured\n");
  return nlohmann::json::object();
}

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  using namespace kapitza::bench;
  return report(argc, argv,
                {{"operators", on_gpu<operators>},
                 {"evaluations", on_gpu<evaluations>},
                 {"jacobians", on_gpu<jacobians>},
                 {"chains", on_gpu<chains>},
                 {"filling", on_gpu<filling>},
                 {"kicks", on_gpu<kicks>},
                 {"profile", on_gpu<profile>, true}});
}
