// SPDX-License-Identifier: BSD-3-Clause
//
// What every backend's system must do: one test body, instantiated for all of them. A solution is
// put back into Eq. (19), written out with the Jacobians of the collision operator itself.

#include <algorithm>
#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "kapitza/core/error.hpp"
#include "kapitza/numerics/norms.hpp"
#include "tests/support/backends.hpp"

namespace kapitza::kinetic {
namespace {

using Values = std::vector<double>;

class Chain : public OnEveryBackend {};

INSTANTIATE_TEST_SUITE_P(Backends, Chain, all_backends, backend_name);

CollisionPlan make_plan(int K, double longer = 1) {
  CollisionModel model;
  model.grid.K = K;
  model.channels = {2, 3};
  Resolution resolution;
  resolution.T = 6.4 * longer;
  resolution.dtau = Resolution::safe_dtau(model);
  resolution.M = Resolution::safe_M(model, resolution.T);
  resolution.M_first = K;
  resolution.points = 12;
  return {model, resolution};
}

/// Reproducible numbers between two limits.
class Draw {
 public:
  explicit Draw(unsigned seed) : engine_(seed) {}
  Values operator()(std::size_t count, double low, double high) {
    Values values(count);
    for (double& v : values) v = low + (high - low) * (engine_() / 4294967296.0);
    return values;
  }

 private:
  std::mt19937 engine_;
};

enum class Links { full, half };

struct Setting {
  std::size_t N;
  int K;
  Links links = Links::full;
  bool mirror = false;
};

/// Where carriers stream through a face, a momentum couples one of the two neighbours to the other
/// and not back: every second link.
void open_links(const Setting& s, NodeCoefficients& c) {
  for (std::size_t x = 1; x + 1 < s.N; x += 2)
    for (int k = 0; k < s.K; ++k) {
      const bool rightwards = 2 * k >= s.K;
      (rightwards ? c.upper[x * s.K + k] : c.lower[(x + 1) * s.K + k]) = 0;
    }
}

/// Lambda J is of order one: neither it nor the diagonal can be left out.
NodeCoefficients draw_coefficients(const Setting& s, unsigned seed) {
  Draw draw(seed);
  const std::size_t size = s.N * s.K;
  NodeCoefficients c;
  c.Lambda = 1e-2;
  c.diagonal = draw(size, 2, 4);
  c.lower = draw(size, -1, 1);
  c.upper = draw(size, -1, 1);
  if (s.links == Links::half) open_links(s, c);
  if (s.mirror) c.mirror = draw(s.K, -1, 1);
  // Whoever reads what the contract calls ignored gets NaN.
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  std::fill_n(c.lower.begin(), s.K, nan);
  std::fill_n(c.upper.rbegin(), s.K, nan);
  return c;
}

/// The left-hand side of Eq. (19).
Values literal_product(const Setting& s, const NodeCoefficients& c, const Values& J,
                       const Values& y) {
  const std::size_t K = s.K;
  Values f(y.size());
  for (std::size_t x = 0; x < s.N; ++x)
    for (std::size_t k = 0; k < K; ++k) {
      const std::size_t i = x * K + k;
      f[i] = c.diagonal[i] * y[i];
      for (std::size_t p = 0; p < K; ++p) f[i] -= c.Lambda * J[i * K + p] * y[x * K + p];
      if (x > 0) f[i] += c.lower[i] * y[i - K];
      if (x + 1 < s.N) f[i] += c.upper[i] * y[i + K];
      if (x + 1 == s.N && s.mirror) f[i] += c.mirror[k] * y[x * K + K - 1 - k];
    }
  return f;
}

Values densities(const Setting& s) { return Draw(7)(s.N * s.K, 0.5, 1); }

Values solution(Backend& backend, NodeSystem& system, Values f) {
  solve(backend, {&system, f});
  return f;
}

void expect_solution(const Setting& s, const NodeCoefficients& c, const Values& J, Backend& backend,
                     NodeSystem& system, unsigned seed) {
  const Values f = Draw(seed)(s.N * s.K, -1, 1);
  const Values product = literal_product(s, c, J, solution(backend, system, f));
  // Random blocks of order 64 are far better conditioned than 1e5.
  for (std::size_t i = 0; i < f.size(); ++i) ASSERT_NEAR(product[i], f[i], 1e-10) << i;
}

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const int K : {32, 36, 64})
    for (const std::size_t N : {1, 2, 5})
      for (const Links links : {Links::full, Links::half})
        for (const bool mirror : {false, true}) all.push_back({N, K, links, mirror});
  // Every way in which halving a row can end.
  for (const std::size_t N : {3, 4, 6, 7, 8, 9, 13}) all.push_back({N, 32, Links::full, true});
  return all;
}

