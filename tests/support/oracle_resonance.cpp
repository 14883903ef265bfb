// SPDX-License-Identifier: BSD-3-Clause

#include "tests/support/oracle_resonance.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <numbers>
#include <stdexcept>
#include <vector>

namespace kapitza::oracle {
namespace {

using std::numbers::pi;

double into_zone(double k) { return k - 2 * pi * std::floor((k + pi) / (2 * pi)); }

// Gauss-Legendre nodes and weights on [0, 1].
struct Rule {
  std::vector<double> x;
  std::vector<double> w;
};

Rule make_rule(int size) {
  Rule rule;
  for (int i = 0; i < size; ++i) {
    double z = std::cos(pi * (i + 0.75) / (size + 0.5));
    double slope = 1;
    for (int step = 0; step < 100; ++step) {
      double p = 1;
      double before = 0;
      for (int j = 1; j <= size; ++j) {
        const double next = ((2 * j - 1) * z * p - (j - 1) * before) / j;
        before = p;
        p = next;
      }
      slope = size * (z * p - before) / (z * z - 1);
      const double change = p / slope;
      z -= change;
      if (std::abs(change) < 1e-15) break;
    }
    rule.x.push_back(0.5 * (1 - z));
    rule.w.push_back(1 / ((1 - z * z) * slope * slope));
  }
  return rule;
}

const Rule& gauss_legendre(int size) {
  thread_local std::map<int, Rule> rules;
  auto found = rules.find(size);
  if (found == rules.end()) found = rules.emplace(size, make_rule(size)).first;
  return found->second;
}

// ---------------------------------------------------------------------------------------------
// 2 -> 2.
//
// I_k = C2 int dk_2/2pi dq_1/2pi dq_2/2pi 2pi sum_m delta(k + k_2 - q_1 - q_2 - 2 pi m)
//       2pi delta(k^2 + k_2^2 - q_1^2 - q_2^2) Phi.
// The first delta leaves q_{1,2} = P/2 +- r, P = k + k_2 - 2 pi m; the second is then
// delta(2 r0^2 - 2 r^2), r0^2 = (k^2 + k_2^2)/2 - P^2/4, and int dr over both signs gives 1/(2 r0):
// I_k = C2/(2 pi) sum_m int dk_2 Phi / (2 r0).
// m = 0: r0 = |k - k_2|/2, the trivial exchange. m = 1:
// r0^2 = ((k_2 - k + 2 pi)^2 - 8 pi (pi - k))/4,
// so with a^2 = 8 pi (pi - k) and k_2 = k - 2 pi + a cosh(y): r0 = a sinh(y)/2, dk_2/(2 r0) = dy.
// No singular factor is left. y runs from 0 (r0 = 0) to the y at which k_2 = pi (for y < 0 the q's
// are only swapped, and that was counted). Both q's are in the zone on the whole branch:
// P/2 - r0 >= -pi means r0^2 <= (k + k_2)^2/4, which is (pi - k)(pi - k_2) >= 0, and from it
// P/2 + r0 <= k + k_2 - pi <= pi. m = -1 is the mirror image; |m| >= 2 has |P| > 2 pi.

void add_branch(double k, const std::function<double(double)>& n, int points, double& gain,
                double& integral) {
  const double u = pi - k;
  const double a = std::sqrt(8 * pi * u);
  const double y_end = std::acosh(std::max(1.0, (u + 2 * pi) / a));
  const double n1 = n(k);
  const Rule& rule = gauss_legendre(points);
  for (int i = 0; i < points; ++i) {
    const double y = y_end * rule.x[i];
    const double k2 = k - 2 * pi + a * std::cosh(y);
    const double centre = 0.5 * (k + k2) - pi;
    const double r = 0.5 * a * std::sinh(y);
    const double n2 = n(k2);
    const double n3 = n(centre + r);
    const double n4 = n(centre - r);
    const double w = y_end * rule.w[i];
    gain += w * n2 * n3 * n4;
    integral += w * (n2 * n3 * n4 + n1 * (n3 * n4 - n2 * n4 - n2 * n3));
  }
}

// ---------------------------------------------------------------------------------------------
// 3 -> 3.
//
// I_k = C3/(2 pi)^3 sum_m int dk_2 dk_3 int d^3q delta(P - q_1 - q_2 - q_3) delta(R^2 - |q|^2) Phi,
// P = k + k_2 + k_3 - 2 pi m, R^2 = k^2 + k_2^2 + k_3^2. The q's lie on a circle of radius rho,
// rho^2 = R^2 - P^2/3, about (P/3, P/3, P/3):
//   q_i = P/3 + c cos(phi + 2 pi i/3),  c = sqrt(2/3) rho,
//   int d^3q delta delta = 1/(2 sqrt 3) int dphi.
// Phi is symmetric in the q's, so phi runs over [0, pi/3], six times: there q_0 is the largest
// (falling with phi) and q_1 the smallest (falling too). The zone leaves the single arc
//   q_0 <= pi: cos(phi) <= (pi - P/3)/c,   q_1 >= -pi: cos(phi + 2 pi/3) >= (-pi - P/3)/c.
// For given (k, k_2, m) the arc integral is a smooth function of k_3 except where
//   rho = 0 (it jumps to zero), or the arc just touches the zone's edge: c = pi - P/3 or
//   c = pi + P/3 (square-root onset).
// Densities often have a kink or a jump at momentum zero (v changes sign). So the arc is cut where
// a q is zero, and two more events matter: the circle just touches a plane q_i = 0, or an arc that
// ends at the zone's edge has another q = 0 there.
// With two of the q's equal, or with two of them known, each event is of the form
// R^2 = alpha (P - beta)^2 + gamma: conics in the (k_2, k_3) plane, listed below. Both integrals
// are cut at them (k_3 at the conics themselves, k_2 where a conic is vertical or meets k_3 = 0,
// +-pi) and at zero, and each piece is integrated with k = a + (b - a) sin^2(pi x/2), which makes a
// square root at either end smooth.

struct Conic {
  double alpha;
  double beta;
  double gamma;
};

constexpr double kPi2 = pi * pi;
constexpr std::array<Conic, 6> kConics = {
    Conic{1.0 / 3, 0, 0},   // q = (x, x, x): rho = 0
    Conic{0.5, pi, kPi2},   // q = (pi, x, x): the circle touches the upper edge
    Conic{0.5, -pi, kPi2},  // q = (-pi, x, x): the lower edge
    Conic{0.5, 0, 0},       // q = (0, x, x)
    Conic{1.0, pi, kPi2},   // q = (pi, 0, x)
    Conic{1.0, -pi, kPi2},  // q = (-pi, 0, x)
};

// Real roots of a x^2 + b x + c inside (-pi, pi), appended.
void append_roots(double a, double b, double c, std::vector<double>& roots) {
  auto append = [&roots](double x) {
    if (x > -pi && x < pi) roots.push_back(x);
  };
  const double discriminant = b * b - 4 * a * c;
  if (discriminant < 0) return;
  const double t = -0.5 * (b + std::copysign(std::sqrt(discriminant), b));
  if (a != 0) append(t / a);
  if (t != 0) append(c / t);
}

// The cuts of k_3 for given k_2 (or of k_2 for given k_3: the conics are symmetric).
// w = k - 2 pi m.
void append_crossings(const Conic& conic, double k, double w, double k2,
                      std::vector<double>& cuts) {
  const double v = w + k2 - conic.beta;
  append_roots(1 - conic.alpha, -2 * conic.alpha * v,
               k * k + k2 * k2 - conic.alpha * v * v - conic.gamma, cuts);
}

// The k_2 at which the two crossings merge: the discriminant above as a polynomial in k_2.
void append_folds(const Conic& conic, double k, double w, std::vector<double>& cuts) {
  const double v = w - conic.beta;
  append_roots(2 * conic.alpha - 1, 2 * conic.alpha * v,
               conic.alpha * v * v - (1 - conic.alpha) * (k * k - conic.gamma), cuts);
}

// n on [-pi, pi]: in each of 1024 cells the polynomial through 8 Chebyshev points inside the cell.
// A kink or a jump at a cell's edge does no harm.
class Table {
 public:
  explicit Table(const std::function<double(double)>& n) : coefficients_(kCells * kOrder) {
    // Newton's divided differences, then expanded in powers of s, x = centre + half s.
    std::array<double, kOrder> s;
    for (int i = 0; i < kOrder; ++i) s[i] = std::cos(pi * (i + 0.5) / kOrder);
    for (int cell = 0; cell < kCells; ++cell) {
      std::array<double, kOrder> d;
      for (int i = 0; i < kOrder; ++i) {
        d[i] = n(-pi + kWidth * (cell + 0.5 + 0.5 * s[i]));
      }
      for (int level = 1; level < kOrder; ++level) {
        for (int i = kOrder - 1; i >= level; --i) d[i] = (d[i] - d[i - 1]) / (s[i] - s[i - level]);
      }
      double* c = &coefficients_[static_cast<std::size_t>(cell) * kOrder];
      for (int i = kOrder - 1; i >= 0; --i) {
        for (int j = kOrder - 1; j > 0; --j) c[j] = c[j - 1] - s[i] * c[j];
        c[0] = d[i] - s[i] * c[0];
      }
    }
  }

