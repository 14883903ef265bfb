// SPDX-License-Identifier: BSD-3-Clause
// The modes of a linearised defect, for small collision operators made by hand: against the matrix
// exponential, in both limits, conservation, reciprocity, resistances, and Milne's problem.
#include <algorithm>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "kapitza/core/error.hpp"
#include "kapitza/linear/modes.hpp"
#include "kapitza/numerics/gauss_legendre.hpp"

namespace kapitza::linear {
namespace {

using Values = std::vector<double>;

// --- plain linear algebra -----------------------------------------------------------------------

/// Square, and as literal as can be.
struct Matrix {
  explicit Matrix(std::size_t n) : size(n), a(n * n) {}
  double& operator()(std::size_t i, std::size_t j) { return a[i * size + j]; }
  double operator()(std::size_t i, std::size_t j) const { return a[i * size + j]; }

  std::size_t size;
  Values a;
};

Matrix filled(std::size_t n, const std::function<double(std::size_t, std::size_t)>& element) {
  Matrix A(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) A(i, j) = element(i, j);
  return A;
}

Matrix product(const Matrix& A, const Matrix& B) {
  return filled(A.size, [&](std::size_t i, std::size_t j) {
    double sum = 0;
    for (std::size_t k = 0; k < A.size; ++k) sum += A(i, k) * B(k, j);
    return sum;
  });
}

Values product(const Matrix& A, const Values& x) {
  Values y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < x.size(); ++j) y[i] += A(i, j) * x[j];
  return y;
}

/// Gauss, with partial pivoting.
Values solve(Matrix A, Values b) {
  const std::size_t n = b.size();
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t pivot = c;
    for (std::size_t i = c + 1; i < n; ++i)
      if (std::abs(A(i, c)) > std::abs(A(pivot, c))) pivot = i;
    for (std::size_t j = 0; j < n; ++j) std::swap(A(c, j), A(pivot, j));
    std::swap(b[c], b[pivot]);
    for (std::size_t i = c + 1; i < n; ++i) {
      const double factor = A(i, c) / A(c, c);
      for (std::size_t j = c; j < n; ++j) A(i, j) -= factor * A(c, j);
      b[i] -= factor * b[c];
    }
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = i + 1; j < n; ++j) b[i] -= A(i, j) * b[j];
    b[i] /= A(i, i);
  }
  return b;
}

/// Taylor's series of a small part of A, squared until it is the whole.
Matrix exponential(const Matrix& A, double factor) {
  constexpr int squarings = 10, terms = 14;
  const double small = std::ldexp(factor, -squarings);
  Matrix result = filled(A.size, [](std::size_t i, std::size_t j) { return i == j ? 1.0 : 0.0; });
  Matrix term = result;
  for (int order = 1; order <= terms; ++order) {
    term = product(term, A);
    for (double& x : term.a) x *= small / order;
    for (std::size_t i = 0; i < term.a.size(); ++i) result.a[i] += term.a[i];
  }
  for (int i = 0; i < squarings; ++i) result = product(result, result);
  return result;
}

double trace(const Matrix& A) {
  double sum = 0;
  for (std::size_t i = 0; i < A.size; ++i) sum += A(i, i);
  return sum;
}

// --- collision operators made by hand -----------------------------------------------------------

enum class Band { parabola, bent };

double energy(Band band, double k) {
  return band == Band::parabola ? k * k : 2 * (1 - std::cos(k)) + 1.2 * (1 - std::cos(2 * k));
}
/// The bent band turns round: beyond k = 2 carriers move against their momentum.
double velocity(Band band, double k) {
  return band == Band::parabola ? 2 * k : 2 * std::sin(k) + 2.4 * std::sin(2 * k);
}

/// P = 1 - Q (Q^T Q)^-1 Q^T takes off what is conserved, Q = (1, E).
Matrix projector(const Values& E) {
  double mean = 0, variance = 0;
  for (const double x : E) mean += x / static_cast<double>(E.size());
  for (const double x : E) variance += (x - mean) * (x - mean);
  return filled(E.size(), [&](std::size_t i, std::size_t j) {
    const double one = 1 / static_cast<double>(E.size());
    return (i == j ? 1.0 : 0.0) - one - (E[i] - mean) * (E[j] - mean) / variance;
  });
}

