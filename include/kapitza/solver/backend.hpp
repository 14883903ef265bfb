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

/// Throws BackendUnavailable where this build has no CUDA or this machine no usable GPU.
std::unique_ptr<Backend> make_cuda_backend();

/// Why make_cuda_backend() would throw; empty if it would not.
std::string cuda_unavailable();

}  // namespace kapitza
