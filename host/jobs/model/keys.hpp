// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/config/key.hpp"

namespace kapitza::host {

namespace types {

extern const Type dispersion;   ///< "parabolic" | "cosine" | {table = "E.csv"}
extern const Type interaction;  ///< {c1 = ..., c2 = ...}
extern const Type density;      ///< "expression of k" | {table = "n.csv"} | {thermal = {beta, mu}}

}  // namespace types

/// thermal: {beta = ..., mu = ...}
std::string thermal_problem(Value& thermal);

/// The carriers and their interaction, and what the right reservoir sends in.
namespace keys::carriers {

extern const Key dispersion, interaction, right;

}  // namespace keys::carriers
}  // namespace kapitza::host
