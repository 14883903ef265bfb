// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "host/usage/completion.hpp"

namespace kapitza::host {
namespace {

/// What is the same whatever can be completed.
constexpr std::string_view fish_engine = R"fish(
# The command before the cursor; nothing where there is none yet.
function __kapitza_command
    set -l words (commandline -opc)
    for word in $words[2..]
        string match -q -- '-*' $word; and continue
        echo $word
        return
    end
end

# Whether this is the command; without one, whether there is none yet.
function __kapitza_is
    test "$(__kapitza_command)" = "$argv[1]"
end

# Fish itself leaves out what does not go on from what is typed.
function __kapitza_assignments
    if string match -q -- '*=*' (commandline -ct | string replace -r -- '^--set=' '')
        __kapitza_values
    else
        __kapitza_keys
    end
end

complete -c kapitza -f
)fish";

/// Lines of words and, where there are some, of their meanings.
std::string printing(std::string_view name, std::string_view line,
                     const std::vector<std::string>& words) {
  std::string text = fmt::format("\nfunction {}\n    printf '{}\\n'", name, line);
  for (const std::string& word : words) text += " \\\n        " + fish_quoted(word);
  return text + "\nend\n";
}

std::string keys_functions(const Schema& schema) {
  std::vector<std::string> keys, values, topics;
  for (const NamedKey& key : named_keys(schema)) {
    keys.insert(keys.end(), {key.name + "=", key.summary});
    topics.insert(topics.end(), {key.name, key.summary});
    for (const std::string& word : key.choices) values.push_back(key.name + "=" + word);
  }
  for (const Section& section : schema.sections())
    topics.insert(topics.end(), {std::string(section.name), first_sentence(section.meaning)});
  return printing("__kapitza_keys", R"(%s\t%s)", keys) +
         printing("__kapitza_values", "%s", values) +
         printing("__kapitza_topics", R"(%s\t%s)", topics);
}

/// What stands behind -a; fish reads it once more.
std::string fish_expects(const Argument& argument) {
  switch (argument.expects) {
    case Expects::configuration:
    case Expects::result:
      return fmt::format("(__fish_complete_suffix .{})", file_ending(argument.expects));
    case Expects::assignment:
      return "(__kapitza_assignments)";
    case Expects::topic:
      return "(__kapitza_topics)";
    case Expects::word:
    case Expects::anything:
    case Expects::nothing:
      break;
  }
  std::string words;
  for (const std::string& word : argument.words)
    words += (words.empty() ? "" : " ") + fish_quoted(word);
  return words;
}

std::string condition(const CommandUsage& command) {
  return "__kapitza_is " + fish_quoted(command.name);
}

std::string line(const std::string& condition, const std::string& rest, std::string_view meaning) {
  return fmt::format("complete -c kapitza -n {}{}{}\n", fish_quoted(condition), rest,
                     meaning.empty() ? "" : " -d " + fish_quoted(meaning));
}

std::string option_line(const CommandUsage& command, const Argument& option) {
  std::string names, when = condition(command);
  for (const std::string& name : option.names)
    names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (!option.excludes.empty()) when += "; and not __fish_contains_opt";
  for (const std::string& name : option.excludes) when += " " + name.substr(2);
  if (option.expects != Expects::nothing) names += " -x";
  if (const std::string expected = fish_expects(option); !expected.empty())
    names += " -a " + fish_quoted(expected);
  return line(when, names, option.meaning);
}

std::string lines_of(const CommandUsage& command) {
  std::string text;
  for (const Argument& option : command.options) text += option_line(command, option);
  for (const Argument& argument : command.places)
    text += line(condition(command), " -k -a " + fish_quoted(fish_expects(argument)), "");
  return text;
}

}  // namespace

std::string fish_completion(const Usage& usage, const Schema& schema) {
  std::string text = completion_header("fish") + keys_functions(schema) + std::string(fish_engine);
  for (const CommandUsage& command : usage.commands)
    text += line(condition(usage.program), " -a " + fish_quoted(command.name), command.meaning);
  text += lines_of(usage.program);
  for (const CommandUsage& command : usage.commands) text += lines_of(command);
  return text;
}

}  // namespace kapitza::host
