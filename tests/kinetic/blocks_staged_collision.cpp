// SPDX-License-Identifier: BSD-3-Clause
//
// The complete GPU path of the collision operator, run on the host: the same stages, batches and
// order of summation, with a loop for the kernel launch, a SerialBlock for a thread block and FFTW
// for cuFFT. What these tests leave open is cuFFT itself and the launch.

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <tuple>
#include <vector>

#include "kapitza/kinetic/backend.hpp"
#include "kapitza/machine/machine.hpp"
#include "kernels/kinetic/staged/staged_collision.hpp"
#include "tests/support/collision_agreement.hpp"
#include "tests/support/needs_gpu.hpp"
#include "tests/support/staged_on_host.hpp"

namespace kapitza::staged {
namespace {

using Host = StagedCollision<HostDevice>;
using Order = HostDevice::Order;
using testing::different_densities;

struct Setting {
  std::string name;
  int K;
  std::vector<int> channels;
  Dispersion dispersion = Dispersion::parabolic();
  double T = 6.4;
  int M = 0;  ///< 0: what the light cone needs
  kinetic::TimeSweep sweep = kinetic::TimeSweep::transforms;
};

void PrintTo(const Setting& setting, std::ostream* out) { *out << setting.name; }

kinetic::CollisionPlan make_plan(const Setting& setting) {
  kinetic::CollisionModel model;
  model.dispersion = setting.dispersion;
  // c_4 keeps every derivative of a rate alive, c_5 = 0 keeps the channels at four.
  model.interaction = Interaction({{2, 0.3}, {3, 1.0}, {4, 0.7}});
  model.grid.K = setting.K;
  model.channels = setting.channels;
  kinetic::Resolution resolution;
  if (model.has_sweep()) {
    resolution.T = setting.T;
    resolution.dtau = kinetic::Resolution::safe_dtau(model);
    resolution.M = setting.M > 0 ? setting.M : kinetic::Resolution::safe_M(model, setting.T);
    resolution.M_first = setting.K;
  }
  if (model.has_pairs()) resolution.points = 12;
  return {model, resolution};
}

class StagedCollisionAgrees : public ::testing::TestWithParam<Setting> {};

/// The staged operator of a setting, by the sweep that it names.
Host staged_operator(const Setting& setting, std::size_t workspace = default_workspace,
                     Order order = Order::forwards) {
  return Host(make_plan(setting), workspace, setting.sweep, order);
}

void expect_agreement(kinetic::CollisionOperator& staged) {
  const auto reference = make_cpu_machine(2)->kinetic().collision(staged.plan());
  for (const int N : {1, 3, 70}) testing::expect_same_integrals(*reference, staged, N);
}

void expect_agreement_of_jacobians(kinetic::CollisionOperator& staged) {
  const auto reference = make_cpu_machine(2)->kinetic().collision(staged.plan());
  testing::expect_same_jacobians(*reference, staged, 2);
}

TEST_P(StagedCollisionAgrees, WithTheCpuBackend) {
  Host staged = staged_operator(GetParam());
  expect_agreement(staged);
}

TEST_P(StagedCollisionAgrees, WithTheJacobianOfTheCpuBackend) {
  Host staged = staged_operator(GetParam());
  expect_agreement_of_jacobians(staged);
}

TEST_P(StagedCollisionAgrees, WithTheCpuBackendOnCuda) {
  NEEDS_GPU();
  const auto staged = make_cuda_machine({field::Steps::best, GetParam().sweep})
                          ->kinetic()
                          .collision(make_plan(GetParam()));
  expect_agreement(*staged);
  expect_agreement_of_jacobians(*staged);
}

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const int K : {32, 64, 96}) {
    std::string size = "K";
    size += std::to_string(K);
    for (const auto& channels :
         std::vector<std::vector<int>>{{2, 3}, {3}, {2}, {3, 4}, {2, 3, 4}}) {
      std::string name = size + "_parabolic_";
      for (const int l : channels) name += std::to_string(l);
      all.push_back({name, K, channels});
    }
    all.push_back({size + "_cosine_3", K, {3}, Dispersion::cosine()});
  }
  all.push_back({"K32_one_lattice_34", 32, {3, 4}, Dispersion::parabolic(), 6.4, 32});
  all.push_back({"K32_long_3", 32, {3}, Dispersion::parabolic(), 20});
  // Every lattice in blocks: shorter and longer than eight grids, and as long as one.
  for (const auto& [K, M, T] : {std::tuple{32, 0, 20.0},
                                {128, 128, 6.4},
                                {64, 256, 10.0},
                                {64, 512, 20.0},
                                {64, 1024, 20.0},
                                {64, 2048, 6.4},
                                {32, 4096, 6.4},
                                {256, 512, 6.4}})
    for (const auto& channels : std::vector<std::vector<int>>{{2, 3}, {3, 4}})
      all.push_back({"Blocks" + std::to_string(K) + "_" + std::to_string(M) + "_" +
                         std::to_string(channels[0]),
                     K, channels, Dispersion::parabolic(), T, M, kinetic::TimeSweep::best});
  // Pairs alone, whose rows are made in blocks.
  for (const int K : {32, 512})
    all.push_back({"BlocksOfPairs" + std::to_string(K),
                   K,
                   {2},
                   Dispersion::parabolic(),
                   0,
                   0,
                   kinetic::TimeSweep::best});
  // Lattices that are no powers of two: only the Jacobian goes in tiles.
  for (const int K : {36, 96})
    all.push_back({"Tiles" + std::to_string(K),
                   K,
                   {2, 3},
                   Dispersion::parabolic(),
                   12,
                   0,
                   kinetic::TimeSweep::best});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Settings, StagedCollisionAgrees, ::testing::ValuesIn(settings()),
                         [](const auto& test) { return test.param.name; });

