// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <vector>

namespace kapitza {

/// The local interaction U(y) = sum_l c_l y^l / l!, Eq. (2), and the rates of its collisions.
class Interaction {
 public:
  static constexpr int max_degree = 6;  ///< of what can be simulated

  /// c[l] multiplies y^l / l!; c.at(3) = 6 alone is the |psi|^6 defect.
  explicit Interaction(const std::map<int, double>& c) {
    for (const auto& [l, value] : c) {
      if (static_cast<std::size_t>(l) >= c_.size()) c_.resize(static_cast<std::size_t>(l) + 1, 0.0);
      c_[static_cast<std::size_t>(l)] = value;
    }
  }

  static Interaction psi6() { return Interaction({{3, 6.0}}); }

  /// The largest l with c_l != 0, zero for no interaction.
  int degree() const {
    int l = static_cast<int>(c_.size()) - 1;
    while (l > 0 && c_[static_cast<std::size_t>(l)] == 0.0) --l;
    return l > 0 ? l : 0;
  }

  /// U'(y) = sum_l slope(l) y^l = sum_l c_{l + 1} y^l / l!
  double slope(int l) const {
    const auto s = static_cast<std::size_t>(l) + 1;
    return s < c_.size() ? c_[s] / falling(l, l) : 0.0;
  }

  /// The same with a potential A |psi|^2 added: it causes no collisions.
  Interaction with_potential(double A) const {
    Interaction sum = *this;
    sum.c_.resize(std::max<std::size_t>(c_.size(), 2), 0.0);
    sum.c_[1] += A;
    return sum;
  }

  /// Effective vertex of l in and l out at density rho, Eq. (5):
  /// g_l = sum_{s >= l} c_s s! / (s - l)! rho^{s - l}
  double vertex(int l, double rho) const {
    double sum = 0;
    for (int s = degree(); s >= l; --s)
      sum = sum * rho + c_[static_cast<std::size_t>(s)] * falling(s, l);
    return sum;
  }

  /// d g_l / d rho = sum_{s > l} c_s s! / (s - l - 1)! rho^{s - l - 1} = g_{l + 1}
  double vertex_slope(int l, double rho) const { return vertex(l + 1, rho); }

  /// Rate of the channel l -> l, Eq. (5): C_l = g_l^2 / (l! (l - 1)!)
  double rate(int l, double rho) const {
    const double g = vertex(l, rho);
    return g * g / normalisation(l);
  }

  /// d C_l / d rho
  double rate_slope(int l, double rho) const {
    return 2 * vertex(l, rho) * vertex_slope(l, rho) / normalisation(l);
  }

  friend bool operator==(const Interaction&, const Interaction&) = default;

 private:
  /// s! / (s - l)! computed as s (s - 1) ... ; Horner's rule in vertex() supplies the powers of
  /// rho, so every term is the coefficient of rho^{s - l}.
  static double falling(int s, int l) {
    double product = 1;
    for (int i = 0; i < l; ++i) product *= s - i;
    return product;
  }
  static double normalisation(int l) { return falling(l, l) * falling(l - 1, l - 1); }

  std::vector<double> c_{0.0};
};

}  // namespace kapitza
