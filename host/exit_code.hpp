// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <exception>
#include <filesystem>
#include <ios>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "kapitza/core/error.hpp"

namespace kapitza::host {

/// What the program tells its caller.
enum ExitCode : int {
  done = 0,
  bad_input = 2,
  numerics_failed = 3,  ///< not converged, not finite
  io_failed = 4,
  machine_failed = 5,   ///< another machine may do it
  internal_error = 70,  ///< what nobody foresaw (sysexits' EX_SOFTWARE)
  stopped = 75,         ///< sysexits' EX_TEMPFAIL
};

/// In words, for help and the manual.
struct ExitMeaning {
  ExitCode code;
  std::string_view text;
};

inline constexpr ExitMeaning exit_meanings[] = {
    {done, "done"},
    {bad_input, "bad command line or configuration"},
    {numerics_failed, "the numerics failed"},
    {io_failed, "input/output"},
    {machine_failed, "the machine failed: out of memory, or a library or a kernel"},
    {internal_error, "a bug of this program"},
    {stopped, "stopped by a signal or the wall clock, resumable"},
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
