// SPDX-License-Identifier: BSD-3-Clause
// The microscopic field against kinetic theory, as in Figs. 2 and 3 of the paper.
//
//   bench_scaling [lengths] [couplings] [--json]
//
// lengths: Lambda = 0.05 and growing L, with and without the counterterm: how much of the kinetic
// change of what leaves is seen. couplings: a box of fixed length, the largest change against lambda.
#include <cmath>
#include <fmt/core.h>

#include "bench/harness.hpp"
#include "tests/support/defect_runs.hpp"

namespace kapitza::bench {
namespace {

using testing::DefectRun;

constexpr double Lambda = 0.05;
constexpr int window = 128;

/// The projection of the measured change of what leaves, n_out - n_in, on the kinetic one: 1 in the
/// kinetic limit. Linear in n, so that noise does not bias it.
struct Share {
  double value, error;
};

struct Band {
  double low, high;
};
constexpr Band bands[] = {{0.1, 0.4}, {0.4, 0.8}, {0.8, 1.2}, {1.2, 1.6}, {1.6, 2.0}, {2.0, 2.5}, {2.5, 3.2}};

/// Mean over both sides of sum_k weight(k) n_out(k) / W, minus the same of what is expected.
Share outgoing(const SteadyState& run, const std::vector<double>& weight,
               const std::vector<double>& expected) {
  Share sum{0, 0};
  for (const int side : {0, 1}) {
    std::vector<double> here = weight;
    double reference = 0;
    for (int m = 0; m < window; ++m) {
      const bool leaves = (m < window / 2) == (side == 0);
      if (!leaves) here[m] = 0;
      reference += here[m] * expected[m] / window;
    }
    const Estimates moment = run.moments(here);
    sum.value += (moment.mean[side] - reference) / 2;
    sum.error = std::hypot(sum.error, moment.error[side] / 2);
  }
  return sum;
}

/// What comes in and what leaves in the kinetic limit, as a window sees it.
struct Expected {
  std::vector<double> injected, outgoing;
};

Expected expected_densities(const std::vector<int>& channels) {
  constexpr int K = 256;
  const MomentumGrid grid{K};
  const auto cpu = make_cpu_backend();
  const Window taper = Window::sine(window);
  return {taper.blur(grid, testing::two_peaks(grid.momenta())),
          taper.blur(grid, testing::kinetic_outgoing(*cpu, Lambda, K, channels))};
}

nlohmann::json lengths() {
  const Expected expected = expected_densities({2, 3});
  const std::vector<double> k = MomentumGrid{window}.momenta();
  std::fprintf(table, "Lambda = %g, change of what leaves relative to what enters, in bands of |k|\n", Lambda);
  std::fprintf(table, "%-16s %6s", "", "share");
  for (const Band& band : bands) std::fprintf(table, "      %.1f-%.1f   ", band.low, band.high);
  std::fprintf(table, "\n%-16s %6s", "kinetic", "1");
  const auto weights = [&](const Band& band) {
    std::vector<double> weight(window);
    double sum = 0;
    for (int m = 0; m < window; ++m)
      if (std::abs(k[m]) >= band.low && std::abs(k[m]) < band.high) sum += expected.injected[m] / window / 2;
    for (int m = 0; m < window; ++m)
      if (std::abs(k[m]) >= band.low && std::abs(k[m]) < band.high) weight[m] = 1 / sum;
    return weight;
  };
  for (const Band& band : bands) {
    const std::vector<double> weight = weights(band);
    double change = 0;
    for (int m = 0; m < window; ++m) change += weight[m] * (expected.outgoing[m] - expected.injected[m]) / window / 2;
    std::fprintf(table, "   %+8.4f      ", change);
  }
  std::fprintf(table, "\n");
  std::vector<double> projection(window);
  double norm = 0;
  for (int m = 0; m < window; ++m) {
    if (std::abs(k[m]) < 0.1) continue;
    const double change = expected.outgoing[m] - expected.injected[m];
    projection[m] = change;
    norm += change * change / window / 2;
  }
  for (double& weight : projection) weight /= norm;

  nlohmann::json results;
  for (const bool counterterm : {true, false})
    for (const double L : {50.0, 100.0, 200.0, 400.0}) {
      const auto backend = make_cpu_backend();
      DefectRun defect;
      defect.L = L;
      defect.counterterm = counterterm;
      SteadyState run = defect.measure(*backend, 1500, getenv("T")?atof(getenv("T")):4000);
      const Share share = outgoing(run, projection, expected.injected);
      std::fprintf(table, "L = %3g %-8s %5.3f(%.3f)", L, counterterm ? "hartree" : "none", share.value, share.error);
      for (const Band& band : bands) {
        const Share change = outgoing(run, weights(band), expected.injected);
        std::fprintf(table, " %+.4f(%.4f)", change.value, change.error);
      }
      std::fprintf(table, " p %.2g\n", run.drift_probability());
      std::fflush(table);
    }
  return results;
}

nlohmann::json couplings() { return {}; }

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  using namespace kapitza::bench;
  return report(argc, argv, {{"lengths", lengths}, {"couplings", couplings}});
}
