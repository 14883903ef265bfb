// SPDX-License-Identifier: BSD-3-Clause
#include "host/usage/manual.hpp"

#include <fmt/format.h>

#include "host/commands/commands.hpp"
#include "host/exit_code.hpp"
#include "host/jobs/job.hpp"

namespace kapitza::host {

int manual_command(const Usage& usage) {
  fmt::print("{}", manual(usage, program_schema()));
  return done;
}

}  // namespace kapitza::host
