// SPDX-License-Identifier: BSD-3-Clause
// The microscopic field against kinetic theory.
//
//   bench_scaling [lengths] [couplings] [chains] [--json]
//
// lengths (Fig. 3 of the paper): Lambda = 0.05 and growing L, with and without the counterterm: how
// far what leaves is from the kinetic limit. couplings (Fig. 2): a box of fixed length, the largest
// change against lambda. chains: closed chains, how fast they relax against lambda.
#include <cmath>
#include <fmt/core.h>
#include <optional>

#include "bench/harness.hpp"
#include "kapitza/solver/closed_chain.hpp"
#include "kapitza/solver/relaxation.hpp"
#include "tests/support/defect_runs.hpp"

namespace kapitza::bench {
namespace {

using testing::DefectRun;

/// The GPU, if there is one.
Backend& fastest() {
  static const auto all = backends();
  return *all.back();
}

struct Band {
  double low, high;
  bool contains(double k) const { return std::abs(k) >= low && std::abs(k) < high; }
  std::string text() const { return fmt::format("{:.1f} - {:.1f}", low, high); }
};
constexpr Band bands[] = {{0.2, 0.4}, {0.4, 0.8}, {0.8, 1.2}, {1.2, 1.6},
                          {1.6, 2.0}, {2.0, 2.5}, {2.5, 3.2}};
constexpr double slowest = 0.2;

struct Value {
  double value, error;
};

/// sum_k weight(k) (n_out(k) - reference(k)) over what leaves on both sides.
Value outgoing(const SteadyState& run, const std::vector<double>& weight,
               const std::vector<double>& reference) {
  const int W = static_cast<int>(weight.size());
  Value sum{0, 0};
  for (const int side : {0, 1}) {
    std::vector<double> here(W);
    for (int m = 0; m < W; ++m)
      if ((m < W / 2) == (side == 0)) here[m] = W * weight[m];
    const Estimates moment = run.moments(here);
    sum.value += moment.mean[side];
    sum.error = std::hypot(sum.error, moment.error[side]);
    for (int m = 0; m < W; ++m) sum.value -= here[m] * reference[m] / W;
  }
  return sum;
}

/// What comes in and what leaves in the kinetic limit, as a window sees it.
struct Expected {
  std::vector<double> k, injected, outgoing;

  Expected(int window, double Lambda) : k(MomentumGrid{window}.momenta()) {
    const MomentumGrid grid{256};
    const Window taper = Window::sine(window);
    injected = taper.blur(grid, testing::two_peaks(grid.momenta()));
    outgoing = taper.blur(grid, testing::kinetic_outgoing(fastest(), Lambda, grid.K));
  }

  /// Weights that give the relative change of the carriers in a band.
  std::vector<double> change_in(const Band& band) const {
    std::vector<double> weight(k.size());
    double carriers = 0;
    for (std::size_t m = 0; m < k.size(); ++m)
      if (band.contains(k[m])) carriers += injected[m];
    for (std::size_t m = 0; m < k.size(); ++m)
      if (band.contains(k[m])) weight[m] = 1 / carriers;
    return weight;
  }

