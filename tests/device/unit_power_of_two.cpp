// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "kernels/device/block/power_of_two.hpp"

namespace kapitza::block {
namespace {

int chosen(int n) {
  int size = 0;
  const auto choose = [&](auto constant) {
    size = constant;
    return true;
  };
  return with_power_of_two<128, 4096>(n, choose) ? size : 0;
}

TEST(PowerOfTwo, IsACompileTimeSizeWithinBothBounds) {
  for (const int n : {128, 256, 2048, 4096}) EXPECT_EQ(chosen(n), n);
}

TEST(PowerOfTwo, IsRefusedBeyondThem) {
  for (const int n : {0, 64, 129, 3000, 4095, 8192}) EXPECT_EQ(chosen(n), 0);
}

}  // namespace
}  // namespace kapitza::block
