// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/microscopic.hpp"

#include <cmath>
#include <fmt/format.h>

#include "host/jobs/field_closed.hpp"
#include "host/jobs/field_driven.hpp"
#include "host/jobs/field_run.hpp"
#include "host/jobs/microscopic_file.hpp"
#include "host/jobs/read/field.hpp"

namespace kapitza::host {
namespace {

JobResult run(JobContext& context) {
  if (context.config.at("lattice.absorber").as<std::string>()) return run_closed_field(context);
  return run_driven_field(context);
}

void validate(const Config& config) {
  const FieldSetup setup(config);
  make_plan(setup.problem, setup.numerics, setup.size);
  if (setup.problem.absorber) {
    make_steady_state_options(config, setup.problem);
    return;
  }
  const double steps = config.number("ensemble.max_time") / setup.numerics.dt;
  if (config.integer("ensemble.records") > std::lround(steps))
    throw config.error("ensemble.records",
                       fmt::format("the run has {} steps only", std::lround(steps)));
}

std::size_t file_size(const Config& config) {
  const FieldSetup setup(config);
  const EnsemblePlan plan = make_plan(setup.problem, setup.numerics, setup.size);
  const std::size_t records =
      setup.problem.absorber ? 8 : 6 * static_cast<std::size_t>(config.integer("ensemble.records"));
  return 64 * 1024 + records * sizeof(double) * plan.sites +
         checkpoint_size(plan, config.flag("numerics.error_check"));
}

/// How long a few steps take.
Quantities estimate(const Config& config, Backend& backend) {
  const FieldSetup setup(config);
  const auto ensemble = backend.ensemble(make_plan(setup.problem, setup.numerics, setup.size));
  ensemble->start();
  constexpr long steps = 10;
  ensemble->advance(0, steps);  // touches memory for the first time
  const WallClock clock(std::nullopt);
  ensemble->advance(steps, steps);
  const double seconds_per_step = clock.elapsed() / steps;
  const auto bytes = [](const char* key, std::size_t size) {
    return Quantity{key, static_cast<std::int64_t>(size),
                    readable_bytes(static_cast<double>(size))};
  };
  Quantities rows = setup_rows(setup);
  append(rows,
         {bytes("memory_bytes", ensemble->memory() * arms(config)),
          bytes("file_bytes", file_size(config)),
          {"site_steps_per_second",
           setup.problem.sites() * static_cast<double>(setup.size.trajectories) / seconds_per_step,
           ""}});
  if (!config.has("ensemble.max_time")) return rows;
  const double work = arms(config) == 2 ? 3 : 1;
  const double seconds =
      work * seconds_per_step * config.number("ensemble.max_time") / setup.numerics.dt;
  append(rows, {{"estimated_seconds", seconds, "at most " + readable_duration(seconds)}});
  return rows;
}

}  // namespace

const Job microscopic_job{"microscopic", run, validate, file_size, estimate};

}  // namespace kapitza::host
