// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "host/report.hpp"
#include "kapitza/kinetic/resolve.hpp"

/// What all kinetic jobs say about the resolution of the collision integral.

namespace kapitza::host {

Quantities resolution_rows(const kinetic::Resolution& resolution);

/// What a user is told about errors.
struct ErrorMeaning {
  std::string_view of;       ///< "of max_k |I - I_exact| / max_k gain"
  std::string_view cutoffs;  ///< "T, M and points"
};

constexpr ErrorMeaning of_the_collision_integral{
    .of = "of max_k |I - I_exact| / max_k gain",
    .cutoffs = "T, M and points",
};

Quantities error_rows(const kinetic::ResolutionErrors& errors,
                      const ErrorMeaning& meaning = of_the_collision_integral);

/// A warning that says what was reached instead, and what would help.
std::string unreached_tolerance(const kinetic::ResolutionErrors& errors,
                                const ErrorMeaning& meaning = of_the_collision_integral);

}  // namespace kapitza::host