/// S = -P n (A^T A + 1/4) n P with random A, averaged with its mirror image.
LinearisedCollision random_collision(Band band, int K) {
  LinearisedCollision c;
  c.grid = {K};
  for (const double k : c.grid.momenta()) {
    c.E.push_back(energy(band, k));
    c.v.push_back(velocity(band, k));
    c.n.push_back(1 / (c.E.back() + 1));
  }
  std::mt19937 generator(static_cast<unsigned>(K));
  std::normal_distribution<double> normal(0, 1 / std::sqrt(K));
  const Matrix A = filled(K, [&](std::size_t, std::size_t) { return normal(generator); });
  const auto friction = [&](std::size_t i, std::size_t j) {
    double sum = i == j ? 0.25 : 0;
    for (int k = 0; k < K; ++k) sum += A(k, i) * A(k, j);
    return sum;
  };
  const Matrix M = filled(K, [&](std::size_t i, std::size_t j) {
    return -c.n[i] * (friction(i, j) + friction(K - 1 - i, K - 1 - j)) / 2 * c.n[j];
  });
  const Matrix P = projector(c.E), S = product(P, product(M, P));
  c.S = filled(K, [&](std::size_t i, std::size_t j) { return (S(i, j) + S(j, i)) / 2; }).a;
  return c;
}

struct Case {
  Band band;
  int K;
};

class LinearDefect : public ::testing::TestWithParam<Case> {
 protected:
  LinearDefect() : c_(random_collision(GetParam().band, GetParam().K)), modes_(c_) {}

  std::size_t K() const { return c_.v.size(); }
  bool enters_left(std::size_t k) const { return c_.v[k] > 0; }

  Values random_injection(unsigned seed) const {
    std::mt19937 generator(seed);
    std::uniform_real_distribution<double> value(-1, 1);
    Values dn(K());
    for (std::size_t k = 0; k < K(); ++k) dn[k] = c_.n[k] * value(generator);
    return dn;
  }
  /// n^2 (number + energy E), times one factor for what enters at the left and one for the right.
  Values thermal(Affinities h, double left = 1, double right = 1) const {
    Values dn(K());
    for (std::size_t k = 0; k < K(); ++k)
      dn[k] = (enters_left(k) ? left : right) * c_.n[k] * c_.n[k] * (h.number + h.energy * c_.E[k]);
    return dn;
  }
  /// sum |v| |x - y|
  double distance(const Values& x, const Values& y) const {
    double sum = 0;
    for (std::size_t k = 0; k < K(); ++k) sum += std::abs(c_.v[k] * (x[k] - y[k]));
    return sum;
  }
  double size(const Values& x) const { return distance(x, Values(K())); }

  /// Of all that leaves, at both ends.
  static Values sum_of(const Scattering::Outgoing& out) {
    Values sum = out.reflected;
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += out.transmitted[k];
    return sum;
  }

  /// V^-1 Gamma
  Matrix generator() const {
    return filled(K(), [&](std::size_t i, std::size_t j) {
      return c_.S[i * K() + j] / (c_.v[i] * c_.n[j] * c_.n[j]);
    });
  }
  /// dn at X = 0 from what enters at both ends: a two-point boundary value problem.
  Values literal_start(const Values& dn_in, double Lambda) const {
    const Matrix through = exponential(generator(), Lambda);
    const Matrix system = filled(K(), [&](std::size_t i, std::size_t j) {
      if (enters_left(i)) return i == j ? 1.0 : 0.0;
      return through(i, j);
    });
    return solve(system, dn_in);
  }

  LinearisedCollision c_;
  Modes modes_;
};

