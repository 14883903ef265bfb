// SPDX-License-Identifier: BSD-3-Clause
//
// How close two correct backends must be: densities to compare them on, and bounds derived from
// sizes and the unit of rounding.
#pragma once

#include <vector>

#include "kapitza/kinetic/collision.hpp"

namespace kapitza::testing {

/// Positive, without symmetry, all different; every fifth one is thermal, so that h is nothing but
/// rounding.
std::vector<double> different_densities(const kinetic::CollisionPlan& plan, int N);

/// How far two correct evaluations of one density may differ, relative to its largest gain.
///
/// A sum of Eq. (9) has the terms w |F_j|^{2l-1}, in the rate 2l of them with one F replaced by H.
/// Parseval bounds them: sum_j |F_j|^{2l-1} <= rho^{2l-3} (1/K) sum n^2 and, least squares leaving
/// (1/K) sum h^2 <= 1, its like with H; and sum w = 2T. Each term carries the rounding of its
/// 2l - 1 factors, log2 M + 4 units apiece with the products of phases, and of the last transform,
/// log2 K. On the manifold the terms of the gain have one sign; each of the 7 factors of a term
/// brings log2 16 K + 12 units from transform and stencil, 2^3 = 8 bounds what the stencils'
/// weights of both signs add.
///
/// phase: further units of every factor, where phases have not come from the same tables.
///
/// This is the worst case; errors of random sign leave a thousandth of it.
double rounding_bound(const kinetic::CollisionPlan& plan, const double* n, double gain,
                      double phase = 0);

/// All results of evaluate().
void expect_close(const kinetic::CollisionPlan& plan, const std::vector<double>& n,
                  const kinetic::CollisionBatch& expected, const kinetic::CollisionBatch& actual);

/// Both operators have the same plan.
void expect_same_integrals(kinetic::CollisionOperator& reference,
                           kinetic::CollisionOperator& actual, int N);
void expect_same_jacobians(kinetic::CollisionOperator& reference,
                           kinetic::CollisionOperator& actual, int N);

}  // namespace kapitza::testing