  double operator()(double k) const {
    const double position = (k + pi) * (1 / kWidth);
    const int cell = std::clamp(static_cast<int>(position), 0, kCells - 1);
    const double s = 2 * (position - cell) - 1;
    const double* c = &coefficients_[static_cast<std::size_t>(cell) * kOrder];
    const double s2 = s * s;
    const double low = (c[0] + c[1] * s) + s2 * (c[2] + c[3] * s);
    const double high = (c[4] + c[5] * s) + s2 * (c[6] + c[7] * s);
    return low + s2 * s2 * high;
  }

 private:
  static constexpr int kCells = 1024;
  static constexpr int kOrder = 8;
  static constexpr double kWidth = 2 * pi / kCells;
  std::vector<double> coefficients_;
};

class ThreeToThree {
 public:
  ThreeToThree(double k, const Table& n, int points, int surplus)
      : k_(k), n_(n), n1_(n(k)), points_(points), surplus_(surplus) {}

  void integrate(double& gain, double& integral) {
    gain_ = 0;
    integral_ = 0;
    for (int m = -2; m <= 2; ++m) add_sector(k_ - 2 * pi * m);
    const double norm = 6 / (2 * std::sqrt(3.0)) / std::pow(2 * pi, 3);
    gain = norm * gain_;
    integral = norm * integral_;
  }

