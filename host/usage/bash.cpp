// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "host/config/explain.hpp"
#include "host/usage/completion.hpp"

namespace kapitza::host {
namespace {

/// What is the same whatever can be completed.
constexpr std::string_view bash_engine = R"bash(
# Offers those words that go on from what is typed. Readline replaces what is behind $before only.
_kapitza_offer() {
  local word
  for word; do
    [[ $word == "$typed"* ]] || continue
    word=$head$word
    printf -v word %q "${word#"$before"}"
    COMPREPLY+=("$word")
  done
}

# Offers files with this ending and folders; readline offers all files where there are none.
_kapitza_files() {
  local file
  compopt -o filenames -o default
  while IFS= read -r file; do
    file=$head$file
    COMPREPLY+=("${file#"$before"}")
  done < <(compgen -f -X "!*.$1" -- "$typed"; compgen -d -- "$typed")
}

_kapitza_assignment() {
  if [[ $typed == *=* ]]; then
    _kapitza_values
  else
    compopt -o nospace
    _kapitza_keys
  fi
}

_kapitza() {
  # For readline "=" and ":" are words, but not for the program.
  local -a words=()
  local i last= word count=0
  for ((i = 1; i <= COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    if [[ $count -gt 0 && ($word == [=:]* || ($last == *[=:] && -n $word)) ]]; then
      words[count - 1]+=$word
    else
      words[count++]=$word
    fi
    last=$word
  done
  local typed=${words[count - 1]} head= before
  [[ $last == [=:]* ]] && last=
  before=${typed%"$last"}

  # The command, the option that waits for its value, the number of arguments before.
  local command= option= place=0
  local -a expected
  for word in "${words[@]:0:count-1}"; do
    if [[ -n $option ]]; then
      option=
    elif [[ $word == -* ]]; then
      _kapitza_expected "$command $word" && option=$word
    elif [[ -z $command ]]; then
      command=$word
    else
      ((++place))
    fi
  done
  if [[ -z $option && $typed == --*=* ]]; then
    option=${typed%%=*} head=${typed%%=*}= typed=${typed#*=}
  fi
  COMPREPLY=()
  if [[ -n $option ]]; then
    _kapitza_expected "$command $option" && "${expected[@]}"
  elif [[ $typed != -* ]] && _kapitza_expected "$command $place"; then
    "${expected[@]}"
  else
    _kapitza_options "$command"
  fi
}

complete -F _kapitza kapitza
)bash";

/// A function that offers something.
std::string offering(std::string_view name, const std::vector<std::string>& words) {
  std::string text = fmt::format("\n{}() {{\n  _kapitza_offer", name);
  for (const std::string& word : words) text += " \\\n    " + sh_quoted(word);
  return text + "\n}\n";
}

std::string quoted_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += " " + sh_quoted(word);
  return text;
}

std::string bash_expects(const Argument& argument) {
  switch (argument.expects) {
    case Expects::configuration:
    case Expects::result:
      return fmt::format("_kapitza_files {}", file_ending(argument.expects));
    case Expects::assignment:
      return "_kapitza_assignment";
    case Expects::topic:
      return "_kapitza_topics";
    case Expects::word:
      return "_kapitza_offer" + quoted_words(argument.words);
    case Expects::anything:
    case Expects::nothing:
      break;
  }
  return ":";
}

std::string case_of(const std::string& pattern, const std::string& expected) {
  return fmt::format("    {}) expected=({}) ;;\n", pattern, expected);
}

std::string cases_of(const CommandUsage& command) {
  std::string text;
  for (const Argument& option : command.options) {
    std::string pattern;
    for (const std::string& name : option.names)
      pattern += (pattern.empty() ? "" : " | ") + sh_quoted(command.name + " " + name);
    if (option.expects != Expects::nothing) text += case_of(pattern, bash_expects(option));
  }
  for (std::size_t place = 0; place < command.places.size(); ++place) {
    const Argument& argument = command.places[place];
    const std::string pattern = argument.repeated
                                    ? sh_quoted(command.name + " ") + "[0-9]*"
                                    : sh_quoted(fmt::format("{} {}", command.name, place));
    text += case_of(pattern, bash_expects(argument));
  }
  return text;
}

std::string expected_function(const Usage& usage) {
  std::vector<std::string> commands;
  for (const CommandUsage& command : usage.commands) commands.push_back(command.name);
  std::string text =
      "\n# What an option, or the place of an argument, expects; fails where it is nothing.\n"
      "_kapitza_expected() {\n  case $1 in\n";
  text += case_of("' 0'", "_kapitza_offer" + quoted_words(commands)) + cases_of(usage.program);
  for (const CommandUsage& command : usage.commands) text += cases_of(command);
  return text + "    *) return 1 ;;\n  esac\n}\n";
}

std::string options_case(const CommandUsage& command) {
  std::vector<std::string> names;
  for (const Argument& option : command.options) names.push_back(option.names.back());
  return fmt::format("    {}) _kapitza_offer{} ;;\n", sh_quoted(command.name), quoted_words(names));
}

std::string options_function(const Usage& usage) {
  std::string text = "\n_kapitza_options() {\n  case $1 in\n" + options_case(usage.program);
  for (const CommandUsage& command : usage.commands) text += options_case(command);
  return text + "  esac\n}\n";
}

}  // namespace

std::string bash_completion(const Usage& usage, const Schema& schema) {
  std::vector<std::string> keys, values;
  for (const NamedKey& key : named_keys(schema)) {
    keys.push_back(key.name + "=");
    for (const std::string& word : key.choices) values.push_back(key.name + "=" + word);
  }
  return completion_header("bash") + offering("_kapitza_keys", keys) +
         offering("_kapitza_values", values) +
         offering("_kapitza_topics", explained_names(schema)) + expected_function(usage) +
         options_function(usage) + std::string(bash_engine);
}

}  // namespace kapitza::host