INSTANTIATE_TEST_SUITE_P(Bands, LinearDefect,
                         ::testing::Values(Case{Band::parabola, 8}, Case{Band::parabola, 32},
                                           Case{Band::bent, 12}, Case{Band::bent, 32}),
                         [](const auto& test) {
                           const bool bent = test.param.band == Band::bent;
                           return (bent ? "Bent" : "Parabola") + std::to_string(test.param.K);
                         });

/// The exponential grows like e^{nu Lambda}: with this many of e's powers it leaves 2e-11.
constexpr double literal_reach = 8;
constexpr double literal_tolerance = 1e-10;

// --- the modes ----------------------------------------------------------------------------------

TEST_P(LinearDefect, RatesAreThoseOfThePencil) {
  const Values& nu = modes_.spectrum();
  ASSERT_EQ(nu.size(), K() / 2 - 2);
  EXPECT_TRUE(std::is_sorted(nu.begin(), nu.end()));
  EXPECT_GT(nu.front(), 0);
  // As many traces of powers as there are rates determine them; every nu counts twice, with both
  // signs. In units of the largest, lest the high powers be all rounding.
  Matrix unit = generator();
  for (double& x : unit.a) x /= nu.back();
  const Matrix squared = product(unit, unit);
  Matrix power = squared;
  for (std::size_t j = 1; j <= nu.size(); ++j, power = product(power, squared)) {
    double sum = 0;
    for (const double rate : nu) sum += 2 * std::pow(rate / nu.back(), 2.0 * j);
    EXPECT_NEAR(trace(power), sum, 1e-9) << j;
  }
}

TEST_P(LinearDefect, AnswersAsTheMatrixExponentialDoes) {
  const double strongest = literal_reach / modes_.spectrum().back();
  for (const double Lambda : {1e-3 * strongest, 0.1 * strongest, strongest}) {
    for (const bool left : {true, false}) {  // one reservoir at a time
      Values dn_in = random_injection(1);
      for (std::size_t k = 0; k < K(); ++k)
        if (enters_left(k) != left) dn_in[k] = 0;
      const Values start = literal_start(dn_in, Lambda);
      const Values end = product(exponential(generator(), Lambda), start);
      const Scattering::Outgoing out = modes_.at(Lambda).respond(dn_in);
      for (std::size_t k = 0; k < K(); ++k) {
        const bool leaves_left = !enters_left(k);
        const double expected = leaves_left ? start[k] : end[k];
        EXPECT_NEAR(out.reflected[k], leaves_left == left ? expected : 0, literal_tolerance);
        EXPECT_NEAR(out.transmitted[k], leaves_left == left ? 0 : expected, literal_tolerance);
      }
    }
  }
}

TEST_P(LinearDefect, IsInsideWhatTheMatrixExponentialSays) {
  const Values dn_in = random_injection(2);
  const double strongest = literal_reach / modes_.spectrum().back();
  for (const double Lambda : {1e-6 * strongest, 0.1 * strongest, strongest}) {
    const Values start = literal_start(dn_in, Lambda);
    const Scattering scattering = modes_.at(Lambda);
    for (const double X : {0.0, 0.1, 0.5, 0.8, 1.0}) {
      const Values expected = product(exponential(generator(), Lambda * X), start);
      const Values dn = scattering.inside(dn_in, X);
      for (std::size_t k = 0; k < K(); ++k)
        EXPECT_NEAR(dn[k], expected[k], literal_tolerance) << Lambda << ' ' << X;
    }
  }
}

/// Also where no exponential e^{nu Lambda} would be finite.
TEST_P(LinearDefect, LeavesWithWhatIsThereAtItsEnds) {
  const Values dn_in = random_injection(3);
  for (const double Lambda : {0.0, 1e-3, 1.0, 1e3, 1e6}) {
    const Scattering scattering = modes_.at(Lambda);
    const Values left = scattering.inside(dn_in, 0), right = scattering.inside(dn_in, 1);
    const Values out = sum_of(scattering.respond(dn_in));
    for (std::size_t k = 0; k < K(); ++k) {
      EXPECT_NEAR(enters_left(k) ? left[k] : right[k], dn_in[k], 1e-11) << Lambda;
      EXPECT_NEAR(enters_left(k) ? right[k] : left[k], out[k], 1e-11) << Lambda;
    }
  }
}

