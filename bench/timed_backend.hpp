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
class TimedChain final : public CollisionChain {
 public:
  TimedChain(std::unique_ptr<CollisionChain> chain, Profile& profile)
      : chain_(std::move(chain)), profile_(profile) {}

  ~TimedChain() override {
    profile_.release += seconds([&] { chain_.reset(); });
  }

  static CollisionChain* inner(CollisionChain* chain) {
    return dynamic_cast<TimedChain&>(*chain).chain_.get();
  }
  void factorise(const ChainCoefficients& coefficients) override {
    const ChainFactorisation alone{this, &coefficients};
    factorise_together({&alone, 1});
  }
  void factorise_together(std::span<const ChainFactorisation> all) override {
    std::vector<ChainFactorisation> parts(all.begin(), all.end());
    for (ChainFactorisation& part : parts) part.chain = inner(part.chain);
    profile_.factorise += seconds([&] { chain_->factorise_together(parts); });
    ++profile_.factorisations;
  }
  void solve(std::span<double> f) override {
    const ChainSolution alone{this, f};
    solve_together({&alone, 1});
  }
  void solve_together(std::span<const ChainSolution> all) override {
    std::vector<ChainSolution> parts(all.begin(), all.end());
    for (ChainSolution& part : parts) part.chain = inner(part.chain);
    profile_.solve += seconds([&] { chain_->solve_together(parts); });
  }
  std::size_t memory() const override { return chain_->memory(); }

 private:
  std::unique_ptr<CollisionChain> chain_;
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
  std::unique_ptr<CollisionChain> chain(std::size_t nodes) override {
    std::unique_ptr<CollisionChain> made;
    profile_.prepare += seconds([&] { made = collision_->chain(nodes); });
    return std::make_unique<TimedChain>(std::move(made), profile_);
  }
  void linearise(std::span<const double> n, CollisionChain& chain, std::size_t first) override {
    const Linearisation alone{n, &chain, first};
    linearise_together({&alone, 1});
  }
  void linearise_together(std::span<const Linearisation> all) override {
    std::vector<Linearisation> parts(all.begin(), all.end());
    for (Linearisation& part : parts) part.chain = TimedChain::inner(part.chain);
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
