// SPDX-License-Identifier: BSD-3-Clause
// Stationary defects side by side: the same bits as one after the other, in fewer calls.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "kapitza/core/error.hpp"
#include "kapitza/defect/stationary.hpp"
#include "kapitza/kinetic/together.hpp"
#include "tests/support/densities.hpp"
#include "tests/support/test_device.hpp"

namespace kapitza::defect {
namespace {

using testing::device;

Problem problem_of(double Lambda, int cells, double cold = 1, std::vector<int> channels = {2, 3},
                   int K = 32) {
  Problem problem;
  problem.model.grid = {K};
  problem.model.channels = std::move(channels);
  problem.Lambda = Lambda;
  for (double k : problem.model.grid.momenta()) {
    problem.injection.left.push_back(testing::injection(k));
    problem.injection.right.push_back(cold * testing::injection(k));
  }
  problem.mesh = Mesh::graded(cells, 0.005 / Lambda);
  return problem;
}

/// What came out of a solution, to the last bit.
struct Outcome {
  std::vector<double> n;
  std::vector<double> residuals;
  std::string error;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome solve(kinetic::Backend& backend, const Problem& problem, int max_iterations = 0) {
  StationaryOptions options;
  options.resolution.tolerance = 0.05;
  options.max_iterations = max_iterations;
  const auto solver = make_newton(backend, problem, options);
  Outcome outcome;
  try {
    while (!solver->converged()) solver->step();
  } catch (const NumericsError& error) {
    outcome.error = error.what();
  }
  outcome.n = solver->slab().n();
  for (const Iteration& entry : solver->history()) outcome.residuals.push_back(entry.residual);
  return outcome;
}

std::vector<Outcome> solve_together(kinetic::Backend& backend, const std::vector<Problem>& problems,
                                    std::size_t failing = 1000) {
  std::vector<Outcome> all(problems.size());
  const auto thrown =
      kinetic::side_by_side(backend, all.size(), [&](std::size_t i, kinetic::Backend& own) {
        all[i] = solve(own, problems[i], i == failing ? 3 : 0);
      });
  for (const std::exception_ptr& one : thrown)
    if (one) std::rethrow_exception(one);
  return all;
}

TEST(StationaryTogether, GivesTheBitsOfOneAfterTheOther) {
  std::vector<Problem> problems{
      problem_of(0.1, 8),         problem_of(1, 8),           problem_of(10, 8),
      problem_of(1, 12),          problem_of(1, 7),           problem_of(1, 8, 0.5),
      problem_of(0.5, 8, 1, {3}), problem_of(0.5, 6, 1, {2}), problem_of(0.5, 6, 1, {2, 3}, 36)};
  problems.push_back(problems[6]);
  problems.back().model.dispersion = Dispersion::cosine();
  constexpr std::size_t failing = 2;
  const std::vector<Outcome> together = solve_together(device().kinetic(), problems, failing);
  for (std::size_t i = 0; i < problems.size(); ++i) {
    EXPECT_EQ(together[i], solve(device().kinetic(), problems[i], i == failing ? 3 : 0)) << i;
    EXPECT_EQ(together[i].error.empty(), i != failing) << together[i].error;
  }
}

TEST(StationaryTogether, MarchingGivesTheSameBits) {
  const auto march = [](kinetic::Backend& backend, double Lambda) {
    Problem problem = problem_of(Lambda, 4);
    problem.transport = TransportScheme::upwind;
    problem.mesh = Mesh::uniform(4);
    StationaryOptions options;
    options.resolution.tolerance = 0.05;
    const auto solver = make_march(backend, problem, options);
    for (int step = 0; step < 20; ++step) solver->step();
    return solver->slab().n();
  };
  std::vector<std::vector<double>> n(3);
  kinetic::side_by_side(device().kinetic(), 3, [&](std::size_t i, kinetic::Backend& own) {
    n[i] = march(own, 0.1 * static_cast<double>(i + 1));
  });
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(n[i], march(device().kinetic(), 0.1 * static_cast<double>(i + 1)));
}

/// What a backend is asked for.
struct Calls {
  int operators = 0, evaluations = 0, linearisations = 0;
  long densities = 0;
};

class CountingCollision final : public kinetic::CollisionOperator {
 public:
  CountingCollision(std::unique_ptr<kinetic::CollisionOperator> real, Calls& calls)
      : kinetic::CollisionOperator(real->plan()), real_(std::move(real)), calls_(calls) {}

  void evaluate(std::span<const double> n, kinetic::CollisionBatch& out) override {
    ++calls_.evaluations;
    calls_.densities += static_cast<long>(n.size()) / plan().K();
    real_->evaluate(n, out);
  }
  void jacobian(std::span<const double> n, std::span<double> J) override { real_->jacobian(n, J); }
  void linearise(std::span<const kinetic::Linearisation> stretches) override {
    ++calls_.linearisations;
    real_->linearise(stretches);
  }
  std::size_t memory(std::size_t densities) const override { return real_->memory(densities); }

 private:
  std::unique_ptr<kinetic::CollisionOperator> real_;
  Calls& calls_;
};

class CountingBackend final : public kinetic::Backend {
 public:
  std::unique_ptr<kinetic::CollisionOperator> collision(kinetic::CollisionPlan plan) override {
    ++calls.operators;
    return std::make_unique<CountingCollision>(device().kinetic().collision(std::move(plan)),
                                               calls);
  }
  std::unique_ptr<kinetic::NodeSystem> node_system(int K, std::size_t nodes) override {
    return device().kinetic().node_system(K, nodes);
  }
  void factorise(std::span<const kinetic::Factorisation> all) override {
    device().kinetic().factorise(all);
  }
  void solve(std::span<const kinetic::Solution> all) override { device().kinetic().solve(all); }

  Calls calls;
};

/// Eight problems of about the same difficulty take not many more calls than one of them: they meet
/// again and again, but not at every step.
TEST(StationaryTogether, AsksForEverythingAtOnce) {
  std::vector<Problem> problems;
  for (int i = 0; i < 8; ++i) problems.push_back(problem_of(0.5 + 0.01 * i, 8));
  CountingBackend one_by_one, together;
  for (const Problem& problem : problems) solve(one_by_one, problem);
  solve_together(together, problems);
  const Calls &before = one_by_one.calls, &after = together.calls;
  EXPECT_LT(3 * after.operators, before.operators);
  EXPECT_LT(3 * after.evaluations, before.evaluations);
  EXPECT_LT(3 * after.linearisations, before.linearisations);
  EXPECT_EQ(after.densities, before.densities) << "and nothing more than once";
}

}  // namespace
}  // namespace kapitza::defect