TEST_P(LinearDefect, TheMatrixAnswersLikeTheDefect) {
  const Values dn_in = random_injection(4);
  for (const double Lambda : {0.0, 0.3, 30.0, Modes::infinity}) {
    Matrix S(K());
    S.a = modes_.at(Lambda).matrix();
    const Values out = sum_of(modes_.at(Lambda).respond(dn_in));
    EXPECT_LT(distance(product(S, dn_in), out), 1e-12 * size(dn_in)) << Lambda;
  }
}

// --- limits -------------------------------------------------------------------------------------

TEST_P(LinearDefect, WithoutCollisionsAllCrosses) {
  const Values dn_in = random_injection(5);
  const Scattering::Outgoing out = modes_.at(0).respond(dn_in);
  EXPECT_LT(distance(out.transmitted, dn_in), 1e-13 * size(dn_in));
  EXPECT_LT(size(out.reflected), 1e-13 * size(dn_in));
}

TEST_P(LinearDefect, WeakDefectsFollowTheBornSeries) {
  const Values dn_in = random_injection(6);
  const Values rate = product(generator(), dn_in);  // V^-1 Gamma dn, the same everywhere
  const auto rest = [&](double Lambda) {
    Values born = dn_in;
    for (std::size_t k = 0; k < K(); ++k) born[k] += Lambda * (enters_left(k) ? rate[k] : -rate[k]);
    return distance(sum_of(modes_.at(Lambda).respond(dn_in)), born) / size(dn_in);
  };
  EXPECT_NEAR(rest(1e-4) / rest(1e-5), 100, 0.5) << "what is left is of second order";
}

TEST_P(LinearDefect, NothingCrossesAnInfinitelyStrongOne) {
  const Values dn_in = random_injection(7);
  const Scattering::Outgoing out = modes_.at(Modes::infinity).respond(dn_in);
  for (const double x : out.transmitted) EXPECT_EQ(x, 0);
  // Each reservoir gets its own two currents back.
  for (const bool left : {true, false}) {
    double number = 0, energy = 0;
    for (std::size_t k = 0; k < K(); ++k) {
      const double net = c_.v[k] * (enters_left(k) == left ? dn_in[k] : out.reflected[k]);
      number += net;
      energy += net * c_.E[k];
    }
    EXPECT_NEAR(number, 0, 1e-12 * size(dn_in));
    EXPECT_NEAR(energy, 0, 1e-12 * size(dn_in) * *std::max_element(c_.E.begin(), c_.E.end()));
  }
}

TEST_P(LinearDefect, StrongDefectsApproachTheLimitLikeOneOverLambda) {
  const Values dn_in = random_injection(8);
  const auto limit = modes_.at(Modes::infinity).respond(dn_in);
  const auto apart = [&](double Lambda) {
    const auto out = modes_.at(Lambda).respond(dn_in);
    return std::pair(distance(out.reflected, limit.reflected), size(out.transmitted));
  };
  const auto near = apart(1e6), far = apart(1e5);
  EXPECT_NEAR(far.first / near.first, 10, 1e-2);
  EXPECT_NEAR(far.second / near.second, 10, 1e-2);
}

/// Every formula of the defect changes form somewhere on this way: no step may show. All that
/// leaves is a smooth function of log Lambda, of slope less than what is injected.
TEST_P(LinearDefect, IsContinuousInLambda) {
  const Values dn_in = random_injection(9);
  constexpr double step = 1e-3;
  Values before = sum_of(modes_.at(1e-6).respond(dn_in));
  for (double Lambda = 1e-6; Lambda < 1e13; Lambda *= 3) {
    for (const double moved : {Lambda, Lambda * (1 + step)}) {
      const Values out = sum_of(modes_.at(moved).respond(dn_in));
      for (const double x : out) ASSERT_TRUE(std::isfinite(x)) << moved;
      if (moved != Lambda) {
        EXPECT_LT(distance(out, before), step * size(dn_in)) << moved;
      }
      before = out;
    }
    for (const double x : modes_.at(Lambda).inside(dn_in, 0.3)) ASSERT_TRUE(std::isfinite(x));
  }
}

