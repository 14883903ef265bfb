// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "kapitza/defect/slab.hpp"

namespace kapitza::defect {

struct StationaryOptions {
  kinetic::ResolutionRequest resolution;
  double residual = 1e-10;  ///< converged where the residual is below this,
  double spread = 1e-11;    ///< and both currents are as constant as this
  int max_iterations = 0;   ///< 0: what the method usually needs, several times over
  Slab::Mirror mirror = Slab::Mirror::use;
};

/// One line of a solver's log.
struct Iteration {
  int number;
  double residual, number_spread, energy_spread;
  double dt;            ///< pseudo-time step that led here
  bool new_jacobian;    ///< Newton: not the one of the iteration before
  std::size_t bounded;  ///< Newton: components whose change was cut
};

/// An iteration towards the stationary state. It starts with a coarse collision integral and
/// resolves it to the tolerance close to the end, again where the density has moved since. Where no
/// T reaches the tolerance (Slab::grid_error(), a T given by hand) it converges all the same: to
/// the stationary state of the best integral there is.
class StationarySolver {
 public:
  StationarySolver(kinetic::Backend& backend, Problem problem, const StationaryOptions& options);
  virtual ~StationarySolver() = default;
  StationarySolver(const StationarySolver&) = delete;
  StationarySolver& operator=(const StationarySolver&) = delete;

  /// Another start than what streams freely: all nodes of the defect. dt: next_dt() of the solver
  /// that is continued; 0: the method's own choice. Before the first step.
  void start_from(std::vector<double> all_nodes, double dt = 0);
  /// The (pseudo-)time step that comes next; 0 where the state alone decides.
  double next_dt() const { return dt_; }

  /// One iteration. Throws NumericsError where the number of iterations is exhausted or the
  /// densities cease to be finite; history() and best() still tell what was reached.
  void step();

  bool converged() const { return converged_; }
  const Slab& slab() const { return slab_; }
  const std::vector<Iteration>& history() const { return history_; }
  int iterations() const { return history_.back().number; }
  /// The state with the smallest residual, on all nodes: what a failed run leaves behind.
  const std::vector<double>& best() const { return best_; }
  virtual long jacobians() const { return 0; }
  void return_to_best();
  /// What becomes small. Another one for a method whose limit is not where Slab::residual()
  /// vanishes.
  virtual double residual() const { return slab_.residual(); }
  double progress() const;  ///< 0 .. 1, by the logarithm of what is missing

 protected:
  /// Of the collision integral while the state is far from stationary.
  static constexpr double coarse_tolerance = 1e-2;

  /// Changes slab_ and returns what is to be logged beside its residual.
  struct Advance {
    double dt;
    bool new_jacobian = false;
    std::size_t bounded = 0;
  };
  virtual Advance advance() = 0;
  /// The smallest so far with the present collision integral.
  double best_residual() const { return best_residual_; }
  kinetic::Backend& backend_;
  StationaryOptions options_;
  Slab slab_;
  double dt_ = 0;

 private:
  void log(const Advance& advance);
  void decide();
  void keep_as_best();
  double distance() const;  ///< from convergence: 1 or less is there
  double cutoff_tolerance() const;

  std::vector<Iteration> history_;
  std::vector<double> best_;
  double best_residual_ = 0, first_distance_ = 0;
  int refinements_ = 0;  ///< how often the collision integral was resolved to the tolerance
  bool converged_ = false;
};

/// Newton's method in pseudo-time, Eq. (18).
std::unique_ptr<StationarySolver> make_newton(kinetic::Backend& backend, Problem problem,
                                              const StationaryOptions& options);

struct MarchOptions {
  bool split = false;    ///< collide after streaming, as published: the limit depends on dt
  double courant = 0.9;  ///< dt in units of the largest that surely keeps upwind densities positive
};

/// Explicit steps in time, Eq. (20): the published method, and the yardstick.
///
/// The limit of split steps satisfies Eq. (20) only to order dt: they end where a step changes
/// nothing any more, and their currents, too, are constant only to order dt.
std::unique_ptr<StationarySolver> make_march(kinetic::Backend& backend, Problem problem,
                                             const StationaryOptions& options,
                                             const MarchOptions& march = {});

}  // namespace kapitza::defect
