// SPDX-License-Identifier: BSD-3-Clause
//
// A job that is not the program's: what a new one has to say, and what it is given for that.
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "host/config/explain.hpp"
#include "host/config/types.hpp"
#include "host/jobs/job.hpp"
#include "host/jobs/output_keys.hpp"

namespace kapitza::host {
namespace {

// ---- what would be host/jobs/decay/keys.cpp -----------------------------------------------------

/// A value of its own: the name of an element.
std::string element_text(const Key&) { return R"("Cs" | "Co")"; }

std::string element_problem(const Key&, Value& value) {
  const auto* name = value.as<std::string>();
  return name && (*name == "Cs" || *name == "Co") ? "" : "there is no such element";
}

constinit const Type element_type{element_text, element_problem};

constinit const Key element{
    .name = "decay.element",
    .type = element_type,
    .otherwise_text = "none: a rate is given then",
    .meaning = "An element whose rate is known.",
};

constinit const Key rate{
    .name = "decay.rate",
    .type = types::number,
    .range = Range::positive(),
    .otherwise = "1.0",
    .unit = "1/time",
    .meaning = R"(
        How fast it decays, where no element says so. This sentence is here to show that long texts
        are wrapped.)",
};

/// The same name as in other jobs, with another meaning.
constinit const Key n{
    .name = "state.n",
    .type = types::number,
    .range = Range::positive(),
    .unit = "1",
    .meaning = "How many atoms there are at t = 0.",
};

// ---- what would be host/jobs/decay/read.cpp -----------------------------------------------------

void check_keys(Config& config) {
  if (config.has(element)) config.not_read(rate, "decay.element says how fast");
}

double rate_of(const Config& config) { return config.has(element) ? 0.023 : config.number(rate); }

// ---- what would be host/jobs/decay/decay.cpp ----------------------------------------------------

JobResult run(JobContext& context) {
  const std::vector<double> t = counted(10);
  std::vector<double> left;
  for (const double time : t)
    left.push_back(context.config.number(n) * std::exp(-rate_of(context.config) * time));
  JobResult result{.quantities = {{"left", left.back(), "atoms"}}};
  ResultWriter writer(context.target);
  writer.coordinate("t", t, "time");
  writer.dataset("n", {"t"}, left, "atoms");
  write_attributes(writer, context, result);
  writer.commit();
  return result;
}

constexpr const Key* keys_read[] = {&n, &element, &rate, &keys::output::file};

const Job decay_job{
    .name = "decay",
    .meaning = "atoms that decay",
    .keys = keys_read,
    .run = run,
    .check_keys = check_keys,
    .validate = [](const Config& config) { rate_of(config); },
    .file_size = [](const Config&) -> std::size_t { return 10000; },
    .estimate = [](const Config&, Machine&, Budget&) -> Quantities { return {}; },
};

// ---- what would be two lines of host/jobs/table.cpp ---------------------------------------------

const Schema& schema() {
  static const Schema schema = [] {
    std::vector<Section> sections = program_schema().sections();
    sections.push_back({"decay", "of atoms"});
    std::vector<const Job*> all(jobs().begin(), jobs().end());
    all.push_back(&decay_job);
    return schema_of(std::move(sections), all);
  }();
  return schema;
}

// ---- what it gets -------------------------------------------------------------------------------

Config parse(const std::string& text) {
  return Config::parse(schema(), "job = \"decay\"\n" + text, "d.toml");
}

std::string error_of(const std::string& text) {
  try {
    parse(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(MadeUpJob, IsConfigured) {
  const Config config = parse("state.n = 100");
  EXPECT_EQ(config.number("state.n"), 100);
  EXPECT_EQ(config.to_toml(), "job = \"decay\"\n\n[state]\nn = 100.0\n\n[decay]\nrate = 1.0\n");
}

TEST(MadeUpJob, LeavesOutWhatItDoesNotRead) {
  const Config config = parse("state.n = 100\ndecay.element = \"Cs\"");
  EXPECT_EQ(config.to_toml(),
            "job = \"decay\"\n\n[state]\nn = 100.0\n\n[decay]\nelement = \"Cs\"\n");
  EXPECT_THROW(config.number("decay.rate"), InputError);
}

TEST(MadeUpJob, RefusesWhatIsWrong) {
  EXPECT_EQ(error_of(""), "d.toml: state.n is missing (allowed: > 0)");
  EXPECT_EQ(error_of("state.n = \"exp(-k^2)\""),
            "d.toml:2:11: state.n = \"exp(-k^2)\": must be a number (allowed: > 0)");
  EXPECT_EQ(error_of("state.n = 1\ndecay.element = \"He\""),
            "d.toml:3:17: decay.element = \"He\": there is no such element (allowed: \"Cs\" | "
            "\"Co\")");
  EXPECT_EQ(error_of("state.n = 1\ndecay.element = \"Cs\"\ndecay.rate = 1"),
            "d.toml:4:14: decay.rate = 1.0: decay.element says how fast");
  EXPECT_EQ(error_of("state.n = 1\ngrid.K = 64"),
            "d.toml:3:10: grid.K = 64: this key belongs to jobs \"collision\", \"relax\", "
            "\"stationary\", \"linear\", not to \"decay\"");
  EXPECT_EQ(error_of("state.n = 1\ndecay.rat = 2"),
            "d.toml:3:13: decay.rat = 2: unknown key, did you mean \"decay.rate\"?");
}

TEST(MadeUpJob, IsExplained) {
  EXPECT_EQ(explain(schema(), "decay"),
            "[decay]  of atoms\n"
            "\n"
            "decay.element\n"
            "    An element whose rate is known.\n"
            "    allowed  \"Cs\" | \"Co\"\n"
            "    default  none: a rate is given then\n"
            "    jobs     decay\n"
            "\n"
            "decay.rate\n"
            "    How fast it decays, where no element says so. This sentence is here to show that "
            "long texts\n"
            "    are wrapped.\n"
            "    allowed  > 0\n"
            "    default  1.0\n"
            "    unit     1/time\n"
            "    jobs     decay\n"
            "\n");
  EXPECT_NE(explain(schema(), "job").find("    decay        atoms that decay\n"),
            std::string::npos);
  EXPECT_NE(explain(schema(), "output.file").find("microscopic, decay\n"), std::string::npos);
  const std::string meanings = explain(schema(), "state.n");
  EXPECT_NE(meanings.find("How many atoms"), std::string::npos);
  EXPECT_NE(meanings.find("of a closed chain"), std::string::npos);
}

}  // namespace
}  // namespace kapitza::host
