// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/config/key.hpp"

namespace kapitza::host {

namespace types {

extern const Type absorber;     ///< {width = ..., Gamma = ...} | "none"
extern const Type profile;      ///< "smooth" | "box" | "expression of x"
extern const Type counterterm;  ///< number | "hartree"

}  // namespace types

/// Trajectories of the field: a defect between boundaries, or a closed chain.
namespace keys::field {

extern const Key state_n, left;
extern const Key Lambda, lambda, L, profile, counterterm;
extern const Key order, error_check;
extern const Key sites, absorber, window, dt, noise_every, start;
extern const Key trajectories, seed, precision, burn_in, max_time, target_error, target_k, records;

}  // namespace keys::field
}  // namespace kapitza::host
