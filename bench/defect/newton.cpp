// SPDX-License-Identifier: BSD-3-Clause
// Where the time of a stationary solution goes, on every backend that is here: the runs of
// configs/quickstart.toml and, at K = 256, 40 cells and tolerance 1e-4, of
// configs/defect/stationary.toml; a large one on the GPU; the second of them several times; and
// what it takes before the first one can begin.
//
//   bench_newton [--json] [SECTION...]     sections: see main(); without a name all of them but
//                                          `large_on_cpu`, which takes a quarter of an hour
#include <cmath>
#include <ctime>
#include <fmt/core.h>
#include <fstream>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "bench/harness.hpp"
#include "bench/kinetic/timed_backend.hpp"
#include "kapitza/defect/stationary.hpp"
#include "tests/support/densities.hpp"

namespace kapitza::bench {
namespace {

struct Setting {
  int K, cells;
  double tolerance;
};

defect::Problem problem_of(kinetic::Backend& backend, const Setting& setting) {
  defect::Problem problem;
  problem.model = psi6(setting.K, {2, 3});
  for (double k : problem.model.grid.momenta())
    problem.injection.left.push_back(testing::injection(k));
  problem.injection.right = problem.injection.left;
  const double path = defect::mean_free_path(backend, problem.model, problem.injection, 1);
  problem.mesh = defect::Mesh::graded(setting.cells, defect::Mesh::layer_of(path));
  return problem;
}

nlohmann::json measure(Machine& machine, const Setting& setting) {
  kinetic::Backend& backend = machine.kinetic();
  Profile profile;
  TimedBackend timed(backend, profile);
  const defect::Problem problem = problem_of(backend, setting);
  defect::StationaryOptions options;
  options.resolution.tolerance = setting.tolerance;
  std::unique_ptr<defect::StationarySolver> solver;
  const double total = seconds([&] {
    solver = defect::make_newton(timed, problem, options);
    while (!solver->converged()) solver->step();
  });
  const auto share = [&](double part) { return 100 * part / total; };
  const double rest = total - profile.prepare - profile.evaluate - profile.linearise -
                      profile.factorise - profile.solve - profile.release;
  fmt::print(table,
             "| {} | {} | {} | {:.0e} | {} | {} | {:.1f} | {:.0f} % | {:.0f} % | {:.0f} % | "
             "{:.1f} % | {:.1f} % | {:.1f} % | {:.1f} % | {}, {}, {} |\n",
             machine.description(), setting.K, setting.cells, setting.tolerance,
             solver->iterations(), solver->jacobians(), total, share(profile.linearise),
             share(profile.evaluate), share(profile.factorise), share(profile.solve),
             share(profile.prepare), share(profile.release), share(rest), profile.operators,
             profile.evaluations, profile.linearisations);
  return {{"backend", machine.description()},
          {"K", setting.K},
          {"cells", setting.cells},
          {"tolerance", setting.tolerance},
          {"iterations", solver->iterations()},
          {"jacobians", solver->jacobians()},
          {"seconds", total},
          {"operators", profile.operators},
          {"evaluations", profile.evaluations},
          {"linearisations", profile.linearisations},
          {"factorisations", profile.factorisations},
          {"linearise_seconds", profile.linearise},
          {"evaluate_seconds", profile.evaluate},
          {"factorise_seconds", profile.factorise},
          {"solve_seconds", profile.solve},
          {"prepare_seconds", profile.prepare},
          {"release_seconds", profile.release}};
}

constexpr Setting large{512, 160, 1e-4};

void head() {
  fmt::print(table,
             "Stationary state at Lambda = 1 from free streaming\n\n"
             "| backend | K | cells | tolerance | steps | Jacobians | seconds | Jacobians | "
             "evaluations | factors | solutions | operators made | released | the rest | calls for "
             "operators, evaluations, Jacobians |\n"
             "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
}

nlohmann::json solutions() {
  const auto all = machines();
  head();
  nlohmann::json rows;
  for (const Setting& setting : {Setting{128, 32, 1e-3}, Setting{256, 40, 1e-4}, large})
    for (const auto& machine : all) {
      const bool too_long = machine->name() == "cpu" && setting.K == large.K;
      if (!too_long) rows.push_back(measure(*machine, setting));
    }
  return rows;
}

/// The same solution again and again, each on a machine that was just made.
nlohmann::json repeated() {
  if (!cuda_unavailable().empty()) {
    fmt::print(table, "no GPU: nothing measured\n");
    return nlohmann::json::object();
  }
  constexpr Setting setting{256, 40, 1e-4};
  std::vector<double> first, times;
  bool same_bits = true;
  for (int run = 0; run < 5; ++run) {
    const auto gpu = make_cuda_machine();
    const defect::Problem problem = problem_of(gpu->kinetic(), setting);
    defect::StationaryOptions options;
    options.resolution.tolerance = setting.tolerance;
    std::unique_ptr<defect::StationarySolver> solver;
    times.push_back(seconds([&] {
      solver = defect::make_newton(gpu->kinetic(), problem, options);
      while (!solver->converged()) solver->step();
    }));
    if (run == 0) first = solver->slab().n();
    same_bits = same_bits && solver->slab().n() == first;
  }
  fmt::print(table,
             "K = {}, {} cells, tolerance {:.0e}, five times on the GPU: first {:.3f} s, median "
             "{:.3f} s; the same bits: {}\n",
             setting.K, setting.cells, setting.tolerance, times[0], median(times),
             same_bits ? "yes" : "NO");
  return {{{"backend", "cuda"},
           {"K", setting.K},
           {"cells", setting.cells},
           {"tolerance", setting.tolerance},
           {"first_seconds", times[0]},
           {"median_seconds", median(times)},
           {"same_bits", same_bits}}};
}

nlohmann::json large_on_cpu() {
  head();
  return nlohmann::json::array({measure(*make_cpu_machine(), large)});
}

// ---- before the first solution -----------------------------------------------------------------

/// Since this process was made, to a hundredth: its start is field 22 of proc(5), in ticks since
/// boot. Most of it is the loading of libraries.
double process_seconds() {
  std::ifstream stat("/proc/self/stat");
  std::string field;
  std::getline(stat, field, ')');  // the name may contain spaces
  for (int i = 3; i <= 22; ++i) stat >> field;
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  const double started = std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec) - started;
}

void solve_tiny(kinetic::Backend& backend) {
  defect::StationaryOptions options;
  options.resolution.tolerance = 1e-2;
  const auto solver = defect::make_newton(backend, problem_of(backend, {32, 4, 1e-2}), options);
  while (!solver->converged()) solver->step();
}

/// The first solution of a process, tiny, brings in the libraries that are loaded when used; the
/// second one shows what of its time is the solution's.
nlohmann::json startup() {
  const double process = process_seconds();
  std::vector<std::unique_ptr<Machine>> all;
  const double making = seconds([&] { all = machines(); });
  fmt::print(table,
             "Before the first solution: process {:.2f} s, all backends {:.2f} s\n\n"
             "| backend | first tiny solution, s | second, s |\n|---|---|---|\n",
             process, making);
  nlohmann::json rows;
  for (const auto& machine : all) {
    const double first = seconds([&] { solve_tiny(machine->kinetic()); });
    const double second = seconds([&] { solve_tiny(machine->kinetic()); });
    fmt::print(table, "| {} | {:.3f} | {:.3f} |\n", machine->description(), first, second);
    rows.push_back({{"backend", machine->description()},
                    {"process_seconds", process},
                    {"all_backends_seconds", making},
                    {"first_tiny_seconds", first},
                    {"second_tiny_seconds", second}});
  }
  return rows;
}

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  using namespace kapitza::bench;
  return report(argc, argv,
                {{"startup", startup},  // first, as long as nothing is loaded
                 {"solutions", solutions},
                 {"repeated", repeated},
                 {"large_on_cpu", large_on_cpu, true}});
}
