// SPDX-License-Identifier: BSD-3-Clause

#include "tests/support/collision_agreement.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <span>
#include <string>

#include "kapitza/numerics/norms.hpp"

namespace kapitza::testing {
namespace {

/// Largest relative error of one rounding.
constexpr double unit = std::numeric_limits<double>::epsilon() / 2;

}  // namespace

std::vector<double> different_densities(const kinetic::CollisionPlan& plan, int N) {
  std::vector<double> n;
  for (int x = 0; x < N; ++x)
    for (int m = 0; m < plan.K(); ++m) {
      const double k = plan.model.grid(m);
      const double smooth = 0.5 + 0.3 * std::cos(k + x) + 0.15 * std::sin(2 * k - 0.3 * x);
      n.push_back(x % 5 == 4 ? 1 / (plan.energy[m] + 1 + 0.1 * x) : smooth * (1 + 0.01 * x));
    }
  return n;
}

double rounding_bound(const kinetic::CollisionPlan& plan, const double* n, double gain,
                      double phase) {
  const int K = plan.K();
  const double rho = std::accumulate(n, n + K, 0.0) / K;
  const double square = std::inner_product(n, n + K, n, 0.0) / K;
  double relative = 0;
  const std::vector<double> rates = plan.sweep_rates(rho);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const double l = static_cast<double>(i) + 3;
    const double sum = rates[i] * 2 * plan.time.T() * std::pow(rho, 2 * l - 3) * square;
    const double factor = std::log2(plan.resolution.M) + 4 + phase;
    const double rounding = (2 * l - 1) * factor + std::log2(K);
    relative +=
        (1 + 2 * l * largest(std::span(n, K)) / std::sqrt(square)) * sum * rounding * unit / gain;
  }
  if (plan.model.has_pairs()) relative += 7 * 8 * (std::log2(16.0 * K) + 12) * unit;
  return relative;
}

void expect_close(const kinetic::CollisionPlan& plan, const std::vector<double>& n,
                  const kinetic::CollisionBatch& expected, const kinetic::CollisionBatch& actual) {
  const int K = plan.K();
  const std::size_t N = n.size() / K;
  ASSERT_EQ(actual.I.size(), n.size());
  ASSERT_EQ(actual.projection.size(), N);
  for (std::size_t x = 0; x < N; ++x) {
    SCOPED_TRACE("density " + std::to_string(x));
    const std::size_t at = x * K;
    const double gain = largest(std::span(&expected.gain[at], K));
    const double relative = rounding_bound(plan, &n[at], gain), absolute = relative * gain;
    EXPECT_LT(relative, 1e-11);
    double correction = 0, size = 0;
    for (int m = 0; m < K; ++m) {
      const std::size_t i = at + m;
      EXPECT_NEAR(actual.gain[i], expected.gain[i], absolute);
      EXPECT_NEAR(actual.I[i], expected.I[i], absolute);
      EXPECT_NEAR(n[i] * actual.loss[i], n[i] * expected.loss[i], 2 * absolute);
      const double line = actual.projection[x](plan.energy[m]);
      correction = std::max(correction,
                            n[i] * n[i] * std::abs(line - expected.projection[x](plan.energy[m])));
      size += std::abs(expected.I[i]);
    }
    EXPECT_LE(correction, 2 * absolute);
    EXPECT_NEAR(actual.grid_error[x], expected.grid_error[x], 2 * relative);
    // change f / (1 - f) with f <= 3/4, and f itself a quotient of changes.
    EXPECT_NEAR(actual.error[x], expected.error[x], 40 * relative);
    EXPECT_NEAR(actual.number_rate_raw[x], expected.number_rate_raw[x], 2 * K * absolute / size);
    EXPECT_NEAR(actual.energy_rate_raw[x], expected.energy_rate_raw[x], 20 * K * absolute / size);
  }
}

void expect_same_integrals(kinetic::CollisionOperator& reference,
                           kinetic::CollisionOperator& actual, int N) {
  SCOPED_TRACE(std::to_string(N) + " densities");
  const std::vector<double> n = different_densities(reference.plan(), N);
  kinetic::CollisionBatch expected, batch;

  reference.evaluate(n, expected);
  actual.evaluate(n, batch);

  expect_close(reference.plan(), n, expected, batch);
}

void expect_same_jacobians(kinetic::CollisionOperator& reference,
                           kinetic::CollisionOperator& actual, int N) {
  const kinetic::CollisionPlan& plan = reference.plan();
  const int K = plan.K();
  const std::vector<double> n = different_densities(plan, N);
  std::vector<double> expected(n.size() * K), J(n.size() * K);
  kinetic::CollisionBatch values;

  reference.evaluate(n, values);
  reference.jacobian(n, expected);
  actual.jacobian(n, J);

  for (int x = 0; x < N; ++x) {
    const std::size_t at = static_cast<std::size_t>(x) * K * K;
    const double size = largest(std::span(&expected[at], K * K));
    const double relative =
        rounding_bound(plan, &n[x * K], largest(std::span(&values.gain[x * K], K)));
    for (int i = 0; i < K * K; ++i)
      ASSERT_NEAR(J[at + i], expected[at + i], relative * size) << x << ", " << i;
  }
}

}  // namespace kapitza::testing
