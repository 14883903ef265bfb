// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "bench/harness.hpp"
#include "kapitza/solver/backend.hpp"

namespace kapitza::bench {

/// Seconds spent in each kind of work, and how often it was asked for.
struct Profile {
  double prepare = 0, evaluate = 0, linearise = 0, factorise = 0, solve = 0, release = 0;
  int operators = 0, evaluations = 0, linearisations = 0, factorisations = 0;
};

/// A backend that keeps account of what it is asked to do.
class TimedNodeSystem final : public NodeSystem {
 public:
  TimedNodeSystem(std::unique_ptr<NodeSystem> system, Profile& profile)
      : system_(std::move(system)), profile_(profile) {}

  ~TimedNodeSystem() override {
    profile_.release += seconds([&] { system_.reset(); });
  }

  static NodeSystem* inner(NodeSystem* system) {
    return dynamic_cast<TimedNodeSystem&>(*system).system_.get();
  }
  void factorise(const NodeCoefficients& coefficients) override {
    const Factorisation alone{this, &coefficients};
    factorise_together({&alone, 1});
  }
  void factorise_together(std::span<const Factorisation> all) override {
    std::vector<Factorisation> parts(all.begin(), all.end());
    for (Factorisation& part : parts) part.system = inner(part.system);
    profile_.factorise += seconds([&] { system_->factorise_together(parts); });
    ++profile_.factorisations;
  }
  void solve(std::span<double> f) override {
    const Solution alone{this, f};
    solve_together({&alone, 1});
  }
  void solve_together(std::span<const Solution> all) override {
    std::vector<Solution> parts(all.begin(), all.end());
    for (Solution& part : parts) part.system = inner(part.system);
    profile_.solve += seconds([&] { system_->solve_together(parts); });
  }
  std::size_t memory() const override { return system_->memory(); }

 private:
  std::unique_ptr<NodeSystem> system_;
  Profile& profile_;
};

class TimedCollision final : public CollisionOperator {
 public:
  TimedCollision(std::unique_ptr<CollisionOperator> collision, Profile& profile)
      : CollisionOperator(collision->plan()), collision_(std::move(collision)), profile_(profile) {}

  ~TimedCollision() override {
    profile_.release += seconds([&] { collision_.reset(); });
  }

  void evaluate(std::span<const double> n, CollisionBatch& out) override {
    profile_.evaluate += seconds([&] { collision_->evaluate(n, out); });
    ++profile_.evaluations;
  }
  void jacobian(std::span<const double> n, std::span<double> J) override {
    collision_->jacobian(n, J);
  }
  std::unique_ptr<NodeSystem> node_system(std::size_t nodes) override {
    std::unique_ptr<NodeSystem> made;
    profile_.prepare += seconds([&] { made = collision_->node_system(nodes); });
    return std::make_unique<TimedNodeSystem>(std::move(made), profile_);
  }
  void linearise(std::span<const double> n, NodeSystem& system, std::size_t first) override {
    const Linearisation alone{n, &system, first};
    linearise_together({&alone, 1});
  }
  void linearise_together(std::span<const Linearisation> all) override {
    std::vector<Linearisation> parts(all.begin(), all.end());
    for (Linearisation& part : parts) part.system = TimedNodeSystem::inner(part.system);
    profile_.linearise += seconds([&] { collision_->linearise_together(parts); });
    ++profile_.linearisations;
  }
  std::size_t memory(std::size_t densities) const override { return collision_->memory(densities); }

 private:
  std::unique_ptr<CollisionOperator> collision_;
  Profile& profile_;
};

class TimedBackend final : public Backend {
 public:
  TimedBackend(Backend& backend, Profile& profile) : backend_(backend), profile_(profile) {}

  std::string name() const override { return backend_.name(); }
  std::string description() const override { return backend_.description(); }
  std::unique_ptr<CollisionOperator> collision(CollisionPlan plan) override {
    std::unique_ptr<CollisionOperator> made;
    profile_.prepare += seconds([&] { made = backend_.collision(std::move(plan)); });
    ++profile_.operators;
    return std::make_unique<TimedCollision>(std::move(made), profile_);
  }
  std::unique_ptr<Ensemble> ensemble(EnsemblePlan plan) override {
    return backend_.ensemble(std::move(plan));
  }

 private:
  Backend& backend_;
  Profile& profile_;
};

}  // namespace kapitza::bench
