// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "kapitza/field/ensemble.hpp"

namespace kapitza::cpu {

/// Fields in memory, one thread per trajectory at a time.
std::unique_ptr<field::Ensemble> make_ensemble(field::EnsemblePlan plan, int threads);

}  // namespace kapitza::cpu
