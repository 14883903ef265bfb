// SPDX-License-Identifier: BSD-3-Clause
//
// The table of keys, and how values are written.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <set>
#include <stdexcept>

#include "host/config/config.hpp"
#include "host/config/names.hpp"
#include "host/config/schema.hpp"
#include "host/config/toml_reader.hpp"
#include "host/config/types.hpp"
#include "host/jobs/job.hpp"

namespace kapitza::host {
namespace {

const Origin here{};

const std::vector<Schema::Reading>& readings() { return program_schema().readings(); }

TEST(Jobs, AreComplete) {
  std::set<std::string_view> names;
  for (const Job* job : jobs()) {
    EXPECT_TRUE(names.insert(job->name).second) << job->name;
    EXPECT_FALSE(job->meaning.empty()) << job->name;
    EXPECT_FALSE(job->keys.empty()) << job->name;
    EXPECT_TRUE(job->run && job->validate && job->file_size && job->estimate) << job->name;
  }
}

TEST(Jobs, ReadEveryNameOnce) {
  for (const Job* job : jobs()) {
    std::set<std::string_view> names;
    for (const Key* key : job->keys)
      EXPECT_TRUE(names.insert(key->name).second) << job->name << ": " << key->name;
  }
}

TEST(Jobs, ThatAreNotInTheTableCannotBeConfigured) {
  const std::span<const Job* const> all = jobs();
  const Schema fewer = schema_of(program_schema().sections(), all.subspan(1));
  const std::string text = fmt::format("job = \"{}\"\nstate.n = \"1\"", all[0]->name);
  EXPECT_NO_THROW(Config::parse(program_schema(), text, "c.toml"));
  try {
    Config::parse(fewer, text, "c.toml");
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("there is no such job"), std::string::npos);
  }
}

TEST(Schema, KeysAreInKnownSectionsAndSayWhatTheyMean) {
  for (const auto& [key, jobs] : readings()) {
    EXPECT_TRUE(key->section().empty() || program_schema().find_section(key->section()))
        << key->name;
    EXPECT_FALSE(split(key->meaning).empty()) << key->name;
    EXPECT_FALSE(jobs.empty()) << key->name;
  }
}

/// Why the tables of a made-up job, which reads these keys, make no schema.
std::string refusal(std::span<const Key* const> keys) {
  try {
    const Schema schema({{"atoms", "all alike"}}, {{"decay", "of atoms", keys, nullptr}});
  } catch (const std::logic_error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Schema, TakesNoKeyThatIsInNoSection) {
  const Key known{.name = "atoms.n", .type = types::number, .meaning = "How many."};
  const Key unknown{.name = "atom.n", .type = types::number, .meaning = "How many."};
  const Key alone{.name = "n", .type = types::number, .meaning = "How many."};
  EXPECT_EQ(refusal(std::array{&known, &alone}), "accepted");
  EXPECT_EQ(refusal(std::array{&known, &unknown}), "atom.n: there is no section [atom]");
}

TEST(Schema, TakesNoTwoKeysOfOneNameFromAJob) {
  const Key n{.name = "atoms.n", .type = types::number, .meaning = "How many."};
  const Key other{.name = "atoms.n", .type = types::integer, .meaning = "How many."};
  const Key job{.name = "job", .type = types::number, .meaning = "How hard it is."};
  EXPECT_EQ(refusal(std::array{&n, &other}), "job \"decay\" has two keys named atoms.n");
  EXPECT_EQ(refusal(std::array{&n, &n}), "job \"decay\" has two keys named atoms.n");
  EXPECT_EQ(refusal(std::array{&job}), "job \"decay\" has two keys named job");
}

TEST(Schema, SectionsHaveKeysAndAMeaning) {
  for (const Section& section : program_schema().sections()) {
    EXPECT_FALSE(section.meaning.empty()) << section.name;
    EXPECT_TRUE(std::ranges::any_of(readings(), [&](const Schema::Reading& reading) {
      return reading.key->section() == section.name;
    })) << section.name;
  }
}

/// Of a name that means different things, too.
TEST(Schema, WhatBelongsTogetherStandsTogether) {
  const auto check = [](auto part_of) {
    std::set<std::string_view> left;
    std::string_view part;
    for (const Schema::Reading& reading : readings()) {
      if (part_of(*reading.key) == part) continue;
      EXPECT_TRUE(left.insert(part).second);
      part = part_of(*reading.key);
      EXPECT_FALSE(left.contains(part)) << reading.key->name;
    }
  };
  check([](const Key& key) { return key.section(); });
  check([](const Key& key) { return key.name; });
}

TEST(Schema, DefaultsAreAllowed) {
  for (const auto& [key, jobs] : readings()) {
    EXPECT_TRUE(key->otherwise.empty() || key->otherwise_text.empty()) << key->name;
    if (key->otherwise.empty()) continue;
    std::optional<Value> value = parse_toml_value(key->otherwise, here);
    ASSERT_TRUE(value) << key->name;
    EXPECT_EQ(key->problem(*value), "") << key->name;
  }
}

TEST(Schema, WordsHaveAlternatives) {
  for (const auto& [key, jobs] : readings()) {
    if (key == &program_schema().job_key()) continue;
    EXPECT_EQ(&key->type == &types::word, !key->words.empty()) << key->name;
    if (&key->type == &types::word) {
      EXPECT_NE(key->allowed().find(" | "), std::string::npos) << key->name;
    }
  }
}

TEST(Schema, ALambdaIsWrittenLikeAnyOther) {
  const Key& key = *program_schema().find_key("stationary", "defect.Lambda");
  std::optional<Value> value = parse_toml_value("[1, 2.5]", here);
  EXPECT_EQ(key.problem(*value), "");
  EXPECT_EQ(to_toml(*value), "[1.0, 2.5]") << "an integer is a number";
}

/// One name, and a key for each of its meanings.
TEST(Schema, AJobMayMeanSomethingElseByAName) {
  const Schema& schema = program_schema();
  const Key& list = *schema.find_key("stationary", "defect.Lambda");
  const Key& one = *schema.find_key("microscopic", "defect.Lambda");
  EXPECT_NE(&list, &one);
  EXPECT_FALSE(list.otherwise.empty());
  EXPECT_TRUE(one.otherwise.empty());
  EXPECT_EQ(schema.find_key("relax", "defect.Lambda"), nullptr);
  EXPECT_EQ(schema.jobs_with("defect.Lambda"),
            (std::vector<std::string>{"stationary", "linear", "microscopic"}));
}

TEST(Schema, RangesSayWhatTheyContain) {
  const Range even{32, 4096, false, 2};
  EXPECT_TRUE(even.contains(32));
  EXPECT_TRUE(even.contains(4096));
  EXPECT_FALSE(even.contains(33));
  EXPECT_FALSE(even.contains(30));
  EXPECT_FALSE(even.contains(4098));
  EXPECT_EQ(even.text(), "even, 32 .. 4096");
  EXPECT_EQ(program_schema().find_key("linear", "grid.K")->allowed(), "multiple of 4, 32 .. 4096");
  EXPECT_FALSE(Range::positive().contains(0));
  EXPECT_TRUE(Range::positive().contains(1e-300));
  EXPECT_EQ(Range::positive().text(), "> 0");
}

TEST(Schema, FindsTheNearestName) {
  const std::vector<std::string> keys = program_schema().key_names();
  EXPECT_EQ(nearest("numerics.tolerence", keys).front(), "numerics.tolerance");
  EXPECT_EQ(nearest("grid.k", keys).front(), "grid.K");
  EXPECT_EQ(nearest("tolerance", keys).front(), "numerics.tolerance");
  EXPECT_EQ(nearest("grid.tolerance", keys).front(), "numerics.tolerance");
  EXPECT_EQ(nearest("relax.tend", keys).front(), "relax.t_end");
  EXPECT_TRUE(nearest("chocolate", keys).empty());
}

TEST(Value, FloatsComeBackBitForBit) {
  for (const double x : {0.1, 1.0 / 3, 1e300, 1e-300, 5e-324, 100.0, -0.0, 6.02e23}) {
    const std::string text = to_toml(Value{x, {}});
    const std::optional<Value> back = parse_toml_value(text, here);
    ASSERT_TRUE(back) << text;
    ASSERT_TRUE(back->as<double>()) << text << " must stay a float";
    EXPECT_EQ(*back->as<double>(), x) << text;
  }
}

TEST(Value, StringsAndTablesComeBack) {
  const Value text{std::string("a \"quoted\" \\ back\tslash"), {}};
  EXPECT_EQ(to_toml(*parse_toml_value(to_toml(text), here)), to_toml(text));
  const std::string table = "{c1 = -1.5, c3 = 6.0}";
  EXPECT_EQ(to_toml(*parse_toml_value(table, here)), table);
  EXPECT_EQ(to_toml(*parse_toml_value("[3, 2]", here)), "[3, 2]");
}

TEST(Value, NothingButOneValueIsAValue) {
  EXPECT_FALSE(parse_toml_value("cosine", here));
  EXPECT_FALSE(parse_toml_value("", here));
  EXPECT_FALSE(parse_toml_value("1\nother = 2", here));
}

}  // namespace
}  // namespace kapitza::host