  /// Weights of the projection of a change on the kinetic one, in currents and relative to n_in, so
  /// that neither the slowest carriers nor the peaks decide alone: 1 in the kinetic limit.
  std::vector<double> share() const {
    std::vector<double> weight(k.size());
    double norm = 0;
    for (std::size_t m = 0; m < k.size(); ++m) {
      if (std::abs(k[m]) < slowest) continue;
      const double change = outgoing[m] - injected[m];
      weight[m] = std::abs(k[m]) * change / injected[m];
      norm += weight[m] * change;
    }
    for (double& w : weight) w /= norm;
    return weight;
  }
};

nlohmann::json lengths() {
  constexpr double Lambda = 0.05;
  DefectRun defect;
  defect.Lambda = Lambda;
  const Expected expected(defect.window, Lambda);
  std::fprintf(
      table,
      "Lambda = %g: relative change of what leaves, in bands of |k|, and the share of the\n"
      "kinetic change that is seen\n%-22s",
      Lambda, "");
  for (const Band& band : bands) std::fprintf(table, "%18s", band.text().c_str());
  std::fprintf(table, "%18s\n%-22s", "share", "kinetic, L = infinity");
  for (const Band& band : bands) {
    double change = 0;
    const std::vector<double> weight = expected.change_in(band);
    for (std::size_t m = 0; m < weight.size(); ++m)
      change += weight[m] * (expected.outgoing[m] - expected.injected[m]);
    std::fprintf(table, "%+18.3f", change);
  }
  std::fprintf(table, "%18s\n", "1");
  nlohmann::json rows;
  for (const bool counterterm : {true, false})
    for (const double L : {50.0, 100.0, 200.0, 400.0, 800.0, 1600.0}) {
      defect.L = L;
      defect.counterterm = counterterm;
      const double crossing = defect.crossing(2 * slowest);
      const SteadyState run =
          defect.measure(fastest(), crossing, crossing + std::max(3000.0, crossing));
      const std::string name = fmt::format("L = {}, {}", L, counterterm ? "hartree" : "A = 0");
      const Value share = outgoing(run, expected.share(), expected.injected);
      nlohmann::json row{{"L", L},
                         {"counterterm", counterterm},
                         {"lambda", defect.problem().lambda},
                         {"share", share.value},
                         {"share_error", share.error},
                         {"drift_probability", run.drift_probability()}};
      std::fprintf(table, "%-22s", name.c_str());
      for (const Band& band : bands) {
        const Value change = outgoing(run, expected.change_in(band), expected.injected);
        std::fprintf(table, "%+10.3f +-%.3f", change.value, change.error);
        row["bands"].push_back({{"low", band.low},
                                {"high", band.high},
                                {"change", change.value},
                                {"error", change.error}});
      }
      std::fprintf(table, "%8.3f +-%.3f\n", share.value, share.error);
      std::fflush(table);
      rows.push_back(row);
    }
  return rows;
}

/// max_k |n_in - n_out| and its error, in a box without counterterm.
nlohmann::json couplings() {
  nlohmann::json rows;
  DefectRun defect;
  defect.counterterm = false;
  defect.box = true;
  std::fprintf(table, "A box of L sites, A = 0: max_k |n_out - n_in| at |k| >= %.1f\n%10s", slowest,
               "lambda");
  constexpr double boxes[] = {25, 50, 100};
  for (const double L : boxes) std::fprintf(table, "%20s", fmt::format("L = {}", L).c_str());
  std::fprintf(table, "\n");
  for (const double lambda : {0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0}) {
    std::fprintf(table, "%10g", lambda);
    for (const double L : boxes) {
      defect.L = L;
      defect.Lambda = lambda * lambda * L;
      // The field turns by lambda U' dt in a step: strong defects want short ones.
      defect.dt = lambda > 1 ? 0.02 : 0.05;
      const double crossing = defect.crossing(2 * slowest);
      const SteadyState run = defect.measure(fastest(), crossing, crossing + 1500);
      const std::vector<WindowDensity> sides = run.densities();
      const Window taper = Window::sine(defect.window);
      const MomentumGrid ring{defect.problem().sites()};
      const std::vector<double> in = taper.blur(ring, testing::two_peaks(ring.momenta()));
      Value largest{0, 0};
      for (int m = 0; m < defect.window; ++m) {
        // Both sides of a symmetric problem: the mirror momentum leaves on the other one.
        const int mirror = defect.window - 1 - m;
        if (m >= defect.window / 2 || std::abs(taper.grid()(m)) < slowest) continue;
        const double change = std::abs((sides[0].n[m] + sides[1].n[mirror]) / 2 - in[m]);
        if (change > largest.value)
          largest = {change, std::hypot(sides[0].error[m], sides[1].error[mirror]) / 2};
      }
      std::fprintf(table, "%13.3f +-%.3f", largest.value, largest.error);
      std::fflush(table);
      rows.push_back(
          {{"lambda", lambda}, {"L", L}, {"largest", largest.value}, {"error", largest.error}});
    }
    std::fprintf(table, "\n");
  }
  return rows;
}

/// n(k) of kinetic theory after lambda^2 t.
std::vector<double> relaxed(int K, double scaled_time) {
  CollisionModel model = psi6(K, {2, 3});
  RelaxationOptions options;
  options.lambda = 1;
  options.t_end = scaled_time;
  options.deviation = 0;
  options.resolution.tolerance = 1e-3;
  RelaxationState start;
  start.n = testing::two_peaks(model.grid.momenta());
  Relaxation relaxation(fastest(), model, options, start);
  while (!relaxation.finished()) relaxation.step();
  return relaxation.state().n;
}

nlohmann::json chains() {
  constexpr double scaled_time = 1.92e-3;  // of configs/homogeneous_kinetic.toml
  constexpr int sites = 1024, records = 2;
  const MomentumGrid grid{sites};
  const std::vector<double> start = testing::two_peaks(grid.momenta()),
                            end = relaxed(sites, scaled_time),
                            half = relaxed(sites, scaled_time / 2);
  nlohmann::json rows;
  std::fprintf(table,
               "Closed chains of %d sites: change of n between lambda^2 t = %.3g and %.3g, over "
               "the kinetic one\n",
               sites, scaled_time / 2, scaled_time);
  std::fprintf(table, "%10s %10s", "lambda", "t");
  constexpr Band clean[] = {{0.2, 0.6}, {1.9, 2.3}};
  for (const Band& band : clean) std::fprintf(table, "%18s", band.text().c_str());
  std::fprintf(table, "\n");
  for (const double lambda : {0.002, 0.004, 0.008}) {
    FieldProblem problem;
    problem.density = testing::two_peaks;
    problem.profile.assign(sites, 1.0);
    problem.lambda = lambda;
    ClosedChain chain(fastest(), problem, {0.1, 1, 2}, {2048, 1, Precision::double_},
                      scaled_time / (lambda * lambda), records, false);
    std::vector<ChainRecord> seen;
    while (!chain.finished()) {
      chain.step();
      if (chain.due()) seen.push_back(chain.record());
    }
    std::fprintf(table, "%10g %10.0f", lambda, chain.time());
    for (const Band& band : clean) {
      Value change{0, 0};
      double kinetic = 0;
      for (int m = 0; m < sites; ++m) {
        if (!band.contains(grid(m))) continue;
        change.value += seen[1].n.mean[m] - seen[0].n.mean[m];
        change.error = std::hypot(change.error, seen[1].change.error[m]);
        kinetic += end[m] - half[m];
      }
      std::fprintf(table, "%10.3f +-%.3f", change.value / kinetic,
                   change.error / std::abs(kinetic));
      rows.push_back({{"lambda", lambda},
                      {"low", band.low},
                      {"high", band.high},
                      {"ratio", change.value / kinetic},
                      {"error", change.error / std::abs(kinetic)}});
    }
    std::fprintf(table, "\n");
    std::fflush(table);
  }
  return rows;
}

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  using namespace kapitza::bench;
  return report(argc, argv, {{"lengths", lengths}, {"couplings", couplings}, {"chains", chains}});
}
