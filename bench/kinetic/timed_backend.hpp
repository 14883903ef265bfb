// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <span>
#include <utility>

#include "bench/harness.hpp"
#include "kapitza/kinetic/backend.hpp"

namespace kapitza::bench {

/// Seconds spent in each kind of work (release: of operators), and how often it was asked for.
struct Profile {
  double prepare = 0, evaluate = 0, linearise = 0, factorise = 0, solve = 0, release = 0;
  int operators = 0, evaluations = 0, linearisations = 0, factorisations = 0;
};

class TimedCollision final : public kinetic::CollisionOperator {
 public:
  TimedCollision(std::unique_ptr<kinetic::CollisionOperator> collision, Profile& profile)
      : kinetic::CollisionOperator(collision->plan()),
        collision_(std::move(collision)),
        profile_(profile) {}

  ~TimedCollision() override {
    profile_.release += seconds([&] { collision_.reset(); });
  }

  void evaluate(std::span<const double> n, kinetic::CollisionBatch& out) override {
    profile_.evaluate += seconds([&] { collision_->evaluate(n, out); });
    ++profile_.evaluations;
  }
  void jacobian(std::span<const double> n, std::span<double> J) override {
    collision_->jacobian(n, J);
  }
  void linearise(std::span<const kinetic::Linearisation> stretches) override {
    profile_.linearise += seconds([&] { collision_->linearise(stretches); });
    ++profile_.linearisations;
  }
  std::size_t memory(std::size_t densities) const override { return collision_->memory(densities); }

 private:
  std::unique_ptr<kinetic::CollisionOperator> collision_;
  Profile& profile_;
};

/// A backend that keeps account of what it is asked to do.
class TimedBackend final : public kinetic::Backend {
 public:
  TimedBackend(kinetic::Backend& backend, Profile& profile)
      : backend_(backend), profile_(profile) {}

  std::unique_ptr<kinetic::CollisionOperator> collision(kinetic::CollisionPlan plan) override {
    std::unique_ptr<kinetic::CollisionOperator> made;
    profile_.prepare += seconds([&] { made = backend_.collision(std::move(plan)); });
    ++profile_.operators;
    return std::make_unique<TimedCollision>(std::move(made), profile_);
  }
  std::unique_ptr<kinetic::NodeSystem> node_system(int K, std::size_t nodes) override {
    std::unique_ptr<kinetic::NodeSystem> made;
    profile_.prepare += seconds([&] { made = backend_.node_system(K, nodes); });
    return made;
  }
  void factorise(std::span<const kinetic::Factorisation> all) override {
    profile_.factorise += seconds([&] { backend_.factorise(all); });
    ++profile_.factorisations;
  }
  void solve(std::span<const kinetic::Solution> all) override {
    profile_.solve += seconds([&] { backend_.solve(all); });
  }

 private:
  kinetic::Backend& backend_;
  Profile& profile_;
};

}  // namespace kapitza::bench
