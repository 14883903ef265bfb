// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/kinetic/cost.hpp"

#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <vector>

#include "host/jobs/job.hpp"
#include "host/jobs/kinetic/collision_keys.hpp"
#include "host/jobs/kinetic/read.hpp"
#include "host/jobs/kinetic/report.hpp"

namespace kapitza::host {
namespace {

/// The first evaluation also touches new memory: the second one counts, if there is time for it.
double seconds_per_evaluation(kinetic::ResolvedCollision& resolved, const std::vector<double>& n,
                              const Budget& budget) {
  if (!std::isfinite(resolved.errors.cutoff) || !budget.has_time_for(2 * resolved.seconds))
    return resolved.seconds;
  kinetic::CollisionBatch batch;
  batch.resize(1, resolved.collision->plan().K());
  resolved.collision->evaluate(n, batch);
  return seconds_of([&] { resolved.collision->evaluate(n, batch); });
}

/// What it takes if T has to grow to its limit: refining all the way up takes about as long as two
/// evaluations there.
std::optional<double> most_seconds(const kinetic::ResolvedCollision& resolved,
                                   const kinetic::ResolutionRequest& request, double per_evaluation,
                                   double evaluations) {
  const kinetic::CollisionPlan& plan = resolved.collision->plan();
  kinetic::Resolution greatest = plan.resolution;
  if (request.T || !plan.model.has_sweep() ||
      !kinetic::resize_to_T(plan.model, request, kinetic::greatest_T(plan.model), greatest))
    return std::nullopt;
  return (evaluations + 2) * per_evaluation * kinetic::sweep_size(greatest) /
         kinetic::sweep_size(plan.resolution);
}

}  // namespace

Quantities estimate_evaluations(const Config& config, Machine& machine, double evaluations,
                                Budget& budget) {
  const kinetic::CollisionModel model = make_model(config);
  const std::vector<double> n = make_density(config, keys::collision::state_n, model);
  const kinetic::ResolutionRequest request = make_request(config, model);
  const WallClock choosing(std::nullopt);
  kinetic::ResolvedCollision resolved =
      kinetic::resolve_collision(machine.kinetic(), model, n, request, budget.stop());
  const double choosing_seconds = choosing.elapsed();
  const double seconds = seconds_per_evaluation(resolved, n, budget);

  const kinetic::Resolution& resolution = resolved.collision->plan().resolution;
  const std::size_t memory = resolved.collision->memory(1);
  const double all_seconds = choosing_seconds + evaluations * seconds;
  Quantities rows = resolution_rows(resolution);
  append(rows, error_rows(resolved.errors));
  append(rows, {
                   {"memory_bytes", static_cast<std::int64_t>(memory),
                    readable_bytes(static_cast<double>(memory))},
                   {"seconds_per_evaluation", seconds, readable_duration(seconds)},
                   {"evaluations", evaluations, "typical for this job"},
                   {"estimated_seconds", all_seconds, "about " + readable_duration(all_seconds)},
                   completeness_row(resolved.complete, "a run refines further: these are bounds"),
               });
  if (resolved.complete) return rows;
  if (!request.T) remark(rows, "T", "at least: it was still growing when the time was over");
  remark(rows, "estimated_seconds", "at least " + readable_duration(all_seconds));
  if (const auto most = most_seconds(resolved, request, seconds, evaluations))
    append(rows, {{"most_seconds", *most,
                   fmt::format("at most {}, if T grows to its limit {:.5g}",
                               readable_duration(*most), kinetic::greatest_T(model))}});
  return rows;
}

}  // namespace kapitza::host
