// SPDX-License-Identifier: BSD-3-Clause
// Whole runs of a driven field on a GPU, until n is known to 1 % at |k| >= 0.1: the defect of
// configs/field/microscopic.toml at several L, seen in windows of 96 sites.
//
//   bench_campaign [L400] [L3200] [L12800] [--json]
//
// Each with few trajectories and with more: before anything counts, the slowest carriers have to
// cross the ring, which every trajectory pays for. The speed of the CPU is that of a part of the
// ensemble, on all cores.
#include <fmt/core.h>
#include <vector>

#include "bench/harness.hpp"
#include "tests/support/defect_runs.hpp"

namespace kapitza::bench {
namespace {

constexpr double target_error = 0.01;

testing::DefectRun defect_of(double L) {
  testing::DefectRun defect;
  defect.L = L;
  defect.absorber = 128;
  defect.dt = 0.05;
  return defect;
}

field::SteadyState start(field::Backend& backend, const testing::DefectRun& defect,
                         int trajectories) {
  const field::Problem problem = defect.problem();
  field::SteadyStateOptions options;
  options.target_error = target_error;
  options.settling = field::burn_in_floor(problem, options);
  return {backend, problem, {defect.dt, 4, 2}, {trajectories, 1, Precision::double_}, options};
}

double site_steps(const field::SteadyState& run, int sites, int trajectories) {
  return static_cast<double>(run.steps()) * sites * trajectories;
}

/// Site-steps per second, of as many slices as take a second.
double cpu_speed(const testing::DefectRun& defect) {
  constexpr int trajectories = 64;
  const auto cpu = make_cpu_machine();
  field::SteadyState run = start(cpu->field(), defect, trajectories);
  run.step();
  const double before = site_steps(run, defect.problem().sites(), trajectories);
  double time = 0;
  while (time < 1) time += seconds([&] { run.step(); });
  return (site_steps(run, defect.problem().sites(), trajectories) - before) / time;
}

/// Says every ten seconds how far it is: it may be stopped from outside.
double seconds_to_the_end(field::SteadyState& run) {
  double said = 0, time = 0;
  while (!run.finished()) {
    time += seconds([&] { run.step(); });
    if (time < said + 10) continue;
    said = time;
    fmt::print(table, "  {:.0f} s: t = {:.0f}, measured for {:.0f}, error {:.3g}\n", time,
               run.time(), run.measured_time(), run.relative_error());
    std::fflush(table);
  }
  return time;
}

nlohmann::json run_to_target(double L, const std::vector<int>& ensembles) {
  const testing::DefectRun defect = defect_of(L);
  const int sites = defect.problem().sites();
  const double cpu = cpu_speed(defect);
  const auto gpu = make_cuda_machine();
  fmt::print(table, "L = {}, {} sites; CPU, all cores: {:.3g} site-steps/s\n", L, sites, cpu);
  fmt::print(table, "{:>12} {:>8} {:>9} {:>9} {:>9} {:>8} {:>12} {:>8}\n", "trajectories",
             "seconds", "burn-in", "measured", "error", "p", "site-steps/s", "over CPU");
  nlohmann::json rows;
  for (const int trajectories : ensembles) {
    field::SteadyState run = start(gpu->field(), defect, trajectories);
    const double time = seconds_to_the_end(run);
    const double speed = site_steps(run, sites, trajectories) / time;
    fmt::print(table, "{:>12} {:>8.2f} {:>9.0f} {:>9.0f} {:>9.4f} {:>8.2g} {:>12.3g} {:>8.1f}\n",
               trajectories, time, run.burn_in(), run.measured_time(), run.relative_error(),
               run.drift_probability(), speed, speed / cpu);
    std::fflush(table);
    rows.push_back({{"L", L},
                    {"sites", sites},
                    {"trajectories", trajectories},
                    {"seconds", time},
                    {"burn_in", run.burn_in()},
                    {"measured", run.measured_time()},
                    {"error", run.relative_error()},
                    {"drift_probability", run.drift_probability()},
                    {"site_steps_per_second", speed},
                    {"over_cpu", speed / cpu}});
  }
  return rows;
}

/// Where there is no GPU these would take hours.
nlohmann::json on_gpu(double L, const std::vector<int>& ensembles) {
  if (cuda_unavailable().empty()) return run_to_target(L, ensembles);
  fmt::print(table, "no GPU: nothing measured\n");
  return nlohmann::json::array();
}

nlohmann::json L400() { return on_gpu(400, {1024, 4096}); }
nlohmann::json L3200() { return on_gpu(3200, {264, 1024}); }
nlohmann::json L12800() { return on_gpu(12800, {128}); }

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  using namespace kapitza::bench;
  return report(argc, argv, {{"L400", L400}, {"L3200", L3200}, {"L12800", L12800}});
}
