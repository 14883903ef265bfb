// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/kinetic/resonant_manifold.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <variant>

#include "kapitza/core/error.hpp"
#include "kapitza/numerics/gauss_legendre.hpp"
#include "kapitza/numerics/roots.hpp"

namespace kapitza::kinetic {
namespace {

using std::numbers::pi;
using Node = ResonantManifold::Node;

/// Parabolic band, umklapp q1 + q2 = k + k2 -+ 2 pi, in closed form (docs/notation.md, Eq. 10).
///
/// With u = pi -+ k and a^2 = 4 sqrt(2 pi u), the allowed k2 start at k* = pi - u - 2 pi +
/// 2 sqrt(2 pi u), where q1 = q2. Computed as k2 = k* + t^2, t = a sinh(s): this absorbs the
/// inverse square roots at both ends, and what is left has weight one.
void append_parabolic(double k, int direction, const GaussLegendre& rule,
                      std::vector<Node>& nodes) {
  const double u = pi - direction * k;
  const double root = std::sqrt(2 * pi * u);
  const double edge = -pi - u + 2 * root;
  const double a = 2 * std::sqrt(root);
  const double reach = std::asinh(std::sqrt(std::max(0.0, pi - edge)) / a);
  for (std::size_t i = 0; i < rule.x.size(); ++i) {
    const double t = a * std::sinh(reach * rule.x[i]);
    const double k2 = edge + t * t;
    const double centre = (pi - u + k2) / 2 - pi;
    const double r = t * std::sqrt(t * t + a * a) / 2;
    nodes.push_back({reach * rule.weight[i] / pi, direction * k2, direction * (centre + r),
                     direction * (centre - r)});
  }
}

/// Appends the nodes of one momentum.
using ClosedForm = void (*)(double k, const GaussLegendre& rule, std::vector<Node>& nodes);

ClosedForm closed_form(const ParabolicBand& /*band*/) {
  return [](double k, const GaussLegendre& rule, std::vector<Node>& nodes) {
    append_parabolic(k, +1, rule, nodes);
    append_parabolic(k, -1, rule, nodes);
  };
}

/// Any other band has none: null.
template <class Band>
ClosedForm closed_form(const Band& /*band*/) {
  return nullptr;
}

/// The manifold of a band in closed form, if there is one.
ClosedForm closed_form_of(const Dispersion& dispersion) {
  return std::visit([](const auto& band) { return closed_form(band); }, dispersion.band());
}

/// Pairs of momenta P/2 +- x of total P: their energy is even in x and has period 2 pi.
class Pair {
 public:
  Pair(const Dispersion& dispersion, double P) : dispersion_(dispersion), centre_(P / 2) {}

  double energy(double x) const {
    return dispersion_.energy(centre_ + x) + dispersion_.energy(centre_ - x);
  }
  double slope(double x) const {
    return dispersion_.velocity(centre_ + x) - dispersion_.velocity(centre_ - x);
  }

