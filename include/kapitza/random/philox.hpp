// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "kapitza/core/hd.hpp"

namespace kapitza {

/// Four words of 32 bits: what Philox takes in and gives out.
struct Words {
  std::uint32_t a, b, c, d;
  friend constexpr bool operator==(const Words&, const Words&) = default;
};

/// Philox4x32-10 (Salmon et al., SC 2011): the random words that belong to a counter.
///
/// A pure function of (seed, counter): any thread may draw any number at any time, and a stream has
/// no state to store. The same integers as cuRAND's Philox with
///   curand_init(seed, c | d << 32, 4 * (a | b << 32)),      b < 2^30.
KAPITZA_HD constexpr Words philox(std::uint64_t seed, Words counter) {
  constexpr std::uint32_t multiplier0 = 0xD2511F53, multiplier1 = 0xCD9E8D57;
  constexpr std::uint32_t weyl0 = 0x9E3779B9, weyl1 = 0xBB67AE85;
  auto key0 = static_cast<std::uint32_t>(seed), key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p = std::uint64_t{multiplier0} * counter.a;
    const std::uint64_t q = std::uint64_t{multiplier1} * counter.c;
    counter = {
        static_cast<std::uint32_t>(q >> 32) ^ counter.b ^ key0, static_cast<std::uint32_t>(q),
        static_cast<std::uint32_t>(p >> 32) ^ counter.d ^ key1, static_cast<std::uint32_t>(p)};
    key0 += weyl0;
    key1 += weyl1;
  }
  return counter;
}

}  // namespace kapitza
