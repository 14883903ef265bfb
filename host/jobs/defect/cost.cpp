// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/defect/cost.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "host/jobs/defect/keys.hpp"
#include "host/jobs/defect/read.hpp"
#include "host/jobs/job.hpp"
#include "host/jobs/kinetic/collision_keys.hpp"
#include "host/jobs/kinetic/report.hpp"
#include "host/jobs/sample.hpp"
#include "kapitza/numerics/norms.hpp"

namespace kapitza::host {
namespace {

/// What one node costs.
struct NodeCost {
  kinetic::Resolution resolution;
  double choosing = 0, evaluation = 0, linear_system = 0;  ///< seconds
  double memory = 0;                                       ///< bytes
  kinetic::ResolutionErrors errors;
  bool resolved = true;  ///< false: there was no time to refine further
  int momenta = 0;       ///< that linear systems were measured for
};

NodeCost measure_evaluation(kinetic::Backend& backend, const defect::Slab& slab,
                            const kinetic::ResolutionRequest& request, Budget& budget) {
  const auto nodes = static_cast<double>(slab.transport().nodes());
  NodeCost cost;
  const WallClock choosing(std::nullopt);
  kinetic::CollisionRow collisions(backend, slab.problem().model, slab.n(), request, budget.stop());
  kinetic::CollisionBatch batch;
  collisions.evaluate(slab.n(), batch);
  cost.choosing = choosing.elapsed() / nodes;
  cost.evaluation = seconds_of([&] { collisions.evaluate(slab.n(), batch); }) / nodes;
  cost.resolution = collisions.resolution();
  cost.resolved = collisions.complete();
  cost.errors = collisions.errors(batch, request.tolerance);
  cost.memory = static_cast<double>(collisions.memory()) / nodes;
  return cost;
}

/// Seconds. Of K momenta the Jacobians have K^2 elements, and their factors take K^3 operations.
struct SystemSeconds {
  double jacobians = 0, algebra = 0;

