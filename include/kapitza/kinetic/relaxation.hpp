// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <limits>
#include <memory>
#include <vector>

#include "kapitza/kinetic/resolve.hpp"
#include "kapitza/model/thermal.hpp"
#include "kapitza/numerics/embedded_runge_kutta.hpp"

namespace kapitza::kinetic {

/// Homogeneous relaxation d_t n = lambda^2 I[n], Eq. (14).
struct RelaxationOptions {
  double lambda = 1;
  double t_end = std::numeric_limits<double>::infinity();
  double deviation = 0;  ///< stop when the thermal fit is this close; 0: only at t_end
  ResolutionRequest resolution;
};

/// Everything that the next step depends on: what a checkpoint must hold, bit for bit.
struct RelaxationState {
  double t = 0;
  double dt = 0;              ///< proposed next step; 0: choose one
  double previous_error = 1;  ///< memory of the step-size controller
  double worst_error = 0;     ///< largest error estimate of the collision integral so far
  Resolution resolution;      ///< all zero: choose one
  std::vector<double> n;
};

/// What is recorded after every step.
struct RelaxationRecord {
  double t, number, energy, entropy;  ///< entropy: int dk/2pi ln n
  ThermalFit fit;
};

class Relaxation {
 public:
  Relaxation(Backend& backend, CollisionModel model, const RelaxationOptions& options,
             RelaxationState start);

  bool finished() const;
  void step();  ///< one accepted step; throws NumericsError where none can be found

  const RelaxationState& state() const { return state_; }
  const RelaxationRecord& record() const { return record_; }
  double progress() const;  ///< 0 .. 1: by time, or by the logarithm of the deviation
  const CollisionOperator& collision() const { return *collision_; }
  /// Of the collision integral: the largest estimate of all accepted steps.
  double error_estimate() const { return state_.worst_error; }
  /// Its parts: what only a larger K makes smaller is taken from the latest step.
  ResolutionErrors errors() const;
  bool tolerance_reached() const { return state_.worst_error <= options_.resolution.tolerance; }
  long evaluations() const { return evaluations_; }  ///< of the collision integral
  long rejected_steps() const { return rejected_; }

 private:
  void resolve();
  void derivative(const std::vector<double>& n, std::vector<double>& dn);
  double first_dt() const;
  double error_of(const RungeKuttaStep& step) const;
  void update_record();
  void adapt_resolution();

  Backend& backend_;
  CollisionModel model_;
  RelaxationOptions options_;
  RelaxationState state_;
  RelaxationRecord record_{};
  std::unique_ptr<CollisionOperator> collision_;
  CollisionBatch batch_;
  std::vector<double> slope_;  ///< lambda^2 I at the current state (first same as last)
  double first_deviation_ = 0;
  long evaluations_ = 0, rejected_ = 0;
};

}  // namespace kapitza::kinetic
