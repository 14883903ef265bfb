// SPDX-License-Identifier: BSD-3-Clause
//
// The linear systems of the GPU path, run on the host: what travels, what is held, and that no
// stage reads what another index of it writes. Its numbers are compared in
// tests/kinetic/conformance_node_system.cpp.

#include <cmath>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "kernels/kinetic/staged/backend.hpp"
#include "tests/support/checked_block.hpp"
#include "tests/support/drop_sync.hpp"
#include "tests/support/staged_on_host.hpp"
#include "tests/support/thread_block.hpp"

namespace kapitza::staged {
namespace {

using Order = HostDevice::Order;
using Host = StagedKinetic<HostDevice, Order>;

constexpr std::size_t N = 9, K = 32, size = N * K;

kinetic::CollisionPlan make_plan() {
  kinetic::CollisionModel model;
  model.grid.K = K;
  model.channels = {2, 3};
  return {
      model,
      {6.4, kinetic::Resolution::safe_dtau(model), kinetic::Resolution::safe_M(model, 6.4), K, 12}};
}

std::vector<double> wave(std::size_t count, double mean, double height) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(mean + height * std::sin(0.7 * static_cast<double>(i)));
  return values;
}

Host host(Order order = Order::forwards) { return Host(kinetic::TimeSweep::transforms, order); }

kinetic::NodeCoefficients coefficients() {
  return {1e-2, wave(size, 3, 1), wave(size, 0, 1), wave(size, 0.1, 1), wave(K, 0, 1)};
}

TEST(StagedNodeSystem, JacobiansAndFactorsStayOnTheDevice) {
  Host backend = host();
  const auto collision = backend.collision(make_plan());
  const auto system = backend.node_system(K, N);
  const kinetic::NodeCoefficients c = coefficients();
  std::vector<double> f(size, 1);

  HostDevice::record = {};
  kinetic::linearise(*collision, {wave(size, 0.7, 0.2), system.get(), 0});
  EXPECT_EQ(HostDevice::record.uploaded,
            size * sizeof(double) + 2 * N * sizeof(ChannelRates) + N * sizeof(double*));
  EXPECT_EQ(HostDevice::record.downloaded, 0u);

  HostDevice::record = {};
  kinetic::factorise(backend, {system.get(), &c});
  EXPECT_EQ(HostDevice::record.uploaded,
            (3 * size + K) * sizeof(double) + N * (sizeof(SystemNode) + sizeof(Elimination)));
  EXPECT_EQ(HostDevice::record.downloaded, N * sizeof(int));

  HostDevice::record = {};
  kinetic::solve(backend, {system.get(), f});
  EXPECT_EQ(HostDevice::record.uploaded, size * sizeof(double) + N * sizeof(Elimination));
  EXPECT_EQ(HostDevice::record.downloaded, size * sizeof(double));
}

TEST(StagedNodeSystem, MemoryIsWhatItSays) {
  Host backend = host();
  const auto collision = backend.collision(make_plan());
  const auto system = backend.node_system(K, N);
  kinetic::linearise(*collision, {wave(size, 0.7, 0.2), system.get(), 0});
  HostDevice::record = {};
  const auto other = backend.node_system(K, N);
  kinetic::linearise(*collision, {wave(size, 0.7, 0.2), other.get(), 0});
  const kinetic::NodeCoefficients c = coefficients();
  kinetic::factorise(backend, {other.get(), &c});
  // Beside a few bytes for every node: addresses, flags.
  const std::size_t lists = N * (sizeof(SystemNode) + sizeof(Elimination) + sizeof(int));
  EXPECT_EQ(HostDevice::record.allocated, other->memory() + lists);
}

TEST(StagedNodeSystem, BitsDoNotDependOnTheOrderOfIndices) {
  const auto run = [](Order order) {
    Host backend = host(order);
    const auto collision = backend.collision(make_plan());
    const kinetic::NodeCoefficients c = coefficients();
    const auto system = backend.node_system(K, N);
    std::vector<double> f(size, 1);
    kinetic::linearise(*collision, {wave(size, 0.7, 0.2), system.get(), 0});
    kinetic::factorise(backend, {system.get(), &c});
    kinetic::solve(backend, {system.get(), f});
    return f;
  };
  EXPECT_EQ(run(Order::backwards), run(Order::forwards));
}

/// Nor on systems that are solved in the same calls.
TEST(StagedNodeSystem, BitsDoNotDependOnCompany) {
  Host backend = host();
  const auto collision = backend.collision(make_plan());
  const auto run = [&](std::size_t others) {
    std::vector<std::unique_ptr<kinetic::NodeSystem>> systems;
    std::vector<std::vector<double>> f;
    const kinetic::NodeCoefficients c = coefficients();
    for (std::size_t i = 0; i <= others; ++i) {
      // The one that is looked at comes last, behind others whose densities are not its own.
      systems.push_back(backend.node_system(K, N));
      kinetic::linearise(*collision,
                         {wave(size, i == others ? 0.7 : 0.6, 0.2), systems[i].get(), 0});
      f.emplace_back(size, 1);
    }
    std::vector<kinetic::Factorisation> factorisations;
    std::vector<kinetic::Solution> solutions;
    for (std::size_t i = 0; i <= others; ++i) {
      factorisations.push_back({systems[i].get(), &c});
      solutions.push_back({systems[i].get(), f[i]});
    }
    backend.factorise(factorisations);
    backend.solve(solutions);
    return f.back();
  };
  EXPECT_EQ(run(2), run(0));
}

// ---- sums over momenta -------------------------------------------------------------------------

/// One node between two neighbours, its couplings dense or not.
struct Rows {
  int momenta;
  bool diagonal;
  std::vector<double> inverse, lower, upper, f, z, left, right;

