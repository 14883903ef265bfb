// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <vector>

#include "kapitza/linear/response.hpp"

/// What there is to say about a linearised defect.
namespace kapitza::linear {

/// One strength of the defect.
struct Point {
  double Lambda;
  Scattering::Outgoing out;
  Matrix2 resistance;  ///< Lambda bulk + boundary
  Matrix2 boundary;
  double balance;                           ///< current_balance()
  double condition;                         ///< of what is solved
  double layer;                             ///< width of the boundary layers, in X
  double reflected_size, transmitted_size;  ///< sum |v dn| / sum |v dn_in|
};

/// Deep inside an infinitely strong defect, behind one of its ends, per unit of dn; and what that
/// end reflects.
struct MilneEnd {
  double dbeta, dmu;
  double misplaced;  ///< share of the reflected current that is not where a thermal state has it
};

struct Summary {
  std::vector<Point> points;      ///< of the problem's Lambda
  std::vector<double> loss_rate;  ///< of carriers of one momentum, for Lambda = 1
  double continuum_edge;          ///< continuum_edge()

  // An infinitely strong defect.
  std::vector<double> milne;          ///< what it reflects
  std::vector<double> milne_thermal;  ///< what a thermal state would, with the same currents
  MilneEnd left, right;
  Matrix2 jump;  ///< of the affinities at either end
  /// Affinities deep inside per dn_in(k), behind the end where it enters.
  std::array<std::vector<double>, 2> interior;
};

/// Throws NumericsError where a point is not finite.
Summary summarise(kinetic::Backend& backend, const Problem& problem, const Response& response);

/// Currents out against currents in, |out - in| / in, the larger of number and energy.
double current_balance(const LinearisedCollision& collision, const std::vector<double>& dn_in,
                       const Scattering::Outgoing& out);

/// The least loss rate / |v|: below it decay only modes that all momenta share; above it, any
/// single momentum can.
double continuum_edge(const LinearisedCollision& collision, const std::vector<double>& loss_rate);

/// What a thermal state would reflect instead, carrying the same currents.
struct ThermalReflection {
  std::vector<double> dn;
  double misplaced;  ///< how much of the reflected current is elsewhere
};
/// side: the sign of v of what leaves. A reflection of nothing but rounding has no share.
ThermalReflection thermal_reflection(const LinearisedCollision& collision,
                                     const std::vector<double>& dn_in,
                                     const std::vector<double>& reflected, int side);

}  // namespace kapitza::linear
