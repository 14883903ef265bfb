// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stdexcept>
#include <string>

namespace kapitza {

/// What the user asked for is wrong: command line, configuration, or a table it names.
struct InputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The computation itself failed: not converged, not finite.
struct NumericsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A file could not be read or written.
struct IoError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The backend exists, but this build does not contain it or this machine cannot run it.
struct BackendUnavailable : InputError {
  using InputError::InputError;
};

}  // namespace kapitza
