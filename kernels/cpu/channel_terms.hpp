// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <vector>

#include "kapitza/physics/collision_terms.hpp"
#include "kapitza/solver/collision.hpp"

namespace kapitza::cpu {

/// Calls f with the polynomial of C_3, C_4, ..., in the shortest form that there is code for.
template <class F>
void with_polynomial(const std::vector<double>& rates, const F& f) {
  const auto call = [&]<int Terms>(ChannelPolynomial<Terms> channels) {
    std::copy(rates.begin(), rates.end(), channels.rate);
    f(channels);
  };
  if (rates.size() == 1) return call(ChannelPolynomial<1>{});
  if (rates.size() == 2) return call(ChannelPolynomial<2>{});
  call(ChannelPolynomial<CollisionModel::max_channel - 2>{});
}

}  // namespace kapitza::cpu
