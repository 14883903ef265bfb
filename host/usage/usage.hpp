// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

/// The command line and what it means, for those who write it down: completions and the manual.
namespace kapitza::host {

/// What stands in the place of an argument, or behind an option.
enum class Expects { nothing, anything, word, configuration, result, assignment, topic };

struct Argument {
  std::vector<std::string> names;  ///< of an option, with their dashes; empty: it has a place
  std::string value;               ///< what help calls its value; empty: it has none
  std::string meaning;
  Expects expects = Expects::nothing;
  std::vector<std::string> words;  ///< all that Expects::word allows
  bool required = false, repeated = false;
  std::vector<std::string> excludes;  ///< names of options
};

struct CommandUsage {
  std::string name;  ///< of the program itself: empty
  std::string meaning;
  std::vector<Argument> options, places;
};

struct Usage {
  CommandUsage program;
  std::vector<CommandUsage> commands;
};

/// Read from the parser itself, without what is hidden from its help.
Usage usage_of(const CLI::App& app);

struct Example {
  std::string_view command, meaning;
};

inline constexpr Example examples[] = {
    {"kapitza run configs/quickstart.toml", "Runs a configuration; the result is quickstart.h5."},
    {"kapitza run configs/kinetic/relax.toml --set grid.K=128 --set numerics.tolerance=1e-3",
     "Runs it with other values than those of the file."},
    {"kapitza explain numerics", "Shows what can be set in the section [numerics]."},
};

}  // namespace kapitza::host
