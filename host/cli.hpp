// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace kapitza::host {

/// The whole program: reads the command line, does what it says, returns the exit code.
int run_program(int argc, const char* const* argv);

}  // namespace kapitza::host
