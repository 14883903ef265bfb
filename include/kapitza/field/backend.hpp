// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "kapitza/field/ensemble.hpp"

namespace kapitza::field {

/// Where ensembles of fields are evolved. Their solvers see this and nothing below it.
class Backend {
 public:
  virtual ~Backend() = default;

  /// Throws std::invalid_argument where the machine was told to make steps that do not suit.
  virtual std::unique_ptr<Ensemble> ensemble(EnsemblePlan plan) = 0;
};

}  // namespace kapitza::field
