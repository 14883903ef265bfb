// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/stationary_cost.hpp"

#include <algorithm>
#include <cmath>

#include "host/jobs/job.hpp"
#include "host/model.hpp"

namespace kapitza::host {
namespace {

/// What one node costs.
struct NodeCost {
  Resolution resolution;
  double choosing = 0, evaluation = 0, linear_system = 0;  ///< seconds
  double memory = 0;                                       ///< bytes
};

/// The first time touches new memory: the second one counts.
template <class F>
double seconds_of(F f) {
  f();
  const WallClock clock(std::nullopt);
  f();
  return clock.elapsed();
}

void measure_evaluation(Slab& slab, double tolerance, NodeCost& cost) {
  const auto nodes = static_cast<double>(slab.transport().nodes());
  const WallClock choosing(std::nullopt);
  slab.resolve(tolerance);
  cost.choosing = choosing.elapsed() / nodes;
  cost.evaluation = seconds_of([&] { slab.set(slab.n()); }) / nodes;
  cost.resolution = slab.collisions().resolution();
  cost.memory += static_cast<double>(slab.collisions().memory()) / nodes;
}

/// Newton's Jacobians may be coarser.
void measure_linear_system(Backend& backend, const Slab& slab, ResolutionRequest request,
                           NodeCost& cost) {
  const auto nodes = static_cast<double>(slab.transport().nodes());
  request.tolerance = std::max(1e-2, request.tolerance);
  CollisionRow collisions(backend, slab.problem().model, slab.n(), request);
  const std::unique_ptr<NodeSystem> system = collisions.node_system();
  NodeCoefficients coefficients;
  coefficients.Lambda = slab.problem().Lambda;
  slab.transport().linearise(slab.n(), coefficients);
  const auto solve = [&] {
    std::vector<double> f = slab.n();
    collisions.linearise(slab.n(), *system);
    system->factorise(coefficients);
    system->solve(f);
  };
  cost.linear_system = seconds_of(solve) / nodes;
  cost.memory += static_cast<double>(collisions.memory() + system->memory()) / nodes;
}

/// What the way to the stationary state takes, typically.
struct Steps {
  double iterations;
  double linear_systems;  ///< fewer: Jacobians serve again where they are still good
};

Steps typical_steps(const Config& config) {
  constexpr double explicit_per_digit = 5e3;
  if (uses_newton(config)) return {12, 8};
  return {-explicit_per_digit * std::log10(config.number("numerics.residual")), 0};
}

}  // namespace

std::size_t defect_file_size(const Config& config) {
  const auto K = static_cast<std::size_t>(config.integer("grid.K"));
  const auto cells = static_cast<std::size_t>(config.integer("grid.cells"));
  const std::size_t Lambdas = config.numbers("defect.Lambda").size(), nodes = 2 * cells;
  const std::size_t states = solves_together(config) ? Lambdas : 1;
  return 64 * 1024 + sizeof(double) * K * (Lambdas * (cells + 3) + states * nodes + 5);
}

/// Costs are measured on what streams freely through a few cells.
Quantities estimate_defect(const Config& config, Backend& backend) {
  DefectProblem problem = make_defect(config);
  const StationaryOptions options = make_stationary_options(config, problem.model);
  const std::vector<double> Lambdas = config.numbers("defect.Lambda");
  problem.Lambda = Lambdas.back();
  problem.mesh = Mesh::uniform(config.integer("grid.cells"));
  const auto nodes = static_cast<double>(Slab(backend, problem, {}).transport().nodes());

  problem.mesh = Mesh::uniform(4);
  Slab sample(backend, problem, options.resolution, Slab::Mirror::ignore);
  NodeCost cost;
  measure_evaluation(sample, options.resolution.tolerance, cost);
  if (uses_newton(config)) measure_linear_system(backend, sample, options.resolution, cost);

  const Steps steps = typical_steps(config);
  const double evaluation = nodes * cost.evaluation, linear_system = nodes * cost.linear_system;
  const double seconds =
      static_cast<double>(Lambdas.size()) * (nodes * cost.choosing + steps.iterations * evaluation +
                                             steps.linear_systems * linear_system);
  const double at_once = solves_together(config) ? static_cast<double>(Lambdas.size()) : 1.0;
  const auto bytes = [](const char* key, double size) {
    return Quantity{key, static_cast<std::int64_t>(size), readable_bytes(size)};
  };
  Quantities rows = resolution_rows(cost.resolution);
  append(rows,
         error_rows({sample.cutoff_error(), sample.grid_error(), options.resolution.tolerance}));
  append(rows, {
                   {"nodes", static_cast<std::int64_t>(nodes), "that are solved for"},
                   bytes("memory_bytes", at_once * nodes * cost.memory),
                   bytes("file_bytes", static_cast<double>(defect_file_size(config))),
                   {"seconds_per_evaluation", evaluation,
                    readable_duration(evaluation) + " for all nodes"},
                   {"iterations", steps.iterations, "typical at one Lambda"},
               });
  if (uses_newton(config))
    append(rows, {
                     {"seconds_per_linear_system", linear_system,
                      readable_duration(linear_system) + " with its Jacobians"},
                     {"linear_systems", steps.linear_systems, "typical at one Lambda"},
                 });
  append(rows, {{"estimated_seconds", seconds, "about " + readable_duration(seconds)}});
  return rows;
}

}  // namespace kapitza::host
