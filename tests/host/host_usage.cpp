// SPDX-License-Identifier: BSD-3-Clause
//
// What is written from the tables of the program: the manual, and completions for shells.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <regex>
#include <set>

#include "host/config/names.hpp"
#include "host/config/types.hpp"
#include "host/exit_code.hpp"
#include "host/jobs/job.hpp"
#include "host/usage/completion.hpp"
#include "host/usage/manual.hpp"
#include "host/usage/usage.hpp"
#include "tests/host/program.hpp"

namespace kapitza::host {
namespace {

namespace fs = std::filesystem;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// ---- keys made of characters that shells and troff read in their own way ------------------------

constinit const Key odd_key{
    .name = "odd.it's",
    .type = types::word,
    .words = R"(a'b $HOME `date` "q" [x] c:d \e *)",
    .otherwise_text = "none",
    .meaning = R"(.Begins with a point, 'quotes', "quotes" -1 ~ ^ ` \n \fB [x]: $HOME. The rest.)",
};

/// As long a meaning that each of its points comes to stand at the beginning of some line.
constinit const Key points_key{
    .name = "odd.points",
    .type = types::flag,
    .otherwise = "false",
    .meaning =
        ".a .bb .ccc .dddd .eeeee .ffffff .ggggggg .hhhhhhhh .iiiiiiiii .jjjjjjjjjj "
        ".kkkkkkkkkkk .llllllllllll .mmmmmmmmmmmmm .nnnnnnnnnnnnnn",
};

constexpr const Key* odd_keys[] = {&odd_key, &points_key};

const Schema& odd_schema() {
  static const Schema schema({{"odd", "it's odd"}}, {{"oddity", "no 'job'", odd_keys, nullptr}});
  return schema;
}

const std::vector<std::string>& odd_words() {
  static const std::vector<std::string> words = split(odd_key.words);
  return words;
}

Usage odd_usage() {
  Argument set;
  set.names = {"--set"};
  set.value = "KEY=VALUE";
  set.meaning = "it's [odd]: $HOME";
  set.expects = Expects::assignment;
  Argument topic;
  topic.value = "KEY";
  topic.expects = Expects::topic;
  CommandUsage run;
  run.name = "run";
  run.meaning = R"(it's "odd": $HOME)";
  run.options = {set};
  run.places = {topic};
  Usage usage;
  usage.program.meaning = "Odd: 'nothing'.";
  usage.commands = {run};
  return usage;
}

// ---- the program's own --------------------------------------------------------------------------

bool is_there(const TemporaryDirectory& directory, const std::string& program) {
  return run_program_in(directory.path(), {"sh", "-c", "command -v " + program}).exit_code == 0;
}

class UsageTest : public ProgramTest {
 protected:
  std::string output(const Arguments& arguments) const {
    const Ended ended = program(arguments);
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    return ended.out;
  }

  /// What bash offers behind these words, line by line, the options of readline first.
  std::vector<std::string> offered(const std::string& script, const Arguments& words) const {
    directory_.write("kapitza.bash", script);
    directory_.write("ask.bash", R"(
      source ./kapitza.bash || exit
      complete -p kapitza > /dev/null || exit
      compopt() { printf '<%s>\n' "$*"; }
      COMP_WORDS=(kapitza "$@") COMP_CWORD=$#
      _kapitza
      printf '%s\n' "${COMPREPLY[@]}"
    )");
    const Ended ended = run_program_in(
        directory_.path(), joined({"bash", "--norc", "--noprofile", "ask.bash"}, words));
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    std::vector<std::string> lines = lines_of(ended.out);
    std::erase(lines, "");
    return lines;
  }

  std::vector<std::string> offered(const Arguments& words) const {
    return offered(output({"completion", "bash"}), words);
  }

  static std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines(1);
    for (const char c : text) {
      if (c == '\n') {
        lines.emplace_back();
      } else {
        lines.back() += c;
      }
    }
    return lines;
  }

  /// A page as it is read, blanks and line breaks as one blank each.
  std::string printed(const std::string& page) const {
    directory_.write("kapitza.1", page);
    const Ended ended = run_program_in(
        directory_.path(), {"sh", "-c", "groff -man -Tascii -ww -P-c -P-b -P-u kapitza.1"});
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_EQ(ended.err, "") << "troff warns";
    return flat(ended.out);
  }