 private:
  // Sizes are rounded up to a multiple of 4, to keep the set of rules small.
  const Rule& rule_for(double length) const {
    const int size = surplus_ + static_cast<int>(std::ceil(points_ * length / (2 * pi)));
    return gauss_legendre((size + 3) / 4 * 4);
  }

  // Calls f(x, weight) at the nodes of [-pi, pi] cut at `cuts`.
  template <typename F>
  void sweep(std::vector<double>& cuts, const F& f) const {
    cuts.insert(cuts.end(), {-pi, 0.0, pi});
    std::sort(cuts.begin(), cuts.end());
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
      const double a = cuts[i];
      const double length = cuts[i + 1] - a;
      if (length < 1e-14) continue;
      const Rule& rule = rule_for(length);
      for (std::size_t j = 0; j < rule.x.size(); ++j) {
        const double half_sine = std::sin(0.5 * pi * rule.x[j]);
        const double jacobian = 0.5 * pi * std::sin(pi * rule.x[j]);
        f(a + length * half_sine * half_sine, length * jacobian * rule.w[j]);
      }
    }
  }

  void add_sector(double w) {
    std::vector<double> cuts;
    for (const Conic& conic : kConics) {
      append_crossings(conic, k_, w, pi, cuts);
      append_crossings(conic, k_, w, -pi, cuts);
      append_crossings(conic, k_, w, 0, cuts);
      append_folds(conic, k_, w, cuts);
    }
    std::vector<double> inner;
    sweep(cuts, [&](double k2, double w2) {
      inner.clear();
      for (const Conic& conic : kConics) append_crossings(conic, k_, w, k2, inner);
      const double n2 = n_(k2);
      sweep(inner, [&](double k3, double w3) { add_circle(w, k2, n2, k3, w2 * w3); });
    });
  }