TEST_P(Chain, SolvesTheLiteralSystem) {
  for (const Setting& s : settings()) {
    SCOPED_TRACE(std::to_string(s.N) + " nodes, K = " + std::to_string(s.K) +
                 (s.links == Links::half ? ", half links" : "") + (s.mirror ? ", mirror" : ""));
    const auto collision = kinetic().collision(make_plan(s.K));
    const auto system = kinetic().node_system(s.K, s.N);
    const Values n = densities(s);
    Values J(n.size() * s.K);
    collision->jacobian(n, J);
    const NodeCoefficients c = draw_coefficients(s, 1);
    ASSERT_GT(c.Lambda * largest(J), 0.5);

    linearise(*collision, {n, system.get(), 0});
    factorise(kinetic(), {system.get(), &c});

    expect_solution(s, c, J, kinetic(), *system, 2);
    expect_solution(s, c, J, kinetic(), *system, 3);
  }
}

const Setting usual{5, 32, Links::half, true};

TEST_P(Chain, JacobiansServeSeveralFactorisations) {
  const auto collision = kinetic().collision(make_plan(usual.K));
  const auto system = kinetic().node_system(usual.K, usual.N);
  const Values n = densities(usual);
  Values J(n.size() * usual.K);
  collision->jacobian(n, J);

  linearise(*collision, {n, system.get(), 0});
  for (const unsigned seed : {1u, 2u, 3u}) {
    NodeCoefficients c = draw_coefficients(usual, seed);
    c.Lambda *= seed;
    factorise(kinetic(), {system.get(), &c});
    expect_solution(usual, c, J, kinetic(), *system, seed);
  }
}

TEST_P(Chain, LinearisesAnew) {
  const auto collision = kinetic().collision(make_plan(usual.K));
  const auto system = kinetic().node_system(usual.K, usual.N);
  const NodeCoefficients c = draw_coefficients(usual, 1);
  for (const unsigned seed : {1u, 2u}) {
    const Values n = Draw(seed)(usual.N * usual.K, 0.5, 1);
    Values J(n.size() * usual.K);
    collision->jacobian(n, J);
    linearise(*collision, {n, system.get(), 0});
    factorise(kinetic(), {system.get(), &c});
    expect_solution(usual, c, J, kinetic(), *system, seed);
  }
}

/// A row of densities of which each has the resolution that it needs.
TEST_P(Chain, TakesJacobiansFromSeveralOperators) {
  const auto one = kinetic().collision(make_plan(usual.K));
  const auto other = kinetic().collision(make_plan(usual.K, 12.8));
  const auto system = kinetic().node_system(usual.K, usual.N);
  const Values n = densities(usual);
  const std::size_t split = 2, K = usual.K;
  const std::span<const double> front = std::span(n).first(split * K);
  const std::span<const double> back = std::span(n).subspan(split * K);
  Values J(n.size() * K);
  one->jacobian(front, std::span(J).first(split * K * K));
  other->jacobian(back, std::span(J).subspan(split * K * K));

  linearise(*other, {back, system.get(), split});
  linearise(*one, {front, system.get(), 0});
  const NodeCoefficients c = draw_coefficients(usual, 1);
  factorise(kinetic(), {system.get(), &c});

  expect_solution(usual, c, J, kinetic(), *system, 1);
}

