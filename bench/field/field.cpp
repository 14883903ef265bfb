// SPDX-License-Identifier: BSD-3-Clause
// How fast ensembles of fields are evolved, on every backend that is here.
//
//   bench_field [transforms] [cost] [precision] [noise] [--json]
//
// transforms: against the bare FFTW transforms of the same run, one thread, and two threads over
// one. cost: site-steps per second against sites and trajectories. precision: what single precision
// saves and what it changes. noise: what rarer kicks save and what they change.
#include <cmath>
#include <fmt/core.h>

#include "bench/harness.hpp"
#include "kernels/device/cpu/fftw.hpp"
#include "tests/support/defect_runs.hpp"

namespace kapitza::bench {
namespace {

using testing::DefectRun;

constexpr double dt = 0.05;

/// Everywhere the same: no absorber, no noise.
field::Problem closed_chain(int sites) {
  field::Problem problem;
  problem.density = testing::two_peaks;
  problem.profile.assign(sites, 1.0);
  problem.lambda = 0.004;
  return problem;
}

field::Problem driven_ring(int sites) { return DefectRun::on_ring(sites).problem(); }

/// `steps` steps of an ensemble, measured every 100 as runs do, more or less.
std::function<void()> evolution(field::Ensemble& ensemble, long steps) {
  return [&ensemble, steps, first = long{0}]() mutable {
    for (long done = 0; done < steps; done += 100, first += 100) ensemble.advance(first, 100);
  };
}

/// The transforms that they contain: one there and one back for each field and step.
std::function<void()> bare_transforms(int sites, int trajectories, long steps) {
  struct Work {
    cpu::SplitArray a, b;
    cpu::Transform there, back;
  };
  const auto work = std::make_shared<Work>(Work{cpu::SplitArray(sites), cpu::SplitArray(sites),
                                                cpu::Transform(sites, 1, Sign::minus),
                                                cpu::Transform(sites, 1, Sign::plus)});
  return [=] {
    for (long i = 0; i < steps * trajectories; ++i) {
      work->there(work->a.view(), work->b.view());
      work->back(work->b.view(), work->a.view());
    }
  };
}

constexpr field::EnsembleSize in_double(int trajectories) {
  return {trajectories, 1, Precision::double_};
}

nlohmann::json transforms() {
  constexpr int trajectories = 8;
  nlohmann::json rows;
  std::fprintf(table,
               "One thread, double precision, against the bare transforms of the same steps\n");
  std::fprintf(table, "%8s %24s %16s %10s\n", "sites", "field", "ns/site-step", "ratio");
  const auto one = make_cpu_machine(1);
  for (const int sites : {512, 1024, 2048, 4096})
    for (const auto& [name, problem, every] :
         {std::tuple{"closed chain", closed_chain(sites), 1},
          std::tuple{"noise every 2 steps", driven_ring(sites), 2},
          std::tuple{"noise every 4 steps", driven_ring(sites), 4}}) {
      const auto ensemble =
          one->field().ensemble(field::make_plan(problem, {dt, every, 2}, in_double(trajectories)));
      ensemble->start();
      const long steps = 100L * std::max(1, 8192 / sites);
      const Comparison times =
          compare(evolution(*ensemble, steps), bare_transforms(sites, trajectories, steps), 9);
      const double ns = 1e9 * times.first / (static_cast<double>(steps) * trajectories * sites);
      std::fprintf(table, "%8d %24s %16.2f %10.2f\n", sites, name, ns, times.ratio);
      rows.push_back(
          {{"sites", sites}, {"field", name}, {"ns_per_site_step", ns}, {"ratio", times.ratio}});
    }
  const auto two = make_cpu_machine(2);
  const auto alone =
      one->field().ensemble(field::make_plan(closed_chain(1024), {dt, 1, 2}, in_double(32)));
  const auto both =
      two->field().ensemble(field::make_plan(closed_chain(1024), {dt, 1, 2}, in_double(32)));
  alone->start();
  both->start();
  const double scaling = compare(evolution(*alone, 400), evolution(*both, 400), 9).ratio;
  std::fprintf(table, "two threads over one: %.2f\n", scaling);
  return {{"rows", rows}, {"threads", scaling}};
}

nlohmann::json cost() {
  nlohmann::json rows;
  std::fprintf(table, "Site-steps per second, noise every 4 steps\n");
  std::fprintf(table, "%8s %8s %13s %12s %14s\n", "device", "sites", "trajectories", "double",
               "single");
  for (const auto& machine : machines())
    for (const auto& [sites, trajectories] : {std::pair{512, 64},
                                              {960, 64},
                                              {1000, 64},
                                              {1024, 2},
                                              {1024, 16},
                                              {1024, 256},
                                              {1536, 64},
                                              {2048, 64},
                                              {4096, 64},
                                              {8192, 64}}) {
      const auto speed = [&, sites = sites, trajectories = trajectories](Precision precision) {
        const auto ensemble = machine->field().ensemble(
            field::make_plan(driven_ring(sites), {dt, 4, 2}, {trajectories, 1, precision}));
        ensemble->start();
        const long steps = 100L * std::max(1L, 1L * 1024 * 64 / (1L * sites * trajectories));
        const auto work = evolution(*ensemble, steps);
        work();
        std::vector<double> times;
        for (int i = 0; i < 5; ++i) times.push_back(seconds(work));
        return static_cast<double>(steps) * trajectories * sites / median(times);
      };
      const double in_double = speed(Precision::double_), in_single = speed(Precision::single_);
      std::fprintf(table, "%8s %8d %13d %12.3g %14.3g\n", machine->name().c_str(), sites,
                   trajectories, in_double, in_single);
      rows.push_back({{"device", machine->name()},
                      {"sites", sites},
                      {"trajectories", trajectories},
                      {"site_steps_per_second", {{"double", in_double}, {"single", in_single}}}});
    }
  return rows;
}

/// The field of every trajectory, after so many steps.
std::vector<Complex> fields_after(field::Backend& backend, const field::EnsemblePlan& plan,
                                  long steps) {
  const auto ensemble = backend.ensemble(plan);
  ensemble->start();
  ensemble->advance(0, steps);
  std::vector<Complex> fields(static_cast<std::size_t>(plan.sites) * plan.trajectories);
  ensemble->fields(fields);
  return fields;
}

/// Root mean square difference, relative to the root mean square.
double difference(const std::vector<Complex>& a, const std::vector<Complex>& b) {
  double above = 0, below = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    above += norm(a[i] - b[i]);
    below += norm(b[i]);
  }
  return std::sqrt(above / below);
}

nlohmann::json precision() {
  nlohmann::json rows;
  std::fprintf(table,
               "Single precision: relative difference of the fields with the same noise, L = 200, "
               "Lambda = 0.05,\n"
               "beside what half the time step does to them\n");
  std::fprintf(table, "%10s %14s %14s\n", "time", "single", "half the step");
  const auto cpu = make_cpu_machine();
  DefectRun defect;
  defect.L = 200;
  const field::Problem problem = defect.problem();
  const field::Numerics numerics{dt, 4, 2};
  for (const double t : {1.0, 10.0, 100.0, 1000.0}) {
    const long steps = std::lround(t / dt);
    const auto exact =
        fields_after(cpu->field(), field::make_plan(problem, numerics, in_double(4)), steps);
    const auto single = fields_after(
        cpu->field(), field::make_plan(problem, numerics, {4, 1, Precision::single_}), steps);
    const auto halved = fields_after(
        cpu->field(), field::make_plan(problem, numerics.halved(), in_double(4)), 2 * steps);
    const double by_precision = difference(single, exact), by_step = difference(halved, exact);
    std::fprintf(table, "%10g %14.2e %14.2e\n", t, by_precision, by_step);
    rows.push_back({{"time", t}, {"single", by_precision}, {"half_step", by_step}});
  }
  return rows;
}

nlohmann::json noise() {
  nlohmann::json rows;
  std::fprintf(
      table,
      "Kicks every m steps of %g, lambda = 0: time of a run over that with m = 1, and the\n"
      "density measured over the one asked for, in the window and over 64 trajectories\n",
      dt);
  std::fprintf(table, "%6s %10s %14s\n", "m", "time", "n / n_in");
  const auto cpu = make_cpu_machine();
  double first = 0;
  for (const int every : {1, 2, 4, 8, 16, 32, 64}) {
    DefectRun defect;
    defect.L = 16;
    defect.Lambda = 0;
    field::SteadyStateOptions options;
    options.burn_in = 500;
    options.max_time = 3500;
    const field::Problem problem = defect.problem();
    field::SteadyState run(cpu->field(), problem, {dt, every, 2}, in_double(64), options);
    const double time = seconds([&] {
      while (!run.finished()) run.step();
    });
    if (every == 1) first = time;
    const std::vector<double> in =
        field::Window::sine(problem.window)
            .blur({problem.sites()}, problem.density(MomentumGrid{problem.sites()}.momenta()));
    double asked = 0;
    for (const double n : in) asked += n / problem.window;
    const Estimates seen = run.moments(std::vector<double>(problem.window, 1.0));
    const double ratio = (seen.mean[0] + seen.mean[1]) / (2 * asked);
    const double error = std::hypot(seen.error[0], seen.error[1]) / (2 * asked);
    std::fprintf(table, "%6d %10.2f %9.4f +- %.4f\n", every, time / first, ratio, error);
    rows.push_back({{"every", every}, {"time", time / first}, {"ratio", ratio}, {"error", error}});
  }
  return rows;
}

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  using namespace kapitza::bench;
  return report(
      argc, argv,
      {{"transforms", transforms}, {"cost", cost}, {"precision", precision}, {"noise", noise}});
}