  void add_circle(double w, double k2, double n2, double k3, double weight) {
    const double third = (w + k2 + k3) / 3;
    const double rho2 = k_ * k_ + k2 * k2 + k3 * k3 - 3 * third * third;
    if (rho2 <= 0 || std::abs(third) >= pi) return;
    const double c = std::sqrt(rho2 * (2.0 / 3));
    const double first = c > pi - third ? std::acos((pi - third) / c) : 0.0;
    const double last = c > pi + third ? std::acos((-pi - third) / c) - 2 * pi / 3 : pi / 3;
    if (last <= first) return;
    // The arc, cut where q_i = c cos(phi + 2 pi i/3) + P/3 is zero: at most once for each i.
    std::array<double, 5> ends = {first, last};
    int pieces = 1;
    if (std::abs(third) < c) {
      const double zero = std::acos(-third / c);
      for (const double phi : {zero, zero - 2 * pi / 3, 2 * pi / 3 - zero}) {
        if (phi <= first || phi >= last) continue;
        int place = ++pieces;
        for (; ends[place - 1] > phi; --place) ends[place] = ends[place - 1];
        ends[place] = phi;
      }
    }
    double triple = 0;  // int dphi n n n
    double pairs = 0;   // int dphi (n n + n n + n n)
    for (int piece = 0; piece < pieces; ++piece) {
      const double start = ends[piece];
      const double length = ends[piece + 1] - start;
      const Rule& rule = rule_for(2 * c * length);
      for (std::size_t i = 0; i < rule.x.size(); ++i) {
        const double phi = start + length * rule.x[i];
        const double cosine = c * std::cos(phi);
        const double sine = c * std::sin(phi) * (0.5 * std::numbers::sqrt3);
        const double na = n_(third + cosine);
        const double nb = n_(third - 0.5 * cosine - sine);
        const double nc = n_(third - 0.5 * cosine + sine);
        const double nbc = nb * nc;
        triple += length * rule.w[i] * na * nbc;
        pairs += length * rule.w[i] * (na * (nb + nc) + nbc);
      }
    }
    const double n3 = n_(k3);
    gain_ += weight * n2 * n3 * triple;
    integral_ += weight * (n2 * n3 * triple + n1_ * ((n2 + n3) * triple - n2 * n3 * pairs));
  }

  double k_;
  const Table& n_;
  double n1_;
  int points_;
  int surplus_;
  double gain_ = 0;
  double integral_ = 0;
};

}  // namespace

Collision collision_2to2(double k, const std::function<double(double)>& n, double C2, int points) {
  k = into_zone(k);
  if (!(std::abs(k) < pi) || points < 2) throw std::invalid_argument("collision_2to2");
  const std::function<double(double)> mirrored = [&n](double p) { return n(-p); };
  auto evaluate = [&](int size, double& gain, double& integral) {
    gain = 0;
    integral = 0;
    add_branch(k, n, size, gain, integral);
    add_branch(-k, mirrored, size, gain, integral);
    gain *= C2 / (2 * pi);
    integral *= C2 / (2 * pi);
  };
  Collision result;
  double gain = 0;
  double integral = 0;
  evaluate(points, result.gain, result.integral);
  evaluate((2 * points + 2) / 3, gain, integral);
  result.gain_error = std::abs(result.gain - gain);
  result.integral_error = std::abs(result.integral - integral);
  return result;
}

Collision collision_3to3(double k, const std::function<double(double)>& n, double C3, int points) {
  const Table table(n);
  k = into_zone(k);
  Collision result;
  double gain = 0;
  double integral = 0;
  ThreeToThree(k, table, points, 12).integrate(result.gain, result.integral);
  ThreeToThree(k, table, points * 2 / 3, 8).integrate(gain, integral);
  result.gain *= C3;
  result.integral *= C3;
  result.gain_error = std::abs(result.gain - C3 * gain);
  result.integral_error = std::abs(result.integral - C3 * integral);
  return result;
}

}  // namespace kapitza::oracle
