// SPDX-License-Identifier: BSD-3-Clause
#include "host/usage/usage.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>
#include <utility>

#include "host/config/names.hpp"

namespace kapitza::host {
namespace {

/// What help calls a value says what it is.
constexpr std::pair<std::string_view, Expects> value_names[] = {
    {"CONFIG", Expects::configuration},
    {"FILE", Expects::result},
    {"KEY=VALUE", Expects::assignment},
    {"KEY", Expects::topic},
};

Expects expected_as(std::string_view value) {
  for (const auto& [name, expects] : value_names)
    if (name == value) return expects;
  return Expects::anything;
}

/// CLI11 writes a type as "NAME:{a,b,c}" where only these words are allowed.
std::vector<std::string> words_of(const std::string& type) {
  const std::size_t open = type.find('{'), close = type.find('}');
  if (open == std::string::npos || close == std::string::npos) return {};
  std::string words = type.substr(open + 1, close - open - 1);
  std::ranges::replace(words, ',', ' ');
  return split(words);
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

std::vector<std::string> excludes_of(const CLI::App& app, const CLI::Option& option) {
  const std::set<CLI::Option*> excluded = option.get_excludes();
  std::vector<std::string> names;
  // In the order of the options: that of the set is one of addresses.
  for (const CLI::Option* other : app.get_options())
    if (std::ranges::find(excluded, other) != excluded.end())
      for (const std::string& name : names_of(*other)) names.push_back(name);
  return names;
}

Argument argument_of(const CLI::App& app, const CLI::Option& option) {
  Argument argument;
  argument.names = names_of(option);
  argument.meaning = option.get_description();
  argument.required = option.get_required();
  argument.excludes = excludes_of(app, option);
  if (option.get_items_expected_max() == 0) return argument;
  const std::string type = option.get_type_name();
  argument.value = option.get_positional() ? option.get_name(true) : type.substr(0, type.find(':'));
  argument.words = words_of(type);
  argument.expects = argument.words.empty() ? expected_as(argument.value) : Expects::word;
  argument.repeated = option.get_items_expected_max() > 1;
  return argument;
}

CommandUsage command_of(const CLI::App& app) {
  CommandUsage command;
  command.name = app.get_name();
  command.meaning = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    auto& arguments = option->get_positional() ? command.places : command.options;
    arguments.push_back(argument_of(app, *option));
  }
  return command;
}

}  // namespace

Usage usage_of(const CLI::App& app) {
  Usage usage;
  usage.program = command_of(app);
  usage.program.name.clear();
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_group().empty()) usage.commands.push_back(command_of(*command));
  return usage;
}

}  // namespace kapitza::host
