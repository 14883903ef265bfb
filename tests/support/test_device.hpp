// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "kapitza/machine/machine.hpp"

namespace kapitza::testing {

/// Throws where a test cannot run as it was told to: nothing is skipped, and nothing runs on the
/// CPU instead. Not an InputError, which some tests expect.
inline std::unique_ptr<Machine> make_device(const std::string& name) {
  if (name == "cpu") return make_cpu_machine();
  if (name != "cuda")
    throw std::runtime_error("KAPITZA_TEST_DEVICE is '" + name + "', must be cpu or cuda");
  if (const std::string why = cuda_unavailable(); !why.empty())
    throw std::runtime_error("KAPITZA_TEST_DEVICE is cuda: " + why);
  return make_cuda_machine();
}

/// The machine that the environment variable KAPITZA_TEST_DEVICE names, "cpu" or "cuda"; where it
/// is not set, the CPU.
inline Machine& device() {
  static const char* const named = std::getenv("KAPITZA_TEST_DEVICE");
  static const auto machine = make_device(named ? named : "cpu");
  return *machine;
}

}  // namespace kapitza::testing