/// All results of a call, as bytes are compared.
struct Results {
  kinetic::CollisionBatch batch;
  std::vector<double> J;
};

void expect_same_bits(const Results& a, const Results& b) {
  EXPECT_EQ(a.batch.gain, b.batch.gain);
  EXPECT_EQ(a.batch.loss, b.batch.loss);
  EXPECT_EQ(a.batch.I, b.batch.I);
  EXPECT_EQ(a.batch.error, b.batch.error);
  EXPECT_EQ(a.batch.grid_error, b.batch.grid_error);
  EXPECT_EQ(a.batch.number_rate_raw, b.batch.number_rate_raw);
  EXPECT_EQ(a.batch.energy_rate_raw, b.batch.energy_rate_raw);
  EXPECT_EQ(a.J, b.J);
}

Results run(Host& staged, const std::vector<double>& n) {
  Results results;
  results.J.resize(n.size() * staged.plan().K());
  staged.evaluate(n, results.batch);
  staged.jacobian(n, results.J);
  return results;
}

// T = 25: several chunks in most segments, two lattices.
const Setting several_chunks{"", 32, {2, 3}, Dispersion::parabolic(), 25};
const Setting several_blocks{
    "", 32, {2, 3}, Dispersion::parabolic(), 25, 0, kinetic::TimeSweep::best};

TEST(StagedCollision, BitsDoNotDependOnPassesAndBatches) {
  for (const Setting& setting : {several_chunks, several_blocks}) {
    const kinetic::CollisionPlan plan = make_plan(setting);
    const std::vector<double> n = different_densities(plan, 21);
    Host whole = staged_operator(setting);
    const Results expected = run(whole, n);

    for (const std::size_t workspace :
         {std::size_t{1}, std::size_t{1} << 19, std::size_t{1} << 23}) {
      SCOPED_TRACE("workspace " + std::to_string(workspace));
      Host cut = staged_operator(setting, workspace);
      expect_same_bits(run(cut, n), expected);
    }
  }
}

TEST(StagedCollision, SmallWorkspacesMakeManyPasses) {
  const kinetic::CollisionPlan plan = make_plan(several_chunks);
  const std::vector<double> n = different_densities(plan, 4);
  const auto stages = [&](std::size_t workspace) {
    Host staged(plan, workspace);
    kinetic::CollisionBatch batch;
    HostDevice::record = {};
    staged.evaluate(n, batch);
    return HostDevice::record.stages;
  };
  // One pass per density, and a batch of times for every one or two chunks.
  EXPECT_GT(stages(1), 8 * stages(std::size_t{1} << 30));
}

TEST(StagedCollision, BitsDoNotDependOnTheOrderOfIndices) {
  for (const Setting& setting : {several_chunks, several_blocks}) {
    const kinetic::CollisionPlan plan = make_plan(setting);
    const std::vector<double> n = different_densities(plan, 5);
    Host forwards = staged_operator(setting);
    Host backwards = staged_operator(setting, default_workspace, Order::backwards);
    expect_same_bits(run(backwards, n), run(forwards, n));
  }
}

TEST(StagedCollision, BitsDoNotDependOnOtherDensitiesOrEarlierCalls) {
  for (const Setting& setting : {several_chunks, several_blocks}) {
    const kinetic::CollisionPlan plan = make_plan(setting);
    const std::size_t K = plan.K();
    const int N = 20;
    const std::vector<double> n = different_densities(plan, N);
    Host used = staged_operator(setting);
    const Results together = run(used, n);
    for (const int x : {0, 3, 19}) {
      SCOPED_TRACE("density " + std::to_string(x));
      const std::vector<double> alone(n.begin() + x * K, n.begin() + (x + 1) * K);
      Host fresh = staged_operator(setting);
      const Results expected = run(fresh, alone);
      expect_same_bits(run(used, alone), expected);
      EXPECT_TRUE(std::equal(expected.batch.I.begin(), expected.batch.I.end(),
                             together.batch.I.begin() + x * K));
      EXPECT_TRUE(std::equal(expected.J.begin(), expected.J.end(), together.J.begin() + x * K * K));
    }
  }
}

