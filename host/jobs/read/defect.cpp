// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/read/defect.hpp"

#include <cmath>

#include "host/jobs/read/model.hpp"

namespace kapitza::host {
bool uses_newton(const Config& config) { return config.text("numerics.scheme") == "newton"; }

bool is_graded(const Config& config) {
  return config.text_or("grid.mesh", uses_newton(config) ? "graded" : "uniform") == "graded";
}

bool solves_together(const Config& config) {
  return config.is_list("defect.Lambda") && config.flag("defect.together");
}

DefectProblem make_defect(const Config& config) {
  DefectProblem problem;
  problem.model = make_model(config);
  const auto density = [&](const char* key) { return make_density(config, key, problem.model); };
  problem.injection.left = density("injection.left");
  problem.injection.right =
      config.has("injection.right") ? density("injection.right") : problem.injection.left;
  const bool upwind = config.text_or("numerics.transport",
                                     uses_newton(config) ? "corner_balance" : "upwind") == "upwind";
  problem.transport = upwind ? TransportScheme::upwind : TransportScheme::corner_balance;
  return problem;
}

Mesh make_mesh(const Config& config, double mean_free_path) {
  const int cells = config.integer("grid.cells");
  if (!is_graded(config) || !std::isfinite(mean_free_path)) return Mesh::uniform(cells);
  // Eq. (17).
  return Mesh::graded(
      cells, config.optional_number("grid.layer").value_or(Mesh::layer_of(mean_free_path)));
}

StationaryOptions make_stationary_options(const Config& config, const CollisionModel& model) {
  StationaryOptions options;
  options.resolution = make_request(config, model);
  options.residual = config.number("numerics.residual");
  // What is left after an explicit step is diffusive: small in every cell, but it adds up.
  options.spread = uses_newton(config) ? options.residual / 10 : options.residual * 100;
  options.max_iterations = config.optional_integer("numerics.iterations").value_or(0);
  return options;
}

}  // namespace kapitza::host
