// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/config/key.hpp"

namespace kapitza::host {

namespace types {

extern const Type thermal_state;  ///< {thermal = {beta = ..., mu = ...}}
extern const Type perturbation;   ///< {left = "expression of k" | {table = "dn.csv"}, right = ...}

}  // namespace types

/// Linear response of a thermal defect.
namespace keys::linear {

extern const Key state_n, dn, places, S, Lambda, K;

}  // namespace keys::linear
}  // namespace kapitza::host
