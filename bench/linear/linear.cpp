// SPDX-License-Identifier: BSD-3-Clause
// Linear response: what it takes, and how it depends on K, on the tolerance and on the momenta; the
// stationary solver beside it. The background is the thermal state with beta = 1, mu = -1.
//
//   bench_linear [--json] [SECTION...]     sections: see main(); all of them without a name
#include <cmath>
#include <fmt/core.h>
#include <memory>
#include <string>
#include <vector>

#include "bench/harness.hpp"
#include "kapitza/defect/stationary.hpp"
#include "kapitza/linear/response.hpp"

namespace kapitza::bench {
namespace {

const ThermalState background = ThermalState::from_beta_mu(1, -1);

kinetic::Backend& cpu() {
  static const auto machine = make_cpu_machine();
  return machine->kinetic();
}

/// sin k enters from the left.
linear::Problem problem(int K, std::vector<int> channels, std::vector<double> Lambda) {
  linear::Problem problem{psi6(K, std::move(channels)), background, {}, std::move(Lambda)};
  for (const double k : problem.model.grid.momenta())
    problem.dn_in.push_back(k > 0 ? std::sin(k) : 0.0);
  return problem;
}

/// Equal ratios from low to high.
std::vector<double> strengths(double low, double high, int count) {
  std::vector<double> Lambda;
  for (int i = 0; i < count; ++i) Lambda.push_back(low * std::pow(high / low, i / (count - 1.0)));
  return Lambda;
}

linear::Response resolve(const linear::Problem& problem, double tolerance,
                         kinetic::Backend& backend = cpu()) {
  kinetic::ResolutionRequest request;
  request.tolerance = tolerance;
  return linear::resolve(backend, problem, request);
}

std::string name_of(const std::vector<int>& channels) {
  std::string name;
  for (const int l : channels) name += fmt::format("{}{} -> {}", name.empty() ? "" : ", ", l, l);
  return name;
}

/// sum |v| |a - b| / sum |v| |dn_in|
double distance(const linear::Problem& problem, const std::vector<double>& a,
                const std::vector<double>& b) {
  const std::vector<double> v = problem.model.dispersion.velocity(problem.model.grid.momenta());
  double change = 0, injected = 0;
  for (std::size_t k = 0; k < v.size(); ++k) {
    change += std::abs(v[k] * (a[k] - b[k]));
    injected += std::abs(v[k] * problem.dn_in[k]);
  }
  return change / injected;
}

std::vector<double> outgoing(const linear::Modes& modes, double Lambda,
                             const std::vector<double>& dn_in) {
  linear::Scattering::Outgoing out = modes.at(Lambda).respond(dn_in);
  for (std::size_t k = 0; k < dn_in.size(); ++k) out.reflected[k] += out.transmitted[k];
  return out.reflected;
}

nlohmann::json momenta() {
  fmt::print(table,
             "| channels | K | T | M | refinement | smallest nu | bulk resistance | boundary "
             "resistance | change of S | cut-off error | grid error | seconds |\n"
             "|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  nlohmann::json rows;
  for (const std::vector<int>& channels : {std::vector{3}, std::vector{2, 3}})
    for (const int K : {64, 128, 256, 512}) {
      const linear::Problem p = problem(K, channels, {1});
      std::unique_ptr<linear::Response> response;
      const double time =
          seconds([&] { response = std::make_unique<linear::Response>(resolve(p, 1e-4)); });
      const kinetic::Resolution& r = response->resolution.collision;
      const Matrix2 bulk = response->modes.bulk_resistance();
      const Matrix2 boundary = response->modes.boundary_resistance(linear::Modes::infinity);
      fmt::print(table,
                 "| {} | {} | {:.0f} | {} | {} | {:.5f} | {:.4f}, {:.4f}, {:.4f} | {:.3f}, {:.4f}, "
                 "{:.4f} | {:.1e} | {:.1e} | {:.1e} | {:.2f} |\n",
                 name_of(channels), K, r.T, r.M, response->resolution.refinement,
                 response->modes.spectrum().front(), bulk[0][0], bulk[0][1], bulk[1][1],
                 boundary[0][0], boundary[0][1], boundary[1][1], response->collision.change,
                 response->errors.cutoff, response->errors.grid, time);
      rows.push_back({{"channels", channels},
                      {"K", K},
                      {"T", r.T},
                      {"M", r.M},
                      {"refinement", response->resolution.refinement},
                      {"smallest_nu", response->modes.spectrum().front()},
                      {"bulk", bulk},
                      {"boundary", boundary},
                      {"change", response->collision.change},
                      {"grid_error", response->errors.grid},
                      {"cutoff_error", response->errors.cutoff},
                      {"seconds", time}});
    }
  return rows;
}

/// Against what ten times the last tolerance gives.
nlohmann::json tolerances() {
  const linear::Problem p = problem(128, {2, 3}, {1});
  const linear::Response best = resolve(p, 1e-6);
  fmt::print(
      table,
      "| tolerance | what leaves, Lambda = 1 | Lambda = infinity | smallest nu | estimate |\n"
      "|---|---|---|---|---|\n");
  nlohmann::json rows;
  for (const double tolerance : {1e-2, 1e-3, 1e-4, 1e-5}) {
    const linear::Response response = resolve(p, tolerance);
    const auto error = [&](double Lambda) {
      return distance(p, outgoing(response.modes, Lambda, p.dn_in),
                      outgoing(best.modes, Lambda, p.dn_in));
    };
    const double one = error(1), infinite = error(linear::Modes::infinity);
    const double nu =
        std::abs(response.modes.spectrum().front() / best.modes.spectrum().front() - 1);
    fmt::print(table, "| {:.0e} | {:.1e} | {:.1e} | {:.1e} | {:.1e} |\n", tolerance, one, infinite,
               nu, response.errors.cutoff);
    rows.push_back({{"tolerance", tolerance},
                    {"outgoing", one},
                    {"milne", infinite},
                    {"smallest_nu", nu},
                    {"estimate", response.errors.cutoff}});
  }
  return rows;
}

constexpr double eps = 1e-3;

/// What leaves a stationary defect between n + eps dn_in and n - eps dn_in, half the difference
/// over eps.
std::vector<double> nonlinear_response(const linear::Problem& p, double Lambda, int cells,
                                       const kinetic::ResolutionRequest& request) {
  const std::vector<double> v = p.model.dispersion.velocity(p.model.grid.momenta());
  const std::vector<double> n = p.background(p.model.dispersion.energy(p.model.grid.momenta()));
  std::vector<double> response(n.size());
  for (const int sign : {1, -1}) {
    defect::Problem problem{p.model, {}, Lambda};
    for (std::size_t k = 0; k < n.size(); ++k)
      problem.injection.left.push_back(n[k] + sign * eps * p.dn_in[k]);
    problem.injection.right = n;
    const double path = defect::mean_free_path(cpu(), problem.model, problem.injection, Lambda);
    problem.mesh = defect::Mesh::graded(cells, defect::Mesh::layer_of(path));
    defect::StationaryOptions options;
    // Relative to I at the background, what is perturbed by eps must be as fine as that.
    options.resolution = request;
    options.resolution.tolerance *= eps;
    const auto solver = defect::make_newton(cpu(), problem, options);
    while (!solver->converged()) solver->step();
    const defect::Profile profile = solver->slab().profile();
    for (std::size_t k = 0; k < n.size(); ++k)
      response[k] += sign * (v[k] < 0 ? profile.n_left[k] : profile.n_right[k]) / (2 * eps);
  }
  return response;
}

/// Both with the same T and M.
nlohmann::json against_stationary() {
  fmt::print(table,
             "| channels | Lambda | 10 cells | 20 cells | 40 cells |\n"
             "|---|---|---|---|---|\n");
  nlohmann::json rows;
  kinetic::ResolutionRequest request;
  request.T = 32;
  request.M = 1024;
  for (const std::vector<int>& channels : {std::vector{3}, std::vector{2, 3}})
    for (const double Lambda : {0.1, 1.0, 10.0}) {
      const linear::Problem p = problem(64, channels, {Lambda});
      const linear::Modes modes = linear::resolve(cpu(), p, request).modes;
      const std::vector<double> exact = outgoing(modes, Lambda, p.dn_in);
      std::vector<double> error;
      for (const int cells : {10, 20, 40})
        error.push_back(distance(p, nonlinear_response(p, Lambda, cells, request), exact));
      fmt::print(table, "| {} | {} | {:.1e} | {:.1e} | {:.1e} |\n", name_of(channels), Lambda,
                 error[0], error[1], error[2]);
      std::fflush(table);
      rows.push_back({{"channels", channels},
                      {"Lambda", Lambda},
                      {"cells", {10, 20, 40}},
                      {"distance", error}});
    }
  return rows;
}

nlohmann::json times() {
  constexpr int runs = 3;
  const linear::Problem p = problem(256, {2, 3}, strengths(1e-3, 1e6, 100));
  fmt::print(table,
             "| backend | K | Lambdas | S | modes (tolerance 1e-4), s | densities and resistance, "
             "s | operators, s | together, s |\n|---|---|---|---|---|---|---|---|\n");
  nlohmann::json rows;
  for (const auto& machine : machines()) {
    std::vector<double> resolving, responding, operators;
    for (int run = 0; run < runs; ++run) {
      std::unique_ptr<linear::Response> response;
      resolving.push_back(seconds([&] {
        response = std::make_unique<linear::Response>(resolve(p, 1e-4, machine->kinetic()));
      }));
      responding.push_back(seconds([&] {
        for (const double Lambda : p.Lambda) {
          response->modes.at(Lambda).respond(p.dn_in);
          response->modes.boundary_resistance(Lambda);
        }
      }));
      operators.push_back(seconds([&] {
        for (const double Lambda : p.Lambda) response->modes.at(Lambda).matrix();
      }));
    }
    const double together = median(resolving) + median(responding) + median(operators);
    fmt::print(table, "| {} | {} | {} | {} x {} | {:.2f} | {:.3f} | {:.2f} | {:.2f} |\n",
               machine->description(), 256, p.Lambda.size(), 256, 256, median(resolving),
               median(responding), median(operators), together);
    rows.push_back({{"backend", machine->name()},
                    {"K", 256},
                    {"Lambdas", p.Lambda.size()},
                    {"resolve_seconds", median(resolving)},
                    {"respond_seconds", median(responding)},
                    {"operator_seconds", median(operators)},
                    {"seconds", together}});
  }
  return rows;
}

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  using namespace kapitza::bench;
  return report(argc, argv,
                {{"momenta", momenta},
                 {"tolerances", tolerances},
                 {"stationary", against_stationary},
                 {"times", times}});
}
