// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "kapitza/field/ensemble.hpp"
#include "kapitza/field/steady_state.hpp"

/// What the measured densities of a field say about the run.
namespace kapitza::field {

/// The density asked for, as a window of a driven field sees it.
std::vector<double> expected_density(const Problem& problem);

/// The carriers that come in, at the momenta and in the windows where they do: does the absorber
/// send what was asked for?
struct InjectionCheck {
  double ratio;        ///< carriers coming in, over those asked for
  double ratio_error;  ///< its standard error
  double chi2;         ///< mean squared deviation per momentum, in standard errors
};
InjectionCheck check_injection(const Problem& problem, const std::vector<double>& expected,
                               const std::vector<WindowDensity>& sides);

/// Errors from blocks of time over those from trajectories, root mean square.
double error_ratio(const std::vector<WindowDensity>& sides);

/// int dk/2pi v q n in both windows: the same, where the state is stationary.
Estimates current(const SteadyState& state, const Problem& problem, std::vector<double> q);

/// Root mean square of a change, relative to that of what changes.
double relative_change(const std::vector<double>& change, const std::vector<double>& n);
/// The largest change of n with half the step.
double step_error(const std::vector<WindowDensity>& sides);

}  // namespace kapitza::field
