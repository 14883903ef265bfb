// SPDX-License-Identifier: BSD-3-Clause
// Our Philox against cuRAND's, whose header compiles for the host too. Where the CUDA toolkit is
// not installed there is nothing to compare with.
#include <cstdint>
#include <gtest/gtest.h>
#include <random>

#include "kapitza/random/philox.hpp"

#if __has_include(<curand_kernel.h>)
#define QUALIFIERS static inline
#include <curand_kernel.h>
#define KAPITZA_HAVE_CURAND 1
#endif

namespace kapitza {
namespace {

#ifdef KAPITZA_HAVE_CURAND

std::uint64_t joined(std::uint32_t low, std::uint32_t high) {
  return low | (std::uint64_t{high} << 32);
}

Words words_of(curandStatePhilox4_32_10_t& state) {
  const uint4 w = curand4(&state);
  return {w.x, w.y, w.z, w.w};
}

TEST(Curand, GivesTheSameIntegers) {
  std::mt19937 generator(1);
  const auto word = [&] { return static_cast<std::uint32_t>(generator()); };
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t seed = joined(word(), word());
    const Words counter{word(), word(), word(), word()};
    const std::uint64_t position = joined(counter.a, counter.b);
    curandStatePhilox4_32_10_t state;
    // Positions count words, four to a counter: 64 bits of them do not reach every counter, but
    // four skips do.
    curand_init(seed, joined(counter.c, counter.d), 0, &state);
    for (int quarter = 0; quarter < 4; ++quarter) skipahead(position, &state);
    ASSERT_EQ(philox(seed, counter), words_of(state)) << i;
  }
}

TEST(Curand, BeginsWhereTheDocumentationSays) {
  std::mt19937 generator(2);
  const auto word = [&] { return static_cast<std::uint32_t>(generator()); };
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t seed = joined(word(), word());
    const Words counter{word(), word() >> 2, word(), word()};
    curandStatePhilox4_32_10_t state;
    curand_init(seed, joined(counter.c, counter.d), 4 * joined(counter.a, counter.b), &state);
    ASSERT_EQ(philox(seed, counter), words_of(state)) << i;
    Words next = counter;
    if (++next.a == 0 && ++next.b == 0 && ++next.c == 0) ++next.d;
    ASSERT_EQ(philox(seed, next), words_of(state)) << i;
  }
}

#else

TEST(Curand, GivesTheSameIntegers) { GTEST_SKIP() << "curand_kernel.h was not found"; }

#endif

}  // namespace
}  // namespace kapitza
