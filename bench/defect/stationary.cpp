// SPDX-License-Identifier: BSD-3-Clause
// The stationary defect: Newton's method against explicit steps, as fine as ours and as published;
// convergence with the number of cells, robustness from weak to strong defects, and what the
// deviations from thermal states depend on. Everything with the reference injection of
// tests/support/densities.hpp.
//
//   bench_stationary [--json] [SECTION...]     sections: see main(); without a name all of them but
//                                              `published`, which takes ten minutes
#include "kapitza/defect/stationary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/core.h>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "bench/harness.hpp"
#include "kapitza/numerics/extrapolate.hpp"
#include "kapitza/numerics/norms.hpp"
#include "tests/support/densities.hpp"

namespace kapitza::bench {
namespace {

constexpr double unlimited = std::numeric_limits<double>::infinity();

kinetic::Backend& cpu() {
  static const auto machine = make_cpu_machine();
  return machine->kinetic();
}

enum class Cells { uniform, graded };

/// `right`: what comes from the right in units of what comes from the left.
defect::Problem problem_of(int K, double Lambda, defect::TransportScheme transport, Cells kind,
                           int cells, double right = 1) {
  defect::Problem problem;
  problem.model = psi6(K, {2, 3});
  problem.Lambda = Lambda;
  problem.transport = transport;
  for (double k : problem.model.grid.momenta()) {
    problem.injection.left.push_back(testing::injection(k));
    problem.injection.right.push_back(right * testing::injection(k));
  }
  const double path =
      defect::mean_free_path(cpu(), problem.model, problem.injection, problem.Lambda);
  problem.mesh = kind == Cells::uniform ? defect::Mesh::uniform(cells)
                                        : defect::Mesh::graded(cells, defect::Mesh::layer_of(path));
  return problem;
}

defect::Problem published(int K, double Lambda, int cells) {
  return problem_of(K, Lambda, defect::TransportScheme::upwind, Cells::uniform, cells);
}

defect::Problem ours(int K, double Lambda, int cells, double right = 1) {
  return problem_of(K, Lambda, defect::TransportScheme::corner_balance, Cells::graded, cells,
                    right);
}

defect::StationaryOptions within(double tolerance) {
  defect::StationaryOptions options;
  options.resolution.tolerance = tolerance;
  return options;
}

/// The same collision integral whatever the densities: differences are those of the methods.
defect::StationaryOptions fixed_resolution() {
  defect::StationaryOptions options = within(1e-3);  // of the points on the manifold; T is given
  options.resolution.T = 32;
  return options;
}

// ---- runs --------------------------------------------------------------------------------------

struct Run {
  std::unique_ptr<defect::StationarySolver> solver;
  double seconds = 0;

