// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/field/microscopic.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "host/jobs/field/closed.hpp"
#include "host/jobs/field/driven.hpp"
#include "host/jobs/field/file.hpp"
#include "host/jobs/field/keys.hpp"
#include "host/jobs/field/read.hpp"
#include "host/jobs/field/run.hpp"
#include "host/jobs/model/keys.hpp"
#include "host/jobs/output_keys.hpp"
#include "kapitza/field/backend.hpp"
#include "kapitza/field/step_checked_ensemble.hpp"

namespace kapitza::host {
namespace {

JobResult run_microscopic(JobContext& context) {
  if (is_closed(context.config)) return run_closed_field(context);
  return run_driven_field(context);
}

/// What a plan may find wrong that the setup has not: the noise, and the windows. The shortest ring
/// that has room for them has the same, without tables that take seconds.
void check_plan(const FieldSetup& setup) {
  if (!setup.problem.absorber) return;
  field::Problem shortest = setup.problem;
  shortest.profile.assign(2 * (shortest.absorber->width + shortest.window), 0.0);
  shortest.starts_from_zero = true;
  field::make_plan(shortest, setup.numerics, setup.size);
}

void validate_microscopic(const Config& config) {
  const FieldSetup setup(config);
  check_plan(setup);
  if (setup.problem.absorber) {
    make_steady_state_options(config, setup.problem);
    return;
  }
  const double steps = config.number(keys::field::max_time) / setup.numerics.dt;
  if (config.integer(keys::field::records) > std::lround(steps))
    throw config.error(keys::field::records,
                       fmt::format("the run has {} steps only", std::lround(steps)));
}

std::size_t microscopic_file_size(const Config& config, const FieldSetup& setup) {
  const field::Problem& problem = setup.problem;
  const std::size_t records =
      problem.absorber ? 8 : 6 * static_cast<std::size_t>(config.integer(keys::field::records));
  const field::TotalsLayout totals{static_cast<int>(problem.windows().size()), problem.window,
                                   problem.sites()};
  return 64 * 1024 + records * sizeof(double) * problem.sites() +
         checkpoint_size(totals, setup.size.trajectories, config.flag(keys::field::error_check));
}

std::size_t microscopic_file_size(const Config& config) {
  return microscopic_file_size(config, FieldSetup(config));
}

/// What a step takes, and how much memory.
struct StepCost {
  double seconds, memory;
  bool complete = true;  ///< false: of a part of the ensemble, times what it is a part of
};

/// The first steps touch memory for the first time: as many others are measured.
StepCost measured(field::Ensemble& ensemble, long first, long steps) {
  ensemble.advance(first, steps);
  const double seconds = seconds_of([&] { ensemble.advance(first + steps, steps); });
  return {seconds / static_cast<double>(steps), static_cast<double>(ensemble.memory())};
}

/// A closed ring of fewer sites, with about the same share of them in the defect.
field::Problem shortened(const field::Problem& problem, int sites) {
  field::Problem ring = problem;
  ring.absorber.reset();
  ring.starts_from_zero = true;
  ring.window = sites;
  const std::size_t stride = problem.profile.size() / sites;
  for (int site = 0; site < sites; ++site) ring.profile[site] = problem.profile[site * stride];
  ring.profile.resize(sites);
  return ring;
}

/// So much of an ensemble that a few steps of it take no time: few trajectories, and of a long ring
/// a part. A power of two stays one.
struct Part {
  int sites, trajectories;
  double ratio;  ///< of the whole to it
};

Part quick_part(const FieldSetup& setup) {
  constexpr int most = 1 << 19;
  const int sites = setup.problem.sites(), all = setup.size.trajectories;
  int part = sites;
  while (part > most) part = part / 4 * 2;
  const int trajectories = std::clamp(most / part, 1, all);
  return {part, trajectories,
          static_cast<double>(sites) / part * static_cast<double>(all) / trajectories};
}

/// Of the whole ensemble, or of a part of it if that says that the whole would take too long.
StepCost step_cost(field::Backend& backend, const FieldSetup& setup, const Budget& budget) {
  constexpr long steps = 10, steps_to_measure = 2 * steps;
  const auto& [problem, numerics, size] = setup;
  const Part part = quick_part(setup);
  const field::EnsembleSize some{part.trajectories, size.seed, size.precision};
  const WallClock clock(std::nullopt);
  const bool is_short = part.sites < problem.sites();
  auto ensemble = backend.ensemble(
      field::make_plan(is_short ? shortened(problem, part.sites) : problem, numerics, some));
  ensemble->start();
  const StepCost cost = measured(*ensemble, 0, 1);
  const double per_step = part.ratio * cost.seconds, start = part.ratio * clock.elapsed();
  const bool whole = part.ratio == 1;
  if (!budget.has_time_for((whole ? 0 : start) + per_step * steps_to_measure))
    return {per_step, part.ratio * cost.memory, whole};
  if (whole) return measured(*ensemble, 2, steps);
  ensemble = backend.ensemble(field::make_plan(problem, numerics, size));
  ensemble->start();
  return measured(*ensemble, 0, steps);
}

/// How long a few steps take.
Quantities estimate_microscopic(const Config& config, Machine& machine, Budget& budget) {
  const FieldSetup setup(config);
  const StepCost cost = step_cost(machine.field(), setup, budget);
  const auto bytes = [](const char* key, std::size_t size) {
    return Quantity{key, static_cast<std::int64_t>(size),
                    readable_bytes(static_cast<double>(size))};
  };
  Quantities rows = setup_rows(setup);
  append(rows,
         {bytes("memory_bytes", static_cast<std::size_t>(cost.memory) * ensembles(config)),
          bytes("file_bytes", microscopic_file_size(config, setup)),
          {"site_steps_per_second",
           setup.problem.sites() * static_cast<double>(setup.size.trajectories) / cost.seconds, ""},
          completeness_row(cost.complete, "extrapolated from a part of the ensemble")});
  if (!config.has(keys::field::max_time)) return rows;
  const double work = field::StepCheckedEnsemble::work(config.flag(keys::field::error_check));
  const double seconds =
      work * cost.seconds * config.number(keys::field::max_time) / setup.numerics.dt;
  append(rows,
         {{"estimated_seconds", seconds,
           (cost.complete ? "at most " : "extrapolated: at most ") + readable_duration(seconds)}});
  return rows;
}

constexpr const Key* keys_of_microscopic[] = {
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
    .keys = keys_of_microscopic,
    .run = run_microscopic,
    .check_keys = check_field_keys,
    .validate = validate_microscopic,
    .file_size = microscopic_file_size,
    .estimate = estimate_microscopic,
};

}  // namespace kapitza::host
