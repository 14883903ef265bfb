// SPDX-License-Identifier: BSD-3-Clause
#include "host/config/explain.hpp"

#include <fmt/format.h>

#include "host/commands/commands.hpp"
#include "host/exit_code.hpp"
#include "host/jobs/job.hpp"

namespace kapitza::host {

int explain_command(const Options& options) {
  fmt::print("{}", explain(program_schema(), options.key));
  return done;
}

}  // namespace kapitza::host
