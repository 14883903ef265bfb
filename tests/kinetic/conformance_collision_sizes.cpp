// SPDX-License-Identifier: BSD-3-Clause
//
// The collision operator at the sizes of real runs, against the CPU backend: momenta, densities and
// sites from few to many, both ways to sum over auxiliary time. Times are few, that it may be
// quick: M is larger than their light cones.

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "tests/support/backends.hpp"
#include "tests/support/collision_agreement.hpp"

namespace kapitza::kinetic {
namespace {

struct Size {
  int K, N, M;
  /// Would take minutes, or more memory than there may be, on the host.
  bool only_on_gpu = false;
};

// Blocks sweep up to 4096 sites, transforms more.
const std::vector<Size> evaluations = {
    {64, 200, 256},          {64, 41, 1024},          {64, 3, 8192},
    {256, 41, 256},          {256, 41, 2048},         {256, 1, 4096},
    {256, 1, 8192},          {1024, 3, 1024},         {1024, 1, 4096},
    {1024, 1, 8192},         {64, 200, 8192, true},   {256, 200, 1024, true},
    {256, 200, 4096, true},  {256, 200, 8192, true},  {1024, 41, 1024, true},
    {1024, 200, 1024, true}, {1024, 200, 4096, true}, {1024, 41, 8192, true},
};
const std::vector<Size> jacobians = {
    {64, 41, 256},        {64, 1, 8192},         {256, 1, 512},         {256, 1, 2048},
    {1024, 1, 1024},      {64, 200, 1024, true}, {256, 41, 1024, true}, {256, 41, 4096, true},
    {256, 2, 8192, true}, {1024, 2, 4096, true}, {1024, 2, 8192, true},
};

/// 32 steps, every one on all M sites.
CollisionPlan plan_of(const Size& size) {
  CollisionModel model;
  model.grid.K = size.K;
  model.channels = {2, 3};
  return {model, {6.4, 0.2, size.M, size.M, 12}};
}

/// The name keeps compute-sanitizer away: see `./dev gpu`.
class LargeCollision : public OnEveryBackend {
 protected:
  template <class Compare>
  void at_each(const std::vector<Size>& sizes, const Compare& expect_same) {
    const auto cpu = make_cpu_machine();
    for (const Size& size : sizes) {
      if (size.only_on_gpu && machine_->name() != "cuda") continue;
      SCOPED_TRACE("K = " + std::to_string(size.K) + ", M = " + std::to_string(size.M));
      expect_same(*cpu->kinetic().collision(plan_of(size)), *kinetic().collision(plan_of(size)),
                  size.N);
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Backends, LargeCollision,
                         ::testing::Values("staged", "staged_fused", "cuda", "cuda_fused"),
                         backend_name);

TEST_P(LargeCollision, IsThatOfTheCpu) { at_each(evaluations, testing::expect_same_integrals); }

TEST_P(LargeCollision, HasTheJacobianOfTheCpu) {
  at_each(jacobians, testing::expect_same_jacobians);
}

}  // namespace
}  // namespace kapitza::kinetic
