// SPDX-License-Identifier: BSD-3-Clause
//
// The table of keys, and how values are written.
#include "host/config/schema.hpp"

#include <gtest/gtest.h>
#include <set>

#include "host/config/config.hpp"
#include "host/config/toml_reader.hpp"

namespace kapitza::host {
namespace {

const Origin here{};

TEST(Schema, KeysAreUniqueAndInKnownSectionsOfKnownJobs) {
  std::set<std::string_view> seen;
  for (const KeySpec& spec : schema()) {
    EXPECT_TRUE(seen.insert(spec.key).second) << spec.key;
    EXPECT_TRUE(spec.section().empty() || is_section(spec.section())) << spec.key;
    EXPECT_FALSE(spec.meaning.empty()) << spec.key;
    bool used = false;
    for (const JobSpec& job : jobs()) used = used || spec.used_by(job.name);
    EXPECT_TRUE(used) << spec.key;
  }
}

TEST(Schema, KeysOfASectionStandTogether) {
  std::set<std::string_view> left;
  std::string_view section;
  for (const KeySpec& spec : schema()) {
    if (spec.section() == section) continue;
    EXPECT_TRUE(left.insert(section).second);
    section = spec.section();
    EXPECT_FALSE(left.contains(section)) << spec.key;
  }
}

TEST(Schema, DefaultsAreAllowed) {
  for (const KeySpec& spec : schema()) {
    if (spec.default_toml.empty()) continue;
    std::optional<Value> value = parse_toml_value(spec.default_toml, here);
    ASSERT_TRUE(value) << spec.key;
    EXPECT_EQ(problem_with(spec, *value), "") << spec.key;
  }
}

TEST(Schema, WordsHaveAlternatives) {
  for (const KeySpec& spec : schema()) {
    EXPECT_EQ(spec.kind == Kind::word, !spec.words.empty()) << spec.key;
    if (spec.kind == Kind::word) {
      EXPECT_NE(spec.allowed().find(" | "), std::string::npos) << spec.key;
    }
  }
}

TEST(Schema, ALambdaIsWrittenLikeAnyOther) {
  const KeySpec& spec = *find_key("defect.Lambda");
  std::optional<Value> value = parse_toml_value("[1, 2.5]", here);
  EXPECT_EQ(problem_with(spec, *value), "");
  EXPECT_EQ(to_toml(*value), "[1.0, 2.5]") << "an integer is a number";
}

TEST(Schema, RangesSayWhatTheyContain) {
  const Range even{32, 4096, false, 2};
  EXPECT_TRUE(even.contains(32));
  EXPECT_TRUE(even.contains(4096));
  EXPECT_FALSE(even.contains(33));
  EXPECT_FALSE(even.contains(30));
  EXPECT_FALSE(even.contains(4098));
  EXPECT_EQ(even.text(), "even, 32 .. 4096");
  const Range positive{0, std::numeric_limits<double>::infinity(), true};
  EXPECT_FALSE(positive.contains(0));
  EXPECT_TRUE(positive.contains(1e-300));
  EXPECT_EQ(positive.text(), "> 0");
}

TEST(Schema, FindsTheNearestName) {
  const std::vector<std::string> keys = all_keys();
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
