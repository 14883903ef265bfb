// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <vector>

#include "kapitza/kinetic/channel_terms.hpp"

namespace kapitza::cpu {

/// Calls f with the polynomial of C_3, C_4, ..., in the shortest form that there is code for.
template <class F>
void with_polynomial(const std::vector<double>& rates, const F& f) {
  kinetic::with_terms(static_cast<int>(rates.size()) + 2, [&](auto terms) {
    kinetic::ChannelPolynomial<terms> channels{};
    std::copy(rates.begin(), rates.end(), channels.rate);
    f(channels);
  });
}

}  // namespace kapitza::cpu
