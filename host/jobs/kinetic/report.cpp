// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/kinetic/report.hpp"

#include <fmt/format.h>

namespace kapitza::host {

Quantities resolution_rows(const kinetic::Resolution& resolution) {
  return {
      {"T", resolution.T, "cut-off of the auxiliary time"},
      {"M", std::int64_t{resolution.M}, "lattice sites"},
      {"dtau", resolution.dtau, "step of the auxiliary time"},
      {"points", std::int64_t{resolution.points}, "points on the resonant manifold of l = 2"},
  };
}

Quantities error_rows(const kinetic::ResolutionErrors& errors, const ErrorMeaning& meaning) {
  return {
      {"error_estimate", errors.estimate(), std::string(meaning.of)},
      {"cutoff_error", errors.cutoff, fmt::format("the part from {}", meaning.cutoffs)},
      {"grid_error", errors.grid, "the part from the momentum grid"},
      {"tolerance_reached", errors.tolerance_reached(), ""},
  };
}

std::string unreached_tolerance(const kinetic::ResolutionErrors& errors,
                                const ErrorMeaning& meaning) {
  return fmt::format(
      "the tolerance {} is not reached: the estimated error is {:.2g}, of which {:.2g} from {} and "
      "{:.2g} from the momentum grid{}",
      errors.tolerance, errors.estimate(), errors.cutoff, meaning.cutoffs, errors.grid,
      errors.grid > errors.tolerance / 2 ? " (a larger grid.K helps)" : "");
}

}  // namespace kapitza::host
