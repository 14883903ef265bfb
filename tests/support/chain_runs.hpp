// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "kapitza/field/closed_chain.hpp"
#include "kapitza/kinetic/relaxation.hpp"
#include "kapitza/machine/machine.hpp"
#include "tests/support/outgoing.hpp"

namespace kapitza::testing {

/// What is left at lambda = 0 of an even function of it, known at lambda and 2 lambda.
inline Value without_square(Value at_one, Value at_two) {
  return {(4 * at_one.value - at_two.value) / 3, std::hypot(4 * at_one.error, at_two.error) / 3};
}

/// Closed chains with the two-peaked density against kinetic theory with pairs and triples.
class ChainComparison {
 public:
  /// What is compared: the change of n between half of lambda^2 t and all of it. The first half is
  /// left out, where the field, at first Gaussian, is building up the correlations that collisions
  /// presuppose.
  ChainComparison(Machine& machine, int sites, double scaled_time)
      : machine_(machine),
        sites_(sites),
        scaled_time_(scaled_time),
        change_(relaxed(scaled_time)),
        half_(relaxed(scaled_time / 2)) {
    for (int m = 0; m < sites; ++m) change_[m] -= half_[m];
  }

  double scaled_time() const { return scaled_time_; }

  /// The change of the field, projected on the kinetic one with the weights that leave the smallest
  /// error: 1 in the kinetic limit. The error takes that of the change since t = 0, which is
  /// larger.
  Value ratio(double lambda, int trajectories, Precision precision = Precision::double_) const {
    field::Problem problem;
    problem.density = two_peaks;
    problem.profile.assign(sites_, 1.0);
    problem.lambda = lambda;
    field::ClosedChain chain(machine_.field(), problem, {0.1, 1, 2}, {trajectories, 1, precision},
                             scaled_time_ / (lambda * lambda), 2, false);
    std::vector<field::ChainRecord> seen;
    while (!chain.finished()) {
      chain.step();
      if (chain.due()) seen.push_back(chain.record());
    }
    double above = 0, below = 0;
    for (int m = 0; m < sites_; ++m) {
      const double weight = change_[m] / std::pow(seen[1].change.error[m], 2);
      above += weight * (seen[1].n.mean[m] - seen[0].n.mean[m]);
      below += weight * change_[m];
    }
    return {above / below, 1 / std::sqrt(below)};
  }

 private:
  std::vector<double> relaxed(double scaled_time) const {
    kinetic::CollisionModel model;
    model.grid = {sites_};
    model.channels = {2, 3};
    kinetic::RelaxationOptions options;
    options.t_end = scaled_time;
    options.resolution.tolerance = 1e-3;
    kinetic::RelaxationState start;
    start.n = two_peaks(model.grid.momenta());
    kinetic::Relaxation relaxation(machine_.kinetic(), model, options, start);
    while (!relaxation.finished()) relaxation.step();
    return relaxation.state().n;
  }

  Machine& machine_;
  int sites_;
  double scaled_time_;
  std::vector<double> change_, half_;
};

}  // namespace kapitza::testing
