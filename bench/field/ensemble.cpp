// SPDX-License-Identifier: BSD-3-Clause
// Ensembles of fields: every way to evolve them, beside each other and beside what the device can
// do.
//
//   bench_ensemble [ladder] [long] [predicted] [points] [--json]
//
// ladder: site-steps per second of the CPU on all its cores, of the GPU by batched transforms, and
// of every rung of the fused steps; each GPU figure over its own ceiling. long: rings that no block
// holds, by batched transforms and in two passes. predicted: what an H200 could do at most. points:
// many small ensembles one after the other and all at once, and two large ones at once.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/core.h>
#include <future>
#include <stdexcept>

#include "bench/harness.hpp"
#include "bench/work.hpp"
#include "kernels/field/staged/fused_steps.hpp"
#include "kernels/field/staged/two_pass_steps.hpp"
#include "tests/support/defect_runs.hpp"

namespace kapitza::bench {
namespace {

constexpr int kick_every = 2;
constexpr long slice = 100;  ///< steps between two measurements

field::EnsemblePlan driven_ring(int sites, int trajectories, Precision precision,
                                int every = kick_every) {
  return field::make_plan(testing::DefectRun::on_ring(sites).problem(), {0.05, every, 2},
                          {trajectories, 1, precision});
}

const char* name(Precision precision) {
  return precision == Precision::double_ ? "double" : "single";
}

// ---- what a step of one trajectory costs at least -----------------------------------------------

/// Two transforms, and the phases between them; without the operations of local steps and noise.
template <class Index>
Work fused_work(int noise_modes) {
  const double cells =
      2 * transform_cells<Index>() + Index::length + ring_cells(noise_modes) / kick_every;
  return {0, cells * sizeof(typename Index::Value),
          2 * transform_operations<Index>() + product * Index::length};
}

/// Each stage reads and writes what it changes, each transform all of its values once.
Work transforms_work(const field::EnsemblePlan& plan) {
  const double value = plan.precision == Precision::double_ ? 16 : 8;
  const double absorber = 2 * plan.absorber_width, modes = static_cast<double>(plan.noise.size());
  const double stretches = 1 + 1.0 / plan.kick_every;  // a kick cuts one in two
  const double local = stretches * 2 * (plan.defect.size() + absorber);
  const double kick = modes + 2 * modes + 3 * absorber;
  return {value * (3 * 2.0 * plan.sites + local + kick / plan.kick_every), 0, 0};
}

/// Two passes, each of which reads and writes all values, and one more in a slice; the phases and
/// the turns between rows and columns come from the caches.
template <class Shape>
Work two_pass_work() {
  const double N = Shape::sites, value = sizeof(typename Shape::Value);
  using Row = typename Shape::RowIndex;
  using Column = typename Shape::ColumnIndex;
  const double turns = 2 * N, passes = 2 + 1.0 / slice;
  const auto lines = [&](double of_row, double of_column) {
    return 2 * (Shape::rows * of_row + Shape::columns * of_column);
  };
  const double cells = lines(transform_cells<Row>(), transform_cells<Column>());
  const double operations = lines(transform_operations<Row>(), transform_operations<Column>());
  return {passes * 2 * N * value, (cells + N + turns) * value,
          operations + product * (N + 2 * turns)};
}

// ---- the ladder ---------------------------------------------------------------------------------

struct Rung {
  const char* name;
  field::Steps steps;
};

constexpr Rung transforms{"cuFFT", field::Steps::transforms}, fused{"fused", field::Steps::fused};
constexpr Rung two_pass{"two passes", field::Steps::two_pass};

Work work_of(const field::EnsemblePlan& plan, field::Steps steps) {
  Work work = transforms_work(plan);
  const auto set_fused = [&](auto index) {
    work = fused_work<decltype(index)>(static_cast<int>(plan.noise.size()));
    return true;
  };
  const auto set_two_pass = [&](auto shape) {
    work = two_pass_work<decltype(shape)>();
    return true;
  };
  const bool is_double = plan.precision == Precision::double_;
  if (steps == field::Steps::two_pass)
    is_double ? staged::with_two_pass<double>(plan.sites, set_two_pass)
              : staged::with_two_pass<float>(plan.sites, set_two_pass);
  else if (is_double)
    staged::with_field_index<double>(plan.sites, set_fused);
  else
    staged::with_field_index<float>(plan.sites, set_fused);
  return work;
}

/// Evolves and measures once. A field that is lost is an error, not a speed.
void advance(field::Ensemble& ensemble, long first) {
  if (const auto lost = ensemble.advance(first, slice))
    throw std::runtime_error(lost->text(ensemble.plan().dt));
}

/// Median time of a slice, after a first one.
double seconds_per_slice(field::Backend& backend, const field::EnsemblePlan& plan, int times) {
  const auto ensemble = backend.ensemble(plan);
  ensemble->start();
  advance(*ensemble, 0);
  std::vector<double> all;
  for (int i = 1; i <= times; ++i) all.push_back(seconds([&] { advance(*ensemble, i * slice); }));
  return median(all);
}

nlohmann::json row(const char* device, const char* path, const field::EnsemblePlan& plan,
                   double time) {
  const double speed = static_cast<double>(slice) * plan.trajectories * plan.sites / time;
  std::fprintf(table, "%6s %-26s %9s %6d %13d %12.3g", device, path, name(plan.precision),
               plan.sites, plan.trajectories, speed);
  return {{"device", device},
          {"path", path},
          {"precision", name(plan.precision)},
          {"sites", plan.sites},
          {"trajectories", plan.trajectories},
          {"site_steps_per_second", speed}};
}

/// cpu_time: of a slice.
nlohmann::json gpu_row(const Rung& rung, const field::EnsemblePlan& plan, const cuda::Ceilings& can,
                       double cpu_time) {
  const auto gpu = make_cuda_machine({rung.steps});
  const double time = seconds_per_slice(gpu->field(), plan, 5);
  nlohmann::json result = row("cuda", rung.name, plan, time);
  const Limit limit = limit_of(work_of(plan, rung.steps), can, plan.precision);
  const double fraction = slice * plan.trajectories * limit.seconds / time;
  std::fprintf(table, "%10.1f %10.2f of %s\n", cpu_time / time, fraction, limit.name);
  std::fflush(table);
  result["over_cpu"] = cpu_time / time;
  result["fraction"] = fraction;
  result["ceiling"] = limit.name;
  return result;
}

void ladder_head(int every) {
  std::fprintf(table, "Noise every %d steps, measured every %ld; CPU on all cores\n", every, slice);
  std::fprintf(table, "%6s %-26s %9s %6s %13s %12s %10s %10s\n", "device", "path", "precision",
               "sites", "trajectories", "site-steps/s", "over CPU", "ceiling");
}

/// The CPU's speed, told by a part of the ensemble, as many as keep all cores busy. Returns the
/// time that a slice of all of it would take.
double add_cpu_row(nlohmann::json& rows, const field::EnsemblePlan& plan, int most) {
  field::EnsemblePlan part = plan;
  part.trajectories = std::min(plan.trajectories, most);
  const auto cpu = make_cpu_machine();
  const double time = seconds_per_slice(cpu->field(), part, 3);
  rows.push_back(row("cpu", "FFTW", part, time));
  std::fprintf(table, "\n");
  return time * plan.trajectories / part.trajectories;
}

nlohmann::json ladder() {
  ladder_head(kick_every);
  const bool gpu = cuda_unavailable().empty();
  const cuda::Ceilings can = gpu ? cuda::measure_ceilings() : cuda::Ceilings{};
  nlohmann::json rows;
  for (const Precision precision : {Precision::double_, Precision::single_})
    for (const int sites : {512, 1024, 2048, 4096, 8192}) {
      // More values than a second-level cache holds in either precision.
      const int trajectories = gpu ? (1 << 24) / sites : 64;
      const field::EnsemblePlan plan = driven_ring(sites, trajectories, precision);
      const double cpu_time = add_cpu_row(rows, plan, 256);
      if (!gpu) continue;
      rows.push_back(gpu_row(transforms, plan, can, cpu_time));
      rows.push_back(gpu_row(fused, plan, can, cpu_time));
    }
  return rows;
}

nlohmann::json long_rings() {
  if (!cuda_unavailable().empty()) {
    std::fprintf(table, "no GPU: nothing measured\n");
    return nlohmann::json::array();
  }
  constexpr int every = 4;
  ladder_head(every);
  const cuda::Ceilings can = cuda::measure_ceilings();
  nlohmann::json rows;
  for (const Precision precision : {Precision::double_, Precision::single_})
    for (const int sites : {16384, 32768, 65536, 131072}) {
      const field::EnsemblePlan plan = driven_ring(sites, (1 << 24) / sites, precision, every);
      const double cpu_time = add_cpu_row(rows, plan, std::max(16, (1 << 20) / sites));
      for (const Rung& rung : {transforms, two_pass})
        rows.push_back(gpu_row(rung, plan, can, cpu_time));
    }
  return rows;
}

/// What an H200 would do at its ceilings.
nlohmann::json predicted() {
  std::fprintf(table, "An H200 at the ceilings of its data sheet, noise every %d steps\n",
               kick_every);
  std::fprintf(table, "%-26s %9s %6s %14s %s\n", "path", "precision", "sites", "site-steps/s",
               "limit");
  nlohmann::json rows;
  const auto predict = [&](const Rung& rung, int sites, Precision precision) {
    const Limit limit =
        limit_of(work_of(driven_ring(sites, 1, precision), rung.steps), h200, precision);
    const double speed = sites / limit.seconds;
    std::fprintf(table, "%-26s %9s %6d %14.3g %s\n", rung.name, name(precision), sites, speed,
                 limit.name);
    rows.push_back({{"path", rung.name},
                    {"precision", name(precision)},
                    {"sites", sites},
                    {"at_most_site_steps_per_second", speed},
                    {"ceiling", limit.name}});
  };
  for (const Precision precision : {Precision::double_, Precision::single_}) {
    for (const int sites : {512, 1024, 2048, 4096, 8192})
      for (const Rung& rung : {transforms, fused}) predict(rung, sites, precision);
    for (const int sites : {16384, 32768, 65536, 131072})
      for (const Rung& rung : {transforms, two_pass}) predict(rung, sites, precision);
  }
  return rows;
}

// ---- points -------------------------------------------------------------------------------------

/// All of these at once, each in a thread and on a stream of its own.
double seconds_together(const std::vector<std::unique_ptr<field::Ensemble>>& points, long first) {
  return seconds([&] {
    std::vector<std::future<void>> running;
    for (const auto& point : points)
      running.push_back(
          std::async(std::launch::async, [&point, first] { advance(*point, first); }));
    for (auto& one : running) one.get();
  });
}

double seconds_in_turn(const std::vector<std::unique_ptr<field::Ensemble>>& points, long first) {
  return seconds([&] {
    for (const auto& point : points) advance(*point, first);
  });
}

/// How much faster together than in turn.
double gain(field::Backend& backend, int points, int trajectories) {
  std::vector<std::unique_ptr<field::Ensemble>> all;
  for (int i = 0; i < points; ++i) {
    all.push_back(backend.ensemble(driven_ring(2048, trajectories, Precision::double_)));
    all.back()->start();
  }
  std::vector<double> ratios;
  for (int i = 0; i < 7; ++i) {
    const double in_turn = seconds_in_turn(all, 2 * i * slice);
    ratios.push_back(in_turn / seconds_together(all, (2 * i + 1) * slice));
  }
  return median(ratios);
}

nlohmann::json points() {
  if (!cuda_unavailable().empty()) {
    std::fprintf(table, "no GPU: nothing measured\n");
    return nlohmann::json::object();
  }
  const auto gpu = make_cuda_machine();
  std::fprintf(table, "Ensembles of 2048 sites at once, over one after the other\n");
  nlohmann::json rows;
  for (const auto& [count, trajectories] : {std::pair{16, 32}, {16, 64}, {2, 2048}, {4, 2048}}) {
    const double ratio = gain(gpu->field(), count, trajectories);
    std::fprintf(table, "%4d of %5d trajectories: %6.2f\n", count, trajectories, ratio);
    rows.push_back({{"points", count}, {"trajectories", trajectories}, {"gain", ratio}});
  }
  return rows;
}

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  using namespace kapitza::bench;
  return report(
      argc, argv,
      {{"ladder", ladder}, {"long", long_rings}, {"predicted", predicted}, {"points", points}});
}
