// SPDX-License-Identifier: BSD-3-Clause
//
// The linear systems of the GPU path, run on the host: what travels, what is held, and that no
// stage reads what another index of it writes. Its numbers are compared in tests/conformance.

#include "kernels/staged/staged_chain.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "kernels/staged/staged_collision.hpp"
#include "tests/support/host_device.hpp"

namespace kapitza::staged {
namespace {

using Host = StagedCollision<HostDevice>;
using Order = HostDevice::Order;

constexpr std::size_t N = 9, K = 32, size = N * K;

CollisionPlan make_plan() {
  CollisionModel model;
  model.grid.K = K;
  model.channels = {2, 3};
  return {model, {6.4, Resolution::safe_dtau(model), Resolution::safe_M(model, 6.4), K, 12}};
}

std::vector<double> wave(std::size_t count, double mean, double height) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(mean + height * std::sin(0.7 * static_cast<double>(i)));
  return values;
}

ChainCoefficients coefficients() {
  return {1e-2, wave(size, 3, 1), wave(size, 0, 1), wave(size, 0.1, 1), wave(K, 0, 1)};
}

TEST(StagedChain, JacobiansAndFactorsStayOnTheDevice) {
  Host collision(make_plan());
  const auto chain = collision.chain(N);
  const ChainCoefficients c = coefficients();
  std::vector<double> f(size, 1);

  HostDevice::record = {};
  collision.linearise(wave(size, 0.7, 0.2), *chain, 0);
  EXPECT_EQ(HostDevice::record.uploaded,
            size * sizeof(double) + 2 * N * sizeof(ChannelRates) + N * sizeof(double*));
  EXPECT_EQ(HostDevice::record.downloaded, 0u);

  HostDevice::record = {};
  chain->factorise(c);
  EXPECT_EQ(HostDevice::record.uploaded,
            (3 * size + K) * sizeof(double) + N * (sizeof(ChainNode) + sizeof(Elimination)));
  EXPECT_EQ(HostDevice::record.downloaded, N * sizeof(int));

  HostDevice::record = {};
  chain->solve(f);
  EXPECT_EQ(HostDevice::record.uploaded, size * sizeof(double) + N * sizeof(Elimination));
  EXPECT_EQ(HostDevice::record.downloaded, size * sizeof(double));
}

TEST(StagedChain, MemoryIsWhatItSays) {
  Host collision(make_plan());
  const auto chain = collision.chain(N);
  collision.linearise(wave(size, 0.7, 0.2), *chain, 0);
  HostDevice::record = {};
  const auto other = collision.chain(N);
  collision.linearise(wave(size, 0.7, 0.2), *other, 0);
  other->factorise(coefficients());
  // Beside a few bytes for every node: addresses, flags.
  const std::size_t lists = N * (sizeof(ChainNode) + sizeof(Elimination) + sizeof(int));
  EXPECT_EQ(HostDevice::record.allocated, other->memory() + lists);
}

TEST(StagedChain, BitsDoNotDependOnTheOrderOfIndices) {
  const auto run = [](Order order) {
    Host collision(make_plan(), default_workspace, TimeSweep::transforms, order);
    const auto chain = collision.chain(N);
    std::vector<double> f(size, 1);
    collision.linearise(wave(size, 0.7, 0.2), *chain, 0);
    chain->factorise(coefficients());
    chain->solve(f);
    return f;
  };
  EXPECT_EQ(run(Order::backwards), run(Order::forwards));
}

}  // namespace
}  // namespace kapitza::staged
