// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdlib>
#include <gtest/gtest.h>
#include <string>

#include "kapitza/machine/machine.hpp"

/// Skips a test, or what SetUp() belongs to, where no GPU is usable; with KAPITZA_REQUIRE_GPU set,
/// fails instead. A macro, because it returns from where it stands.
#define NEEDS_GPU()                                                        \
  if (const std::string why = kapitza::cuda_unavailable(); !why.empty()) { \
    if (std::getenv("KAPITZA_REQUIRE_GPU")) FAIL() << why;                 \
    GTEST_SKIP() << why;                                                   \
  }                                                                        \
  static_assert(true, "wants a semicolon")