 private:
  const Dispersion& dispersion_;
  double centre_;
};

/// All x in [0, pi] other than |d| with the same pair energy as d. The trivial root is divided
/// out: cos x - cos d has exactly that zero and no other.
std::vector<double> nontrivial_roots(const Dispersion& dispersion, double P, double d) {
  constexpr int cells = 192;
  const Pair pair(dispersion, P);
  const double target = pair.energy(d), cos_d = std::cos(d);
  const auto f = [&](double x) {
    const double gap = std::cos(x) - cos_d;
    if (std::abs(gap) < 1e-9)
      return (pair.energy(x + 1e-4) - target) / (std::cos(x + 1e-4) - cos_d);
    return (pair.energy(x) - target) / gap;
  };
  std::vector<double> value(cells + 1), roots;
  const auto x = [](int i) { return pi * i / cells; };
  for (int i = 0; i <= cells; ++i) value[i] = f(x(i));
  for (int i = 0; i < cells; ++i) {
    if ((value[i] > 0) != (value[i + 1] > 0)) roots.push_back(bisect(f, x(i), x(i + 1)));
    // Two roots closer than a cell: f dips through zero and back.
    if (i == 0) continue;
    const bool above = value[i] > 0;
    const bool same_sign = (value[i - 1] > 0) == above && (value[i + 1] > 0) == above;
    const bool dips =
        std::abs(value[i]) <= std::abs(value[i - 1]) && std::abs(value[i]) < std::abs(value[i + 1]);
    if (!same_sign || !dips) continue;
    const auto outside = [&](double y) { return above ? f(y) : -f(y); };
    const double turn = minimum(outside, x(i - 1), x(i + 1));
    if ((f(turn) > 0) == above) continue;
    roots.push_back(bisect(f, x(i - 1), turn));
    roots.push_back(bisect(f, turn, x(i + 1)));
  }
  return roots;
}

void append_general(const Dispersion& dispersion, double k, const GaussLegendre& rule,
                    std::vector<Node>& nodes) {
  constexpr int scan = 256;
  const auto roots = [&](double P) { return nontrivial_roots(dispersion, P, k - P / 2); };
  // Pieces of constant root number; at their ends two roots merge and 1 / |slope| diverges.
  // The scan is shifted by an irrational fraction so that no symmetric P is hit exactly.
  const auto at = [](int i) { return 2 * pi * (i + 0.381966) / scan; };
  std::vector<double> ends{at(0)};
  std::size_t count = roots(at(0)).size();
  for (int i = 0; i < scan; ++i) {
    const std::size_t next = roots(at(i + 1)).size();
    const auto changed = [&](double P) { return roots(P).size() != count; };
    if (next != count) ends.push_back(boundary(changed, at(i), at(i + 1), 1e-13));
    count = next;
  }
  ends.push_back(at(scan));
  for (std::size_t piece = 0; piece + 1 < ends.size(); ++piece) {
    const double a = ends[piece], width = ends[piece + 1] - a;
    for (std::size_t i = 0; i < rule.x.size(); ++i) {
      // P = a + width sin^2 theta turns both 1/sqrt ends into smooth ones.
      const double theta = rule.x[i] * pi / 2;
      const double P = a + width * std::sin(theta) * std::sin(theta);
      const double dP = width * std::sin(2 * theta) * rule.weight[i] * pi / 2;
      for (double x : roots(P)) {
        const double slope = std::abs(Pair(dispersion, P).slope(x));
        nodes.push_back({dP / (pi * slope), P - k, P / 2 + x, P / 2 - x});
      }
    }
  }
}

ResonantManifold assemble(const MomentumGrid& grid,
                          const std::function<void(double, std::vector<Node>&)>& append) {
  ResonantManifold manifold;
  manifold.first.reserve(grid.K + 1);
  for (int m = 0; m < grid.K; ++m) {
    manifold.first.push_back(static_cast<int>(manifold.nodes.size()));
    append(grid(m), manifold.nodes);
  }
  manifold.first.push_back(static_cast<int>(manifold.nodes.size()));
  return manifold;
}

}  // namespace

ResonantManifold ResonantManifold::build(const Dispersion& dispersion, const MomentumGrid& grid,
                                         int points) {
  const ClosedForm append = closed_form_of(dispersion);
  if (!append) return by_root_finding(dispersion, grid, points);
  const GaussLegendre rule(points);
  return assemble(grid, [&](double k, std::vector<Node>& nodes) { append(k, rule, nodes); });
}

ResonantManifold ResonantManifold::by_root_finding(const Dispersion& dispersion,
                                                   const MomentumGrid& grid, int points) {
  if (const std::string why = divergence(dispersion); !why.empty()) throw InputError(why);
  const GaussLegendre rule(points);
  return assemble(grid, [&](double k, std::vector<Node>& nodes) {
    append_general(dispersion, k, rule, nodes);
  });
}

std::string ResonantManifold::divergence(const Dispersion& dispersion) {
  constexpr int totals = 1024, separations = 256;
  for (int i = 0; i < totals; ++i) {
    const double P = 2 * pi * i / totals;
    const Pair pair(dispersion, P);
    double low = pair.energy(0), high = low;
    for (int j = 1; j <= separations; ++j) {
      low = std::min(low, pair.energy(pi * j / separations));
      high = std::max(high, pair.energy(pi * j / separations));
    }
    if (high - low < 1e-4 * dispersion.bandwidth())
      return "the 2 -> 2 collisions (l = 2) of the " + dispersion.name() +
             " dispersion diverge: every pair with k1 + k2 = " + std::to_string(P) +
             " has the same energy, so its collisions are resonant with all others; leave l = 2 "
             "out by name, e.g. numerics.channels = [3]";
  }
  return {};
}

}  // namespace kapitza::kinetic