/// Several systems at once, of different lengths and strengths, from one operator and from another.
TEST_P(Chain, SeveralAreSolvedTogether) {
  const std::vector<Setting> all{
      {5, 32, Links::half, true}, {1, 32}, {8, 32, Links::full}, {5, 32, Links::full, true}};
  const auto one = kinetic().collision(make_plan(32)), other = kinetic().collision(make_plan(32));
  std::vector<std::unique_ptr<NodeSystem>> systems;
  std::vector<Values> n, f, J;
  std::vector<NodeCoefficients> c;
  std::vector<Linearisation> linearisations;
  std::vector<Factorisation> factorisations;
  std::vector<Solution> solutions;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& collision = i % 2 == 0 ? one : other;
    systems.push_back(kinetic().node_system(all[i].K, all[i].N));
    n.push_back(Draw(20 + i)(all[i].N * 32, 0.5, 1));
    f.push_back(Draw(30 + i)(all[i].N * 32, -1, 1));
    J.emplace_back(n[i].size() * 32);
    collision->jacobian(n[i], J[i]);
    c.push_back(draw_coefficients(all[i], 40 + i));
    c[i].Lambda *= 1 + i;
  }
  std::vector<Values> y = f;
  for (std::size_t i = 0; i < all.size(); ++i) {
    linearisations.push_back({n[i], systems[i].get(), 0});
    factorisations.push_back({systems[i].get(), &c[i]});
    solutions.push_back({systems[i].get(), y[i]});
  }

  one->linearise(linearisations);
  kinetic().factorise(factorisations);
  kinetic().solve(solutions);

  for (std::size_t i = 0; i < all.size(); ++i) {
    const Values product = literal_product(all[i], c[i], J[i], y[i]);
    for (std::size_t j = 0; j < f[i].size(); ++j) ASSERT_NEAR(product[j], f[i][j], 1e-10) << i;
  }
}

TEST_P(Chain, PivotsMatter) {
  // A zero diagonal and a mirror image: regular, but not without an exchange of rows.
  const Setting s{3, 32, Links::full, true};
  NodeCoefficients c = draw_coefficients(s, 1);
  c.Lambda = 0;
  c.mirror.assign(s.K, 1);
  std::fill_n(c.diagonal.rbegin(), s.K, 0);
  std::fill_n(c.lower.rbegin(), s.K, 0);
  const auto collision = kinetic().collision(make_plan(s.K));
  const auto system = kinetic().node_system(s.K, s.N);
  const Values n = densities(s), J(n.size() * s.K);

  linearise(*collision, {n, system.get(), 0});
  factorise(kinetic(), {system.get(), &c});

  expect_solution(s, c, J, kinetic(), *system, 1);
}

TEST_P(Chain, RefusesSingularBlocks) {
  const auto collision = kinetic().collision(make_plan(usual.K));
  const auto system = kinetic().node_system(usual.K, usual.N);
  const Values n = densities(usual);
  linearise(*collision, {n, system.get(), 0});
  for (std::size_t x = 0; x < usual.N; ++x)
    for (const double bad : {0.0, std::numeric_limits<double>::quiet_NaN()}) {
      NodeCoefficients c = draw_coefficients(usual, 1);
      c.Lambda = 0;
      for (Values* links : {&c.lower, &c.upper}) links->assign(links->size(), 0);
      c.mirror.clear();
      c.diagonal[x * usual.K + 3] = bad;
      EXPECT_THROW(factorise(kinetic(), {system.get(), &c}), NumericsError) << x << ", " << bad;
    }
  // And nothing of it is left.
  const NodeCoefficients c = draw_coefficients(usual, 1);
  Values J(n.size() * usual.K);
  collision->jacobian(n, J);
  factorise(kinetic(), {system.get(), &c});
  expect_solution(usual, c, J, kinetic(), *system, 1);
}

TEST_P(Chain, RunsAreRepeatable) {
  const Values n = densities(usual);
  const auto run = [&] {
    const auto collision = kinetic().collision(make_plan(usual.K));
    const auto system = kinetic().node_system(usual.K, usual.N);
    const NodeCoefficients c = draw_coefficients(usual, 1);
    linearise(*collision, {n, system.get(), 0});
    factorise(kinetic(), {system.get(), &c});
    return solution(kinetic(), *system, Draw(2)(usual.N * usual.K, -1, 1));
  };
  const Values first = run();
  EXPECT_EQ(run(), first);
}

TEST(CpuNodeSystem, BitsDoNotDependOnThreads) {
  const Setting s{6, 64, Links::half, true};
  const Values n = densities(s);
  const NodeCoefficients c = draw_coefficients(s, 1);
  const auto run = [&](int threads) {
    const auto machine = make_cpu_machine(threads);
    Backend& backend = machine->kinetic();
    const auto collision = backend.collision(make_plan(s.K));
    const auto system = backend.node_system(s.K, s.N);
    linearise(*collision, {n, system.get(), 0});
    factorise(backend, {system.get(), &c});
    return solution(backend, *system, Draw(2)(s.N * s.K, -1, 1));
  };
  const Values alone = run(1);
  // More threads than nodes share one Jacobian after the other.
  for (const int threads : {2, 3, 8}) EXPECT_EQ(run(threads), alone) << threads;
}

}  // namespace
}  // namespace kapitza::kinetic
