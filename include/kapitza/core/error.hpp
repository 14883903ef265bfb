// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

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

/// The machine failed: neither what was asked for nor the numerics are to blame. Another machine,
/// or the same one when it is less busy, may do it.
struct MachineError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// No memory is left, on a device or in the host.
struct OutOfMemory : MachineError {
  /// Bytes: as far as they are known.
  struct Memory {
    std::optional<std::size_t> wanted, free;
  };

  OutOfMemory(const std::string& what, Memory memory_in)
      : MachineError(what + text(memory_in)), memory(memory_in) {}

  Memory memory;

 private:
  static std::string text(const Memory& memory) {
    std::string text = ": there is not enough memory";
    if (memory.wanted) text += ", " + std::to_string(*memory.wanted) + " bytes were wanted";
    if (memory.free) text += ", " + std::to_string(*memory.free) + " bytes are free";
    return text;
  }
};

/// A call into a library, or a kernel, has failed.
struct LibraryFailure : MachineError {
  /// call: as it is written, or the name of a kernel; status: its name and meaning; place: file and
  /// line, empty where none is known.
  LibraryFailure(std::string call_in, std::string status_in, const std::string& place = {})
      : MachineError((place.empty() ? "" : place + ": ") + call_in + ": " + status_in),
        call(std::move(call_in)),
        status(std::move(status_in)) {}

  std::string call, status;
};

}  // namespace kapitza
