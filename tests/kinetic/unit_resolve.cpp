// SPDX-License-Identifier: BSD-3-Clause
// The choice of a resolution, of collision integrals that are made up.
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "kapitza/kinetic/resolve.hpp"
#include "kapitza/machine/machine.hpp"

namespace kapitza::kinetic {
namespace {

constexpr int K = 32;
constexpr double infinite = std::numeric_limits<double>::infinity();

/// What I is at a resolution, all momenta alike, and the estimate of its error at a density.
struct MadeUp {
  std::function<double(const Resolution&)> I = [](const Resolution&) { return 1.0; };
  std::function<double(const Resolution&, double)> error = [](const Resolution&, double) {
    return 0.0;
  };
};

/// I alone is made up; the rest is what the CPU makes of the same plan.
class MadeUpCollision final : public CollisionOperator {
 public:
  MadeUpCollision(const MadeUp& made_up, Backend& cpu, CollisionPlan plan_in)
      : CollisionOperator(std::move(plan_in)), made_up_(made_up), cpu_(cpu) {}

  void evaluate(std::span<const double> n, CollisionBatch& out) override {
    out.resize(n.size() / K, K);
    for (std::size_t i = 0; i < n.size(); ++i) {
      out.I[i] = made_up_.I(plan().resolution);
      out.gain[i] = 1;
      out.error[i / K] = made_up_.error(plan().resolution, n[i]);
      out.grid_error[i / K] = 0;
    }
  }
  void jacobian(std::span<const double> n, std::span<double> J) override { real()->jacobian(n, J); }
  void linearise(std::span<const Linearisation> all) override { real()->linearise(all); }
  std::size_t memory(std::size_t densities) const override { return real()->memory(densities); }

 private:
  std::unique_ptr<CollisionOperator> real() const { return cpu_.collision(plan()); }

  const MadeUp& made_up_;
  Backend& cpu_;
};

class MadeUpBackend final : public Backend {
 public:
  explicit MadeUpBackend(MadeUp made_up) : made_up_(std::move(made_up)) {}

  std::unique_ptr<CollisionOperator> collision(CollisionPlan plan) override {
    return std::make_unique<MadeUpCollision>(made_up_, cpu_, std::move(plan));
  }
  std::unique_ptr<NodeSystem> node_system(int momenta, std::size_t nodes) override {
    return cpu_.node_system(momenta, nodes);
  }
  void factorise(std::span<const Factorisation> all) override { cpu_.factorise(all); }
  void solve(std::span<const Solution> all) override { cpu_.solve(all); }

