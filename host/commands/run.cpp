// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fstream>

#include "host/commands/commands.hpp"
#include "host/exit_code.hpp"
#include "host/jobs/job.hpp"
#include "host/jobs/output_keys.hpp"
#include "host/json.hpp"

namespace kapitza::host {
namespace {

namespace fs = std::filesystem;

enum class Action { start, resume, skip };

struct Plan {
  Config config;
  fs::path target;
  Action action = Action::start;
};

/// What one run has come to, for the table and for --json.
struct Outcome {
  ExitCode code = done;
  std::string status;  ///< "done", "stopped", "skipped", "failed"
  std::string error;
  JobResult result;
};

fs::path target_of(const Config& config, const Options& options) {
  if (!options.out.empty()) return options.out;
  if (config.has(keys::output::file)) return config.text(keys::output::file);
  return config.file().stem().string() + ".h5";
}

/// Whether a file may be replaced at all: --overwrite and a slip must not destroy a configuration.
bool is_replaceable(const fs::path& file) {
  constexpr std::array<char, 8> signature{'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
  std::array<char, 8> start{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(start.data(), start.size());
  return stream.gcount() == 0 || start == signature;
}

Config stored_config(const ResultReader& reader, const fs::path& target) {
  try {
    return Config::stored(program_schema(), reader.config(), target.string());
  } catch (const InputError& error) {
    throw IoError(
        fmt::format("{}: its configuration is not understood: {}", target.string(), error.what()));
  }
}

void require_same_config(const Config& config, const ResultReader& reader, const fs::path& target) {
  const Config stored = stored_config(reader, target);
  const std::optional<std::string> key = Config::first_difference(config, stored);
  if (!key) return;
  const auto value = [&](const Config& c) { return c.has(*key) ? to_toml(c.at(*key)) : "not set"; };
  throw InputError(fmt::format(
      "{}: was made with another configuration: {} is {} there, but {} in {}; use --overwrite or "
      "another --out",
      target.string(), *key, value(stored), value(config), config.file().string()));
}

Action choose_action(const Config& config, const fs::path& target, const Options& options,
                     Console& console) {
  if (!fs::exists(target)) {
    if (options.existing == Existing::resume)
      console.note(
          fmt::format("{}: nothing to resume yet: starting at the beginning", target.string()));
    return Action::start;
  }
  if (options.existing == Existing::overwrite) {
    if (is_replaceable(target)) return Action::start;
    throw IoError(fmt::format("{}: is no HDF5 file: not overwritten", target.string()));
  }
  if (options.existing == Existing::refuse)
    throw IoError(
        fmt::format("{}: exists already: choose another --out, or --overwrite, --resume "
                    "or --skip-if-finished",
                    target.string()));
  const ResultReader reader(target);
  require_same_config(config, reader, target);
  if (reader.finished()) return Action::skip;
  if (options.existing == Existing::resume) return Action::resume;
  console.note(fmt::format("{}: unfinished: computed anew", target.string()));
  return Action::start;
}

/// Everything that can be known to be wrong is found here, before the first run starts.
std::vector<Plan> make_plans(const Options& options, Console& console) {
  if (!options.out.empty() && options.configs.size() > 1)
    throw InputError("--out: can only be given with one configuration");
  std::vector<Plan> plans;
  for (const std::string& file : options.configs) {
    Config config = Config::load(program_schema(), file, options.overrides);
    const Job& job = job_of(config);
    job.validate(config);
    fs::path target = target_of(config, options);
    for (const Plan& other : plans)
      if (other.target.lexically_normal() == target.lexically_normal())
        throw InputError(fmt::format("{} and {}: both would write {}: set output.file in one",
                                     other.config.file().string(), file, target.string()));
    const Action action = choose_action(config, target, options, console);
    if (action != Action::skip) require_writable(target, job.file_size(config));
    plans.push_back({std::move(config), std::move(target), action});
  }
  return plans;
}

/// The same command line with --resume.
std::string resume_command(const Options& options) {
  std::vector<std::string> words = options.argv;
  std::erase_if(words, [](const std::string& word) {
    return word == "--overwrite" || word == "--resume" || word == "--skip-if-finished";
  });
  words.emplace_back("--resume");
  return shell_command(words);
}

/// A continuation began when the first part did, and says so where it may not be exact.
void continue_provenance(const Plan& plan, Provenance& provenance, Console& console) {
  const ResultReader reader(plan.target);
  if (const auto started = reader.attribute("started")) provenance.started = readable(*started);
  for (const Quantity& row : provenance.attributes()) {
    if (row.key != "version" && row.key != "git_commit" && row.key != "device") continue;
    const std::optional<Scalar> before = reader.attribute(row.key);
    if (before && *before != row.value)
      console.warning(
          fmt::format("{}: {} was \"{}\" and is \"{}\" now: the continuation may differ in its "
                      "last digits from an uninterrupted run",
                      plan.target.string(), row.key, readable(*before), readable(row.value)));
  }
}

class Runner {
 public:
  Runner(const Options& options, Console& console)
      : options_(options), console_(console), clock_(options.max_walltime) {}

  /// A device that is not there is an error before anything runs.
  void require_device() { machine_ = make_machine(options_, console_); }

  Outcome operator()(const Plan& plan) {
    if (plan.action == Action::skip) {
      console_.note(fmt::format("{}: finished already", plan.target.string()));
      const ResultReader reader(plan.target);
      return {done,
              "skipped",
              {},
              {.quantities = reader.results(), .wall_seconds = reader.number("wall_seconds", "/")}};
    }
    try {
      return compute(plan);
    } catch (const std::exception& error) {
      console_.end_progress();
      return {exit_code_of(error), "failed", message_of(error), {}};
    }
  }

  /// Why no further run should be started; empty: go on.
  std::string stop_reason(double step_seconds) const {
    if (const std::string signal = StopSignals::received(); !signal.empty()) return signal;
    return clock_.has_time_for(step_seconds) ? std::string() : "--max-walltime";
  }

 private:
  Outcome compute(const Plan& plan) {
    Provenance provenance{shell_command(options_.argv), machine_->description(), utc_now(),
                          options_.threads};
    if (plan.action == Action::resume) continue_provenance(plan, provenance, console_);
    // Steps vary in length: the next one may take twice as long as the last.
    const StopCondition stop = [this](double seconds) { return stop_reason(2 * seconds); };
    JobContext context{plan.config, *machine_, console_, plan.target, plan.action == Action::resume,
                       provenance,  stop};
    Outcome outcome;
    outcome.result = job_of(plan.config).run(context);
    outcome.code = outcome.result.finished ? done : stopped;
    outcome.status = outcome.result.finished ? "done" : "stopped";
    return outcome;
  }

  const Options& options_;
  Console& console_;
  WallClock clock_;
  std::unique_ptr<Machine> machine_;
};

JsonObject as_json(const Plan& plan, const Outcome& outcome) {
  JsonObject object;
  object.add("job", plan.config.job())
      .add("config_file", plan.config.file().string())
      .add("file", plan.target.string())
      .add("status", outcome.status)
      .add("finished", outcome.status == "done" || outcome.status == "skipped");
  if (!outcome.error.empty()) object.add("error", outcome.error);
  if (!outcome.result.stopped_by.empty()) object.add("stopped_by", outcome.result.stopped_by);
  object.add("exit_code", std::int64_t{outcome.code})
      .add("wall_seconds", outcome.result.wall_seconds)
      .add(outcome.result.quantities)
      .add(outcome.result.series);
  return object;
}

void print_table(const Plan& plan, const Outcome& outcome) {
  if (outcome.status == "skipped" || outcome.status == "failed") return;
  fmt::print("{} {}: {} after {}\n", plan.config.job(), plan.config.file().string(), outcome.status,
             readable_duration(outcome.result.wall_seconds));
  fmt::print("{}", to_table(outcome.result.quantities));
  if (!outcome.result.series.rows.empty()) fmt::print("{}", to_table(outcome.result.series));
  if (fs::exists(plan.target))
    fmt::print("result: {}\nplot:   ./dev plot {}\n", plan.target.string(), plan.target.string());
  std::fflush(stdout);
}

/// Not even --quiet silences this: the work is not done.
void report_stop(const std::string& reason, const Options& options) {
  fmt::print(stderr, "stopped by {}; to go on: {}\n", reason, resume_command(options));
}

void report(const Plan& plan, const Outcome& outcome, const Options& options) {
  if (!options.json && !options.quiet) print_table(plan, outcome);
  if (outcome.status == "failed") fmt::print(stderr, "error: {}\n", outcome.error);
  if (outcome.status == "stopped") report_stop(outcome.result.stopped_by, options);
}

}  // namespace

int run_command(const Options& options) {
  Console console = Console::for_standard_error(options.quiet);
  const std::vector<Plan> plans = make_plans(options, console);
  Runner run(options, console);
  const auto is_work = [](const Plan& plan) { return plan.action != Action::skip; };
  if (std::any_of(plans.begin(), plans.end(), is_work)) run.require_device();
  const StopSignals signals;
  std::vector<JsonObject> objects;
  ExitCode code = done;
  for (const Plan& plan : plans) {
    const Outcome outcome = run(plan);
    report(plan, outcome, options);
    objects.push_back(as_json(plan, outcome));
    if (code == done) code = outcome.code;
    if (outcome.code == stopped) break;
    const bool is_last = &plan == &plans.back();
    if (const std::string reason = run.stop_reason(0); !is_last && !reason.empty()) {
      report_stop(reason, options);
      code = stopped;
      break;
    }
  }
  if (options.json) {
    JsonObject all;
    fmt::print("{}\n", plans.size() == 1 ? objects[0].text() : all.add("runs", objects).text());
  }
  return code;
}

}  // namespace kapitza::host
