// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <exception>
#include <filesystem>
#include <ios>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

#include "kapitza/core/error.hpp"

namespace kapitza::host {

/// What the program tells its caller.
enum ExitCode : int {
  done = 0,
  bad_input = 2,        ///< command line or configuration
  numerics_failed = 3,  ///< not converged, not finite
  io_failed = 4,
  machine_failed = 5,   ///< no memory left, a library or a kernel failed: another machine may do it
  internal_error = 70,  ///< what nobody foresaw: a bug of this program (sysexits' EX_SOFTWARE)
  stopped = 75,         ///< by a signal or the wall clock; can be resumed (sysexits' EX_TEMPFAIL)
};

namespace detail {

template <class... Kinds>
bool is_any(const std::exception& error) {
  return (dynamic_cast<const Kinds*>(&error) || ...);
}

}  // namespace detail

/// Beside our own errors: the standard library's where memory, sizes or threads have no end but the
/// machine's.
inline ExitCode exit_code_of(const std::exception& error) {
  using detail::is_any;
  if (is_any<InputError>(error)) return bad_input;
  if (is_any<NumericsError>(error)) return numerics_failed;
  // The last two are std::system_errors as well.
  if (is_any<IoError, std::filesystem::filesystem_error, std::ios_base::failure>(error))
    return io_failed;
  if (is_any<MachineError, std::bad_alloc, std::length_error, std::system_error>(error))
    return machine_failed;
  return internal_error;
}

inline std::string message_of(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error)) return "there is not enough memory";
  return error.what();
}

}  // namespace kapitza::host