  static std::string flat(std::string_view text) {
    return fmt::format("{}", fmt::join(split(text), " "));
  }
};

using Words = std::vector<std::string>;

const Words& commands() {
  static const Words names{"run", "check", "explain", "info", "devices", "completion", "manual"};
  return names;
}

TEST_F(UsageTest, BadArgumentsEndWithCode2) {
  for (const Arguments& bad : std::vector<Arguments>{{"completion"},
                                                     {"completion", "tcsh"},
                                                     {"completion", "bash", "zsh"},
                                                     {"manual", "1"}}) {
    const Ended ended = program(bad);
    EXPECT_EQ(ended.exit_code, 2) << testing::PrintToString(bad);
    EXPECT_TRUE(ended.err.starts_with("error: ")) << ended.err;
    EXPECT_EQ(ended.out, "");
  }
  EXPECT_TRUE(contains(program({"completion", "tcsh"}).err, "{bash,zsh,fish}"));
}

TEST_F(UsageTest, IsTheSameTwice) {
  for (const Arguments& arguments : std::vector<Arguments>{
           {"manual"}, {"completion", "bash"}, {"completion", "zsh"}, {"completion", "fish"}})
    EXPECT_EQ(output(arguments), output(arguments)) << testing::PrintToString(arguments);
}

/// Help is what CLI11 itself prints: no option of it may be missing elsewhere.
TEST_F(UsageTest, HasEveryOptionOfEveryCommand) {
  const std::string page = output({"manual"}), zsh = output({"completion", "zsh"}),
                    fish = output({"completion", "fish"});
  for (const std::string& command : commands()) {
    EXPECT_TRUE(contains(output({"--help"}), "\n  " + command + " ")) << command;
    EXPECT_TRUE(contains(page, "\n.SS \"kapitza " + command + "\"\n")) << command;
    EXPECT_TRUE(contains(zsh, "\n    '" + command + ":")) << command;
    EXPECT_TRUE(contains(fish, " -a '" + command + "' -d '")) << command;
    const std::string help = output({command, "--help"});
    const Words in_bash = offered({command, "--"});
    const std::regex option(R"(\n  (?:-\w,)?--([\w-]+))");
    Words names;
    for (std::sregex_iterator at(help.begin(), help.end(), option), end; at != end; ++at)
      names.push_back((*at)[1]);
    ASSERT_FALSE(names.empty());
    EXPECT_EQ(in_bash.size(), names.size()) << command;
    for (const std::string& name : names) {
      EXPECT_NE(std::ranges::find(in_bash, "--" + name), in_bash.end()) << command << " " << name;
      EXPECT_TRUE(contains(zsh, ")--" + name) || contains(zsh, "*--" + name)) << name;
      EXPECT_TRUE(contains(fish, " -l " + name)) << name;
      EXPECT_TRUE(contains(page, with_before("--" + name, "-", '\\'))) << name;
    }
  }
}

TEST_F(UsageTest, EveryWordThatIsOfferedForAKeyIsAllowed) {
  int words = 0;
  for (const Schema::Reading& reading : program_schema().readings())
    for (const std::string& word : reading.key->choices()) {
      ++words;
      Value value;
      value.data = word;
      if (word == "true" || word == "false") value.data = word == "true";
      EXPECT_EQ(reading.key->problem(value), "") << reading.key->name << " = " << word;
      EXPECT_TRUE(contains(reading.key->allowed(), word)) << reading.key->name << " = " << word;
    }
  EXPECT_GT(words, 20);
}

TEST_F(UsageTest, BashCompletesCommandsKeysAndTheirWords) {
  EXPECT_EQ(offered({""}), commands());
  EXPECT_EQ(offered({"ex"}), Words{"explain"});
  EXPECT_EQ(offered({"--v"}), Words{"--version"});
  EXPECT_EQ(offered({"run", "--skip"}), Words{"--skip-if-finished"});
  EXPECT_EQ(offered({"devices", ""}), (Words{"--help", "--json"}));
  EXPECT_EQ(offered({"run", "--device", ""}), (Words{"auto", "cpu", "cuda"}));
  EXPECT_EQ(offered({"run", "--device", "=", "c"}), (Words{"cpu", "cuda"}));
  EXPECT_EQ(offered({"run", "--threads", ""}), Words{});
  EXPECT_EQ(offered({"completion", ""}), (Words{"bash", "zsh", "fish"}));
  EXPECT_EQ(offered({"explain", "grid.c"}), Words{"grid.cells"});
  EXPECT_EQ(offered({"explain", "ense"}).front(), "ensemble.trajectories");
  EXPECT_EQ(offered({"explain", "ense"}).back(), "ensemble");

  Words keys{"<-o nospace>"};
  for (const std::string& key : program_schema().key_names()) keys.push_back(key + "=");
  EXPECT_EQ(offered({"run", "--set", ""}), keys);
  EXPECT_EQ(offered({"check", "a.toml", "--set", "grid.c"}),
            (Words{"<-o nospace>", "grid.cells="}));
}

/// Readline splits at "=", as long as COMP_WORDBREAKS says so.
TEST_F(UsageTest, BashCompletesValuesHoweverTheyAreSplit) {
  const Words schemes{"newton", "explicit"};
  EXPECT_EQ(offered({"run", "--set", "numerics.scheme", "="}), schemes);
  EXPECT_EQ(offered({"run", "--set", "numerics.scheme", "=", "n"}), Words{"newton"});
  EXPECT_EQ(offered({"run", "--set", "=", "numerics.scheme", "=", "n"}), Words{"newton"});
  EXPECT_EQ(offered({"run", "--set", "=", "numerics.sch"}),
            (Words{"<-o nospace>", "numerics.scheme="}));
  EXPECT_EQ(offered({"run", "--set", "numerics.scheme=n"}), Words{"numerics.scheme=newton"});
  EXPECT_EQ(offered({"run", "--set=numerics.scheme=n"}), Words{"--set=numerics.scheme=newton"});
  EXPECT_EQ(offered({"run", "--set", "grid.K", "=", "6"}), Words{});
  // The value of the option before is no command and no argument.
  EXPECT_EQ(offered({"run", "--set", "grid.K", "=", "64", "--set", "job", "=", "m"}),
            Words{"microscopic"});
}

TEST_F(UsageTest, BashCompletesFiles) {
  for (const char* name : {"a.toml", "b.toml", "K=64.h5", "notes.txt"}) directory_.write(name, "");
  fs::create_directory(file("results"));
  const auto files = [this](const Arguments& words) {
    Words all = offered(words);
    EXPECT_EQ(all.front(), "<-o filenames -o default>");
    all.erase(all.begin());
    std::ranges::sort(all);
    return all;
  };
  EXPECT_EQ(files({"run", ""}), (Words{"a.toml", "b.toml", "results"}));
  EXPECT_EQ(files({"run", "--set", "grid.K", "=", "64", "a.toml", "b"}), Words{"b.toml"});
  EXPECT_EQ(files({"check", "a"}), Words{"a.toml"});
  EXPECT_EQ(files({"info", ""}), (Words{"K=64.h5", "results"}));
  EXPECT_EQ(files({"info", "K", "=", "6"}), Words{"64.h5"});
  EXPECT_EQ(files({"run", "--out", "K"}), Words{"K=64.h5"});
  EXPECT_EQ(offered({"check", "a.toml", "--j"}), Words{"--json"});
}

/// What is offered is what a shell reads as that word.
TEST_F(UsageTest, BashCompletesWordsOfOddCharacters) {
  const std::string script = bash_completion(odd_usage(), odd_schema());
  std::string echo;
  for (const std::string& word : offered(script, {"run", "--set", "odd.it's", "="}))
    echo += "printf '%s\\n' " + word + "\n";
  directory_.write("echo.bash", echo);
  const Ended ended = run_program_in(directory_.path(), {"bash", "--norc", "echo.bash"});
  std::string wanted;
  for (const std::string& word : odd_words()) wanted += word + "\n";
  EXPECT_EQ(ended.out, wanted);
  EXPECT_EQ(offered(script, {"explain", "x"}), Words{});
  EXPECT_EQ(offered(script, {"run", "odd.i"}), Words{R"(odd.it\'s)"});
}

TEST_F(UsageTest, ZshAndFishReadTheirScripts) {
  const auto expect_reads = [this](const std::string& shell, const std::string& script) {
    if (!is_there(directory_, shell)) return;
    directory_.write("script", script);
    const Ended ended = run_program_in(directory_.path(), {shell, "-n", "script"});
    EXPECT_EQ(ended.exit_code, 0) << shell << ": " << ended.err;
    EXPECT_EQ(ended.err, "");
  };
  expect_reads("zsh", zsh_completion(odd_usage(), odd_schema()));
  expect_reads("zsh", output({"completion", "zsh"}));
  expect_reads("fish", fish_completion(odd_usage(), odd_schema()));
  expect_reads("fish", output({"completion", "fish"}));
  const std::string zsh = output({"completion", "zsh"}), fish = output({"completion", "fish"});
  EXPECT_TRUE(zsh.starts_with("#compdef kapitza\n"));
  for (const std::string& key : program_schema().key_names()) {
    EXPECT_TRUE(contains(zsh, "    '" + key + ":")) << key;
    EXPECT_TRUE(contains(fish, "'" + key + "='")) << key;
  }
}

TEST_F(UsageTest, FishCompletes) {
  if (!is_there(directory_, "fish")) GTEST_SKIP() << "there is no fish";
  const auto lines = [this](const std::string& script, const std::string& line) {
    directory_.write("kapitza.fish", script);
    const Ended ended = run_program_in(
        directory_.path(), {"env", "HOME=" + directory_.path().string(), "fish", "-N", "-c",
                            "source kapitza.fish; complete -C \"" + line + "\""});
    EXPECT_EQ(ended.err, "");
    Words words;
    for (const std::string& text : lines_of(ended.out))
      if (!text.empty()) words.push_back(text.substr(0, text.find('\t')));
    std::ranges::sort(words);
    return words;
  };
  const std::string script = output({"completion", "fish"});
  Words all = commands();
  std::ranges::sort(all);
  EXPECT_EQ(lines(script, "kapitza "), all);
  EXPECT_EQ(lines(script, "kapitza run --device c"), (Words{"cpu", "cuda"}));
  EXPECT_EQ(lines(script, "kapitza run --set grid.c"), Words{"grid.cells="});
  EXPECT_EQ(lines(script, "kapitza run --set numerics.scheme="),
            (Words{"numerics.scheme=explicit", "numerics.scheme=newton"}));
  EXPECT_EQ(lines(script, "kapitza run --resume --o"), Words{"--out"});
  EXPECT_EQ(lines(script, "kapitza explain grid.c"), Words{"grid.cells"});
}

TEST_F(UsageTest, ThePageSaysAllThatExplainSays) {
  if (!is_there(directory_, "groff")) GTEST_SKIP() << "there is no groff";
  const std::string page = printed(output({"manual"}));
  for (const Schema::Reading& reading : program_schema().readings()) {
    const Key& key = *reading.key;
    const std::string wanted =
        flat(fmt::format("{} {} allowed: {} default: ", key.name, key.meaning, key.allowed()));
    EXPECT_TRUE(contains(page, wanted)) << wanted;
  }
  for (const Section& section : program_schema().sections())
    EXPECT_TRUE(contains(page, flat(fmt::format("[{}] {}", section.name, section.meaning))));
  for (const JobKeys& job : program_schema().jobs())
    EXPECT_TRUE(contains(page, flat(fmt::format("{} {}", job.name, job.meaning))));
}

TEST_F(UsageTest, ThePagePrintsOddCharactersAsTheyAre) {
  const std::string source = manual(odd_usage(), odd_schema());
  for (const std::string& line : lines_of(source))
    EXPECT_TRUE(!line.starts_with('\'') && !std::regex_search(line, std::regex(R"(^\.[a-z]{3})")))
        << line;
  if (!is_there(directory_, "groff")) GTEST_SKIP() << "there is no groff";
  const std::string page = printed(source);
  for (const Key* key : odd_keys)
    EXPECT_TRUE(contains(
        page, flat(fmt::format("{} {} allowed: {}", key->name, key->meaning, key->allowed()))))
        << page;
  EXPECT_TRUE(contains(page, R"(it's "odd": $HOME)")) << page;
}

/// The codes stand in an enumeration, which no program can count.
TEST_F(UsageTest, EveryExitCodeHasItsMeaning) {
  const std::string code = read_file(fs::path(KAPITZA_SOURCE_DIR) / "host/exit_code.hpp");
  const std::regex enumerator(R"(\n  (\w+) = (\d+),)");
  std::set<int> known, meant;
  for (std::sregex_iterator at(code.begin(), code.end(), enumerator), end; at != end; ++at)
    known.insert(std::stoi((*at)[2]));
  for (const ExitMeaning& meaning : exit_meanings) meant.insert(meaning.code);
  EXPECT_EQ(known, meant);
  EXPECT_EQ(meant.size(), std::size(exit_meanings));
  const std::string page = output({"manual"}), help = output({"--help"});
  for (const ExitMeaning& meaning : exit_meanings) {
    EXPECT_TRUE(contains(page, fmt::format("\n\\fB{}\\fR\n", static_cast<int>(meaning.code))));
    EXPECT_TRUE(
        contains(flat(help), fmt::format("{} {}", static_cast<int>(meaning.code), meaning.text)));
  }
}

TEST_F(UsageTest, ThePageNamesEveryVariableThatTheProgramReads) {
  const std::string page = output({"manual"});
  const std::regex read(R"re(getenv\("(\w+)"\))re");
  int variables = 0;
  for (const char* folder : {"host", "src", "kernels", "include"})
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(KAPITZA_SOURCE_DIR) / folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string code = read_file(entry.path());
      for (std::sregex_iterator at(code.begin(), code.end(), read), end; at != end; ++at) {
        ++variables;
        EXPECT_TRUE(contains(page, "\n\\fB" + (*at)[1].str() + "\\fR\n")) << (*at)[1];
      }
    }
  EXPECT_GT(variables, 0);
}

}  // namespace
}  // namespace kapitza::host
