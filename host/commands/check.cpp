// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>
#include <fmt/format.h>

#include "host/commands/commands.hpp"
#include "host/exit_code.hpp"
#include "host/jobs/job.hpp"
#include "host/json.hpp"

namespace kapitza::host {
namespace {

/// Predictions of what the next refinement takes may be wrong by half, and what is measured at the
/// end takes some time as well: with all of it, ten seconds.
constexpr double most_estimate_seconds = 6;

/// The table as TOML comments, so that all of the output can be fed back as a configuration.
std::string commented(const std::string& table) {
  std::string result = "#";
  for (std::size_t i = 0; i + 1 < table.size(); ++i) {
    result += table[i];
    if (table[i] == '\n') result += '#';
  }
  return result + "\n";
}

}  // namespace

int check_command(const Options& options) {
  Console console = Console::for_standard_error(options.quiet);
  const WallClock clock(std::nullopt);
  Budget budget(most_estimate_seconds, [&] { return clock.elapsed(); }, console);
  const Config config = Config::load(program_schema(), options.configs.at(0), options.overrides);
  const Job& job = job_of(config);
  job.validate(config);
  const std::unique_ptr<Machine> machine = make_machine(options, console);
  if (!options.json) {
    fmt::print("{}\n# on {}\n", config.to_toml(), machine->description());
    std::fflush(stdout);
  }
  console.note("estimating resolution, memory and time");
  const Quantities rows = job.estimate(config, *machine, budget);
  if (options.json) {
    JsonObject object;
    object.add("config", config.to_toml()).add("device", machine->name()).add(rows);
    fmt::print("{}\n", object.text());
    return done;
  }
  fmt::print("{}", commented(to_table(rows)));
  return done;
}

}  // namespace kapitza::host
