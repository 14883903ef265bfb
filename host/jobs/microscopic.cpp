// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/microscopic.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "host/jobs/field_closed.hpp"
#include "host/jobs/field_driven.hpp"
#include "host/jobs/field_run.hpp"
#include "host/jobs/keys/carriers.hpp"
#include "host/jobs/keys/field.hpp"
#include "host/jobs/keys/output.hpp"
#include "host/jobs/microscopic_file.hpp"
#include "host/jobs/read/field.hpp"
#include "kapitza/solver/field_backend.hpp"
#include "kapitza/solver/step_checked_ensemble.hpp"

namespace kapitza::host {
namespace {

JobResult run(JobContext& context) {
  if (keys::field::is_closed(context.config)) return run_closed_field(context);
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

/// What a step takes, and how much memory.
struct StepCost {
  double seconds, memory;
  bool complete = true;  ///< false: of few trajectories, times as many as there are of them
};

StepCost measured(field::Backend& backend, const FieldSetup& setup, long steps) {
  const auto ensemble = backend.ensemble(make_plan(setup.problem, setup.numerics, setup.size));
  ensemble->start();
  ensemble->advance(0, steps);  // touches memory for the first time
  const double seconds = seconds_of([&] { ensemble->advance(steps, steps); });
  return {seconds / static_cast<double>(steps), static_cast<double>(ensemble->memory())};
}

/// Of all trajectories, or of some if those say that all would take too long.
StepCost step_cost(field::Backend& backend, const FieldSetup& setup, const Budget& budget) {
  constexpr long steps = 10, quick_site_steps = 1 << 20;
  const int all = setup.size.trajectories;
  FieldSetup sample = setup;
  sample.size.trajectories =
      static_cast<int>(std::clamp<long>(quick_site_steps / setup.problem.sites(), 1, all));
  if (sample.size.trajectories == all) return measured(backend, setup, steps);
  const WallClock clock(std::nullopt);
  StepCost cost = measured(backend, sample, 1);
  const double ratio = static_cast<double>(all) / sample.size.trajectories;
  // The start takes its time as well: it is in what two steps took with it.
  if (budget.has_time_for(ratio * clock.elapsed() / 2 * 2 * steps))
    return measured(backend, setup, steps);
  return {ratio * cost.seconds, ratio * cost.memory, false};
}

/// How long a few steps take.
Quantities estimate(const Config& config, Machine& machine, Budget& budget) {
  const FieldSetup setup(config);
  const StepCost cost = step_cost(machine.field(), setup, budget);
  const auto bytes = [](const char* key, std::size_t size) {
    return Quantity{key, static_cast<std::int64_t>(size),
                    readable_bytes(static_cast<double>(size))};
  };
  Quantities rows = setup_rows(setup);
  append(rows,
         {bytes("memory_bytes", static_cast<std::size_t>(cost.memory) * ensembles(config)),
          bytes("file_bytes", file_size(config)),
          {"site_steps_per_second",
           setup.problem.sites() * static_cast<double>(setup.size.trajectories) / cost.seconds, ""},
          completeness_row(cost.complete, "extrapolated from a few trajectories")});
  if (!config.has("ensemble.max_time")) return rows;
  const double work = StepCheckedEnsemble::work(config.flag("numerics.error_check"));
  const double seconds =
      work * cost.seconds * config.number("ensemble.max_time") / setup.numerics.dt;
  append(rows, {{"estimated_seconds", seconds, "at most " + readable_duration(seconds)}});
  return rows;
}

constexpr const Key* keys_read[] = {
    &keys::carriers::dispersion, &keys::carriers::interaction,
    &keys::field::state_n,       &keys::field::left,
    &keys::carriers::right,      &keys::field::Lambda,
    &keys::field::lambda,        &keys::field::L,
    &keys::field::profile,       &keys::field::counterterm,
    &keys::field::order,         &keys::field::error_check,
    &keys::field::sites,         &keys::field::absorber,
    &keys::field::window,        &keys::field::dt,
    &keys::field::noise_every,   &keys::field::start,
    &keys::field::trajectories,  &keys::field::seed,
    &keys::field::precision,     &keys::field::burn_in,
    &keys::field::max_time,      &keys::field::target_error,
    &keys::field::target_k,      &keys::field::records,
    &keys::output::file,         &keys::output::every,
};

}  // namespace

constinit const Job microscopic_job{
    .name = "microscopic",
    .meaning = R"(
        trajectories of the field itself: a defect between absorbing and injecting boundaries, or a
        closed chain)",
    .keys = keys_read,
    .run = run,
    .check_keys = keys::field::check,
    .validate = validate,
    .file_size = file_size,
    .estimate = estimate,
};

}  // namespace kapitza::host
