// SPDX-License-Identifier: BSD-3-Clause
// The microscopic field against kinetic theory.
//
//   bench_scaling [lengths] [weaker] [couplings] [chains] [--json]
//
// lengths (Fig. 3 of the paper): Lambda = 0.05 and growing L, with and without the counterterm: how
// far what leaves is from the kinetic limit. weaker: the same at Lambda = 0.01. couplings (Fig. 2):
// a box of fixed length, the largest change against lambda. chains: closed chains, how fast they
// relax against lambda and its sign.
#include <cmath>
#include <fmt/core.h>
#include <optional>

#include "bench/harness.hpp"
#include "tests/support/chain_runs.hpp"
#include "tests/support/outgoing.hpp"

namespace kapitza::bench {
namespace {

using testing::Band;
using testing::DefectRun;
using testing::KineticLimit;
using testing::outgoing;
using testing::Value;

/// The GPU, if there is one.
Machine& fastest() {
  static const auto all = machines();
  return *all.back();
}

std::string text(const Band& band) { return fmt::format("{:.1f} - {:.1f}", band.low, band.high); }

constexpr Band bands[] = {{0.2, 0.4}, {0.4, 0.8}, {0.8, 1.2}, {1.2, 1.6},
                          {1.6, 2.0}, {2.0, 2.5}, {2.5, 3.2}};
void print_kinetic_limit(const KineticLimit& limit, double Lambda) {
  std::fprintf(
      table,
      "Lambda = %g: relative change of what leaves, in bands of |k|, and the share of the\n"
      "kinetic change that is seen\n%-22s",
      Lambda, "");
  for (const Band& band : bands) std::fprintf(table, "%18s", text(band).c_str());
  std::fprintf(table, "%18s\n%-22s", "share", "kinetic, L = infinity");
  for (const Band& band : bands) {
    double change = 0;
    const std::vector<double> weight = limit.change_in(band);
    for (std::size_t m = 0; m < weight.size(); ++m)
      change += weight[m] * (limit.outgoing[m] - limit.injected[m]);
    std::fprintf(table, "%+18.3f", change);
  }
  std::fprintf(table, "%18s\n", "1");
}

/// One defect, measured for at least `least` time units.
nlohmann::json one_length(const DefectRun& defect, const KineticLimit& limit, double least) {
  const double crossing = defect.crossing(2 * testing::slowest);
  const field::SteadyState run =
      defect.measure(fastest().field(), crossing, crossing + std::max(least, crossing));
  const std::string name =
      fmt::format("L = {}, {}", defect.L, defect.counterterm ? "hartree" : "A = 0");
  const Value share = outgoing(run, limit.share(), limit.injected);
  nlohmann::json row{{"Lambda", defect.Lambda},
                     {"L", defect.L},
                     {"counterterm", defect.counterterm},
                     {"lambda", defect.problem().lambda},
                     {"share", share.value},
                     {"share_error", share.error},
                     {"drift_probability", run.drift_probability()}};
  std::fprintf(table, "%-22s", name.c_str());
  for (const Band& band : bands) {
    const Value change = outgoing(run, limit.change_in(band), limit.injected);
    std::fprintf(table, "%+10.3f +-%.3f", change.value, change.error);
    row["bands"].push_back({{"low", band.low},
                            {"high", band.high},
                            {"change", change.value},
                            {"error", change.error}});
  }
  std::fprintf(table, "%8.3f +-%.3f\n", share.value, share.error);
  std::fflush(table);
  return row;
}

nlohmann::json lengths(double Lambda, const std::vector<double>& L,
                       const std::vector<bool>& counterterms, double least) {
  DefectRun defect;
  defect.Lambda = Lambda;
  const KineticLimit limit(fastest().kinetic(), defect.window, Lambda);
  print_kinetic_limit(limit, Lambda);
  nlohmann::json rows;
  for (const bool counterterm : counterterms)
    for (const double length : L) {
      defect.L = length;
      defect.counterterm = counterterm;
      rows.push_back(one_length(defect, limit, least));
    }
  return rows;
}

nlohmann::json lengths() {
  return lengths(0.05, {50, 100, 200, 400, 800, 1600}, {true, false}, 3000);
}

nlohmann::json weaker() { return lengths(0.01, {50, 100, 200, 400, 800}, {true}, 6000); }

/// max_k |n_in - n_out| and its error, in a box without counterterm.
nlohmann::json couplings() {
  nlohmann::json rows;
  DefectRun defect;
  defect.counterterm = false;
  defect.box = true;
  std::fprintf(table, "A box of L sites, A = 0: max_k |n_out - n_in| at |k| >= %.1f\n%10s",
               testing::slowest, "lambda");
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
      const double crossing = defect.crossing(2 * testing::slowest);
      const field::SteadyState run = defect.measure(fastest().field(), crossing, crossing + 1500);
      const std::vector<field::WindowDensity> sides = run.densities();
      const field::Window taper = field::Window::sine(defect.window);
      const MomentumGrid ring{defect.problem().sites()};
      const std::vector<double> in = taper.blur(ring, testing::two_peaks(ring.momenta()));
      Value largest{0, 0};
      for (int m = 0; m < defect.window; ++m) {
        // Both sides of a symmetric problem: the mirror momentum leaves on the other one.
        const int mirror = defect.window - 1 - m;
        if (m >= defect.window / 2 || std::abs(taper.grid()(m)) < testing::slowest) continue;
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

nlohmann::json chains() {
  constexpr int sites = 1024, trajectories = 2048;
  const testing::ChainComparison comparison(fastest(), sites, 1.92e-3);
  nlohmann::json rows;
  std::fprintf(
      table,
      "Closed chains of %d sites: change of n between lambda^2 t = %.3g and %.3g, projected "
      "on the\nkinetic one, with lambda, with -lambda, and the mean of both\n",
      sites, comparison.scaled_time() / 2, comparison.scaled_time());
  std::fprintf(table, "%10s %8s %17s %17s %17s\n", "|lambda|", "t", "lambda > 0", "lambda < 0",
               "mean");
  std::vector<Value> means;
  for (const double lambda : {0.002, 0.004, 0.008}) {
    const Value positive = comparison.ratio(lambda, trajectories);
    const Value negative = comparison.ratio(-lambda, trajectories);
    const Value even{(positive.value + negative.value) / 2,
                     std::hypot(positive.error, negative.error) / 2};
    means.push_back(even);
    std::fprintf(table, "%10g %8.0f", lambda, comparison.scaled_time() / (lambda * lambda));
    nlohmann::json row{{"lambda", lambda}};
    for (const auto& [name, ratio] :
         {std::pair{"positive", positive}, {"negative", negative}, {"mean", even}}) {
      std::fprintf(table, "%9.3f +- %.3f", ratio.value, ratio.error);
      row[name] = {{"ratio", ratio.value}, {"error", ratio.error}};
    }
    std::fprintf(table, "\n");
    std::fflush(table);
    rows.push_back(row);
  }
  const Value limit = testing::without_square(means[0], means[1]);
  std::fprintf(table, "mean at lambda = 0, from the first two: %.3f +- %.3f\n", limit.value,
               limit.error);
  rows.push_back({{"lambda", 0}, {"mean", {{"ratio", limit.value}, {"error", limit.error}}}});
  return rows;
}

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  using namespace kapitza::bench;
  return report(
      argc, argv,
      {{"lengths", lengths}, {"weaker", weaker}, {"couplings", couplings}, {"chains", chains}});
}
