// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/kinetic/collision.hpp"

#include <fmt/format.h>

#include "host/jobs/kinetic/collision_keys.hpp"
#include "host/jobs/kinetic/cost.hpp"
#include "host/jobs/kinetic/read.hpp"
#include "host/jobs/kinetic/report.hpp"
#include "host/jobs/model/keys.hpp"
#include "host/jobs/output_keys.hpp"
#include "kapitza/kinetic/resolve.hpp"

namespace kapitza::host {
namespace {

Quantities results(const kinetic::ResolvedCollision& resolved,
                   const kinetic::CollisionBatch& batch) {
  const kinetic::CollisionPlan& plan = resolved.collision->plan();
  const std::vector<double> ones(batch.I.size(), 1.0);
  Quantities rows = resolution_rows(plan.resolution);
  const Quantities more{
      {"number_rate", kinetic::conservation_rate(batch.I, ones), "sum I / sum |I|"},
      {"energy_rate", kinetic::conservation_rate(batch.I, plan.energy), "sum E I / sum |E I|"},
      {"number_rate_raw", batch.number_rate_raw.at(0), "the same before projection"},
      {"energy_rate_raw", batch.energy_rate_raw.at(0), ""},
  };
  append(rows, more);
  append(rows, error_rows(resolved.errors));
  return rows;
}

void write(const JobContext& context, const kinetic::CollisionPlan& plan,
           const std::vector<double>& n, const kinetic::CollisionBatch& batch,
           const JobResult& result) {
  ResultWriter writer(context.target);
  const std::vector<double> k = plan.model.grid.momenta();
  writer.coordinate("k", k, "momentum");
  writer.dataset("n", {"k"}, n, "density");
  writer.dataset("gain", {"k"}, batch.gain, "gain, without the trivial 2 -> 2 exchange");
  writer.dataset("loss", {"k"}, batch.loss, "loss: I = gain + n loss");
  writer.dataset("I", {"k"}, batch.I, "collision integral, after projection");
  writer.dataset("E", {"k"}, plan.energy, "energy of a carrier");
  writer.dataset("v", {"k"}, plan.model.dispersion.velocity(k), "velocity of a carrier");
  write_attributes(writer, context, result);
  writer.commit();
}

JobResult run_collision(JobContext& context) {
  const WallClock clock(std::nullopt);
  const kinetic::CollisionModel model = make_model(context.config);
  const std::vector<double> n = make_density(context.config, keys::collision::state_n, model);
  const kinetic::ResolutionRequest request = make_request(context.config, model);
  context.console.note(fmt::format("choosing T, M and dtau for tolerance {}", request.tolerance));
  const kinetic::ResolvedCollision resolved =
      kinetic::resolve_collision(context.machine.kinetic(), model, n, request);
  if (!resolved.errors.tolerance_reached())
    context.console.warning(unreached_tolerance(resolved.errors));
  kinetic::CollisionBatch batch;
  batch.resize(1, model.grid.K);
  resolved.collision->evaluate(n, batch);
  const JobResult result{.quantities = results(resolved, batch), .wall_seconds = clock.elapsed()};
  write(context, resolved.collision->plan(), n, batch, result);
  return result;
}

void validate_collision(const Config& config) {
  const kinetic::CollisionModel model = make_model(config);
  make_density(config, keys::collision::state_n, model);
  make_request(config, model);
}

std::size_t collision_file_size(const Config& config) {
  return 64 * 1024 +
         7 * sizeof(double) * static_cast<std::size_t>(config.integer(keys::collision::K));
}

Quantities estimate_collision(const Config& config, Machine& machine, Budget& budget) {
  return estimate_evaluations(config, machine, 1, budget);
}

constexpr const Key* keys_of_collision[] = {
    &keys::carriers::dispersion, &keys::carriers::interaction, &keys::collision::state_n,
    &keys::collision::K,         &keys::collision::channels,   &keys::collision::tolerance,
    &keys::collision::T,         &keys::collision::M,          &keys::collision::dtau,
    &keys::output::file,
};

}  // namespace

constinit const Job collision_job{
    .name = "collision",
    .meaning = "one evaluation of the collision integral for a given density",
    .keys = keys_of_collision,
    .run = run_collision,
    .check_keys = check_collision_keys,
    .validate = validate_collision,
    .file_size = collision_file_size,
    .estimate = estimate_collision,
};

}  // namespace kapitza::host
