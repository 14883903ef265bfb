// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <concepts>
#include <type_traits>

#include "kapitza/kinetic/collision.hpp"
#include "kapitza/kinetic/collision_terms.hpp"

namespace kapitza::kinetic {

/// f(std::integral_constant<int, Terms>{}) with the shortest ChannelPolynomial<Terms> that there is
/// code for and that holds C_3, ..., C_l of the highest channel l.
template <class F>
void with_terms(int highest_channel, const F& f) {
  switch (highest_channel) {
    case 3:
      return f(std::integral_constant<int, 1>{});
    case 4:
      return f(std::integral_constant<int, 2>{});
    default:
      return f(std::integral_constant<int, CollisionModel::max_channel - 2>{});
  }
}

}  // namespace kapitza::kinetic
