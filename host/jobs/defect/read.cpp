// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/defect/read.hpp"

#include <algorithm>
#include <cmath>

#include "host/jobs/defect/keys.hpp"
#include "host/jobs/kinetic/read.hpp"
#include "host/jobs/model/keys.hpp"

namespace kapitza::host {

bool uses_newton(const Config& config) { return config.text(keys::defect::scheme) == "newton"; }

bool is_graded(const Config& config) {
  return config.text_or(keys::defect::mesh, uses_newton(config) ? "graded" : "uniform") == "graded";
}

bool solves_together(const Config& config) {
  return config.is_list(keys::defect::Lambda) && config.flag(keys::defect::together);
}

namespace {

void check_mesh(Config& config) {
  const bool collides = std::ranges::any_of(config.numbers(keys::defect::Lambda),
                                            [](double strength) { return strength > 0; });
  if (!collides) {
    constexpr const char* why =
        "without collisions, Lambda = 0, there are no layers, and cells are equal: leave it out";
    if (config.has(keys::defect::mesh) && config.text(keys::defect::mesh) != "uniform")
      config.not_read(keys::defect::mesh, why);
    config.not_read(keys::defect::layer, why);
  } else if (!is_graded(config)) {
    config.not_read(keys::defect::layer,
                    "a uniform mesh has no layers: set grid.mesh = \"graded\"");
  }
}

}  // namespace

void check_defect_keys(Config& config) {
  check_collision_keys(config);
  check_mesh(config);
  if (!config.is_list(keys::defect::Lambda))
    config.not_read(keys::defect::together, "needs a list in defect.Lambda");
  if (uses_newton(config)) {
    config.not_read(keys::defect::split,
                    "Newton's method does not split: set numerics.scheme = \"explicit\"");
  } else if (config.text_or(keys::defect::transport, "upwind") != "upwind") {
    throw config.out_of_place(keys::defect::transport,
                              "explicit steps keep densities positive with \"upwind\" only");
  }
}

defect::Problem make_defect(const Config& config) {
  defect::Problem problem;
  problem.model = make_model(config);
  const auto density = [&](const Key& key) { return make_density(config, key, problem.model); };
  problem.injection.left = density(keys::defect::left);
  problem.injection.right =
      config.has(keys::carriers::right) ? density(keys::carriers::right) : problem.injection.left;
  const bool upwind = config.text_or(keys::defect::transport,
                                     uses_newton(config) ? "corner_balance" : "upwind") == "upwind";
  problem.transport =
      upwind ? defect::TransportScheme::upwind : defect::TransportScheme::corner_balance;
  return problem;
}

defect::Mesh make_mesh(const Config& config, double mean_free_path) {
  const int cells = config.integer(keys::defect::cells);
  if (!is_graded(config) || !std::isfinite(mean_free_path)) return defect::Mesh::uniform(cells);
  // Eq. (17).
  return defect::Mesh::graded(
      cells,
      config.optional_number(keys::defect::layer).value_or(defect::Mesh::layer_of(mean_free_path)));
}

defect::StationaryOptions make_stationary_options(const Config& config,
                                                  const kinetic::CollisionModel& model) {
  defect::StationaryOptions options;
  options.resolution = make_request(config, model);
  options.residual = config.number(keys::defect::residual);
  // What is left after an explicit step is diffusive: small in every cell, but it adds up.
  options.spread = uses_newton(config) ? options.residual / 10 : options.residual * 100;
  options.max_iterations = config.optional_integer(keys::defect::iterations).value_or(0);
  return options;
}

}  // namespace kapitza::host
