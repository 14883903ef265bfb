// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>

#include "kapitza/solver/collision.hpp"
#include "kapitza/solver/ensemble.hpp"

namespace kapitza {

/// Where the work is done. Solvers see this and nothing below it.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::string name() const = 0;         ///< "cpu" or "cuda"
  virtual std::string description() const = 0;  ///< the device, in words
  virtual std::unique_ptr<CollisionOperator> collision(CollisionPlan plan) = 0;
  virtual std::unique_ptr<Ensemble> ensemble(EnsemblePlan plan) = 0;
};

/// threads = 0: as many as the machine offers.
std::unique_ptr<Backend> make_cpu_backend(int threads = 0);

/// How a GPU makes the steps of an ensemble of fields.
enum class FieldSteps {
  best,        ///< fused where the field of a trajectory fits into a block, else in two passes
               ///< where they suit the ring, else by transforms
  transforms,  ///< batched transforms of the library, with pointwise stages between them
  fused,       ///< one block for each trajectory: radix 8, from 8192 sites on 16
  two_pass,    ///< passes over columns and rows of a ring of 2^12 to 2^20 sites
  // Rungs of the ladder, for comparison; 2048 sites only.
  fused_radix4,   ///< more exchanges
  fused_wide,     ///< radix 8, two butterflies per lane: fewer lanes with more registers
  fused_radix16,  ///< fewer exchanges, as many registers
};

/// How a GPU sums over auxiliary time.
enum class TimeSweep {
  best,        ///< fused where a lattice fits into a block, else by transforms
  transforms,  ///< batched transforms of the library, with pointwise stages between them
};

struct CudaChoices {
  FieldSteps steps = FieldSteps::best;
  TimeSweep sweep = TimeSweep::best;
};

/// Throws BackendUnavailable where this build has no CUDA or this machine no usable GPU. Ensembles
/// that cannot be evolved as asked for throw std::invalid_argument.
std::unique_ptr<Backend> make_cuda_backend(CudaChoices choices = {});

/// Why make_cuda_backend() would throw; empty if it would not.
std::string cuda_unavailable();

}  // namespace kapitza
