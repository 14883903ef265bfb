// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/commands/commands.hpp"
#include "host/exit_code.hpp"
#include "host/jobs/job.hpp"

namespace kapitza::host {
namespace {

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
  const Config config = Config::load(options.configs.at(0), options.overrides);
  const Job& job = job_of(config);
  job.validate(config);
  const std::unique_ptr<Backend> backend = make_backend(options, console);
  const Quantities rows = job.estimate(config, *backend);
  if (options.json) {
    nlohmann::ordered_json object;
    object["config"] = config.to_toml();
    object["device"] = backend->name();
    object.update(to_json(rows));
    fmt::print("{}\n", object.dump(2));
    return done;
  }
  fmt::print("{}\n# on {}\n{}", config.to_toml(), backend->description(),
             commented(to_table(rows)));
  return done;
}

}  // namespace kapitza::host