  double times(double ratio) const {
    return jacobians * std::pow(ratio, 2) + algebra * std::pow(ratio, 3);
  }
};

struct SystemCost {
  SystemSeconds first;  ///< with all that it takes once
  SystemSeconds again;
  double memory = 0, nodes = 0;
};

/// Newton's Jacobians may be coarser.
SystemCost system_cost(kinetic::Backend& backend, const defect::Problem& problem,
                       kinetic::ResolutionRequest request, Budget& budget) {
  const WallClock clock(std::nullopt);
  const defect::Slab slab(backend, problem, {}, defect::Slab::Mirror::ignore);
  request.tolerance = std::max(1e-2, request.tolerance);
  kinetic::CollisionRow collisions(backend, problem.model, slab.n(), request, budget.stop());
  const std::unique_ptr<kinetic::NodeSystem> system =
      backend.node_system(collisions.plan().K(), collisions.size());
  kinetic::NodeCoefficients coefficients;
  coefficients.Lambda = problem.Lambda;
  slab.transport().linearise(slab.n(), coefficients);
  const auto solve = [&]() -> SystemSeconds {
    std::vector<double> f = slab.n();
    return {seconds_of([&] { collisions.linearise(slab.n(), *system); }), seconds_of([&] {
              kinetic::factorise(backend, {system.get(), &coefficients});
              kinetic::solve(backend, {system.get(), f});
            })};
  };
  SystemCost cost;
  cost.again = solve();
  cost.first = {clock.elapsed() - cost.again.algebra, cost.again.algebra};
  if (budget.has_time_for(cost.again.times(1))) cost.again = solve();  // in memory known by now
  cost.memory = static_cast<double>(collisions.memory() + system->memory());
  cost.nodes = static_cast<double>(slab.transport().nodes());
  return cost;
}

defect::Problem on_momenta(defect::Problem problem, int K) {
  problem.model.grid.K = K;
  problem.injection.left = nearest_values(problem.injection.left, K);
  problem.injection.right = nearest_values(problem.injection.right, K);
  return problem;
}

/// Of twice as many momenta each time, up to all of them if there is time for that.
void measure_linear_system(kinetic::Backend& backend, const defect::Problem& problem,
                           const kinetic::ResolutionRequest& request, Budget& budget,
                           NodeCost& cost) {
  constexpr int quick = 64;
  const int K = problem.model.grid.K;
  const auto measured_on = [&](int momenta) {
    cost.momenta = momenta;
    return system_cost(backend, on_momenta(problem, momenta), suited_to(request, momenta), budget);
  };
  SystemCost system = measured_on(std::min(K, quick));
  while (cost.momenta < K) {
    const int next = std::min(K, 2 * cost.momenta);
    const double ratio = static_cast<double>(next) / cost.momenta;
    if (!budget.has_time_for(system.first.times(ratio) + system.again.times(ratio))) break;
    system = measured_on(next);
  }
  const double ratio = static_cast<double>(K) / cost.momenta;
  cost.linear_system = system.again.times(ratio) / system.nodes;
  cost.memory += system.memory / system.nodes * ratio * ratio;
}

/// What the way to the stationary state takes, typically.
struct Steps {
  double iterations;
  double linear_systems;  ///< fewer: Jacobians serve again where they are still good
};

Steps typical_steps(const Config& config) {
  constexpr double explicit_per_digit = 5e3;
  if (uses_newton(config)) return {12, 8};
  return {-explicit_per_digit * std::log10(config.number(keys::defect::residual)), 0};
}

}  // namespace

std::size_t defect_file_size(const Config& config) {
  const auto K = static_cast<std::size_t>(config.integer(keys::collision::K));
  const auto cells = static_cast<std::size_t>(config.integer(keys::defect::cells));
  const std::size_t Lambdas = config.numbers(keys::defect::Lambda).size(), nodes = 2 * cells;
  const std::size_t states = solves_together(config) ? Lambdas : 1;
  return 64 * 1024 + sizeof(double) * K * (Lambdas * (cells + 3) + states * nodes + 5);
}

namespace {

/// Costs are measured on what streams freely through a few cells.
NodeCost measured(kinetic::Backend& backend, defect::Problem problem, bool newton,
                  const kinetic::ResolutionRequest& request, Budget& budget) {
  problem.mesh = defect::Mesh::uniform(4);
  const defect::Slab sample(backend, problem, {}, defect::Slab::Mirror::ignore);
  NodeCost cost = measure_evaluation(backend, sample, request, budget);
  cost.momenta = problem.model.grid.K;
  if (newton) measure_linear_system(backend, problem, request, budget, cost);
  return cost;
}

/// How sure the estimate is.
Quantities rows_about_time(const NodeCost& cost, int K, double seconds) {
  const bool complete = cost.resolved && cost.momenta == K;
  const char* how = complete ? "about " : cost.resolved ? "extrapolated: " : "at least ";
  const std::string otherwise =
      cost.resolved ? fmt::format("linear systems of {} momenta, extrapolated", cost.momenta)
                    : "a run refines further: these are bounds";
  return {{"estimated_seconds", seconds, how + readable_duration(seconds)},
          completeness_row(complete, otherwise)};
}

}  // namespace

Quantities estimate_defect(const Config& config, Machine& machine, Budget& budget) {
  kinetic::Backend& backend = machine.kinetic();
  defect::Problem problem = make_defect(config);
  const bool newton = uses_newton(config);
  const kinetic::ResolutionRequest request =
      make_stationary_options(config, problem.model).resolution;
  const std::vector<double> Lambdas = config.numbers(keys::defect::Lambda);
  problem.Lambda = Lambdas.back();
  problem.mesh = defect::Mesh::uniform(config.integer(keys::defect::cells));
  const auto nodes = static_cast<double>(defect::Slab(backend, problem, {}).transport().nodes());
  const NodeCost cost = measured(backend, problem, newton, request, budget);

  const Steps steps = typical_steps(config);
  const auto count = static_cast<double>(Lambdas.size());
  const double evaluation = nodes * cost.evaluation, linear_system = nodes * cost.linear_system;
  const double seconds = count * (nodes * cost.choosing + steps.iterations * evaluation +
                                  steps.linear_systems * linear_system);
  const double at_once = solves_together(config) ? count : 1.0;
  const auto bytes = [](const char* key, double size) {
    return Quantity{key, static_cast<std::int64_t>(size), readable_bytes(size)};
  };
  Quantities rows = resolution_rows(cost.resolution);
  if (!cost.resolved && !request.T)
    remark(rows, "T", "at least: it was still growing when the time was over");
  append(rows, error_rows(cost.errors));
  append(rows, {
                   {"nodes", static_cast<std::int64_t>(nodes), "that are solved for"},
                   bytes("memory_bytes", at_once * nodes * cost.memory),
                   bytes("file_bytes", static_cast<double>(defect_file_size(config))),
                   {"seconds_per_evaluation", evaluation,
                    readable_duration(evaluation) + " for all nodes"},
                   {"iterations", steps.iterations, "typical at one Lambda"},
               });
  if (newton)
    append(rows, {
                     {"seconds_per_linear_system", linear_system,
                      readable_duration(linear_system) + " with its Jacobians"},
                     {"linear_systems", steps.linear_systems, "typical at one Lambda"},
                 });
  append(rows, rows_about_time(cost, problem.model.grid.K, seconds));
  return rows;
}

}  // namespace kapitza::host
