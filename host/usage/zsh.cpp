// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "host/usage/completion.hpp"

namespace kapitza::host {
namespace {

/// Between the brackets and colons of _arguments.
std::string escaped(std::string_view text) { return with_before(text, R"(\:[])", '\\'); }

/// "name:meaning" in the lists of _describe.
std::string described(std::string_view name, std::string_view meaning) {
  return sh_quoted(fmt::format("{}:{}", with_before(name, R"(\:)", '\\'), meaning));
}

std::string list(std::string_view name, const std::vector<std::string>& items) {
  std::string text = fmt::format("  local -a {}=(\n", name);
  for (const std::string& item : items) text += "    " + item + "\n";
  return text + "  )\n";
}

std::string commands_function(const Usage& usage) {
  std::vector<std::string> items;
  for (const CommandUsage& command : usage.commands)
    items.push_back(described(command.name, command.meaning));
  return "\n_kapitza_commands() {\n" + list("commands", items) +
         "  _describe -t commands command commands\n}\n";
}

std::string topics_function(const Schema& schema) {
  std::vector<std::string> keys, sections;
  for (const NamedKey& key : named_keys(schema)) keys.push_back(described(key.name, key.summary));
  for (const Section& section : schema.sections())
    sections.push_back(described(section.name, first_sentence(section.meaning)));
  return "\n_kapitza_topics() {\n" + list("keys", keys) + list("sections", sections) +
         "  _describe -t sections section sections -- keys\n}\n";
}

std::string assignment_function(const Schema& schema) {
  std::string text =
      "\n_kapitza_assignment() {\n"
      "  if compset -P 1 '*='; then\n"
      "    case ${${IPREFIX%=}##*=} in\n";
  std::vector<std::string> items;
  for (const NamedKey& key : named_keys(schema)) {
    items.push_back(described(key.name, key.summary));
    if (key.choices.empty()) continue;
    text += fmt::format("      {}) compadd --", sh_quoted(key.name));
    for (const std::string& word : key.choices) text += " " + sh_quoted(word);
    text += " ;;\n";
  }
  return text + "    esac\n    return\n  fi\n" + list("keys", items) +
         "  _describe -t keys key keys -S =\n}\n";
}

/// The part of a specification that says what is expected: ":NAME:ACTION".
std::string zsh_expects(const Argument& argument) {
  const std::string name = ":" + escaped(argument.value) + ":";
  switch (argument.expects) {
    case Expects::nothing:
      return {};
    case Expects::anything:
      return name + " ";
    case Expects::configuration:
    case Expects::result:
      return fmt::format(R"({}_files -g "*.{}")", name, file_ending(argument.expects));
    case Expects::assignment:
      return name + "_kapitza_assignment";
    case Expects::topic:
      return name + "_kapitza_topics";
    case Expects::word:
      break;
  }
  std::string words;
  for (const std::string& word : argument.words)
    words += (words.empty() ? "" : " ") + with_before(word, R"(\:()'" )", '\\');
  return name + "(" + words + ")";
}

/// One specification for each name of an option.
std::string option_lines(const Argument& option) {
  std::string excluded;
  for (const std::string& name : option.excludes) excluded += name + " ";
  for (const std::string& name : option.names) excluded += name + " ";
  excluded.pop_back();
  const std::string before = option.repeated ? "*" : "(" + excluded + ")";
  std::string text;
  for (const std::string& name : option.names) {
    const std::string equals = option.value.empty() ? "" : name.starts_with("--") ? "=" : "+";
    text += " \\\n    " + sh_quoted(fmt::format("{}{}{}[{}]{}", before, name, equals,
                                                escaped(option.meaning), zsh_expects(option)));
  }
  return text;
}

std::string arguments_of(const CommandUsage& command) {
  std::string text;
  for (const Argument& option : command.options) text += option_lines(option);
  for (const Argument& argument : command.places) {
    const std::string many = argument.repeated ? "*" : argument.required ? "" : ":";
    text += " \\\n    " + sh_quoted(many + zsh_expects(argument));
  }
  return text;
}

std::string command_function(const CommandUsage& command) {
  return fmt::format("\n_kapitza_command_{}() {{\n  _arguments{}\n}}\n", command.name,
                     arguments_of(command));
}

std::string main_function(const Usage& usage) {
  std::string text =
      "\n_kapitza() {\n"
      "  local context state state_descr line ret=1\n"
      "  typeset -A opt_args\n"
      "  _arguments -C" +
      arguments_of(usage.program) +
      " \\\n    ':command:_kapitza_commands' \\\n    '*:::argument:->arguments' && ret=0\n"
      "  [[ $state == arguments ]] || return ret\n"
      "  words=($line[1] \"${words[@]}\")\n"
      "  ((CURRENT += 1))\n"
      "  case $line[1] in\n";
  for (const CommandUsage& command : usage.commands)
    text += fmt::format("    {0}) _kapitza_command_{0} && ret=0 ;;\n", command.name);
  return text + "  esac\n  return ret\n}\n";
}

/// The file is a function of its own name where zsh loads it, and a script where it is read.
constexpr std::string_view end = R"zsh(
if [[ $funcstack[1] == _kapitza ]]; then
  _kapitza "$@"
else
  compdef _kapitza kapitza
fi
)zsh";

}  // namespace

std::string zsh_completion(const Usage& usage, const Schema& schema) {
  std::string text = "#compdef kapitza\n" + completion_header("zsh") + commands_function(usage) +
                     topics_function(schema) + assignment_function(schema);
  for (const CommandUsage& command : usage.commands) text += command_function(command);
  return text + main_function(usage) + std::string(end);
}

}  // namespace kapitza::host
