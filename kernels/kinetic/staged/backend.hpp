// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <tuple>
#include <utility>

#include "kapitza/kinetic/backend.hpp"
#include "kernels/kinetic/staged/cyclic_reduction.hpp"
#include "kernels/kinetic/staged/staged_collision.hpp"

namespace kapitza::staged {

/// The kinetic backend of a kind of devices: every operator has one of its own, all systems share
/// another. They are made with the arguments given.
template <Device D, class... DeviceArguments>
class StagedKinetic final : public kinetic::Backend {
 public:
  explicit StagedKinetic(kinetic::TimeSweep sweep, DeviceArguments... arguments)
      : sweep_(sweep), arguments_(arguments...), device_(arguments...) {}

  std::unique_ptr<kinetic::CollisionOperator> collision(kinetic::CollisionPlan plan) override {
    const auto make = [&](const DeviceArguments&... arguments) {
      return std::make_unique<StagedCollision<D>>(std::move(plan), default_workspace, sweep_,
                                                  arguments...);
    };
    return std::apply(make, arguments_);
  }

  std::unique_ptr<kinetic::NodeSystem> node_system(int K, std::size_t nodes) override {
    auto system = std::make_unique<StagedNodeSystem<D>>(device_, K, nodes);
    device_.wait();  // its memory is there for the streams of operators, too
    return system;
  }

  void factorise(std::span<const kinetic::Factorisation> all) override {
    if (!all.empty()) reduction(*all.front().system).factorise(all);
  }
  void solve(std::span<const kinetic::Solution> all) override {
    if (!all.empty()) reduction(*all.front().system).solve(all);
  }

 private:
  CyclicReduction<D> reduction(kinetic::NodeSystem& system) {
    return {device_, StagedNodeSystem<D>::made_here(system).K()};
  }

  kinetic::TimeSweep sweep_;
  std::tuple<DeviceArguments...> arguments_;
  D device_;
};

}  // namespace kapitza::staged
