// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <optional>
#include <vector>

namespace kapitza {

/// d_t y = f(y), where f has a meaning for some y only, such as positive ones.
struct AutonomousEquation {
  std::function<void(const std::vector<double>& y, std::vector<double>& slope)> slope;
  std::function<bool(const std::vector<double>& y)> in_domain;
};

/// A step that was tried, not yet taken.
struct RungeKuttaStep {
  std::vector<double> y;
  std::vector<double> slope;  ///< f(y), the last that was asked for: the next step starts with it
  std::vector<double> error;  ///< of every component: order five minus order four
};

/// One step dt from y by the embedded pair of Dormand and Prince (1980), orders 5 and 4; slope is
/// f(y). None where a stage leaves the domain.
std::optional<RungeKuttaStep> dormand_prince(const AutonomousEquation& equation,
                                             const std::vector<double>& y,
                                             const std::vector<double>& slope, double dt);

/// Chooses the next dt from the error of a step, in units of what is tolerated: 1 or less is
/// accepted. Infinite is the error of a step that left the domain.
struct StepController {
  double previous_error = 1;  ///< of the last accepted step

  double after_rejection(double dt, double error) const;
  /// By this error and the one before, lest the steps oscillate.
  double after_acceptance(double dt, double error);
};

}  // namespace kapitza
