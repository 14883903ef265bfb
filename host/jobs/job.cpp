// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/job.hpp"

#include <fmt/format.h>

#include "host/model.hpp"

namespace kapitza::host {
Quantities resolution_rows(const Resolution& resolution) {
  return {
      {"T", resolution.T, "cut-off of the auxiliary time"},
      {"M", std::int64_t{resolution.M}, "lattice sites"},
      {"dtau", resolution.dtau, "step of the auxiliary time"},
      {"points", std::int64_t{resolution.points}, "points on the resonant manifold of l = 2"},
  };
}

Quantities error_rows(const CollisionErrors& errors) {
  return {
      {"error_estimate", errors.estimate(), "of max_k |I - I_exact| / max_k gain"},
      {"cutoff_error", errors.cutoff, "the part from T, M and points"},
      {"grid_error", errors.grid, "the part from the momentum grid"},
      {"tolerance_reached", errors.tolerance_reached(), ""},
  };
}

std::string unreached_tolerance(const CollisionErrors& errors) {
  return fmt::format(
      "the tolerance {} is not reached: the estimated error is {:.2g}, of which {:.2g} from T, M "
      "and points and {:.2g} from the momentum grid{}",
      errors.tolerance, errors.estimate(), errors.cutoff, errors.grid,
      errors.grid > errors.tolerance / 2 ? " (a larger grid.K helps)" : "");
}

Quantities estimate_evaluations(const Config& config, Backend& backend, double evaluations) {
  const CollisionModel model = make_model(config);
  const std::vector<double> n = make_density(config, "state.n", model);
  const ResolutionRequest request = make_request(config, model);
  const WallClock choosing(std::nullopt);
  const ResolvedCollision resolved = resolve_collision(backend, model, n, request);
  const double choosing_seconds = choosing.elapsed();

  CollisionBatch batch;
  batch.resize(1, model.grid.K);
  resolved.collision->evaluate(n, batch);  // the first one also touches new memory
  const WallClock evaluating(std::nullopt);
  resolved.collision->evaluate(n, batch);
  const double seconds = evaluating.elapsed();

  const std::size_t memory = resolved.collision->memory(1);
  Quantities rows = resolution_rows(resolved.collision->plan().resolution);
  append(rows, error_rows({resolved, request}));
  append(rows, {
                   {"memory_bytes", static_cast<std::int64_t>(memory),
                    readable_bytes(static_cast<double>(memory))},
                   {"seconds_per_evaluation", seconds, readable_duration(seconds)},
                   {"evaluations", evaluations, "typical for this job"},
                   {"estimated_seconds", choosing_seconds + evaluations * seconds, ""},
               });
  rows.back().meaning = "about " + readable_duration(std::get<double>(rows.back().value));
  return rows;
}

void write_attributes(ResultWriter& writer, const JobContext& context, const JobResult& result) {
  writer.attribute("job", context.config.job());
  writer.attribute("config", context.config.to_toml());
  writer.attributes(context.provenance.attributes());
  writer.attribute("wall_seconds", result.wall_seconds);
  writer.attribute("finished", result.finished);
  writer.attributes(result.quantities);
}

}  // namespace kapitza::host
