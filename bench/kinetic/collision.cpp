// SPDX-License-Identifier: BSD-3-Clause
// The collision operator on the CPU: against the bare transforms it contains, against itself on
// more threads, and against the published scheme at its own resolution.
//
//   bench_collision [--json]
#include <cmath>
#include <fmt/core.h>

#include "bench/harness.hpp"
#include "bench/kinetic/plain_sweep.hpp"
#include "kapitza/kinetic/resolve.hpp"
#include "kapitza/numerics/norms.hpp"
#include "kernels/kinetic/cpu/sweep.hpp"
#include "tests/support/densities.hpp"

namespace kapitza::bench {
namespace {

constexpr int K = 256, points = 41, repeats = 9;

std::vector<double> profile(int N) { return testing::across_a_defect(K, points, N); }

/// The transforms of one evaluation and nothing else.
class BareTransforms {
 public:
  explicit BareTransforms(const kinetic::CollisionPlan& plan)
      : chunks_(cpu::Sweep(plan).chunks().size()),
        in_(std::max(2 * plan.resolution.M, 2 * cpu::Sweep::chunk_times * K)),
        out_(in_.size()),
        to_grid_(K, 2 * cpu::Sweep::chunk_times, Sign::plus, in_.size(), in_.size()) {
    for (const auto& segment : plan.time.segments) {
      pairs_.emplace_back(segment.M, 2, Sign::plus, in_.size(), in_.size());
      counts_.push_back(segment.last_step - segment.first_step + 1);
    }
  }

  void operator()(int N) {
    for (int x = 0; x < N; ++x) {
      for (std::size_t s = 0; s < pairs_.size(); ++s)
        for (int i = 0; i < counts_[s]; ++i) pairs_[s](in_.view(), out_.view());
      for (std::size_t c = 0; c < chunks_; ++c) to_grid_(in_.view(), out_.view());
    }
  }

