// SPDX-License-Identifier: BSD-3-Clause
// The driven field without a defect: a linear map with noise, whose stationary covariance is known
// exactly, and so without statistics.
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <complex>
#include <gtest/gtest.h>
#include <numbers>
#include <vector>

#include "kapitza/field/backend.hpp"
#include "kapitza/field/ensemble.hpp"
#include "kapitza/numerics/norms.hpp"
#include "tests/support/test_device.hpp"

namespace kapitza::field {
namespace {

using testing::device;

using std::numbers::pi;

using Matrix = Eigen::MatrixXcd;

constexpr int W = 16;

/// 48 free sites and an absorber of b on each side.
Problem problem_of(int b, double Gamma, double (*n_in)(double)) {
  Problem problem;
  problem.profile.assign(48 + 2 * b, 0.0);
  problem.absorber = Absorber{b, Gamma};
  problem.window = W;
  problem.density = [n_in](const std::vector<double>& k) {
    std::vector<double> n;
    for (const double q : k) n.push_back(n_in(q));
    return n;
  };
  return problem;
}

/// The matrix of `steps` steps without noise, column by column: every trajectory is a unit vector.
Matrix propagator(EnsemblePlan plan, long first, long steps) {
  const int N = plan.trajectories = plan.sites;
  plan.noise.assign(plan.noise.size(), 0.0);
  const auto ensemble = device().field().ensemble(plan);
  std::vector<Complex> phi(static_cast<std::size_t>(N) * N);
  for (int x = 0; x < N; ++x) phi[static_cast<std::size_t>(x) * N + x] = {1, 0};
  ensemble->set_fields(phi);
  EXPECT_FALSE(ensemble->advance(first, steps));
  ensemble->fields(phi);
  Matrix M(N, N);
  for (int column = 0; column < N; ++column)
    for (int row = 0; row < N; ++row) {
      const Complex z = phi[static_cast<std::size_t>(column) * N + row];
      M(row, column) = {z.re, z.im};
    }
  return M;
}

/// <kick_x conj(kick_x')>
Matrix kick_covariance(const EnsemblePlan& plan) {
  const int N = plan.sites, b = plan.absorber_width, modes = static_cast<int>(plan.noise.size());
  Matrix kick = Matrix::Zero(N, modes);
  for (int y = -b; y < b; ++y)
    for (int m = 0; m < modes; ++m) {
      const Complex shape = plan.kick_shape[y + b];
      kick((y + N) % N, m) = std::complex<double>(shape.re, shape.im) * plan.noise[m] *
                             std::polar(1.0, 2 * pi * m * y / modes);
    }
  return kick * kick.adjoint();
}

/// C = <phi_x conj(phi_x')> in the middle between two kicks: C = M C M* + Q over a period that has
/// its kick in the middle. By doubling: 2^i periods have M^{2^i} and the noise of both halves.
Matrix stationary_covariance(const EnsemblePlan& plan) {
  const long half = plan.kick_every / 2;
  const Matrix before = propagator(plan, half, half), after = propagator(plan, 0, half);
  Matrix M = after * before, C = after * kick_covariance(plan) * after.adjoint();
  for (int i = 0; i < 60 && M.norm() > 1e-16; ++i) {
    C += (M * C * M.adjoint()).eval();
    M = (M * M).eval();
  }
  EXPECT_LT(M.norm(), 1e-16);
  return C;
}

/// <n(k)> in a window.
std::vector<double> window_density(const EnsemblePlan& plan, const Matrix& C, int first) {
  std::vector<double> n;
  for (int m = 0; m < W; ++m) {
    Eigen::VectorXcd h(W);
    for (int j = 0; j < W; ++j)
      h[j] = std::complex<double>(plan.taper[j].re, plan.taper[j].im) *
             std::polar(1.0, -2 * pi * m * j / W);
    n.push_back((h.transpose() * C.block(first, first, W, W) * h.conjugate()).value().real());
  }
  return n;
}

double white(double) { return 0.7; }

/// With the amplitude that lets the density be n_in just after a kick, instead of halfway between.
EnsemblePlan one_sided(EnsemblePlan plan) {
  const int N = plan.sites, b = plan.absorber_width;
  for (int y = -b; y < b; ++y) {
    const double t = plan.kick_every * plan.damping[(y + N) % N];
    const double ratio = std::sqrt((1 - std::exp(-2 * t)) / 2 / std::sinh(t));
    plan.kick_shape[y + b] = ratio * plan.kick_shape[y + b];
  }
  return plan;
}

TEST(DrivenField, KicksInTheMiddleOfTheDampingAreOfSecondOrder) {
  // White injection: every error is one of time, for the homogeneous field solves Eq. (27) exactly,
  // whatever gamma is.
  const Problem problem = problem_of(24, 8.0, white);
  const auto error = [&](int steps, bool symmetric) {
    const EnsemblePlan plan = make_plan(problem, {0.05, steps, 2}, {1, 0});
    const Matrix C = stationary_covariance(symmetric ? plan : one_sided(plan));
    return (C - 0.7 * Matrix::Identity(C.rows(), C.rows())).cwiseAbs().maxCoeff();
  };
  // The error itself is 3e-4 n where gamma t = 0.07, and 6e-2 n with the other amplitude.
  EXPECT_LT(error(4, true), 3e-4 * 0.7);
  EXPECT_GT(error(4, false), 5e-2 * 0.7);
  // The next power of gamma t is a tenth of the leading one, which takes 0.1 off the exponent.
  EXPECT_NEAR(std::log2(error(8, true) / error(4, true)), 2, 0.15);
  EXPECT_NEAR(std::log2(error(8, false) / error(4, false)), 1, 0.15);
}

double smooth(double k) { return 0.6 + 0.3 * std::cos(k) - 0.1 * std::sin(k); }

double speed(double k) { return std::abs(2 * k); }

/// How far the density in the windows is off.
struct Deviation {
  double plain;    ///< from n_in, with the source s = 2 n_in
  double boosted;  ///< from n_in / (1 - leak), with s = 2 n_in / (1 - leak)
  double between;  ///< of the latter from n_in
};

Deviation deviation(int b) {
  const double Gamma = Absorber::Gamma_for(0.15, speed(2.0));
  const EnsemblePlan plan = make_plan(problem_of(b, Gamma, smooth), {0.05, 4, 2}, {1, 0});
  const MomentumGrid ring{plan.sites}, modes{static_cast<int>(plan.noise.size())};
  const Absorber absorber{b, Gamma};
  EnsemblePlan boosted = plan;
  for (int m = 0; m < modes.K; ++m)
    boosted.noise[m] /= std::sqrt(1 - absorber.leak(speed(modes(m))));
  std::vector<double> n, n_boosted;
  for (const double k : ring.momenta()) {
    n.push_back(smooth(k));
    n_boosted.push_back(smooth(k) / (1 - absorber.leak(speed(k))));
  }
  const auto expected = Window::sine(W).blur(ring, n);
  const auto expected_boosted = Window::sine(W).blur(ring, n_boosted);
  const Matrix C = stationary_covariance(plan), C_boosted = stationary_covariance(boosted);
  Deviation worst{0, 0, 0};
  for (const int first : plan.windows) {
    const auto actual = window_density(plan, C, first);
    const auto actual_boosted = window_density(plan, C_boosted, first);
    worst.plain = std::max(worst.plain, largest_difference(actual, expected));
    worst.boosted = std::max(worst.boosted, largest_difference(actual_boosted, expected_boosted));
    worst.between = std::max(worst.between, largest_difference(actual_boosted, expected));
  }
  return worst;
}

TEST(DrivenField, InjectsWhatItIsAskedForHoweverMuchLeaksThroughTheAbsorber) {
  // Carriers that pass the absorber have left it before: with the source s = 2 n_in the ring is
  // full of n_in, and what leaks replaces what is not injected. s = 2 n_in / (1 - leak) would be
  // right for a single pass out of the vacuum, and fills the ring with n_in / (1 - leak).
  const Deviation narrow = deviation(24), wide = deviation(48);
  // The leak is 15 % at k = +-2; at the last momenta of the windows it is 29 %.
  EXPECT_GT(narrow.between, 0.1);
  // What is left are slow carriers that a narrow absorber reflects.
  EXPECT_LT(narrow.plain, 5e-3);
  EXPECT_LT(narrow.boosted, 5e-3);
  EXPECT_LT(wide.plain, narrow.plain / 3);
  EXPECT_LT(wide.boosted, narrow.boosted / 3);
  RecordProperty("deviation_of_24", std::to_string(narrow.plain));
  RecordProperty("deviation_of_48", std::to_string(wide.plain));
}

}  // namespace
}  // namespace kapitza::field
