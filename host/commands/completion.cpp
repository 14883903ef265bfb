// SPDX-License-Identifier: BSD-3-Clause
#include "host/usage/completion.hpp"

#include <fmt/format.h>

#include "host/commands/commands.hpp"
#include "host/exit_code.hpp"
#include "host/jobs/job.hpp"

namespace kapitza::host {

int completion_command(const Options& options, const Usage& usage) {
  for (const Shell& shell : shells)
    if (shell.name == options.shell) fmt::print("{}", shell.completion(usage, program_schema()));
  return done;
}

}  // namespace kapitza::host