// --- conservation, reciprocity, entropy ---------------------------------------------------------

const Values every_strength{0, 1e-3, 0.1, 1, 10, 1e3, 1e6, Modes::infinity};

TEST_P(LinearDefect, ReturnsTheCurrentsThatEnter) {
  for (const double Lambda : every_strength) {
    const Values dn_in = random_injection(10);
    const Values out = sum_of(modes_.at(Lambda).respond(dn_in));
    double number = 0, energy = 0, energy_in = 0;
    for (std::size_t k = 0; k < K(); ++k) {
      const double kept = std::abs(c_.v[k]) * (dn_in[k] - out[k]);
      number += kept;
      energy += kept * c_.E[k];
      energy_in += std::abs(c_.v[k] * dn_in[k]) * c_.E[k];
    }
    EXPECT_NEAR(number, 0, 1e-12 * size(dn_in)) << Lambda;
    EXPECT_NEAR(energy, 0, 1e-12 * energy_in) << Lambda;
  }
}

TEST_P(LinearDefect, CarriesTheSameCurrentsEverywhere) {
  const Values dn_in = random_injection(11);
  for (const double Lambda : {1e-3, 1.0, 1e3, 1e6}) {
    const Scattering scattering = modes_.at(Lambda);
    const auto currents = [&](double X) {
      const Values dn = scattering.inside(dn_in, X);
      std::pair<double, double> J{0, 0};
      for (std::size_t k = 0; k < K(); ++k) {
        J.first += c_.v[k] * dn[k];
        J.second += c_.v[k] * c_.E[k] * dn[k];
      }
      return J;
    };
    const auto J = currents(0);
    for (const double X : {1e-4, 0.2, 0.5, 0.9, 1.0}) {
      EXPECT_NEAR(currents(X).first, J.first, 1e-11 * size(dn_in)) << Lambda;
      EXPECT_NEAR(currents(X).second, J.second, 1e-10 * size(dn_in)) << Lambda;
    }
  }
}

TEST_P(LinearDefect, LeavesThermalReservoirsOfOneKindAlone) {
  const Values dn_in = thermal({0.7, -0.4});
  for (const double Lambda : every_strength) {
    Matrix S(K());
    S.a = modes_.at(Lambda).matrix();
    EXPECT_LT(distance(product(S, dn_in), dn_in), 1e-12 * size(dn_in)) << Lambda;
  }
}

/// In the microscopic motion reversed: |v_out| S(out, in) n_in^2 = |v_in| S(-in, -out) n_out^2.
TEST_P(LinearDefect, IsReciprocal) {
  for (const double Lambda : every_strength) {
    const Values S = modes_.at(Lambda).matrix();
    const auto flow = [&](std::size_t out, std::size_t in) {
      return std::abs(c_.v[out]) * S[out * K() + in] * c_.n[in] * c_.n[in];
    };
    for (std::size_t out = 0; out < K(); ++out)
      for (std::size_t in = 0; in < K(); ++in)
        EXPECT_NEAR(flow(out, in), flow(K() - 1 - in, K() - 1 - out), 1e-12) << Lambda;
  }
}

TEST_P(LinearDefect, ProducesEntropy) {
  const auto squares = [&](const Values& dn) {
    double sum = 0;
    for (std::size_t k = 0; k < K(); ++k) sum += std::abs(c_.v[k]) * std::pow(dn[k] / c_.n[k], 2);
    return sum;
  };
  const Values dn_in = random_injection(12);
  double before = squares(dn_in);
  for (const double Lambda : {1e-3, 1e-2, 0.1}) {  // what is left of it falls while Lambda is small
    const double after = squares(sum_of(modes_.at(Lambda).respond(dn_in)));
    EXPECT_LT(after, before) << Lambda;
    before = after;
  }
  for (const double Lambda : every_strength)
    EXPECT_LE(squares(sum_of(modes_.at(Lambda).respond(dn_in))), squares(dn_in) * (1 + 1e-13));
}

