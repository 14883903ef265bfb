// SPDX-License-Identifier: BSD-3-Clause
#include <atomic>
#include <gtest/gtest.h>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kapitza/numerics/remembered.hpp"

namespace kapitza {
namespace {

TEST(Remembered, ManyThreadsGetTheSameOne) {
  Remembered<int, std::vector<int>> remembered;
  std::atomic<int> made = 0;
  constexpr int threads = 8, keys = 100;
  std::vector<std::vector<const std::vector<int>*>> seen(threads);
  {
    std::vector<std::jthread> all;
    for (int t = 0; t < threads; ++t)
      all.emplace_back([&, t] {
        for (int key = 0; key < keys; ++key)
          seen[t].push_back(&remembered(key, [&] {
            ++made;
            return std::vector<int>{key};
          }));
      });
  }
  EXPECT_EQ(made, keys);
  for (int key = 0; key < keys; ++key) {
    // Where it was when fewer were known, too.
    EXPECT_EQ(*seen[0][key], std::vector<int>{key});
    for (int t = 1; t < threads; ++t) EXPECT_EQ(seen[t][key], seen[0][key]);
  }
}

TEST(Remembered, WhatCouldNotBeMadeIsTriedAgain) {
  Remembered<int, int> remembered;
  EXPECT_THROW(remembered(1, []() -> int { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_EQ(remembered(1, [] { return 5; }), 5);
  EXPECT_EQ(remembered(1, [] { return 6; }), 5);
}

}  // namespace
}  // namespace kapitza
