// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/linear/linear.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "host/jobs/kinetic/collision_keys.hpp"
#include "host/jobs/kinetic/read.hpp"
#include "host/jobs/kinetic/report.hpp"
#include "host/jobs/linear/keys.hpp"
#include "host/jobs/linear/read.hpp"
#include "host/jobs/model/keys.hpp"
#include "host/jobs/output_keys.hpp"
#include "host/jobs/sample.hpp"
#include "kapitza/linear/summary.hpp"
#include "kapitza/numerics/norms.hpp"

namespace kapitza::host {
namespace {

constexpr ErrorMeaning of_the_answers{
    .of = "of what leaves, the resistance and the smallest nu",
    .cutoffs = "T, M and the refinement",
};

Quantities accuracy_rows(const linear::Response& response) {
  Quantities rows = error_rows(response.errors, of_the_answers);
  rows.push_back(
      {"symmetrisation", response.collision.change, "largest change made to S, relative to S"});
  return rows;
}

/// The same rows where no resolution was found.
Quantities unknown_accuracy(const kinetic::ResolutionRequest& request) {
  constexpr double unknown = std::numeric_limits<double>::infinity();
  Quantities rows =
      error_rows({unknown, unknown, request.tolerance},
                 {.of = "there was no time to find out", .cutoffs = of_the_answers.cutoffs});
  rows.push_back({"symmetrisation", unknown, ""});
  return rows;
}

/// What is reported and written.
struct LinearRun {
  const linear::Problem& problem;
  const linear::Response& response;
  linear::Summary summary;
};

Quantities milne_rows(const std::string& name, const linear::MilneEnd& end) {
  return {
      {name + ".dbeta", end.dbeta, "deep inside an infinitely strong defect, per unit of dn"},
      {name + ".dmu", end.dmu, ""},
      {name + ".misplaced", end.misplaced,
       "share of what it reflects that is not where a thermal state has it"},
  };
}

Quantities summary_rows(const LinearRun& run) {
  const linear::Summary& summary = run.summary;
  const auto worst = [&](auto member) {
    return largest_of(summary.points.size(),
                      [&](std::size_t i) { return summary.points[i].*member; });
  };
  const linear::Modes& modes = run.response.modes;
  Quantities rows{
      {"beta", run.problem.background.beta(), "of the background"},
      {"mu", run.problem.background.mu(), ""},
      {"smallest_nu", modes.spectrum().front(), "boundary layers have the width 1 / (nu Lambda)"},
      {"continuum_edge", summary.continuum_edge, "least loss rate / |v| on the grid"},
      {"resistance.bulk", modes.bulk_resistance(), "times Lambda: between the affinities of"},
      {"resistance.boundary", modes.boundary_resistance(linear::Modes::infinity),
       "both ends together: number and energy"},
      {"milne.jump", summary.jump, "of the affinities at either end: half of it"},
      {"resistance.contact", modes.boundary_resistance(0), "without a defect"},
  };
  append(rows, milne_rows("milne.left", summary.left));
  append(rows, milne_rows("milne.right", summary.right));
  append(rows,
         {
             {"balance", worst(&linear::Point::balance), "of the currents, largest over Lambda"},
             {"condition", worst(&linear::Point::condition), "of what is solved, likewise"},
             {"refinement", std::int64_t{run.response.resolution.refinement},
              "of the grid that 2 -> 2 collisions are counted on"},
         });
  append(rows, resolution_rows(run.response.resolution.collision));
  append(rows, accuracy_rows(run.response));
  return rows;
}

Quantities point_rows(const linear::Point& point) {
  return {
      {"Lambda", point.Lambda, "strength of the defect"},
      {"layer", point.layer, "width of the boundary layers, in X"},
      {"reflected_size", point.reflected_size, "sum |v dn| / sum |v dn_in|"},
      {"transmitted_size", point.transmitted_size,
       "the same: their sum is 1 where no sign changes"},
      {"resistance", point.resistance, "Lambda bulk + boundary"},
  };
}

void write_points(ResultWriter& writer, const std::vector<linear::Point>& points) {
  const auto each = [&](auto values_of) {
    std::vector<double> all;
    for (const linear::Point& point : points) {
      const std::vector<double> values = values_of(point);
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  };
  const auto flat = [](const Matrix2& m) {
    return std::vector<double>{m[0][0], m[0][1], m[1][0], m[1][1]};
  };
  writer.dataset("reflected", {"Lambda", "k"},
                 each([](const linear::Point& p) { return p.out.reflected; }),
                 "perturbation of what leaves at the end where it was caused: left for v < 0");
  writer.dataset("transmitted", {"Lambda", "k"},
                 each([](const linear::Point& p) { return p.out.transmitted; }),
                 "perturbation of what leaves at the other end: right for v > 0");
  writer.coordinate("affinity", counted(2), "0: difference in beta mu, 1: in -beta, left - right");
  writer.coordinate("current", counted(2), "0: int dk/2pi v n, 1: int dk/2pi v E n");
  writer.dataset("resistance", {"Lambda", "affinity", "current"},
                 each([&](const linear::Point& p) { return flat(p.resistance); }),
                 "affinities = resistance x currents, for thermal reservoirs");
  writer.dataset("boundary_resistance", {"Lambda", "affinity", "current"},
                 each([&](const linear::Point& p) { return flat(p.boundary); }),
                 "resistance - Lambda resistance.bulk");
  writer.dataset("balance", {"Lambda"},
                 each([](const linear::Point& p) { return std::vector{p.balance}; }),
                 "of the currents: |out - in| / in, the larger of number and energy");
  writer.dataset("condition", {"Lambda"},
                 each([](const linear::Point& p) { return std::vector{p.condition}; }),
                 "condition number of what is solved for the amplitudes of the modes");
}

void write_operators(ResultWriter& writer, const LinearRun& run) {
  const std::vector<double> k = run.response.collision.grid.momenta();
  writer.coordinate("k_out", k, "momentum of what leaves");
  writer.coordinate("k_in", k, "momentum of what enters");
  std::vector<double> all;
  for (const double Lambda : run.problem.Lambda) {
    const std::vector<double> S = run.response.modes.at(Lambda).matrix();
    all.insert(all.end(), S.begin(), S.end());
  }
  writer.dataset("S", {"Lambda", "k_out", "k_in"}, all, "scattering operator: dn_out = S dn_in");
}

void write_inside(ResultWriter& writer, const LinearRun& run, int places) {
  std::vector<double> X, dn;
  for (int i = 0; i < places; ++i) X.push_back(i / (places - 1.0));
  for (const double Lambda : run.problem.Lambda) {
    const linear::Scattering scattering = run.response.modes.at(Lambda);
    for (const double place : X) {
      const std::vector<double> here = scattering.inside(run.problem.dn_in, place);
      dn.insert(dn.end(), here.begin(), here.end());
    }
  }
  writer.coordinate("X", X, "place in the defect");
  writer.dataset("dn", {"Lambda", "X", "k"}, dn, "perturbation inside the defect");
}

void write(const JobContext& context, const LinearRun& run, const JobResult& result) {
  const linear::Summary& summary = run.summary;
  const linear::LinearisedCollision& c = run.response.collision;
  const std::vector<double> k = c.grid.momenta();
  ResultWriter writer(context.target);
  writer.coordinate("k", k, "momentum");
  writer.coordinate("Lambda", run.problem.Lambda, "strength of the defect");
  write_points(writer, summary.points);
  writer.dataset("milne", {"k"}, summary.milne, "reflected by an infinitely strong defect");
  writer.dataset("milne_thermal", {"k"}, summary.milne_thermal,
                 "what a thermal state would reflect with the same currents");
  writer.dataset("dn_in", {"k"}, run.problem.dn_in,
                 "perturbation of what enters, at X = 0 with v > 0, at X = 1 with v < 0");
  writer.dataset("n", {"k"}, c.n, "density of the thermal state");
  writer.dataset("E", {"k"}, c.E, "energy of a carrier");
  writer.dataset("v", {"k"}, c.v, "velocity of a carrier");
  writer.dataset("loss_rate", {"k"}, summary.loss_rate,
                 "rate at which carriers of one momentum are scattered, for Lambda = 1");
  std::vector<double> interior = summary.interior[0];
  interior.insert(interior.end(), summary.interior[1].begin(), summary.interior[1].end());
  writer.dataset("interior", {"affinity", "k"}, interior,
                 "affinities deep inside an infinitely strong defect per dn_in(k), behind the end "
                 "where it enters");
  const std::vector<double>& nu = run.response.modes.spectrum();
  writer.coordinate("mode", counted(nu.size()), "number of the pair of modes");
  writer.dataset("spectrum", {"mode"}, nu,
                 "decay rates nu > 0: modes exp(-+nu Lambda X); four more do not decay");
  if (context.config.flag(keys::linear::S)) write_operators(writer, run);
  const int places = context.config.integer(keys::linear::places);
  if (places > 0) write_inside(writer, run, places);
  write_attributes(writer, context, result);
  writer.commit();
}

/// Nothing is worth keeping of a run that is stopped before it has found its resolution.
JobResult run_linear(JobContext& context) {
  const WallClock clock(std::nullopt);
  const linear::Problem problem = make_linear(context.config);
  const kinetic::ResolutionRequest request = make_request(context.config, problem.model);
  context.console.note(
      fmt::format("choosing T, M and the grid of the pairs for tolerance {}", request.tolerance));
  std::string stopped_by;
  const auto stop = [&](double seconds) {
    stopped_by = context.stop(seconds);
    return !stopped_by.empty();
  };
  const std::optional<linear::Response> response =
      linear::resolve(context.machine.kinetic(), problem, request, stop).response;
  if (!response)
    return {.wall_seconds = clock.elapsed(), .finished = false, .stopped_by = stopped_by};
  if (!response->errors.tolerance_reached())
    context.console.warning(unreached_tolerance(response->errors, of_the_answers));
  const LinearRun run{problem, *response,
                      linear::summarise(context.machine.kinetic(), problem, *response)};

  JobResult result{.quantities = summary_rows(run)};
  const bool is_list = context.config.is_list(keys::linear::Lambda);
  for (const linear::Point& point : run.summary.points) {
    if (is_list) {
      result.series.rows.push_back(point_rows(point));
    } else {
      append(result.quantities, point_rows(point));
    }
  }
  result.series.columns = {"Lambda", "layer", "reflected_size", "transmitted_size"};
  result.wall_seconds = clock.elapsed();
  write(context, run, result);
  return result;
}

void validate_linear(const Config& config) {
  const linear::Problem problem = make_linear(config);
  make_request(config, problem.model);
}

std::size_t linear_file_size(const Config& config) {
  const auto K = static_cast<std::size_t>(config.integer(keys::linear::K));
  const std::size_t Lambdas = config.numbers(keys::linear::Lambda).size();
  const std::size_t operators = config.flag(keys::linear::S) ? K * K : 0;
  const auto places = static_cast<std::size_t>(config.integer(keys::linear::places));
  return 64 * 1024 + sizeof(double) * (10 * K + Lambdas * (2 * K + 16 + operators + places * K));
}

/// Of matrices over the momenta of the pairs' grid and of the grid, and of what is written.
double memory(const Config& config, const linear::Problem& problem,
              const linear::Resolution& resolution) {
  const double K = problem.model.grid.K, fine = K * resolution.refinement;
  return sizeof(double) * (8 * fine * fine + 40 * K * K) +
         3 * static_cast<double>(linear_file_size(config));
}

linear::Problem on_momenta(linear::Problem problem, int K) {
  problem.model.grid.K = K;
  problem.dn_in = nearest_values(problem.dn_in, K);
  return problem;
}

bool is_resolved(const linear::Problem& problem) {
  try {
    linear::require_resolved(problem.model, problem.background);
    return true;
  } catch (const InputError&) {
    return false;
  }
}

/// The same collisions about a density that any number of momenta resolves.
linear::Problem flat(linear::Problem problem) {
  problem.background = {.b = 0, .c = 1};
  return problem;
}

/// So few that an answer takes no time. On a grid where a carrier rests there is none.
int quick_momenta(const linear::Problem& problem) {
  int K = 128;
  while (K < problem.model.grid.K && !is_resolved(flat(on_momenta(problem, K)))) K += 4;
  return std::min(K, problem.model.grid.K);
}

/// What a first answer takes, which does not depend on the background.
double seconds_of_first_answer(kinetic::Backend& backend, const linear::Problem& problem,
                               const kinetic::ResolutionRequest& request) {
  int asked = 0;
  const auto second = [&](double) { return ++asked > 1; };
  return seconds_of([&] { linear::resolve(backend, flat(problem), request, second); });
}

/// What there is time to measure.
struct Affordable {
  std::optional<linear::Problem> problem;  ///< none: not even a first answer
  double least_seconds = 0;                ///< of a first answer to the whole problem
};

/// On all momenta, or on so few that a first answer fits into the budget. The linear algebra of K
/// momenta takes K^3 operations.
Affordable affordable(kinetic::Backend& backend, const linear::Problem& problem,
                      const kinetic::ResolutionRequest& request, const Budget& budget) {
  const int K = problem.model.grid.K, quick = quick_momenta(problem);
  if (K == quick) return {problem};
  const double seconds =
      seconds_of_first_answer(backend, on_momenta(problem, quick), suited_to(request, quick));
  const auto expected = [&](int momenta) {
    return seconds * std::pow(static_cast<double>(momenta) / quick, 3);
  };
  if (budget.has_time_for(expected(K))) return {problem, expected(K)};
  std::vector<int> fewer;
  for (int some = std::bit_floor(static_cast<unsigned>(K - 1)); some > quick; some /= 2)
    if (budget.has_time_for(expected(some))) fewer.push_back(some);
  fewer.push_back(quick);
  for (const int some : fewer)
    if (linear::Problem sample = on_momenta(problem, some); is_resolved(sample))
      return {std::move(sample), expected(K)};
  return {std::nullopt, expected(K)};
}

/// What an estimate has measured, and on how many momenta: 0 where there was no time for any.
struct Measured {
  linear::Resolved resolved;
  int momenta;
  double seconds;  ///< of the whole problem
};

Measured measure(kinetic::Backend& backend, const linear::Problem& problem,
                 const kinetic::ResolutionRequest& request, Budget& budget) {
  const WallClock clock(std::nullopt);
  const auto [sample, least_seconds] = affordable(backend, problem, request, budget);
  if (!sample) {
    const auto at_once = [](double) { return true; };
    return {linear::resolve(backend, problem, request, at_once), 0, least_seconds};
  }
  const int momenta = sample->model.grid.K;
  linear::Resolved resolved =
      linear::resolve(backend, *sample, suited_to(request, momenta), budget.stop());
  const double ratio = static_cast<double>(problem.model.grid.K) / momenta;
  // What was measured on fewer momenta grows at least like their matrices' linear algebra.
  const double seconds = (clock.elapsed() + budget.refused_seconds()) * std::pow(ratio, 3);
  return {std::move(resolved), momenta, seconds};
}

/// Why an estimate is a bound.
std::string bound_text(int momenta, int K) {
  if (momenta == K) return "a run refines further: these are bounds";
  if (momenta == 0) return "there was no time for a first answer: these are bounds";
  return fmt::format("from {} momenta, extrapolated", momenta);
}

/// The resolution is what takes time.
Quantities estimate_linear(const Config& config, Machine& machine, Budget& budget) {
  const linear::Problem problem = make_linear(config);
  const kinetic::ResolutionRequest request = make_request(config, problem.model);
  const auto [resolved, momenta, seconds] = measure(machine.kinetic(), problem, request, budget);
  const auto bytes = [](const char* key, double size) {
    return Quantity{key, static_cast<std::int64_t>(size), readable_bytes(size)};
  };
  const bool complete = resolved.response && momenta == problem.model.grid.K;
  Quantities rows = resolution_rows(resolved.resolution.collision);
  append(rows, resolved.response ? accuracy_rows(*resolved.response) : unknown_accuracy(request));
  append(rows, {bytes("memory_bytes", memory(config, problem, resolved.resolution)),
                bytes("file_bytes", static_cast<double>(linear_file_size(config))),
                {"estimated_seconds", seconds,
                 (complete ? "about " : "at least ") + readable_duration(seconds)},
                completeness_row(complete, bound_text(momenta, problem.model.grid.K))});
  if (!resolved.response && !request.T && problem.model.has_sweep())
    remark(rows, "T", "at least: the time was over before it was found");
  return rows;
}

constexpr const Key* keys_of_linear[] = {
    &keys::carriers::dispersion, &keys::carriers::interaction,
    &keys::linear::state_n,      &keys::linear::dn,
    &keys::linear::places,       &keys::linear::S,
    &keys::linear::Lambda,       &keys::linear::K,
    &keys::collision::channels,  &keys::collision::tolerance,
    &keys::collision::T,         &keys::collision::M,
    &keys::collision::dtau,      &keys::output::file,
};

}  // namespace

constinit const Job linear_job{
    .name = "linear",
    .meaning = R"(
        the answer of a thermal defect to small perturbations of what enters it, exactly in X)",
    .keys = keys_of_linear,
    .run = run_linear,
    .check_keys = check_linear_keys,
    .validate = validate_linear,
    .file_size = linear_file_size,
    .estimate = estimate_linear,
};

}  // namespace kapitza::host