// --- the inside of a thick defect ---------------------------------------------------------------

/// What decays has decayed: the even part is thermal, the odd part is what the two currents need,
/// v n^2 d_X (number + energy E) = Lambda S h.
TEST_P(LinearDefect, IsThermalAndDiffusesDeepInside) {
  const Values dn_in = random_injection(13);
  const double Lambda = 150 / modes_.spectrum().front();
  const Scattering scattering = modes_.at(Lambda);
  const Affinities a = scattering.thermal_part(dn_in, 0.4), b = scattering.thermal_part(dn_in, 0.6);
  const Values dn = scattering.inside(dn_in, 0.4);
  for (std::size_t k = 0; k < K(); ++k) {
    const double even = (dn[k] + dn[K() - 1 - k]) / 2;
    EXPECT_NEAR(even, c_.n[k] * c_.n[k] * (a.number + a.energy * c_.E[k]), 1e-11);
    double scattered = 0;
    for (std::size_t p = 0; p < K(); ++p)
      scattered += Lambda * c_.S[k * K() + p] * dn[p] / (c_.n[p] * c_.n[p]);
    const double slope = ((b.number - a.number) + (b.energy - a.energy) * c_.E[k]) / 0.2;
    EXPECT_NEAR(c_.v[k] * c_.n[k] * c_.n[k] * slope, scattered, 1e-11 * Lambda);
  }
}

TEST_P(LinearDefect, KnowsTheThermalPartOfAThermalState) {
  for (const double Lambda : {0.0, 1.0, 1e4}) {
    const Affinities part = modes_.at(Lambda).thermal_part(thermal({0.7, -0.4}), 0.3);
    EXPECT_NEAR(part.number, 0.7, 1e-11) << Lambda;
    EXPECT_NEAR(part.energy, -0.4, 1e-11) << Lambda;
  }
}

// --- resistances --------------------------------------------------------------------------------

double determinant(const Matrix2& A) { return A[0][0] * A[1][1] - A[0][1] * A[1][0]; }

Matrix2 inverse(const Matrix2& A) {
  const double det = determinant(A);
  return {{{A[1][1] / det, -A[0][1] / det}, {-A[1][0] / det, A[0][0] / det}}};
}

void expect_near(const Matrix2& A, const Matrix2& B, double tolerance, double Lambda) {
  for (int i : {0, 1})
    for (int j : {0, 1})
      EXPECT_NEAR(A[i][j] / std::sqrt(B[i][i] * B[j][j]), B[i][j] / std::sqrt(B[i][i] * B[j][j]),
                  tolerance)
          << "Lambda = " << Lambda << ", element " << i << j;
}

/// Currents at X between reservoirs that differ by one unit of one affinity.
TEST_P(LinearDefect, ResistsAsItsCurrentsSay) {
  for (const double Lambda : {0.0, 1e-3, 0.1, 1.0, 10.0, 1e3}) {
    for (const double X : {0.0, 0.3, 1.0}) {
      Matrix2 conductance{};
      for (int driven : {0, 1}) {
        const Affinities unit{driven == 0 ? 1.0 : 0.0, driven == 0 ? 0.0 : 1.0};
        const Values dn = modes_.at(Lambda).inside(thermal(unit, 0.5, -0.5), X);
        for (std::size_t k = 0; k < K(); ++k) {
          const double flow = c_.v[k] * dn[k] / static_cast<double>(K());
          conductance[0][driven] += flow;
          conductance[1][driven] += c_.E[k] * flow;
        }
      }
      // Onsager
      EXPECT_NEAR(conductance[0][1] / conductance[1][0], 1, 1e-10) << Lambda;
      EXPECT_GT(conductance[0][0], 0);
      EXPECT_GT(determinant(conductance), 0);
      const Matrix2 bulk = modes_.bulk_resistance(), ends = modes_.boundary_resistance(Lambda);
      Matrix2 sum = ends;
      for (int i : {0, 1})
        for (int j : {0, 1}) sum[i][j] += Lambda * bulk[i][j];
      expect_near(inverse(conductance), sum, 1e-10, Lambda);
    }
  }
}

