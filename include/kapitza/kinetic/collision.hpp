// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "kapitza/core/complex.hpp"
#include "kapitza/kinetic/balance.hpp"
#include "kapitza/kinetic/kink.hpp"
#include "kapitza/kinetic/node_system.hpp"
#include "kapitza/kinetic/pair_table.hpp"
#include "kapitza/kinetic/time_quadrature.hpp"
#include "kapitza/model/dispersion.hpp"
#include "kapitza/model/interaction.hpp"
#include "kapitza/model/momentum_grid.hpp"

namespace kapitza::kinetic {

/// Which collision integral: the model, the momentum grid, the channels l -> l that are summed.
struct CollisionModel {
  Dispersion dispersion = Dispersion::parabolic();
  Interaction interaction = Interaction::psi6();
  MomentumGrid grid;
  std::vector<int> channels;  ///< ascending, each between 2 and max_channel

  static constexpr int max_channel = Interaction::max_degree;

  /// All channels that the interaction opens: l = 2 ... degree.
  static std::vector<int> all_channels(const Interaction& interaction);

  bool has_pairs() const;       ///< l = 2, done on its resonant manifold
  bool has_sweep() const;       ///< l >= 3, done by the sum over auxiliary time
  int highest_channel() const;  ///< 0 without channels

  friend bool operator==(const CollisionModel&, const CollisionModel&) = default;
};

/// How finely it is evaluated.
struct Resolution {
  double T = 0;     ///< cut-off of the auxiliary time; 0 without channels l >= 3
  double dtau = 0;  ///< largest allowed spacing of the auxiliary time
  int M = 0;        ///< lattice sites at the largest times, a multiple of K
  int M_first = 0;  ///< lattice sites at the smallest times: the kink of the band wants it large
  int points = 0;   ///< Gauss-Legendre points on the manifold of l = 2; 0 without that channel

  /// Largest spacing without aliasing: 2 pi / (l (E_max - E_min)) for the highest l.
  static double safe_dtau(const CollisionModel& model);
  /// Sites that the light cone K + 2 v_max T fills, without rounding.
  static double light_cone(const CollisionModel& model, double T);
  /// K 2^s sites that hold the light cone.
  static int safe_M(const CollisionModel& model, double T);

  friend bool operator==(const Resolution&, const Resolution&) = default;
};

/// Everything a backend needs that does not depend on the densities, made once on the host.
/// Backends copy these tables and compute no formula of their own: a check of the house refuses it.
struct CollisionPlan {
  CollisionPlan(CollisionModel model, Resolution resolution);

  int K() const { return model.grid.K; }
  /// C_3, C_4, ... at density rho (zero where the channel is off); highest_channel() - 2 of them.
  std::vector<double> sweep_rates(double rho) const;
  std::vector<double> sweep_rate_slopes(double rho) const;
  double pair_rate(double rho) const;
  double pair_rate_slope(double rho) const;
  /// Rows of e^{i tau E}, tau = steps[0] dtau, steps[1] dtau, ...: of any energies, so that a
  /// backend has as many rows at once as it wants to keep.
  std::vector<Complex> phases(std::span<const int> steps, std::span<const double> energies) const;

  CollisionModel model;
  Resolution resolution;
  std::vector<double> energy;  ///< E(k_m)
  TimeQuadrature time;
  std::shared_ptr<const PairTable> pairs;  ///< never null
  Kink kink;
};

/// Collision integrals of N densities, X-major: value of density x at momentum m in [x * K + m].
struct CollisionBatch {
  std::vector<double> gain, loss, I;  ///< I = gain + n * loss, after projection
  std::vector<double> error;  ///< per density: cut-off error, max_k |I - I(T = oo)| / max_k gain
  std::vector<double> grid_error;  ///< per density: size of the projection, relative to max_k gain
  std::vector<double> number_rate_raw, energy_rate_raw;  ///< per density, before projection
  std::vector<MomentSystem::Line> projection;  ///< per density: I before it is I + n^2 (b E + c)

  void resize(std::size_t densities, int K);
  /// Takes over so many densities of another batch, those from `first` on, and puts them to `to`.
  void take(const CollisionBatch& from, std::size_t first, std::size_t count, std::size_t to,
            int K);
};

/// A stretch of densities whose Jacobians belong into a system, from node `first` on.
struct Linearisation {
  std::span<const double> n;
  NodeSystem* system;
  std::size_t first;
};

/// The collision integral of any number of densities at once: the seam between the kinetic solvers
/// and the backends. Not thread-safe; one operator belongs to one solver.
class CollisionOperator {
 public:
  explicit CollisionOperator(CollisionPlan plan) : plan_(std::move(plan)) {}
  virtual ~CollisionOperator() = default;
  CollisionOperator(const CollisionOperator&) = delete;
  CollisionOperator& operator=(const CollisionOperator&) = delete;

  /// n: N x K values, all positive and finite.
  virtual void evaluate(std::span<const double> n, CollisionBatch& out) = 0;

  /// dI(k)/dn(p) of the projected integral, dC_l/drho included: N x K x K, row-major in (k, p).
  virtual void jacobian(std::span<const double> n, std::span<double> J) = 0;

  /// Puts the Jacobians of these densities into their systems. Any operator of the backend that a
  /// system comes from may do that, whatever its resolution.
  virtual void linearise(std::span<const Linearisation> stretches) = 0;

  /// Bytes that an evaluation of N densities takes beside its arguments.
  virtual std::size_t memory(std::size_t densities) const = 0;

  const CollisionPlan& plan() const { return plan_; }

 private:
  CollisionPlan plan_;
};

inline void linearise(CollisionOperator& collision, const Linearisation& one) {
  collision.linearise({&one, 1});
}

/// sum w I / sum |w I|: how well I conserves what w counts.
double conservation_rate(const std::vector<double>& I, const std::vector<double>& weight);

}  // namespace kapitza::kinetic
