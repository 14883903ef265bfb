// SPDX-License-Identifier: BSD-3-Clause
#include "host/cli.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <functional>

#include "host/commands/commands.hpp"
#include "host/config/names.hpp"
#include "host/exit_code.hpp"
#include "host/json.hpp"
#include "host/report.hpp"
#include "host/stop.hpp"
#include "host/usage/completion.hpp"
#include "kapitza/version.hpp"

namespace kapitza::host {
namespace {

/// The end of all help: what the program returns, and how it is called.
std::string footer() {
  std::string codes, commands;
  for (const ExitMeaning& meaning : exit_meanings)
    codes += fmt::format("{}{} {}", codes.empty() ? "Exit codes: " : "; ",
                         static_cast<int>(meaning.code), meaning.text);
  for (const Example& example : examples) commands += fmt::format("\n  {}", example.command);
  return wrapped(codes + ".", 0, 80) + commands + "\n";
}

std::vector<std::string> shell_names() {
  std::vector<std::string> names;
  for (const Shell& shell : shells) names.emplace_back(shell.name);
  return names;
}

void add_configuration(CLI::App& command, Options& options) {
  // One value per --set, or it would swallow the configurations that follow it.
  command.add_option("--set", options.overrides, "section.key=value, stronger than the file")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_device(CLI::App& command, Options& options) {
  command.add_option("--device", options.device, "auto, cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->type_name("DEVICE");
  command
      .add_option("--threads", options.threads,
                  "CPU threads; 0: OMP_NUM_THREADS, or as many as there are")
      ->check(CLI::Range(0, 4096))
      ->type_name("N");
}

void add_json(CLI::App& command, Options& options) {
  command.add_flag("--json", options.json, "one JSON object on standard output");
}

void add_quiet(CLI::App& command, Options& options) {
  command.add_flag("--quiet", options.quiet, "warnings and errors only");
}

void add_existing(CLI::App& command, Options& options) {
  const auto add = [&](const char* name, Existing choice, const char* meaning) {
    return command.add_flag_callback(
        name, [&options, choice] { options.existing = choice; }, meaning);
  };
  CLI::Option* overwrite =
      add("--overwrite", Existing::overwrite, "compute anew, whatever exists already");
  CLI::Option* resume = add("--resume", Existing::resume,
                            "keep finished results, continue unfinished ones, start missing ones");
  CLI::Option* skip = add("--skip-if-finished", Existing::skip_if_finished,
                          "keep finished results, compute anew otherwise");
  overwrite->excludes(resume, skip);
  resume->excludes(skip);
}

void add_walltime(CLI::App& command, Options& options) {
  const auto parse = [&options](const std::string& text) {
    options.max_walltime = parse_duration(text);
    if (!options.max_walltime)
      throw CLI::ValidationError("--max-walltime", text + ": must be like 2h30m, 90m, 45s or 3600");
  };
  command
      .add_option_function<std::string>("--max-walltime", parse,
                                        "stop, resumable, before this time is over")
      ->type_name("2h30m");
}

using Command = std::function<int(const Options&)>;

/// The subcommands, their options, and what each of them calls.
class CommandLine {
 public:
  CommandLine() {
    app_.require_subcommand(1);
    app_.set_version_flag("--version",
                          fmt::format("kapitza {} ({})", KAPITZA_VERSION, KAPITZA_GIT_COMMIT));
    app_.footer(footer());
    add_run();
    add_check();
    CLI::App& explain =
        add("explain", "configuration keys: meaning, unit, default, range", explain_command);
    explain.add_option("KEY", options_.key, "a key, or a section; all without it");
    CLI::App& info = add("info", "what is in a result file, and how it was made", info_command);
    info.add_option("FILE", options_.file, "result file")->required();
    add_json(info, options_);
    CLI::App& devices = add("devices", "what this machine can compute on", devices_command);
    add_json(devices, options_);
    add("scan", "not in this version",
        [](const Options&) -> int {
          throw InputError(
              "scan: not in this version; run the points one by one with --set and --out");
        })
        .allow_extras()
        ->group("");  // nobody is offered what is not there
    add_usage();
  }

  Options& options() { return options_; }
  const Command& command() const { return command_; }

  /// The exit code of help and of --version; nothing to go on with the command.
  std::optional<int> parse(int argc, const char* const* argv) {
    options_.argv.assign(argv, argv + argc);
    try {
      app_.parse(argc, argv);
      return std::nullopt;
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return app_.exit(error);  // --help, --version
      throw InputError(fmt::format("{} (kapitza --help shows what is possible)", error.what()));
    }
  }

 private:
  CLI::App& add(const char* name, const char* meaning, const Command& function) {
    CLI::App& subcommand = *app_.add_subcommand(name, meaning);
    subcommand.callback([this, function] { command_ = function; });
    return subcommand;
  }

  void add_run() {
    CLI::App& run = add("run", "run configurations, one after the other", run_command);
    run.add_option("CONFIG", options_.configs, "configuration files (TOML)")->required();
    add_configuration(run, options_);
    run.add_option("--out", options_.out, "result file, with one configuration only")
        ->type_name("FILE");
    add_device(run, options_);
    add_json(run, options_);
    add_quiet(run, options_);
    add_existing(run, options_);
    add_walltime(run, options_);
  }

  void add_check() {
    CLI::App& check = add("check", "resolved configuration, memory and cost estimate; runs nothing",
                          check_command);
    check.add_option("CONFIG", options_.configs, "configuration file (TOML)")
        ->required()
        ->expected(1);
    add_configuration(check, options_);
    add_device(check, options_);
    add_json(check, options_);
    add_quiet(check, options_);
  }

  /// What is made of the command line itself.
  void add_usage() {
    CLI::App& completion =
        add("completion", "what a shell needs to complete this command line",
            [this](const Options& options) { return completion_command(options, usage_of(app_)); });
    completion.add_option("SHELL", options_.shell, "the shell to write for")
        ->required()
        ->check(CLI::IsMember(shell_names()));
    add("manual", "the manual page, in troff: kapitza manual | man -l -",
        [this](const Options&) { return manual_command(usage_of(app_)); });
  }

  CLI::App app_{"Kapitza: carriers of an integrable chain scrambled by a chaotic defect.",
                "kapitza"};
  Options options_;
  Command command_;
};

int report_error(const std::exception& error, const Options& options) {
  const ExitCode code = exit_code_of(error);
  // --json may stand behind what is wrong with the command line.
  const std::vector<std::string>& argv = options.argv;
  const bool json = options.json || std::find(argv.begin(), argv.end(), "--json") != argv.end();
  fmt::print(stderr, "error: {}\n", message_of(error));
  if (json) {
    JsonObject object;
    object.add("error", message_of(error)).add("exit_code", std::int64_t{code});
    fmt::print("{}\n", object.text());
  }
  return code;
}

}  // namespace

int run_program(int argc, const char* const* argv) {
  CommandLine line;
  try {
    if (const std::optional<int> code = line.parse(argc, argv)) return *code;
    return line.command()(line.options());
  } catch (const std::exception& error) {
    return report_error(error, line.options());
  }
}

}  // namespace kapitza::host