TEST_P(LinearDefect, AFreeContactResistsAsItsCarriersAreFew) {
  Matrix2 contact{};
  for (std::size_t k = 0; k < K(); ++k) {
    if (!enters_left(k)) continue;
    const double flow = c_.v[k] * c_.n[k] * c_.n[k] / static_cast<double>(K());
    const Values q{1, c_.E[k]};
    for (int i : {0, 1})
      for (int j : {0, 1}) contact[i][j] += flow * q[i] * q[j];
  }
  expect_near(modes_.boundary_resistance(0), inverse(contact), 1e-11, 0);
}

TEST_P(LinearDefect, ItsEndsResistMoreTheStrongerItIs) {
  const double slowest = modes_.spectrum().front();
  Matrix2 before = modes_.boundary_resistance(0);
  for (const double depth : {1e-3, 1e-2, 0.1, 1.0, 5.0}) {
    const Matrix2 now = modes_.boundary_resistance(depth / slowest);
    Matrix2 growth{};
    for (int i : {0, 1})
      for (int j : {0, 1}) growth[i][j] = now[i][j] - before[i][j];
    EXPECT_EQ(now[0][1], now[1][0]);
    EXPECT_GT(growth[0][0], 0) << depth;
    EXPECT_GT(growth[1][1], 0) << depth;
    EXPECT_GT(determinant(growth), 0) << depth;
    before = now;
  }
  // The two ends forget each other exponentially.
  const Matrix2 limit = modes_.boundary_resistance(Modes::infinity);
  EXPECT_GT(limit[0][0], before[0][0]);
  expect_near(modes_.boundary_resistance(50 / slowest), limit, 1e-13, 50 / slowest);
}

// --- what is refused ----------------------------------------------------------------------------

/// The change of S by a multiple of u u^T, u being as even or odd as it is asked to be and free of
/// what is conserved.
LinearisedCollision disturbed(LinearisedCollision c, int parity, double amount) {
  const std::size_t K = c.v.size();
  Values u(K);
  for (std::size_t k = 0; k < K; ++k)
    u[k] = parity > 0 ? std::cos(2 * c.grid(static_cast<int>(k)))
                      : std::sin(c.grid(static_cast<int>(k)));
  u = product(projector(c.E), u);
  for (std::size_t i = 0; i < K; ++i)
    for (std::size_t j = 0; j < K; ++j) c.S[i * K + j] += amount * u[i] * u[j];
  return c;
}

TEST_P(LinearDefect, MustCalmEverythingThatIsNotConserved) {
  for (const int parity : {1, -1}) {
    EXPECT_NO_THROW(Modes(disturbed(c_, parity, -1))) << parity;
    EXPECT_THROW(Modes(disturbed(c_, parity, 1)), NumericsError) << parity;
  }
  LinearisedCollision free = c_;
  std::fill(free.S.begin(), free.S.end(), 0.0);
  EXPECT_THROW(Modes{free}, NumericsError);
}

TEST_P(LinearDefect, RefusesWhatIsNotFinite) {
  for (const double bad : {std::nan(""), Modes::infinity, -Modes::infinity})
    for (std::size_t i = K() / 2; i < K(); ++i) {
      LinearisedCollision broken = c_;
      broken.S[i * K() + i] = bad;
      try {
        const Modes modes(broken);
        FAIL() << bad << " at " << i;
      } catch (const NumericsError& error) {
        EXPECT_NE(std::string(error.what()).find("not negative definite"), std::string::npos);
      }
    }
}

// --- Milne's problem ----------------------------------------------------------------------------

