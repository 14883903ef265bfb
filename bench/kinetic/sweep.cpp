// SPDX-License-Identifier: BSD-3-Clause
// The collision integral of many densities: the CPU on all its cores, the GPU by batched transforms
// and fused, each GPU figure over its own ceiling; and Jacobians.
//
//   bench_sweep [measured] [predicted] [--json]
//
// predicted: what an H200 could do at most.
#include <fmt/core.h>

#include "bench/harness.hpp"
#include "bench/work.hpp"
#include "kernels/device/block/stockham_index.hpp"
#include "kernels/kinetic/staged/jacobian_products.hpp"
#include "tests/support/densities.hpp"

namespace kapitza::bench {
namespace {

constexpr int K = 256, points = 41;

struct Size {
  double T;
  int M;
};
constexpr Size sizes[] = {{65, 1024}, {130, 2048}};

/// Every time on the same lattice; pairs on 128 points.
kinetic::CollisionPlan plan_of(const Size& size) {
  return {psi6(K, {2, 3}), {size.T, 0.2, size.M, size.M, 128}};
}

std::vector<double> profile() { return testing::across_a_defect(K, points, points); }

double times_of(const kinetic::CollisionPlan& plan) {
  double times = 0;
  for (const auto& segment : plan.time.segments)
    times += segment.last_step - segment.first_step + 1;
  return times;
}

/// Of the sum over time; pairs and projection are left out. A time loads the phases and the
/// density, multiplies (about 35 instructions per site), folds, and adds two lines of K to its
/// sums.
template <class Index>
Work fused_work(const kinetic::CollisionPlan& plan) {
  const double M = Index::length;
  const double cells =
      3 * M + 2 * transform_cells<Index>() + 2 * 2.0 * K + 2 * ring_cells(K) + 4 * 2.0 * K;
  const double operations =
      2 * transform_operations<Index>() + (product + 4 + 35) * M + 2 * 2 * product * K;
  return {0, times_of(plan) * points * cells * sizeof(Complex),
          times_of(plan) * points * operations};
}

/// Phases and density in, two lines out; there and back; folded; there and back; summed up.
Work transforms_work(const kinetic::CollisionPlan& plan) {
  const double M = plan.resolution.M;
  const double per_time = (3 + 2) * M + 4 * M + (2 * M + 2 * K) + 4 * K + 3 * K;
  return {times_of(plan) * points * per_time * sizeof(Complex), 0, 0};
}

Work work_of(const kinetic::CollisionPlan& plan, bool fused) {
  if (!fused) return transforms_work(plan);
  if (plan.resolution.M == 1024) return fused_work<block::StockhamIndex<1024, double>>(plan);
  return fused_work<block::StockhamIndex<2048, double>>(plan);
}

/// Of the Jacobians' sums over time as products, for each sign: two fused instructions for each of
/// two sequences of a density, and the phases once for a group of densities. A lane reads its two
/// phases, a warp what all its lanes multiply with: one row of shared memory at a time. All of it
/// is brought there first.
Work products_work(const kinetic::CollisionPlan& plan) {
  Work work{};
  staged::with_group(points, [&](auto group) {
    using Sums = staged::AddTimesAsProducts<Sign::plus, group>;
    constexpr int groups = (points + group - 1) / group;
    const double pairs = 2 * times_of(plan) * K * plan.resolution.M * groups;
    const double row = 128, columns = 2.0 * group * row / Sums::momenta;
    const double brought =
        1.0 * sizeof(Complex) * Sums::cells / (Sums::together * Sums::momenta * Sums::sites);
    work = {0, pairs * (2 * sizeof(Complex) + columns + brought), pairs * (4.0 * group + product)};
  });
  return work;
}

/// And of what surrounds them: four sequences for every time, and the rows of the matrices, each
/// written once and read once.
Work sequences_work(const kinetic::CollisionPlan& plan) {
  const double M = plan.resolution.M;
  const double phases_and_density = 3, sequences = 4;
  const double per_time = (phases_and_density + 2 * sequences) * M;
  const double sums = 2, per_row = 2 * sums * M;
  return {points * (times_of(plan) * per_time + K * per_row) * sizeof(Complex), 0, 0};
}

double evaluation_seconds(kinetic::CollisionOperator& collision, const std::vector<double>& n,
                          int times) {
  kinetic::CollisionBatch batch;
  collision.evaluate(n, batch);
  std::vector<double> all;
  for (int i = 0; i < times; ++i) all.push_back(seconds([&] { collision.evaluate(n, batch); }));
  return median(all);
}

double jacobian_seconds(kinetic::Backend& backend, kinetic::CollisionOperator& collision,
                        const std::vector<double>& n, int times) {
  // Into a node system, where they stay: downloading them would take longer than anything else.
  const auto system = backend.node_system(K, points);
  std::vector<double> all;
  for (int i = 0; i < times; ++i)
    all.push_back(seconds([&] { kinetic::linearise(collision, {n, system.get(), 0}); }));
  return median(all);
}

nlohmann::json row(const char* device, const char* path, const Size& size, double evaluation,
                   double jacobian) {
  fmt::print(table, "{:>6} {:>10} {:>6} {:>6} {:>14.3f} {:>14.1f}", device, path, size.T, size.M,
             1e3 * evaluation, 1e3 * jacobian);
  return {{"device", device}, {"path", path},          {"T", size.T},
          {"M", size.M},      {"seconds", evaluation}, {"jacobian_seconds", jacobian}};
}

nlohmann::json gpu_row(kinetic::TimeSweep sweep, const Size& size, const cuda::Ceilings& can,
                       double cpu_seconds) {
  const bool fused = sweep == kinetic::TimeSweep::best;
  const auto gpu = make_cuda_machine({.sweep = sweep});
  const kinetic::CollisionPlan plan = plan_of(size);
  const auto collision = gpu->kinetic().collision(plan);
  const double time = evaluation_seconds(*collision, profile(), 9);
  nlohmann::json result = row("cuda", fused ? "fused" : "cuFFT", size, time,
                              jacobian_seconds(gpu->kinetic(), *collision, profile(), 3));
  const Limit limit = limit_of(work_of(plan, fused), can, Precision::double_);
  fmt::print(table, "{:>10.1f} {:>10.2f} of {}\n", cpu_seconds / time, limit.seconds / time,
             limit.name);
  result["over_cpu"] = cpu_seconds / time;
  result["fraction"] = limit.seconds / time;
  result["ceiling"] = limit.name;
  return result;
}

nlohmann::json sweeps() {
  const bool gpu = cuda_unavailable().empty();
  const cuda::Ceilings can = gpu ? cuda::measure_ceilings() : cuda::Ceilings{};
  const auto cpu = make_cpu_machine();
  fmt::print(table, "{} densities on {} momenta, l = 2 and 3; CPU on all cores\n", points, K);
  fmt::print(table, "{:>6} {:>10} {:>6} {:>6} {:>14} {:>14} {:>10} {:>10}\n", "device", "path", "T",
             "M", "evaluation/ms", "Jacobians/ms", "over CPU", "ceiling");
  nlohmann::json rows;
  for (const Size& size : sizes) {
    const auto collision = cpu->kinetic().collision(plan_of(size));
    const double time = evaluation_seconds(*collision, profile(), 3);
    rows.push_back(
        row("cpu", "FFTW", size, time, jacobian_seconds(cpu->kinetic(), *collision, profile(), 1)));
    fmt::print(table, "\n");
    if (!gpu) continue;
    for (const kinetic::TimeSweep sweep :
         {kinetic::TimeSweep::transforms, kinetic::TimeSweep::best})
      rows.push_back(gpu_row(sweep, size, can, time));
  }
  return rows;
}

nlohmann::json predicted_row(const char* what, const Size& size, const Limit& limit) {
  fmt::print(table, "{:>24} {:>6} {:>6} {:>12.3f} ms, {}\n", what, size.T, size.M,
             1e3 * limit.seconds, limit.name);
  return {{"what", what},
          {"T", size.T},
          {"M", size.M},
          {"at_least_seconds", limit.seconds},
          {"ceiling", limit.name}};
}

/// What an H200 would do at its ceilings: all of an evaluation, and of Jacobians, but pairs and
/// projection.
nlohmann::json predicted() {
  fmt::print(table, "An H200 at the ceilings of its data sheet, {} densities on {} momenta\n",
             points, K);
  nlohmann::json rows;
  for (const Size& size : sizes) {
    const kinetic::CollisionPlan plan = plan_of(size);
    const auto add = [&](const char* what, const Work& work) {
      rows.push_back(predicted_row(what, size, limit_of(work, h200, Precision::double_)));
    };
    add("sweep, cuFFT", work_of(plan, false));
    add("sweep, fused", work_of(plan, true));
    add("Jacobians, sums", products_work(plan));
    add("Jacobians, the rest", sequences_work(plan));
  }
  return rows;
}

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  using namespace kapitza::bench;
  return report(argc, argv, {{"measured", sweeps}, {"predicted", predicted}});
}
