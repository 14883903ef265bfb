// SPDX-License-Identifier: BSD-3-Clause
// The streaming term on a mesh: conservation, derivative, order, positivity.
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <random>

#include "kapitza/core/error.hpp"
#include "kapitza/defect/transport.hpp"
#include "kapitza/model/thermal.hpp"

namespace kapitza::defect {
namespace {

constexpr auto upwind = TransportScheme::upwind;
constexpr auto corner_balance = TransportScheme::corner_balance;

const std::vector<double> velocity{-2.0, -0.5, 0.5, 2.0};
const Injection injection{{9, 9, 1.5, 0.7}, {0.3, 2.5, 9, 9}};  // what moves outwards is ignored

std::vector<double> random_density(std::size_t size) {
  std::mt19937 generator(7);
  std::uniform_real_distribution<double> value(0.1, 3);
  std::vector<double> n(size);
  for (double& x : n) x = value(generator);
  return n;
}

// --- the mean -----------------------------------------------------------------------------------

TEST(PositiveMean, IsArithmeticToFourthOrderAndVanishesWithEither) {
  for (double s : {0.1, 0.01}) {
    const double mean = PositiveMean::of(1 + s, 1 - s).value;
    EXPECT_NEAR((1 - mean) / std::pow(s, 4), 0.5, 2e-2 + 1e-16 / std::pow(s, 4));
  }
  EXPECT_LT(PositiveMean::of(1e-12, 1).value, 2e-6);
  EXPECT_DOUBLE_EQ(PositiveMean::of(3, 3).value, 3);
}

TEST(PositiveMean, GrowsWithBothAndKnowsItsDerivatives) {
  for (double ratio : {1e-3, 0.1, 0.8, 1.0, 1.7, 30.0}) {
    const double a = 0.7, b = ratio * a, step = 1e-6;
    const PositiveMean mean = PositiveMean::of(a, b);
    EXPECT_GT(mean.by_a, 0) << ratio;
    EXPECT_GT(mean.by_b, 0) << ratio;
    const double da =
        PositiveMean::of(a * (1 + step), b).value - PositiveMean::of(a * (1 - step), b).value;
    const double db =
        PositiveMean::of(a, b * (1 + step)).value - PositiveMean::of(a, b * (1 - step)).value;
    EXPECT_NEAR(mean.by_a, da / (2 * step * a), 1e-8 * (1 + mean.by_a)) << ratio;
    EXPECT_NEAR(mean.by_b, db / (2 * step * b), 1e-8 * (1 + mean.by_b)) << ratio;
  }
}

// --- the mesh -----------------------------------------------------------------------------------

TEST(Mesh, GradedCellsGrowWithTheDistanceFromTheNearerEnd) {
  const double layer = 0.01;
  const Mesh mesh = Mesh::graded(20, layer);
  ASSERT_EQ(mesh.cells(), 20u);
  EXPECT_EQ(mesh.faces().front(), 0);
  EXPECT_EQ(mesh.faces().back(), 1);
  EXPECT_EQ(mesh.faces()[10], 0.5);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_NEAR(mesh.width(i) / (layer + mesh.faces()[i]), mesh.width(0) / layer, 1e-12);
    EXPECT_NEAR(mesh.width(i), mesh.width(19 - i), 1e-15);
  }
}

TEST(Mesh, WideLayersGiveEqualCells) {
  const Mesh graded = Mesh::graded(7, 1e6), uniform = Mesh::uniform(7);
  for (std::size_t i = 0; i <= 7; ++i) EXPECT_NEAR(graded.faces()[i], uniform.faces()[i], 1e-6);
}

// --- the streaming term -------------------------------------------------------------------------

class EveryScheme : public ::testing::TestWithParam<TransportScheme> {
 protected:
  Transport make(bool mirrored = false) const {
    return {GetParam(), Mesh::graded(5, 0.1), velocity, injection, mirrored};
  }
};
INSTANTIATE_TEST_SUITE_P(Transport, EveryScheme, ::testing::Values(upwind, corner_balance),
                         [](const auto& test) {
                           return test.param == upwind ? "Upwind" : "CornerBalance";
                         });

TEST_P(EveryScheme, ConservesCellByCell) {
  const Transport transport = make();
  const std::size_t K = transport.K(), per_cell = transport.nodes_per_cell();
  const std::vector<double> n = random_density(transport.nodes() * K);
  std::vector<double> rate(n.size());
  transport.apply(n, rate);
  for (std::size_t cell = 0; cell < transport.cells(); ++cell) {
    const std::vector<double> left = transport.at_face(n, cell);
    const std::vector<double> right = transport.at_face(n, cell + 1);
    for (std::size_t k = 0; k < K; ++k) {
      double lost = 0;
      for (std::size_t i = 0; i < per_cell; ++i)
        lost += rate[(cell * per_cell + i) * K + k] * transport.mesh().width(cell) / per_cell;
      EXPECT_NEAR(lost, velocity[k] * (right[k] - left[k]), 1e-13);
    }
  }
}

TEST_P(EveryScheme, LeavesWhatStreamsFreelyAlone) {
  const Transport transport = make();
  const std::vector<double> n = transport.free_streaming();
  std::vector<double> rate(n.size());
  transport.apply(n, rate);
  for (double r : rate) EXPECT_NEAR(r, 0, 1e-14);
  EXPECT_EQ(transport.at_face(n, 0), (std::vector<double>{0.3, 2.5, 1.5, 0.7}));
  EXPECT_EQ(transport.at_face(n, 5), (std::vector<double>{0.3, 2.5, 1.5, 0.7}));
}

TEST_P(EveryScheme, KnowsItsDerivative) {
  for (bool mirrored : {false, true}) {
    const Transport transport = make(mirrored);
    const std::size_t K = transport.K(), size = transport.nodes() * K;
    const std::vector<double> n = random_density(size);
    kinetic::NodeCoefficients c;
    transport.linearise(n, c);
    for (std::size_t j = 0; j < size; ++j) {
      const double step = 1e-6 * n[j];
      std::vector<double> up = n, down = n, above(size), below(size);
      up[j] += step;
      down[j] -= step;
      transport.apply(up, above);
      transport.apply(down, below);
      for (std::size_t i = 0; i < size; ++i) {
        double expected = 0;
        if (i == j) expected += c.diagonal[i];
        if (i == j + K) expected += c.lower[i];
        if (i + K == j) expected += c.upper[i];
        const bool last = i / K == transport.nodes() - 1 && i / K == j / K;
        if (mirrored && last && i % K + j % K == K - 1) expected += c.mirror[i % K];
        EXPECT_NEAR((above[i] - below[i]) / (2 * step), expected, 1e-7) << i << " by " << j;
      }
    }
  }
}

TEST_P(EveryScheme, HalfOfASymmetricDefectIsTheWholeOfIt) {
  const Injection both{{9, 9, 1.5, 0.7}, {0.7, 1.5, 9, 9}};
  const Mesh mesh = Mesh::graded(6, 0.1);
  const Transport whole(GetParam(), mesh, velocity, both);
  const Transport half(GetParam(), mesh.left_half(), velocity, both, true);
  std::vector<double> n = random_density(half.nodes() * half.K());
  std::vector<double> half_rate(n.size()), whole_rate(2 * n.size());
  half.apply(n, half_rate);
  n.insert(n.end(), n.rbegin(), n.rend());
  whole.apply(n, whole_rate);
  for (std::size_t i = 0; i < half_rate.size(); ++i)
    EXPECT_NEAR(whole_rate[i], half_rate[i], 1e-13 * std::abs(half_rate[i]));
}

// --- carriers that are absorbed and emitted, v d_X n = S(X) - sigma n ---------------------------

/// Newton's method for one momentum, v = 1; returns the nodes.
std::vector<double> absorb(const Transport& transport, const std::vector<double>& source,
                           double sigma) {
  const std::size_t N = transport.nodes();
  std::vector<double> n(N, 1.0), f(N);
  kinetic::NodeCoefficients c;
  for (int iteration = 0; iteration < 50; ++iteration) {
    transport.apply(n, f);
    transport.linearise(n, c);
    for (std::size_t i = 0; i < N; ++i) {
      f[i] += sigma * n[i] - source[i];
      c.diagonal[i] += sigma;
    }
    for (std::size_t i = 1; i < N; ++i) {  // tridiagonal elimination
      const double factor = c.lower[i] / c.diagonal[i - 1];
      c.diagonal[i] -= factor * c.upper[i - 1];
      f[i] -= factor * f[i - 1];
    }
    for (std::size_t i = N; i-- > 0;) {
      if (i + 1 < N) f[i] -= c.upper[i] * f[i + 1];
      f[i] /= c.diagonal[i];
    }
    for (std::size_t i = 0; i < N; ++i) n[i] = std::clamp(n[i] - f[i], n[i] / 3, n[i] * 3);
  }
  return n;
}

Transport beam(TransportScheme scheme, int cells, double entering) {
  return {scheme, Mesh::uniform(cells), {1.0}, {{entering}, {0.0}}};
}

/// Error of what leaves a slab with sigma = 3, S = 1, 2 entering.
double error_of_outflow(TransportScheme scheme, int cells) {
  const double sigma = 3, exact = 1 / sigma + (2 - 1 / sigma) * std::exp(-sigma);
  const Transport transport = beam(scheme, cells, 2);
  const auto n = absorb(transport, std::vector<double>(transport.nodes(), 1.0), sigma);
  return std::abs(transport.at_face(n, transport.cells())[0] - exact);
}

TEST(Absorber, UpwindIsOfFirstOrderCornerBalanceOfSecond) {
  const auto order = [](TransportScheme scheme) {
    return std::log2(error_of_outflow(scheme, 20) / error_of_outflow(scheme, 40));
  };
  EXPECT_NEAR(order(upwind), 1, 0.1);
  EXPECT_NEAR(order(corner_balance), 2, 0.1);
}

/// The density rises from nearly nothing to 10 within one cell. With the arithmetic mean n_L would
/// have the sign of n_up + a S_L - a S_R / (1 + 2 a sigma), which is negative here.
TEST(Absorber, IsPositiveWhereLinearElementsAreNot) {
  const double entering = 1e-3, sigma = 2, a = 0.5;  // a: half the cell over v
  const std::vector<double> source{1e-3, 20};
  const double linear = entering + a * source[0] - a * source[1] / (1 + 2 * a * sigma);
  ASSERT_LT(linear, 0);
  const Transport transport = beam(corner_balance, 1, entering);
  const std::vector<double> n = absorb(transport, source, sigma);
  std::vector<double> rate(2);
  transport.apply(n, rate);
  for (int i = 0; i < 2; ++i) {
    EXPECT_GT(n[i], 0);
    EXPECT_NEAR(rate[i], source[i] - sigma * n[i], 1e-10) << "it is a solution";
  }
}

TEST(Absorber, ThickCellsReachTheBalanceOfSourceAndLoss) {
  const Transport transport = beam(corner_balance, 4, 2);
  const double sigma = 1e6;
  const auto n = absorb(transport, std::vector<double>(8, 5 * sigma), sigma);
  for (std::size_t i = 1; i < n.size(); ++i) EXPECT_NEAR(n[i], 5, 1e-4);
}

// --- thermal states by their currents -----------------------------------------------------------

TEST(WeightedThermalState, IsFoundFromTheCurrentsOfOneSide) {
  const std::vector<double> energy{4, 1, 0.1, 0.2, 1.5, 5};
  const std::vector<double> weight{0, 0, 0, 0.4, 1.2, 2.2};
  const ThermalState state = ThermalState::from_beta_mu(0.7, -0.4);
  std::vector<double> n = state(energy);
  for (std::size_t i = 0; i < 3; ++i) n[i] = 100;  // does not count
  const ThermalFit fit = thermal_fit(n, energy, weight);
  EXPECT_NEAR(fit.state.beta(), 0.7, 1e-10);
  EXPECT_NEAR(fit.state.mu(), -0.4, 1e-10);
  EXPECT_LT(fit.deviation, 1e-10);
  EXPECT_LT(fit.misplaced, 1e-10);
}

TEST(WeightedThermalState, KnowsHowMuchIsMisplaced) {
  const std::vector<double> energy{0, 1, 2}, weight{1, 2, 1}, n{2, 1, 2};
  const ThermalFit fit = thermal_fit(n, energy, weight);
  // By symmetry every mode of the thermal state holds the mean, 6/4.
  EXPECT_NEAR(fit.state(0), 1.5, 1e-12);
  EXPECT_NEAR(fit.misplaced, (0.5 + 2 * 0.5 + 0.5) / (2 * 6), 1e-12);
  EXPECT_NEAR(fit.deviation, 1.0 / 3, 1e-12);
}

TEST(WeightedThermalState, NeedsAnEnergyWithinTheWeightedModes) {
  const std::vector<double> energy{0, 1, 2, 3}, weight{0, 1, 1, 0};
  EXPECT_NO_THROW(thermal_state({1, 1.5}, energy, weight));
  EXPECT_THROW(thermal_state({1, 2.5}, energy, weight), NumericsError);
}

}  // namespace
}  // namespace kapitza::defect
