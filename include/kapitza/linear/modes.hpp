// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "kapitza/linear/lineariser.hpp"
#include "kapitza/numerics/matrix2.hpp"

namespace kapitza::linear {

/// Small differences from the thermal state 1 / (beta (E - mu)): dn = n^2 (number + energy E), so
/// that number = d(beta mu) and energy = -d(beta). The currents int dk/2pi v dn and
/// int dk/2pi v E dn are their conjugates.
struct Affinities {
  double number = 0, energy = 0;
};

/// How a defect of one strength Lambda answers to what is injected, v d_X dn = Lambda Gamma dn
/// for 0 <= X <= 1, Eq. (25). In vectors over k, the sign of v says at which end a carrier enters
/// or leaves.
class Scattering {
 public:
  struct Outgoing {
    std::vector<double> reflected;    ///< leaves where it, or what caused it, came in
    std::vector<double> transmitted;  ///< leaves at the other end
  };
  Outgoing respond(std::span<const double> dn_in) const;

  /// dn_out = S dn_in: K x K, row-major in (k_out, k_in).
  std::vector<double> matrix() const;

  /// dn at a place 0 <= X <= 1 of a finite defect.
  std::vector<double> inside(std::span<const double> dn_in, double X) const;

  /// Of the thermal part of dn, which is linear in X, at 0 <= X <= 1; and what every momentum of
  /// dn_in contributes to it, a row of K values for each affinity.
  Affinities thermal_part(std::span<const double> dn_in, double X) const;
  std::array<std::vector<double>, 2> thermal_weights(double X) const;

  /// The larger condition number of the two systems that were solved.
  double condition() const;

 private:
  friend class Modes;
  struct Parts;
  explicit Scattering(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}

  std::shared_ptr<const Parts> parts_;
};

/// The modes exp(+-nu Lambda X) of a thermal defect, Eq. (24): they solve it exactly in X, whatever
/// Lambda.
class Modes {
 public:
  /// Throws NumericsError where S is not negative definite beside its null vectors.
  explicit Modes(const LinearisedCollision& collision);

  /// The decay rates nu > 0, ascending: K/2 - 2 of them. The other four modes are 1, E and the
  /// two in which number and energy diffuse.
  const std::vector<double>& spectrum() const;

  /// 0 <= Lambda <= infinity; infinitely strong, the ends do not know of each other (Milne's
  /// problem).
  Scattering at(double Lambda) const;

  static constexpr double infinity = std::numeric_limits<double>::infinity();

  /// The difference in affinities between the reservoirs is resistance x currents, Eq. (26):
  /// resistance = Lambda bulk_resistance() + boundary_resistance(Lambda). The latter grows from
  /// that of a free contact, Lambda = 0, to the sum of both ends' own, Lambda = infinity.
  /// Rows and columns: number, energy.
  Matrix2 bulk_resistance() const;
  Matrix2 boundary_resistance(double Lambda) const;

 private:
  struct Parts;
  friend class Scattering;
  std::shared_ptr<const Parts> parts_;
};

}  // namespace kapitza::linear