TEST(StagedCollision, DensitiesGoInAndResultsComeOut) {
  Setting longer = several_chunks;
  longer.T *= 2;
  for (const Setting& setting : {several_chunks, longer, several_blocks}) {
    const kinetic::CollisionPlan plan = make_plan(setting);
    const std::vector<double> n = different_densities(plan, 9);
    Host staged = staged_operator(setting);
    kinetic::CollisionBatch batch;
    HostDevice::record = {};

    staged.evaluate(n, batch);

    EXPECT_EQ(HostDevice::record.uploaded, n.size() * sizeof(double) + 9 * sizeof(ChannelRates));
    EXPECT_EQ(HostDevice::record.downloaded, 3 * n.size() * sizeof(double) + 9 * sizeof(Diagnosis));
  }
}

TEST(StagedCollision, WhatDoesNotFitIntoABlockIsSweptByTransforms) {
  constexpr std::size_t limit = std::size_t{163} << 10;
  EXPECT_TRUE(sweep_fits_in_block(1024, 256, limit));
  EXPECT_TRUE(sweep_fits_in_block(4096, 1024, limit));
  EXPECT_FALSE(sweep_fits_in_block(4096, 2048, limit)) << "192 KiB";
  EXPECT_FALSE(sweep_fits_in_block(192, 96, limit)) << "no power of two";
  EXPECT_FALSE(sweep_fits_in_block(8192, 256, limit)) << "too many sites";
  // Which the operator knows: the device would throw.
  Setting fine{"", 2048, {3}, Dispersion::parabolic(), 0.4, 2048, kinetic::TimeSweep::best};
  kinetic::CollisionBatch batch;
  staged_operator(fine).evaluate(different_densities(make_plan(fine), 1), batch);
}

TEST(StagedCollision, BlocksTransformForThemselves) {
  const auto transforms = [](const Setting& setting) {
    Host staged = staged_operator(setting);
    kinetic::CollisionBatch batch;
    HostDevice::record = {};
    staged.evaluate(different_densities(make_plan(setting), 9), batch);
    return HostDevice::record.transforms;
  };
  Setting in_blocks = several_blocks, by_transforms = several_chunks;
  in_blocks.M = by_transforms.M = 512;
  EXPECT_LT(2 * transforms(in_blocks), transforms(by_transforms));
}

TEST(StagedCollision, MemoryIsWhatItSays) {
  for (const auto& channels : std::vector<std::vector<int>>{{2}, {3}, {2, 3}}) {
    for (Setting setting : {several_chunks, several_blocks})
      for (const std::size_t workspace : {std::size_t{1} << 22, default_workspace}) {
        setting.channels = channels;
        const kinetic::CollisionPlan plan = make_plan(setting);
        const std::vector<double> n = different_densities(plan, 40);
        HostDevice::record = {};
        Host staged = staged_operator(setting, workspace);
        kinetic::CollisionBatch batch;

        staged.evaluate(n, batch);

        EXPECT_EQ(HostDevice::record.allocated, staged.memory(40));
      }
  }
}

TEST(JacobianPass, MemoryIsWhatItSays) {
  for (const auto& channels : std::vector<std::vector<int>>{{2}, {3}, {2, 3}})
    for (const kinetic::TimeSweep sweep :
         {kinetic::TimeSweep::transforms, kinetic::TimeSweep::best}) {
      Setting setting = several_chunks;
      setting.channels = channels;
      HostDevice device;
      const Tables<HostDevice> tables(device, make_plan(setting), std::size_t{1} << 20, sweep);
      HostDevice::record = {};

      const JacobianPass<HostDevice> pass(device, tables, 3);

      EXPECT_EQ(HostDevice::record.allocated, JacobianPass<HostDevice>::bytes(tables, 3));
    }
}

/// Rows that are made and transformed in blocks are no longer than the grid.
TEST(JacobianPass, PairsInBlocksTakeLessMemory) {
  Setting setting = several_chunks;
  setting.channels = {2};
  HostDevice device;
  const auto bytes = [&](kinetic::TimeSweep sweep) {
    const Tables<HostDevice> tables(device, make_plan(setting), std::size_t{1} << 20, sweep);
    return JacobianPass<HostDevice>::bytes(tables, 16);
  };
  EXPECT_LT(5 * bytes(kinetic::TimeSweep::best), bytes(kinetic::TimeSweep::transforms));
}

TEST(StagedCollision, NoDensitiesAreNoWork) {
  Host staged(make_plan(several_chunks));
  kinetic::CollisionBatch batch;
  staged.evaluate({}, batch);
  staged.jacobian({}, {});
  EXPECT_TRUE(batch.I.empty());
}

TEST(BatchTimes, KeepsChunksWhole) {
  const std::vector<ChunkEntry> chunks{{0, 16}, {16, 16}, {32, 1}, {33, 16}, {49, 16}};

  const std::vector<TimeBatch> batches = batch_times(chunks, 33);

  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].chunks, 3);
  EXPECT_EQ(batches[0].times, 33);
  EXPECT_EQ(batches[1].first_chunk, 3);
  EXPECT_EQ(batches[1].first_time, 33);
  EXPECT_EQ(batches[1].times, 32);
  EXPECT_EQ(batch_times(chunks, 0).size(), chunks.size());
}

}  // namespace
}  // namespace kapitza::staged
