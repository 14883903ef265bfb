// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <vector>

#include "kapitza/field/ensemble.hpp"

namespace kapitza::testing {

/// phi_x of every trajectory.
inline std::vector<Complex> fields_of(const field::Ensemble& ensemble) {
  const field::EnsemblePlan& plan = ensemble.plan();
  std::vector<Complex> phi(static_cast<std::size_t>(plan.sites) * plan.trajectories);
  ensemble.fields(phi);
  return phi;
}

/// The totals of every trajectory.
inline std::vector<double> totals_of(const field::Ensemble& ensemble) {
  const field::EnsemblePlan& plan = ensemble.plan();
  std::vector<double> sums(plan.observables() * plan.trajectories);
  ensemble.totals(sums);
  return sums;
}

}  // namespace kapitza::testing
