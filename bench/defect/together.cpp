// SPDX-License-Identifier: BSD-3-Clause
// A scan of Lambda: 64 small stationary solves, K = 64 and 16 cells, one after the other and side
// by side, on every backend that is here.
//
//   bench_together [--json]
#include "kapitza/kinetic/together.hpp"

#include <cmath>
#include <fmt/core.h>
#include <string>
#include <utility>

#include "bench/harness.hpp"
#include "bench/kinetic/timed_backend.hpp"
#include "kapitza/defect/stationary.hpp"
#include "tests/support/densities.hpp"

namespace kapitza::bench {
namespace {

constexpr int solves = 64, K = 64, cells = 16;

/// Lambda from 0.1 to 10.
std::vector<defect::Problem> scan(kinetic::Backend& backend) {
  defect::Problem problem;
  problem.model = psi6(K, {2, 3});
  for (double k : problem.model.grid.momenta())
    problem.injection.left.push_back(testing::injection(k));
  problem.injection.right = problem.injection.left;
  const double path = defect::mean_free_path(backend, problem.model, problem.injection, 1);
  std::vector<defect::Problem> all;
  for (int i = 0; i < solves; ++i) {
    problem.Lambda = std::pow(10, 2.0 * i / (solves - 1) - 1);
    problem.mesh = defect::Mesh::graded(cells, defect::Mesh::layer_of(path / problem.Lambda));
    all.push_back(problem);
  }
  return all;
}

/// The stationary density, from free streaming.
std::vector<double> solve(kinetic::Backend& backend, const defect::Problem& problem) {
  defect::StationaryOptions options;
  options.resolution.tolerance = 1e-3;
  const auto solver = defect::make_newton(backend, problem, options);
  while (!solver->converged()) solver->step();
  return solver->slab().n();
}

std::string calls(const Profile& p) {
  return fmt::format("{}, {}, {}, {}", p.operators, p.evaluations, p.linearisations,
                     p.factorisations);
}

nlohmann::json measure(Machine& machine) {
  kinetic::Backend& backend = machine.kinetic();
  const std::vector<defect::Problem> problems = scan(backend);
  std::vector<std::vector<double>> alone(solves), together(solves);
  Profile calls_alone, calls_together;
  TimedBackend timed_alone(backend, calls_alone), timed_together(backend, calls_together);
  const auto one_by_one = [&] {
    for (int i = 0; i < solves; ++i) alone[i] = solve(timed_alone, problems[i]);
  };
  const auto at_once = [&] {
    const auto work = [&](std::size_t i, kinetic::Backend& own) {
      together[i] = solve(own, problems[i]);
    };
    for (const std::exception_ptr& thrown : kinetic::side_by_side(timed_together, solves, work))
      if (thrown) std::rethrow_exception(thrown);
  };
  solve(backend, problems[0]);  // what is done once in a process is not counted
  const double first = seconds(one_by_one), second = seconds(at_once);
  fmt::print(table, "| {} | {:.2f} | {:.2f} | {:.2f} | {} | {} | {} |\n", machine.description(),
             first, second, first / second, alone == together ? "yes" : "NO", calls(calls_alone),
             calls(calls_together));
  return {{"backend", machine.description()},       {"seconds_one_by_one", first},
          {"seconds_side_by_side", second},         {"ratio", first / second},
          {"calls_one_by_one", calls(calls_alone)}, {"calls_side_by_side", calls(calls_together)},
          {"same_bits", alone == together}};
}

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  using namespace kapitza;
  using namespace kapitza::bench;
  return report(argc, argv, [] {
    const auto all = machines();
    fmt::print(
        table,
        "{} stationary solves, K = {}, {} cells, Lambda = 0.1 ... 10, from free streaming\n\n"
        "| backend | one after the other, s | side by side, s | ratio | the same bits | calls for "
        "operators, evaluations, Jacobians, factors: one after the other | side by side |\n"
        "|---|---|---|---|---|---|---|\n",
        solves, K, cells);
    nlohmann::json rows;
    for (const auto& machine : all) rows.push_back(measure(*machine));
    return nlohmann::json{{"scan", rows}};
  });
}