/// Isotropic scattering, v d_X h = Lambda (<h> - h), of carriers with velocities evenly spread over
/// [-1, 1], sampled at Gauss-Legendre points. There are two kinds of them that do not meet, E = 0
/// and E = 1: so the number of each is conserved.
struct Isotropic {
  explicit Isotropic(int points, int others = 4);

  std::size_t half() const { return collision.v.size() / 2; }

  LinearisedCollision collision;
  Values speed, weight;  ///< of the half with v > 0, E = 0 first
};

Isotropic::Isotropic(int points, int others) {
  Values kind;
  for (const int count : {points, others}) {
    const GaussLegendre rule(count);
    speed.insert(speed.end(), rule.x.begin(), rule.x.end());
    weight.insert(weight.end(), rule.weight.begin(), rule.weight.end());
    kind.resize(speed.size(), count == points ? 0.0 : 1.0);
  }
  LinearisedCollision& c = collision;
  const std::size_t size = speed.size(), K = 2 * size;
  const auto of = [&](std::size_t k) { return k < size ? size - 1 - k : k - size; };
  c.grid = {static_cast<int>(K)};
  for (std::size_t k = 0; k < K; ++k) {
    c.v.push_back(std::copysign(speed[of(k)], k < size ? -1 : 1));
    c.n.push_back(std::sqrt(weight[of(k)]));
    c.E.push_back(kind[of(k)]);
  }
  c.S = filled(K, [&](std::size_t i, std::size_t j) {
          const double shared = c.E[i] == c.E[j] ? weight[of(j)] / 2 : 0;
          return weight[of(i)] * (shared - (i == j ? 1 : 0));
        }).a;
}

/// q(infinity) = 0.710446089598763, in mean free paths; a diffusion constant of 1/3.
TEST(Milne, IsotropicScatteringHasHopfsExtrapolationLength) {
  const Isotropic carriers(24);
  const Modes modes(carriers.collision);
  const double bulk = modes.bulk_resistance()[0][0],
               ends = modes.boundary_resistance(Modes::infinity)[0][0];
  EXPECT_NEAR(ends / bulk, 2 * 0.710446089598763, 1e-8);
  // <1> = 2 of them, and sums over momenta count 1/K.
  EXPECT_NEAR(2 * bulk / static_cast<double>(2 * carriers.half()), 3, 1e-12);
}

/// H of Chandrasekhar for isotropic scattering without absorption, 1/H(u) = 1/2 int_0^1 du' u'
/// H(u') / (u + u'); the geometric mean of two steps converges quickly.
Values chandrasekhar(const Values& u, const Values& weight) {
  Values H(u.size(), 1.0);
  for (int step = 0; step < 200; ++step) {
    Values next(u.size());
    for (std::size_t i = 0; i < u.size(); ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < u.size(); ++j) sum += weight[j] * u[j] * H[j] / (u[i] + u[j]) / 2;
      next[i] = std::sqrt(H[i] / sum);
    }
    H = next;
  }
  return H;
}

/// h_out(u) = 1/2 int_0^1 du' u' H(u) H(u') / (u + u') h_in(u'), with sums in place of integrals
/// on both sides.
TEST(Milne, IsotropicScatteringReflectsAsChandrasekharSays) {
  const std::size_t points = 12;
  const Isotropic carriers(points);
  Values u = carriers.speed, weight = carriers.weight;
  u.resize(points);
  weight.resize(points);
  const Values H = chandrasekhar(u, weight);
  const std::size_t half = carriers.half(), K = 2 * half;
  const Values S = Modes(carriers.collision).at(Modes::infinity).matrix();
  for (std::size_t out = 0; out < points; ++out)
    for (std::size_t in = 0; in < points; ++in) {
      const double h = H[out] * H[in] * u[in] * weight[in] / (u[out] + u[in]) / 2;
      const double dn = S[(half - 1 - out) * K + half + in];
      EXPECT_NEAR(dn * weight[in] / weight[out], h, 1e-13) << out << ' ' << in;
    }
}

}  // namespace
}  // namespace kapitza::linear
