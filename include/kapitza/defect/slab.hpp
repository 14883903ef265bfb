// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <vector>

#include "kapitza/defect/transport.hpp"
#include "kapitza/kinetic/collision_row.hpp"
#include "kapitza/model/thermal.hpp"

namespace kapitza::defect {

/// A stationary defect between two reservoirs, v d_X n = Lambda I[n], Eq. (15), on a mesh.
struct Problem {
  kinetic::CollisionModel model;
  Injection injection;
  double Lambda = 1;
  Mesh mesh = Mesh::uniform(1);
  TransportScheme transport = TransportScheme::corner_balance;

  /// Both reservoirs, the band and the mesh look the same from both ends.
  bool is_symmetric() const;
};

/// Mean free path of what is injected, in units of X, at this Lambda.
double mean_free_path(kinetic::Backend& backend, const kinetic::CollisionModel& model,
                      const Injection& injection, double Lambda);

/// Net currents through every face, and how far they are from being constant: (max - min) / what
/// both reservoirs send in.
struct Currents {
  std::vector<double> number, energy;  ///< at the faces
  double number_spread = 0, energy_spread = 0;
};

/// The outcome, from one reservoir to the other.
struct Profile {
  std::vector<double> X, X_face;        ///< centres and faces of the cells
  std::vector<double> n;                ///< at the centres: cells x K
  std::vector<double> n_left, n_right;  ///< at the faces X = 0 and X = 1
  std::vector<double> n_centre;         ///< at X = 1/2
  std::vector<double> density;          ///< number per site at the centres
  Currents currents;
  ThermalFit centre;       ///< of n_centre, by number and energy
  ThermalFit left, right;  ///< of what leaves at either end, by its currents
};

/// A density on the nodes of the mesh together with everything that an iteration towards the
/// stationary state needs to know about it. Of a symmetric problem only the left half is kept.
class Slab {
 public:
  enum class Mirror { use, ignore };

  /// Starts from what streams freely from the reservoirs.
  Slab(kinetic::Backend& backend, Problem problem, kinetic::ResolutionRequest request,
       Mirror mirror = Mirror::use);

  const Problem& problem() const { return problem_; }
  const Transport& transport() const { return transport_; }
  const std::vector<double>& n() const { return n_; }

  /// Nodes of the whole defect, whether or not only a half is kept.
  std::vector<double> all_nodes() const;
  void set_all_nodes(std::vector<double> n);
  void set(std::vector<double> n);

  /// Chooses a resolution of I for the present density. Evaluates anew.
  void resolve(double tolerance);
  /// How often that was done.
  long resolutions() const { return resolutions_; }

  /// v d_X n - Lambda I at every node.
  const std::vector<double>& imbalance() const { return imbalance_; }
  /// The largest imbalance, each in units of n x (what streams through its cell and scatters in
  /// it).
  double residual() const { return residual_; }
  const kinetic::CollisionBatch& values() const { return batch_; }

  Currents currents() const;
  Profile profile() const;

  /// The collision integrals as they are resolved now, and their errors at the present density.
  const kinetic::CollisionRow& collisions() const { return *collisions_; }
  kinetic::ResolutionErrors errors() const;

  /// How often I was evaluated: once for every node and every trial density.
  long evaluations() const { return evaluations_; }

 private:
  void evaluate();

  kinetic::Backend& backend_;
  Problem problem_;
  kinetic::ResolutionRequest request_;
  bool mirrored_;
  Transport transport_;  ///< of the part that is kept
  Transport whole_;
  std::optional<kinetic::CollisionRow> collisions_;
  std::vector<double> n_, imbalance_;
  kinetic::CollisionBatch batch_;
  double residual_ = 0;
  long evaluations_ = 0, resolutions_ = 0;
};

}  // namespace kapitza::defect