 private:
  std::size_t chunks_;
  cpu::SplitArray in_, out_;
  cpu::Transform to_grid_;
  std::vector<cpu::Transform> pairs_;
  std::vector<int> counts_;
};

nlohmann::json against_transforms(const std::vector<int>& channels, double limit) {
  const auto machine = make_cpu_machine(1);
  const auto n = profile(points);
  auto resolved =
      kinetic::resolve_collision(machine->kinetic(), psi6(K, channels), n, {.tolerance = 1e-4});
  const kinetic::Resolution& r = resolved.collision->plan().resolution;
  kinetic::CollisionBatch batch;
  BareTransforms bare(resolved.collision->plan());
  const Comparison c =
      compare([&] { resolved.collision->evaluate(n, batch); }, [&] { bare(points); }, repeats);
  fmt::print(
      table,
      "  l = {}: {:.1f} ms, transforms alone {:.1f} ms, ratio {:.2f} (at most {}); T = {:.0f}, "
      "M = {} ... {}, points = {}\n",
      channels.size() > 1 ? "2 and 3" : "3", 1e3 * c.first, 1e3 * c.second, c.ratio, limit, r.T,
      r.M_first, r.M, r.points);
  return {{"channels", channels},
          {"seconds", c.first},
          {"transform_seconds", c.second},
          {"ratio", c.ratio},
          {"limit", limit}};
}

nlohmann::json threads() {
  const auto one = make_cpu_machine(1), two = make_cpu_machine(2);
  const auto n = profile(points);
  auto single = kinetic::resolve_collision(one->kinetic(), psi6(K, {2, 3}), n, {.tolerance = 1e-4});
  auto both = two->kinetic().collision(
      kinetic::CollisionPlan(single.collision->plan().model, single.collision->plan().resolution));
  kinetic::CollisionBatch batch;
  const Comparison c = compare([&] { single.collision->evaluate(n, batch); },
                               [&] { both->evaluate(n, batch); }, repeats);
  fmt::print(
      table,
      "  one thread {:.1f} ms, two {:.1f} ms, ratio {:.2f} (at least 1.8 on an idle machine)\n",
      1e3 * c.first, 1e3 * c.second, c.ratio);
  return {{"one_thread_seconds", c.first}, {"two_thread_seconds", c.second}, {"ratio", c.ratio}};
}

nlohmann::json jacobian() {
  const auto machine = make_cpu_machine(1);
  const auto n = profile(1);
  auto resolved =
      kinetic::resolve_collision(machine->kinetic(), psi6(K, {2, 3}), n, {.tolerance = 1e-4});
  kinetic::CollisionBatch batch;
  std::vector<double> J(static_cast<std::size_t>(K) * K);
  const Comparison c = compare([&] { resolved.collision->jacobian(n, J); },
                               [&] { resolved.collision->evaluate(n, batch); }, repeats);
  fmt::print(table, "  one density: {:.1f} ms, as long as {:.0f} evaluations\n", 1e3 * c.first,
             c.ratio);
  return {{"seconds", c.first}, {"evaluation_seconds", c.second}, {"ratio", c.ratio}};
}

nlohmann::json against_published() {
  constexpr int N = 4;
  const kinetic::CollisionModel model = psi6(K, {3});
  const auto machine = make_cpu_machine(1);
  std::vector<double> one, n;
  for (double k : model.grid.momenta()) one.push_back(testing::injection(k));
  for (int x = 0; x < N; ++x) n.insert(n.end(), one.begin(), one.end());

  kinetic::CollisionBatch exact, batch;
  machine->kinetic()
      .collision(kinetic::CollisionPlan(model, {1000, 0.2, 32768, 8192, 0}))
      ->evaluate(one, exact);
  const auto error = [&](std::span<const double> I) {
    return largest_difference(I, exact.I) / largest(exact.gain);
  };
  PlainSweep plain(K, 130, 0.03, 4096);
  const double plain_error = error(plain(one));
  fmt::print(table, "  published scheme (T = 130, dtau = 0.03, M = 4096): error {:.1e}\n",
             plain_error);

  nlohmann::json results = {{"published_error", plain_error}};
  for (const auto& [name, target, limit] :
       {std::tuple{"equal error", plain_error, 30.0}, {"its quoted error", 5e-4, 100.0}}) {
    for (double tolerance = 1e-2; tolerance > 1e-8; tolerance /= 1.5) {
      auto ours =
          kinetic::resolve_collision(machine->kinetic(), model, one, {.tolerance = tolerance});
      ours.collision->evaluate(one, batch);
      const double our_error = error(batch.I);
      if (our_error > target) continue;
      const kinetic::Resolution& r = ours.collision->plan().resolution;
      const Comparison c =
          compare([&] { plain(n); }, [&] { ours.collision->evaluate(n, batch); }, 5);
      fmt::print(table,
                 "  at {} {:.1e}: {:.1f} ms against {:.2f} ms per density, ratio {:.0f} (at least "
                 "{:.0f}); ours has error {:.1e} with T = {:.0f}, M = {} ... {}\n",
                 name, target, 1e3 * c.first / N, 1e3 * c.second / N, c.ratio, limit, our_error,
                 r.T, r.M_first, r.M);
      results[name] = {{"published_seconds", c.first / N},
                       {"seconds", c.second / N},
                       {"ratio", c.ratio},
                       {"error", our_error},
                       {"target", target}};
      break;
    }
  }
  return results;
}

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  using namespace kapitza::bench;
  return report(argc, argv, [] {
    nlohmann::json results;
    fmt::print(table, "One evaluation, K = {}, {} densities, tolerance 1e-4, one thread\n", K,
               points);
    results["transforms"] = {against_transforms({3}, 2.0), against_transforms({2, 3}, 2.7)};
    fmt::print(table, "Two threads\n");
    results["threads"] = threads();
    fmt::print(table, "Jacobian, l = 2 and 3, one thread\n");
    results["jacobian"] = jacobian();
    fmt::print(table, "Against the published scheme, 3 -> 3 only, one thread\n");
    results["published"] = against_published();
    return results;
  });
}
