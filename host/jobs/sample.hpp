// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <vector>

#include "kapitza/kinetic/resolve.hpp"

/// Problems on fewer momenta, that tell what all of them cost.
namespace kapitza::host {

/// What stands nearest to each of K momenta. For even numbers of momenta it lies on the same side
/// of k = 0.
inline std::vector<double> nearest_values(const std::vector<double>& values, int K) {
  std::vector<double> some;
  for (std::size_t m = 0; m < static_cast<std::size_t>(K); ++m)
    some.push_back(values[(2 * m + 1) * values.size() / (2 * static_cast<std::size_t>(K))]);
  return some;
}

/// The same for K momenta: the sites are a multiple of them.
inline kinetic::ResolutionRequest suited_to(kinetic::ResolutionRequest request, int K) {
  if (request.M) request.M = (*request.M + K - 1) / K * K;
  return request;
}

}  // namespace kapitza::host
