// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <exception>
#include <filesystem>
#include <new>
#include <string>

#include "kapitza/core/error.hpp"

namespace kapitza::host {

/// What the program tells its caller.
enum ExitCode : int {
  done = 0,
  bad_input = 2,        ///< command line or configuration
  numerics_failed = 3,  ///< not converged, not finite
  io_failed = 4,
  stopped = 75,  ///< by a signal or the wall clock; can be resumed (sysexits' EX_TEMPFAIL)
};

inline ExitCode exit_code_of(const std::exception& error) {
  if (dynamic_cast<const InputError*>(&error)) return bad_input;
  if (dynamic_cast<const IoError*>(&error)) return io_failed;
  if (dynamic_cast<const std::filesystem::filesystem_error*>(&error)) return io_failed;
  return numerics_failed;
}

inline std::string message_of(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error)) return "there is not enough memory";
  return error.what();
}

}  // namespace kapitza::host
