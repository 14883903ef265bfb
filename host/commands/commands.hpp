// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/console.hpp"
#include "host/usage/usage.hpp"
#include "kapitza/machine/machine.hpp"

/// What the program can be told to do; each function returns the exit code and throws what is
/// wrong. Results go to standard output, everything else to standard error.
namespace kapitza::host {

/// What to do about a result file that is already there.
enum class Existing {
  refuse,
  overwrite,         ///< compute anew
  resume,            ///< keep a finished one, continue an unfinished one
  skip_if_finished,  ///< keep a finished one, compute anew otherwise
};

struct Options {
  std::vector<std::string> argv;  ///< the whole command line

  std::vector<std::string> configs;
  std::vector<std::string> overrides;  ///< "section.key=value"
  std::string out;                     ///< empty: from the configuration
  std::string device = "auto";
  int threads = 0;
  std::optional<double> max_walltime;  ///< seconds
  Existing existing = Existing::refuse;
  std::string key;    ///< of `explain`; empty: all
  std::string file;   ///< of `info`
  std::string shell;  ///< of `completion`
  bool json = false;
  bool quiet = false;
};

int run_command(const Options& options);
int check_command(const Options& options);
int explain_command(const Options& options);
int info_command(const Options& options);
int devices_command(const Options& options);
int completion_command(const Options& options, const Usage& usage);
int manual_command(const Usage& usage);

/// The device that was asked for; says on the console what `auto` chose and why.
std::unique_ptr<Machine> make_machine(const Options& options, Console& console);

}  // namespace kapitza::host
