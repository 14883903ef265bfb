// SPDX-License-Identifier: BSD-3-Clause
#include "host/usage/manual.hpp"

#include <fmt/format.h>
#include <span>

#include "host/config/explain.hpp"
#include "host/config/names.hpp"
#include "host/exit_code.hpp"
#include "host/usage/completion.hpp"
#include "host/usage/troff.hpp"
#include "kapitza/version.hpp"

namespace kapitza::host {
namespace {

using troff::bold, troff::italic, troff::lines, troff::paragraph, troff::plain, troff::section,
    troff::subsection, troff::term;

struct Entry {
  std::string_view name, text;
};

constexpr Entry variables[] = {
    {"SLURM_JOB_ID", "Written into the result file, where Slurm has set it, as slurm_job_id."},
    {"CUDA_VISIBLE_DEVICES", "The GPUs that CUDA sees; the first of them computes."},
    {"OMP_NUM_THREADS", "The threads of the CPU where --threads does not say how many."},
    {"OMP_WAIT_POLICY", R"(
        "passive" keeps waiting threads from spinning, which small problems feel most on a machine
        that others use as well.)"},
};

constexpr Entry files[] = {
    {"NAME.toml", "A configuration, in TOML: sections of keys, as below."},
    {"NAME.h5", R"(
        The result of a configuration NAME.toml, unless --out or output.file says otherwise: HDF5,
        with the resolved configuration, and of an unfinished run with what it goes on from.)"},
    {"NAME.csv", R"(
        A function of momentum where a key allows a table: two columns, separated by a comma or by
        blanks; its place is relative to the configuration.)"},
};

constexpr std::string_view description = R"(
    The program reads a configuration, which names a job and what it computes, and writes one result
    file. Whatever is wrong with a configuration is found before anything runs, and said with file,
    key, value and what is allowed; nothing is assumed in its place.)";

constexpr std::string_view interruption = R"(
    Long runs write checkpoints. SIGINT, SIGTERM, SIGUSR1 and the end of --max-walltime stop a run
    at its next step, and the same command with --resume goes on from there.)";

constexpr std::string_view configuration = R"(
    A key is written as KEY = VALUE in the section that comes before its point, or given as --set
    SECTION.KEY=VALUE, which is stronger than the file. A word needs no quotes behind --set. Where
    jobs mean different things by a key, each meaning is listed with its jobs.)";

std::string header() {
  return fmt::format(".TH KAPITZA 1 \"\" \"kapitza {}\" \"User Commands\"\n.nh\n.ad l\n",
                     plain(KAPITZA_VERSION));
}

/// "Kapitza: what it is about." without the first word and the full stop.
std::string name_line(const Usage& usage) {
  const std::string text = first_sentence(usage.program.meaning);
  return "kapitza \\- " + plain(text.substr(text.find(": ") + 2)) + "\n";
}

std::string value_of(const Argument& argument) {
  const std::string value = italic(argument.value) + (argument.repeated ? "..." : "");
  return argument.required ? value : "[" + value + "]";
}

std::string synopsis_of(const CommandUsage& command) {
  std::string text = bold("kapitza " + command.name) + " [" + italic("OPTION") + "]...";
  for (const Argument& argument : command.places) text += " " + value_of(argument);
  return text;
}

std::string synopsis(const Usage& usage) {
  std::string text = section("SYNOPSIS");
  for (const CommandUsage& command : usage.commands) text += synopsis_of(command) + "\n.br\n";
  std::string options;
  for (const Argument& option : usage.program.options)
    options += (options.empty() ? " " : " | ") + bold(option.names.back());
  return text + bold("kapitza") + options + "\n";
}

std::string option_text(const Argument& option) {
  std::string names;
  for (const std::string& name : option.names) names += (names.empty() ? "" : ", ") + bold(name);
  if (!option.value.empty()) names += " " + italic(option.value);
  std::string meaning = option.meaning;
  if (option.repeated) meaning += "; may be given several times";
  if (!option.excludes.empty())
    meaning += fmt::format("; not with {}", fmt::join(option.excludes, ", "));
  return term(names, meaning);
}

std::string command_text(const CommandUsage& command) {
  std::string text = ".SS \"kapitza " + plain(command.name) + "\"\n" + synopsis_of(command) + "\n" +
                     paragraph(command.meaning);
  for (const Argument& argument : command.places)
    text += term(italic(argument.value), argument.meaning);
  for (const Argument& option : command.options) text += option_text(option);
  return text;
}

std::string commands_section(const Usage& usage) {
  std::string text = section("COMMANDS");
  for (const CommandUsage& command : usage.commands) text += command_text(command);
  return text;
}

std::string key_text(const Schema::Reading& reading) {
  std::string text = term(bold(reading.key->name), reading.key->meaning);
  for (const Fact& fact : facts_of(reading))
    text += fmt::format(".br\n{}: {}\n", italic(fact.name), plain(fact.text));
  return text;
}

std::string keys_of(const Schema& schema, std::string_view section_name) {
  std::string text;
  for (const Schema::Reading& reading : schema.readings())
    if (reading.key->section() == section_name) text += key_text(reading);
  return text;
}

std::string jobs_text(const Schema& schema) {
  std::string text = subsection("Jobs");
  for (const JobKeys& job : schema.jobs()) text += term(bold(job.name), job.meaning);
  return text;
}

std::string configuration_section(const Schema& schema) {
  std::string text = section("CONFIGURATION") + lines(configuration) + keys_of(schema, "");
  text += jobs_text(schema);
  for (const Section& part : schema.sections())
    text += subsection(fmt::format("[{}]", part.name)) + lines(part.meaning) +
            keys_of(schema, part.name);
  return text;
}

std::string entries(std::string_view name, std::span<const Entry> all) {
  std::string text = section(name);
  for (const Entry& entry : all) text += term(bold(entry.name), entry.text);
  return text;
}

std::string exit_section() {
  std::string text = section("EXIT STATUS");
  for (const ExitMeaning& meaning : exit_meanings)
    text += term(bold(std::to_string(meaning.code)), meaning.text);
  return text;
}

std::string examples_section() {
  std::string text = section("EXAMPLES");
  for (const Example& example : examples) text += term(bold(example.command), example.meaning);
  return text;
}

}  // namespace

std::string manual(const Usage& usage, const Schema& schema) {
  std::string text = header() + section("NAME") + name_line(usage) + synopsis(usage);
  text += section("DESCRIPTION") + lines(description) + paragraph(interruption);
  text += commands_section(usage) + configuration_section(schema);
  text += entries("ENVIRONMENT", variables) + exit_section() + entries("FILES", files);
  return text + examples_section();
}

}  // namespace kapitza::host