  Rows(int count, bool is_diagonal)
      : momenta(count),
        diagonal(is_diagonal),
        inverse(wave(count * count, 0.1, 1)),
        lower(wave(count * count, 0.2, 1)),
        upper(wave(count * count, 0.3, 1)),
        f(wave(count, 0.4, 1)),
        z(wave(count, 0.5, 1)),
        left(wave(count, 0.6, 1)),
        right(wave(count, 0.7, 1)) {}

  Elimination elimination() {
    const Coupling low{lower.data(), diagonal}, up{upper.data(), diagonal};
    Elimination e;
    e.inverse = inverse.data();
    e.f = f.data();
    e.z = z.data();
    e.left.f = left.data();
    e.right.f = right.data();
    e.left.to_x = e.right.from_x = up;
    e.left.from_x = low;
    return e;
  }
  double dense(const std::vector<double>& matrix, const std::vector<double>& y, int k) const {
    double sum = 0;
    for (int p = 0; p < momenta; ++p) sum += matrix[p * momenta + k] * y[p];
    return sum;
  }
  double coupling(const std::vector<double>& values, const std::vector<double>& y, int k) const {
    return diagonal ? values[k] * y[k] : dense(values, y, k);
  }
};

using Apply = ApplyInverse<&Elimination::f, &Elimination::z>;
using Reduce = ReduceRow<&Elimination::left>;

template <class Row>
void sum_on_checked(Rows& rows) {
  const Elimination e = rows.elimination();
  const SumRows<Row> sums{{&e, rows.momenta}};
  for (int i = 0; i < sums.blocks(1); ++i) {
    block::CheckedBlock blk(sums.lanes, sums.shared_bytes());
    sums(blk, i);
    EXPECT_EQ(blk.hazards().count(), 0) << blk.hazards().text();
  }
}

TEST(StagedNodeSystem, RowsLikeTheTextbook) {
  // Whole tiles and broken ones; fewer terms than lanes ask for at once, and more.
  for (const int momenta : {2, 32, 70, 300})
    for (const bool diagonal : {true, false}) {
      const Rows before(momenta, diagonal);
      Rows applied = before, reduced = before, returned = before;
      sum_on_checked<Apply>(applied);
      sum_on_checked<Reduce>(reduced);
      sum_on_checked<ReturnToNode>(returned);
      for (int k = 0; k < momenta; ++k) {
        SCOPED_TRACE(testing::Message() << "momentum " << k << " of " << momenta);
        ASSERT_NEAR(applied.z[k], before.dense(before.inverse, before.f, k), 1e-11);
        ASSERT_NEAR(reduced.left[k], before.left[k] - before.coupling(before.upper, before.z, k),
                    1e-11);
        ASSERT_NEAR(returned.z[k],
                    before.f[k] - before.coupling(before.lower, before.left, k) -
                        before.coupling(before.upper, before.right, k),
                    1e-11);
      }
      EXPECT_EQ(returned.f, before.f);
      EXPECT_EQ(reduced.right, before.right);
    }
}

TEST(StagedNodeSystem, RowsNeedEveryBarrier) {
  using Checked = block::DropSync<block::CheckedBlock>;
  Rows rows(40, false);
  const Elimination e = rows.elimination();
  const SumRows<Apply> sums{{&e, rows.momenta}};
  Checked intact(sums.lanes, sums.shared_bytes()), without(sums.lanes, sums.shared_bytes(), 0);
  sums(intact, 0);
  EXPECT_EQ(intact.seen, 1);
  EXPECT_EQ(intact.hazards().count(), 0) << intact.hazards().text();
  sums(without, 0);
  EXPECT_GT(without.hazards().count(), 0);
}

TEST(StagedNodeSystem, RowsOnThreadsGiveTheSameBits) {
  const auto run = [](int threads) {
    Rows rows(50, false);
    const Elimination e = rows.elimination();
    const SumRows<Apply> sums{{&e, rows.momenta}};
    for (int i = 0; i < sums.blocks(1); ++i)
      block::run_threads(sums.lanes, threads, sums.shared_bytes(),
                         [&](block::ThreadBlock& blk) { sums(blk, i); });
    return rows.z;
  };
  EXPECT_EQ(run(3), run(1));
}

}  // namespace
}  // namespace kapitza::staged