 private:
  MadeUp made_up_;
  std::unique_ptr<Machine> machine_ = make_cpu_machine(1);
  Backend& cpu_ = machine_->kinetic();
};

CollisionModel psi6() {
  CollisionModel model;
  model.grid = {K};
  model.interaction = Interaction({{3, 6.0}});
  model.channels = {3};
  return model;
}

ResolvedCollision resolved(const MadeUp& made_up, const ResolutionRequest& request) {
  MadeUpBackend backend(made_up);
  return resolve_collision(backend, psi6(), std::vector<double>(K, 1.0), request);
}

TEST(Resolve, ALimitIsAllowedAsItIsPrinted) {
  for (int l = 3; l <= 6; ++l) {
    CollisionModel model = psi6();
    model.interaction = Interaction({{l, 1.0}});
    model.channels = {l};
    try {
      check_request(model, {.dtau = 100});
      FAIL() << "it was accepted";
    } catch (const UnsuitableResolution& error) {
      const std::string text = error.what();
      const double printed = std::stod(text.substr(text.rfind('=') + 1));
      EXPECT_NO_THROW(check_request(model, {.dtau = printed})) << text;
      EXPECT_THROW(check_request(model, {.dtau = 1.0001 * printed}), UnsuitableResolution) << text;
    }
  }
}

TEST(Resolve, WhatIsNoNumberAgreesWithNothing) {
  const ResolvedCollision found =
      resolved({.I = [](const Resolution&) { return std::nan(""); }}, {.tolerance = 0.5});
  EXPECT_EQ(found.errors.cutoff, infinite);
  EXPECT_FALSE(found.errors.tolerance_reached());
}

TEST(Resolve, OneNumberThatIsNoneIsEnough) {
  // At some number of sites, between others that agree.
  const MadeUp made_up{.I = [](const Resolution& r) { return r.M == 512 ? std::nan("") : 1.0; }};
  const ResolvedCollision found = resolved(made_up, {.tolerance = 0.5});
  EXPECT_EQ(found.collision->plan().resolution.M_first, 1024);
  EXPECT_TRUE(found.errors.tolerance_reached());
}

TEST(Resolve, TakesTheFewestSitesThatAgree) {
  const MadeUp made_up{.I = [](const Resolution& r) { return 1 + 100.0 / r.M; }};
  const ResolvedCollision found = resolved(made_up, {.tolerance = 0.5});
  // 4/3 (100 / M - 50 / M) <= 0.2 * 0.5 from M = 1024 on, the first power of two above 667.
  EXPECT_EQ(found.collision->plan().resolution.M_first, 1024);
  EXPECT_NEAR(found.errors.cutoff, 4.0 / 3 * 50 / 1024, 1e-15);
}

TEST(Resolve, GivesEveryDensityTheTimeItNeeds) {
  const MadeUp made_up{.error = [](const Resolution& r, double n) { return n / r.T; }};
  MadeUpBackend backend(made_up);
  std::vector<double> n;
  const double least = least_T(psi6());
  const std::vector<double> needed{0.1 * least, 3 * least, 0.2 * least, 50 * least};
  for (const double T : needed) n.insert(n.end(), K, 0.6 * 0.01 * T);  // of T, its share of 0.01
  const ResolvedRow row = resolve_row(backend, psi6(), n, {.tolerance = 0.01});
  ASSERT_EQ(row.groups.size(), 3u);
  EXPECT_EQ(row.groups[0].members, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(row.groups[1].members, std::vector<std::size_t>{1});
  EXPECT_EQ(row.groups[2].members, std::vector<std::size_t>{3});
  for (int i = 0; i < 3; ++i) {
    const double T = std::vector{1.0, 4.0, 64.0}[i] * least;
    EXPECT_EQ(row.groups[i].collision->plan().resolution.T, T);
  }
}

TEST(Resolve, LeavesTheRestAtAnAffordableTimeWhereItIsStopped) {
  const MadeUp made_up{.error = [](const Resolution&, double) { return 1.0; }};
  MadeUpBackend backend(made_up);
  int asked = 0;
  const auto stop = [&](double) { return ++asked > 4; };
  const ResolvedRow row =
      resolve_row(backend, psi6(), std::vector<double>(2 * K, 1.0), {.tolerance = 0.01}, stop);
  EXPECT_FALSE(row.complete);
  ASSERT_EQ(row.groups.size(), 1u);
  EXPECT_EQ(row.groups[0].members, (std::vector<std::size_t>{0, 1}));
  const double T = row.groups[0].collision->plan().resolution.T;
  EXPECT_GT(T, least_T(psi6()));  // the last that was evaluated
  EXPECT_LT(T, greatest_T(psi6()));
}

TEST(Resolve, DoesNotLookForATimeThatIsGiven) {
  const MadeUp made_up{.error = [](const Resolution&, double) { return 1.0; }};
  MadeUpBackend backend(made_up);
  const ResolutionRequest request{.tolerance = 0.01, .T = 50};
  const ResolvedRow row = resolve_row(backend, psi6(), std::vector<double>(2 * K, 1.0), request);
  ASSERT_EQ(row.groups.size(), 1u);
  EXPECT_EQ(row.groups[0].collision->plan().resolution.T, 50);
  const ResolvedCollision one = resolved(made_up, request);
  EXPECT_EQ(one.collision->plan().resolution.T, 50);
  EXPECT_EQ(one.errors.cutoff, 1);
}

}  // namespace
}  // namespace kapitza::kinetic