  const defect::Slab& slab() const { return solver->slab(); }
  /// Densities whose collision integral was computed.
  double densities() const {
    return static_cast<double>(slab().evaluations()) *
           static_cast<double>(slab().transport().nodes());
  }
};

Run newton(const defect::Problem& problem, const defect::StationaryOptions& options,
           kinetic::Backend& backend = cpu()) {
  Run run;
  run.seconds = seconds([&] {
    run.solver = defect::make_newton(backend, problem, options);
    while (!run.solver->converged()) run.solver->step();
  });
  return run;
}

/// Explicit steps, begun or continued, until every density is that close to the stationary one, or
/// time is up.
void march(Run& run, const defect::Problem& problem, const std::vector<double>& stationary,
           double close, double most_seconds = unlimited) {
  if (!run.solver) {
    const auto start = [&] { run.solver = defect::make_march(cpu(), problem, fixed_resolution()); };
    run.seconds = seconds(start);
  }
  while (largest_relative_difference(run.slab().n(), stationary) > close &&
         run.seconds < most_seconds)
    run.seconds += seconds([&] { run.solver->step(); });
}

/// What leaves on the left, but for the slowest carriers, and the number of carriers at X = 1/2.
struct Outcome {
  std::vector<double> outgoing;
  double centre = 0;
};

constexpr double slowest = 0.2;

Outcome outcome(const defect::Slab& slab) {
  const defect::Profile profile = slab.profile();
  const std::vector<double> k = slab.problem().model.grid.momenta();
  Outcome outcome;
  for (std::size_t m = 0; m < k.size(); ++m) {
    if (k[m] < -slowest) outcome.outgoing.push_back(profile.n_left[m]);
    outcome.centre += profile.n_centre[m] / static_cast<double>(k.size());
  }
  return outcome;
}

// ---- explicit steps ----------------------------------------------------------------------------

nlohmann::json same_answer_at(double Lambda, const std::vector<double>& goals,
                              double most_seconds) {
  constexpr int K = 64, cells = 11;
  const defect::Problem problem = published(K, Lambda, cells);
  const Run exact = newton(problem, fixed_resolution());
  nlohmann::json rows;
  Run explicit_steps;
  for (double goal : goals) {
    march(explicit_steps, problem, exact.slab().n(), goal, most_seconds);
    const double reached = largest_relative_difference(explicit_steps.slab().n(), exact.slab().n());
    const double evaluations = static_cast<double>(explicit_steps.slab().evaluations());
    const double ratio = evaluations / static_cast<double>(exact.slab().evaluations());
    fmt::print(table, "| {} | {:.1e} | {:.0f} | {:.1f} | {} | {} | {:.2f} | {:.0f} | {:.0f} |\n",
               Lambda, reached, evaluations, explicit_steps.seconds, exact.slab().evaluations(),
               exact.solver->jacobians(), exact.seconds, ratio,
               explicit_steps.seconds / exact.seconds);
    rows.push_back({{"Lambda", Lambda},
                    {"distance", reached},
                    {"explicit_evaluations", evaluations},
                    {"explicit_seconds", explicit_steps.seconds},
                    {"newton_evaluations", exact.slab().evaluations()},
                    {"newton_jacobians", exact.solver->jacobians()},
                    {"newton_seconds", exact.seconds}});
  }
  return rows;
}

nlohmann::json same_answer() {
  fmt::print(table,
             "The same answer: upwind, 11 uniform cells, K = 64, l = 2 and 3, T = 32. Explicit "
             "steps until every n is this close to Newton's (which ends at a residual of 1e-10)\n\n"
             "| Lambda | distance | evaluations, explicit | seconds | evaluations, Newton | "
             "Jacobians | seconds | ratio of evaluations | of seconds |\n"
             "|---|---|---|---|---|---|---|---|---|\n");
  nlohmann::json rows;
  rows.push_back(same_answer_at(0.1, {1e-3, 1e-6}, unlimited));
  rows.push_back(same_answer_at(1, {1e-1, 1e-2}, 120));
  return rows;
}

/// Explicit steps on three numbers of cells, extrapolated.
struct Extrapolated {
  Outcome outcome;
  double densities = 0, seconds = 0;
};

Extrapolated extrapolated(int K, double Lambda) {
  constexpr std::array<double, 3> cells = {11, 21, 41};
  constexpr double close = 1e-4;  // far below the error of the extrapolation
  Extrapolated all;
  std::array<std::vector<double>, 3> outgoing;
  std::array<double, 3> centre;
  for (int i = 0; i < 3; ++i) {
    const defect::Problem problem = published(K, Lambda, static_cast<int>(cells[i]));
    const Run exact = newton(problem, fixed_resolution());
    Run run;
    march(run, problem, exact.slab().n(), close);
    all.densities += run.densities();
    all.seconds += run.seconds;
    const Outcome limit = outcome(exact.slab());
    outgoing[i] = limit.outgoing;
    centre[i] = limit.centre;
  }
  all.outcome = {extrapolate(cells, outgoing), extrapolate(cells, centre)};
  return all;
}

nlohmann::json same_accuracy() {
  constexpr int K = 64;
  constexpr double Lambda = 0.1;
  const Outcome reference = outcome(newton(ours(K, Lambda, 160), fixed_resolution()).slab());
  const Extrapolated theirs = extrapolated(K, Lambda);
  const double target = largest_relative_difference(theirs.outcome.outgoing, reference.outgoing);
  for (int cells = 4;; cells += 2) {
    const Run run = newton(ours(K, Lambda, cells), fixed_resolution());
    const double error =
        largest_relative_difference(outcome(run.slab()).outgoing, reference.outgoing);
    if (error > target && cells < 160) continue;
    fmt::print(table,
               "\nThe same accuracy: K = {}, Lambda = {}, T = 32, error of the outgoing density at "
               "|k| > {} against 160 graded cells; seconds, but not densities, count Jacobians\n\n"
               "| method | cells | error | densities evaluated | seconds |\n|---|---|---|---|---|\n"
               "| explicit, extrapolated | 11, 21, 41 | {:.1e} | {:.0f} | {:.1f} |\n"
               "| Newton, corner balance, graded | {} | {:.1e} | {:.0f} | {:.2f} |\n"
               "| ratio | | | {:.0f} | {:.0f} |\n",
               K, Lambda, slowest, target, theirs.densities, theirs.seconds, cells, error,
               run.densities(), run.seconds, theirs.densities / run.densities(),
               theirs.seconds / run.seconds);
    return {{"explicit_error", target},
            {"explicit_densities", theirs.densities},
            {"explicit_seconds", theirs.seconds},
            {"cells", cells},
            {"error", error},
            {"densities", run.densities()},
            {"seconds", run.seconds}};
  }
}

nlohmann::json against_explicit() {
  nlohmann::json results;
  results["same_answer"] = same_answer();
  results["same_accuracy"] = same_accuracy();
  return results;
}

// ---- the published algorithm -------------------------------------------------------------------

/// The published problem but for the injection, which is printed nowhere. 3 -> 3 collisions alone:
/// by the published sum over auxiliary time 2 -> 2 ones converge too slowly for an accuracy to
/// compare at. Streaming and collisions are taken at once, so that the limit is literally Newton's:
/// split steps, as published, may be some 7 % longer, but their limit depends on their length.
defect::Problem as_published(int K, int cells) {
  defect::Problem problem = published(K, 1, cells);
  problem.model.channels = {3};
  return problem;
}

constexpr int published_K = 256;

defect::StationaryOptions published_resolution() {
  defect::StationaryOptions options;
  options.resolution = {.T = 130, .dtau = 0.03, .M = 4096};
  return options;
}

/// Its error for the injected density, see bench/kinetic/collision.cpp. Newton's method keeps this
/// at every node, also beside the reservoirs, where the published resolution does not.
constexpr double published_error = 2.7e-5;

/// Which distance from the stationary state is the same answer.
constexpr std::array<double, 3> goals = {1e-1, 1e-2, 1e-3};
using Steps = std::array<double, goals.size()>;

/// How many explicit steps it takes to the first goals. The slowest mode decays by diffusion, and
/// the scattering rate limits dt: neither needs a fine collision integral.
Steps count_steps(int K, double T, int cells, std::size_t first_goals = goals.size()) {
  const defect::Problem problem = as_published(K, cells);
  defect::StationaryOptions options = within(1e-3);
  options.resolution.T = T;
  const Run exact = newton(problem, options);
  const auto explicit_steps = defect::make_march(cpu(), problem, options);
  Steps steps{};
  fmt::print(table, "| {}, {} | {} |", K, T, cells);
  for (std::size_t i = 0; i < first_goals; ++i) {
    while (largest_relative_difference(explicit_steps->slab().n(), exact.slab().n()) > goals[i])
      explicit_steps->step();
    steps[i] = explicit_steps->iterations();
    fmt::print(table, " {} |", steps[i]);
    std::fflush(table);
  }
  for (std::size_t i = first_goals; i < goals.size(); ++i) fmt::print(table, " |");
  fmt::print(table, "\n");
  return steps;
}

double published_step_seconds(kinetic::Backend& backend, int cells) {
  const auto solver =
      defect::make_march(backend, as_published(published_K, cells), published_resolution());
  std::vector<double> all;
  for (int i = 0; i < 3; ++i) all.push_back(seconds([&] { solver->step(); }));
  return median(all);
}

/// Of what is known for 11 and 21 cells, the straight line.
double at_41(double at_11, double at_21) {
  return at_21 + (41.0 - 21) / (21 - 11) * (at_21 - at_11);
}

/// Explicit steps on so many cells: how many, and how long one takes.
struct Marches {
  int cells;
  Steps steps;
  double step_seconds;
};

nlohmann::json published_row(Machine& machine, const Marches& theirs) {
  const Run run =
      newton(as_published(published_K, theirs.cells), within(published_error), machine.kinetic());
  nlohmann::json row{{"backend", machine.description()},
                     {"cells", theirs.cells},
                     {"step_seconds", theirs.step_seconds},
                     {"newton_seconds", run.seconds}};
  fmt::print(table, "| {} | {} | {:.3g} | {:.2f} |", machine.description(), theirs.cells,
             theirs.step_seconds, run.seconds);
  for (std::size_t i = 0; i < goals.size(); ++i) {
    const double march_seconds = theirs.steps[i] * theirs.step_seconds;
    fmt::print(table, " {:.2g} h, {:.0f} |", march_seconds / 3600, march_seconds / run.seconds);
    row[fmt::format("steps_to_{:.0e}", goals[i])] = theirs.steps[i];
    row[fmt::format("ratio_at_{:.0e}", goals[i])] = march_seconds / run.seconds;
  }
  fmt::print(table, "\n");
  std::fflush(table);
  return row;
}

nlohmann::json against_published() {
  fmt::print(
      table,
      "The published algorithm: explicit steps on uniform upwind cells, 3 -> 3, Lambda = 1\n\n"
      "Steps until every n is this close to the stationary one (counted with these coarse "
      "collision integrals; the second, finer one is a check, to the first goal only)\n\n"
      "| K, T | cells |");
  for (const double goal : goals) fmt::print(table, " {:.0e} |", goal);
  fmt::print(table, "\n|---|---|---|---|---|\n");
  const Steps of_11 = count_steps(64, 16, 11), finer = count_steps(256, 32, 11, 1);
  const Steps of_21 = count_steps(64, 16, 21);
  Steps of_41;
  std::transform(of_11.begin(), of_11.end(), of_21.begin(), of_41.begin(), at_41);
  fmt::print(table, "| by a straight line | 41 | {:.0f} | {:.0f} | {:.0f} |\n", of_41[0], of_41[1],
             of_41[2]);

  fmt::print(
      table,
      "\nOne such step at K = {}, T = 130, dtau = 0.03, M = 4096, measured (for 41 cells by a "
      "straight line); Newton's method at tolerance {:.1e} on the same cells, measured; steps "
      "times step in hours, and how much longer than Newton's method that is\n\n"
      "| backend | cells | step, s | Newton, s |",
      published_K, published_error);
  for (const double goal : goals) fmt::print(table, " to {:.0e} |", goal);
  fmt::print(table, "\n|---|---|---|---|---|---|---|\n");
  nlohmann::json rows;
  for (const auto& machine : machines()) {
    const Marches by_11{11, of_11, published_step_seconds(machine->kinetic(), 11)};
    const Marches by_21{21, of_21, published_step_seconds(machine->kinetic(), 21)};
    const Marches by_41{41, of_41, at_41(by_11.step_seconds, by_21.step_seconds)};
    for (const Marches& theirs : {by_11, by_21, by_41})
      rows.push_back(published_row(*machine, theirs));
  }
  return {{"rows", rows}, {"steps", of_11[0]}, {"steps_finer", finer[0]}};
}

// ---- cells -------------------------------------------------------------------------------------

/// Measured order of convergence, where there is a coarser result.
std::string order(const std::optional<double>& coarser, double error) {
  return coarser ? fmt::format("{:.1f}", std::log2(*coarser / error)) : "";
}

nlohmann::json convergence() {
  constexpr int K = 64, finest = 320;
  constexpr double Lambda = 1;
  const Outcome reference = outcome(newton(ours(K, Lambda, finest), fixed_resolution()).slab());
  fmt::print(table,
             "Convergence with the number of cells: Lambda = {}, K = {}, T = 32, against {} graded "
             "cells\n\n"
             "| scheme | cells | outgoing n, abs(k) > {} | order | centre density | order |\n"
             "|---|---|---|---|---|---|\n",
             Lambda, K, finest, slowest);
  struct Scheme {
    const char* name;
    defect::TransportScheme transport;
    Cells cells;
  };
  nlohmann::json rows;
  for (const Scheme& scheme :
       {Scheme{"corner balance, graded", defect::TransportScheme::corner_balance, Cells::graded},
        Scheme{"corner balance, uniform", defect::TransportScheme::corner_balance, Cells::uniform},
        Scheme{"upwind, uniform", defect::TransportScheme::upwind, Cells::uniform}}) {
    std::optional<double> outgoing_before, centre_before;
    for (int cells : {10, 20, 40, 80}) {
      const defect::Problem problem = problem_of(K, Lambda, scheme.transport, scheme.cells, cells);
      const Outcome result = outcome(newton(problem, fixed_resolution()).slab());
      const double outgoing = largest_relative_difference(result.outgoing, reference.outgoing);
      const double centre = std::abs(result.centre / reference.centre - 1);
      fmt::print(table, "| {} | {} | {:.1e} | {} | {:.1e} | {} |\n", scheme.name, cells, outgoing,
                 order(outgoing_before, outgoing), centre, order(centre_before, centre));
      rows.push_back({{"scheme", scheme.name},
                      {"cells", cells},
                      {"outgoing_error", outgoing},
                      {"centre_error", centre}});
      outgoing_before = outgoing;
      centre_before = centre;
    }
  }
  return rows;
}

// ---- weak and strong defects -------------------------------------------------------------------

nlohmann::json strengths() {
  constexpr int K = 64, cells = 40;
  constexpr double tolerance = 1e-3;
  fmt::print(table,
             "Newton's method from free streaming: K = {}, {} graded cells, tolerance {:.0e}\n\n"
             "| Lambda | right / left | steps | Jacobians | residual | number spread | "
             "energy spread | centre.deviation | outgoing.deviation left, right | "
             "outgoing.misplaced left, right | seconds |\n"
             "|---|---|---|---|---|---|---|---|---|---|---|\n",
             K, cells, tolerance);
  nlohmann::json rows;
  const auto solve = [&](double Lambda, double right) {
    const Run run = newton(ours(K, Lambda, cells, right), within(tolerance));
    const defect::Iteration& last = run.solver->history().back();
    const defect::Profile profile = run.slab().profile();
    fmt::print(table,
               "| {} | {} | {} | {} | {:.0e} | {:.0e} | {:.0e} | {:.1e} | {:.3f}, {:.3f} | "
               "{:.3f}, {:.3f} | {:.1f} |\n",
               Lambda, right, run.solver->iterations(), run.solver->jacobians(), last.residual,
               last.number_spread, last.energy_spread, profile.centre.deviation,
               profile.left.deviation, profile.right.deviation, profile.left.misplaced,
               profile.right.misplaced, run.seconds);
    rows.push_back({{"Lambda", Lambda},
                    {"right", right},
                    {"steps", run.solver->iterations()},
                    {"jacobians", run.solver->jacobians()},
                    {"residual", last.residual},
                    {"number_spread", last.number_spread},
                    {"energy_spread", last.energy_spread},
                    {"seconds", run.seconds}});
  };
  for (double Lambda : {0.05, 0.2, 1.0, 2.0, 10.0, 100.0}) solve(Lambda, 1);
  for (double Lambda : {1.0, 10.0, 100.0}) solve(Lambda, 0.05);
  return rows;
}

// ---- deviations --------------------------------------------------------------------------------

nlohmann::json deviations() {
  struct Settings {
    int K = 128, cells = 40;
    double tolerance = 1e-3;
  };
  fmt::print(
      table,
      "Deviations from the thermal states at Lambda = 1\n\n"
      "| K | cells | tolerance | centre.deviation | outgoing.deviation | outgoing.misplaced | "
      "seconds |\n|---|---|---|---|---|---|---|\n");
  nlohmann::json rows;
  for (const Settings& s :
       {Settings{.K = 64}, Settings{}, Settings{.K = 256}, Settings{.cells = 20},
        Settings{.cells = 80}, Settings{.tolerance = 1e-2}, Settings{.tolerance = 1e-4}}) {
    const Run run = newton(ours(s.K, 1, s.cells), within(s.tolerance));
    const defect::Profile profile = run.slab().profile();
    fmt::print(table, "| {} | {} | {:.0e} | {:.2e} | {:.5f} | {:.5f} | {:.1f} |\n", s.K, s.cells,
               s.tolerance, profile.centre.deviation, profile.left.deviation,
               profile.left.misplaced, run.seconds);
    rows.push_back({{"K", s.K},
                    {"cells", s.cells},
                    {"tolerance", s.tolerance},
                    {"centre_deviation", profile.centre.deviation},
                    {"outgoing_deviation", profile.left.deviation},
                    {"outgoing_misplaced", profile.left.misplaced},
                    {"seconds", run.seconds}});
  }
  return rows;
}

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  using namespace kapitza::bench;
  return report(argc, argv,
                {{"explicit", against_explicit},
                 {"published", against_published, true},
                 {"convergence", convergence},
                 {"strengths", strengths},
                 {"deviations", deviations}});
}
