// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/defect/transport.hpp"

#include <cmath>
#include <utility>

namespace kapitza::defect {

// m^2 = (a + b)^2 / 4 (1 - s^4) with s = (a - b) / (a + b).
PositiveMean PositiveMean::of(double a, double b) {
  const double sum = a + b, squares = a * a + b * b;
  const double value = std::sqrt(2 * a * b * squares) / sum;
  return {value, value * (0.5 / a + a / squares - 1 / sum),
          value * (0.5 / b + b / squares - 1 / sum)};
}

Transport::Transport(TransportScheme scheme, Mesh mesh, std::vector<double> velocity,
                     Injection injection, bool mirrored)
    : scheme_(scheme),
      mesh_(std::move(mesh)),
      velocity_(std::move(velocity)),
      injection_(std::move(injection)),
      mirrored_(mirrored) {}

std::size_t Transport::entry(std::size_t cell, std::size_t k) const {
  if (scheme_ == TransportScheme::upwind) return cell;
  return rightwards(k) ? 2 * cell : 2 * cell + 1;
}

std::size_t Transport::exit(std::size_t cell, std::size_t k) const {
  if (scheme_ == TransportScheme::upwind) return cell;
  return rightwards(k) ? 2 * cell + 1 : 2 * cell;
}

double Transport::inflow(std::span<const double> n, std::size_t cell, std::size_t k) const {
  if (rightwards(k)) return cell > 0 ? n[exit(cell - 1, k) * K() + k] : injection_.left[k];
  if (cell + 1 < cells()) return n[exit(cell + 1, k) * K() + k];
  const std::size_t mirror = K() - 1 - k;
  return mirrored_ ? n[exit(cell, mirror) * K() + mirror] : injection_.right[k];
}

std::vector<double> Transport::free_streaming() const {
  std::vector<double> n(nodes() * K());
  for (std::size_t x = 0; x < nodes(); ++x) {
    for (std::size_t k = 0; k < K(); ++k) {
      const bool from_left = rightwards(k);
      n[x * K() + k] = from_left   ? injection_.left[k]
                       : mirrored_ ? injection_.left[K() - 1 - k]
                                   : injection_.right[k];
    }
  }
  return n;
}

double Transport::frequency(std::size_t node, std::size_t k) const {
  return std::abs(velocity_[k]) / mesh_.width(node / nodes_per_cell());
}

void Transport::apply(std::span<const double> n, std::span<double> rate) const {
  for (std::size_t cell = 0; cell < cells(); ++cell) {
    for (std::size_t k = 0; k < K(); ++k) {
      const std::size_t in = entry(cell, k) * K() + k, out = exit(cell, k) * K() + k;
      const double a = std::abs(velocity_[k]) / mesh_.width(cell);
      if (in == out) {
        rate[in] = a * (n[in] - inflow(n, cell, k));
      } else {
        const double middle = PositiveMean::of(n[in], n[out]).value;
        rate[in] = 2 * a * (middle - inflow(n, cell, k));
        rate[out] = 2 * a * (n[out] - middle);
      }
    }
  }
}

void Transport::linearise(std::span<const double> n, kinetic::NodeCoefficients& c) const {
  for (auto* part : {&c.diagonal, &c.lower, &c.upper}) part->assign(nodes() * K(), 0.0);
  c.mirror.assign(mirrored_ ? K() : 0, 0.0);
  for (std::size_t cell = 0; cell < cells(); ++cell) {
    for (std::size_t k = 0; k < K(); ++k) {
      const std::size_t in = entry(cell, k) * K() + k, out = exit(cell, k) * K() + k;
      // Where a carrier comes from, and where it goes to.
      auto& behind = rightwards(k) ? c.lower : c.upper;
      auto& ahead = rightwards(k) ? c.upper : c.lower;
      double a = std::abs(velocity_[k]) / mesh_.width(cell);
      if (in == out) {
        c.diagonal[in] = a;
      } else {
        a *= 2;
        const PositiveMean middle = PositiveMean::of(n[in], n[out]);
        c.diagonal[in] = a * middle.by_a;
        ahead[in] = a * middle.by_b;
        c.diagonal[out] = a * (1 - middle.by_b);
        behind[out] = -a * middle.by_a;
      }
      const bool first = cell == (rightwards(k) ? 0 : cells() - 1);
      if (!first) behind[in] = -a;
      if (first && mirrored_ && !rightwards(k)) c.mirror[k] = -a;
    }
  }
}

std::vector<double> Transport::at_face(std::span<const double> n, std::size_t face) const {
  std::vector<double> density(K());
  for (std::size_t k = 0; k < K(); ++k) {
    const bool reservoir = rightwards(k) ? face == 0 : face == cells();
    density[k] = reservoir ? inflow(n, rightwards(k) ? 0 : cells() - 1, k)
                           : n[exit(rightwards(k) ? face - 1 : face, k) * K() + k];
  }
  return density;
}

std::vector<double> Transport::at_centre(std::span<const double> n, std::size_t cell) const {
  std::vector<double> density(K());
  for (std::size_t k = 0; k < K(); ++k) {
    const std::size_t in = entry(cell, k) * K() + k, out = exit(cell, k) * K() + k;
    density[k] = in == out ? n[in] : PositiveMean::of(n[in], n[out]).value;
  }
  return density;
}

}  // namespace kapitza::defect
