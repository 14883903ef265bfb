// SPDX-License-Identifier: BSD-3-Clause
//
// Every kind of bad input: one clear message that names file, line, key, value and what is allowed;
// at the loader and through the program, which exits with 2.
#include <algorithm>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "host/config/config.hpp"
#include "host/jobs/job.hpp"
#include "tests/host/program.hpp"

namespace kapitza::host {
namespace {

struct BadInput {
  std::string name;
  std::string text;                    ///< the configuration
  std::vector<std::string> overrides;  ///< of --set
  std::vector<std::string> message;    ///< what the error must contain
};

std::ostream& operator<<(std::ostream& stream, const BadInput& bad) { return stream << bad.name; }

/// A relax configuration with lines of one section put in; `n` is on line 3, the section's first
/// line on line 5.
std::string relax(const std::string& section, const std::string& lines = "",
                  const std::string& n = "\"1\"") {
  return "job = \"relax\"\n[state]\nn = " + n + "\n[" + section + "]\n" + lines + "\n";
}

/// A stationary configuration; `left` is on line 3, the section's first line on line 5.
std::string defect(const std::string& section, const std::string& lines,
                   const std::string& left = "\"1\"") {
  return "job = \"stationary\"\n[injection]\nleft = " + left + "\n[" + section + "]\n" + lines +
         "\n";
}

/// A linear configuration; `n` is on line 3, the section's first line on line 5.
std::string linear(const std::string& section, const std::string& lines,
                   const std::string& n = "{thermal = {beta = 1.0, mu = -1.0}}") {
  return "job = \"linear\"\n[state]\nn = " + n + "\n[" + section + "]\n" + lines + "\n";
}

const std::vector<BadInput> bad_inputs{
    {"BackgroundNotThermal",
     linear("grid", "", "\"exp(-k^2)\""),
     {},
     {"c.toml:3:5: state.n = \"exp(-k^2)\": linear response is about a thermal state: {thermal = "
      "{beta = ..., mu = ...}}"}},
    {"BackgroundMuInTheBand",
     linear("grid", "", "{thermal = {beta = 1.0, mu = 2.0}}"),
     {},
     {"c.toml:3:5: state.n", "mu = 2 lies inside the band 0 <= E <= 9.8696"}},
    {"BackgroundTooNarrow",
     linear("grid", "K = 64", "{thermal = {beta = 1.0, mu = -0.001}}"),
     {},
     {"c.toml:5:5: grid.K = 64: too few momenta for a density with a peak of width 0.0628",
      "at least 800 are needed", "allowed: even, 32 .. 4096"}},
    {"MomentaNotHalved",
     linear("grid", "K = 66"),
     {},
     {"c.toml:5:5: grid.K = 66: linear response needs a multiple of 4"}},
    {"PerturbationNotFinite",
     linear("linear", "dn = {left = \"1/(k-abs(k))\"}"),
     {},
     {"c.toml:5:6: linear.dn = {left = \"1/(k-abs(k))\"}: left must be finite, but is inf at k = "
      "0.01"}},
    {"PerturbationNoExpression",
     linear("linear", "dn = {right = \"sin(k\"}"),
     {},
     {"c.toml:5:6: linear.dn", "this is no expression of k"}},
    {"PerturbationSide",
     linear("linear", "dn = {lft = \"sin(k)\"}"),
     {},
     {"linear.dn = {lft = \"sin(k)\"}: it has an unknown member \"lft\", did you mean \"left\"?"}},
    {"PerturbationEmpty",
     linear("linear", "dn = {}"),
     {},
     {"must be {left = ..., right = ...}, or one of them"}},
    {"PerturbationThermal",
     linear("linear", "dn = {left = {thermal = {beta = 1, mu = -1}}}"),
     {},
     {"left: it has an unknown member \"thermal\""}},
    {"PerturbationTableMissing",
     linear("linear", "dn = {left = {table = \"none.csv\"}}"),
     {},
     {"linear.dn", "none.csv"}},
    {"PerturbationNothing",
     linear("linear", "dn = {left = \"k < 0 ? 1 : 0\"}"),
     {},
     {"nothing enters: left is zero wherever v > 0 and right wherever v < 0"}},
    {"OnePlace",
     linear("linear", "places = 1"),
     {},
     {"c.toml:5:10: linear.places = 1: both ends are included: at least 2, or 0"}},
    {"OperatorNoFlag",
     linear("linear", "S = 1"),
     {},
     {"c.toml:5:5: linear.S = 1: must be true or false"}},
    {"CellsInALinearJob",
     linear("grid", "cells = 3"),
     {},
     {"grid.cells = 3: this key belongs to job \"stationary\", not to \"linear\""}},
    {"DensityNotANumber",
     relax("grid", "K = 64", "\"sqrt(k)\""),
     {},
     {"c.toml:3:5: state.n = \"sqrt(k)\": n must be finite and positive", "nan at k = -3.09"}},
    {"DensityNotPositive",
     relax("grid", "K = 64", "\"cos(k)\""),
     {},
     {"c.toml:3:5: state.n", "must be finite and positive", "-0.9987", "at k = -3.09"}},
    {"DensityInfinite", relax("grid", "", "\"1/(k*0)\""), {}, {"state.n", "inf at k = "}},
    {"DensityNoExpression",
     relax("grid", "", "\"exp(k\""),
     {},
     {"c.toml:3:5: state.n = \"exp(k\": this is no expression of k"}},
    {"DensityOfX", relax("grid", "", "\"exp(x)\""), {}, {"state.n", "\"x\""}},
    {"DensityMissing", "job = \"relax\"\n", {}, {"c.toml: state.n is missing (allowed: "}},
    {"DensityMember",
     relax("grid", "", "{termal = {beta = 1, mu = -1}}"),
     {},
     {"unknown member \"termal\", did you mean \"thermal\"?"}},
    {"MuInsideTheBand",
     relax("grid", "", "{thermal = {beta = 1.0, mu = 0.5}}"),
     {},
     {"c.toml:3:5: state.n", "mu = 0.5 lies inside the band 0 <= E <= 9.86"}},
    {"MuAtTheBandEdge",
     relax("grid", "", "{thermal = {beta = 1.0, mu = 0}}"),
     {},
     {"lies inside the band"}},
    {"MuOnTheWrongSide",
     relax("grid", "", "{thermal = {beta = -1.0, mu = -1.0}}"),
     {},
     {"n would be negative: beta = -1 needs mu > 9.86"}},
    {"BetaZero",
     relax("grid", "", "{thermal = {beta = 0, mu = -1.0}}"),
     {},
     {"beta must not be 0"}},
    {"BetaInfinite",
     relax("grid", "", "{thermal = {beta = inf, mu = -1.0}}"),
     {},
     {"thermal.beta must be finite"}},
    {"KOdd",
     relax("grid", "K = 65"),
     {},
     {"c.toml:5:5: grid.K = 65: must be even (allowed: even, 32 .. 4096)"}},
    {"KTooSmall", relax("grid", "K = 30"), {}, {"grid.K = 30: must be at least 32"}},
    {"KTooLarge", relax("grid", "K = 8192"), {}, {"grid.K = 8192: must be at most 4096"}},
    {"KNoInteger", relax("grid", "K = 64.5"), {}, {"grid.K = 64.5: must be an integer"}},
    {"KText", relax("grid", "K = \"64\""), {}, {"grid.K = \"64\": must be an integer"}},
    {"KBySet", relax("grid"), {"grid.K=65"}, {"--set: grid.K = 65: must be even"}},
    {"MTooSmallForT",
     relax("numerics", "T = 100.0\nM = 256"),
     {},
     {"c.toml:6:5: numerics.M = 256: too small for T = 100", "allowed: at least"}},
    {"MNoMultipleOfK",
     relax("numerics", "M = 700"),
     {},
     {"c.toml:5:5: numerics.M = 700: no multiple of K"}},
    {"DtauAliases",
     relax("numerics", "dtau = 0.5"),
     {},
     {"c.toml:5:8: numerics.dtau = 0.5", "aliases", "0.2122"}},
    {"TNegative", relax("numerics", "T = -1.0"), {}, {"numerics.T = -1.0: must be greater than 0"}},
    {"ToleranceNegative",
     relax("numerics", "tolerance = -1e-3"),
     {},
     {"c.toml:5:13: numerics.tolerance = -0.001: must be at least 1e-08 (allowed: 1e-08 .. 0.5)"}},
    {"ToleranceTooLarge",
     relax("numerics", "tolerance = 1.0"),
     {},
     {"numerics.tolerance = 1.0: must be at most 0.5"}},
    {"ToleranceNan",
     relax("numerics", "tolerance = nan"),
     {},
     {"numerics.tolerance = nan: must be finite"}},
    {"ToleranceInf",
     relax("numerics"),
     {"numerics.tolerance=inf"},
     {"--set: numerics.tolerance = inf: must be finite"}},
    {"UnknownKey",
     relax("numerics", "tolerence = 1e-3"),
     {},
     {"c.toml:5:13: numerics.tolerence = 0.001: unknown key, did you mean "
      "\"numerics.tolerance\"?"}},
    {"UnknownKeyInTheWrongSection",
     relax("grid", "tolerance = 1e-3"),
     {},
     {"grid.tolerance = 0.001: unknown key, did you mean \"numerics.tolerance\"?"}},
    {"UnknownSection",
     relax("numeric", "tolerance = 1e-3"),
     {},
     {"c.toml:4:1: [numeric]: unknown section, did you mean \"numerics\"?"}},
    {"UnknownKeyBySet", relax("grid"), {"grid.N=64"}, {"--set: grid.N = 64: unknown key"}},
    {"SectionAsValue",
     "grid = 64\njob = \"relax\"\n",
     {},
     {"c.toml:1:8: grid = 64: this is a section: write [grid]"}},
    {"KeyOfAnotherJob",
     relax("relax", "lambda = 2.0"),
     {"job=collision"},
     {"c.toml:5:10: relax.lambda = 2.0: this key belongs to job \"relax\", not to \"collision\""}},
    {"MalformedValue", "job = \"relax\"\n[grid]\nK = = 64\n", {}, {"c.toml:3:5: malformed TOML: "}},
    {"MalformedString", "job = \"relax\n", {}, {"c.toml:1:13: malformed TOML: "}},
    {"KeyTwiceInTheFile",
     "job = \"relax\"\njob = \"relax\"\n",
     {},
     {"c.toml:2:", "malformed TOML"}},
    {"KeyTwiceBySet",
     relax("grid"),
     {"grid.K=64", "grid.K=128"},
     {"--set grid.K=128: grid.K is given twice, before as grid.K=64"}},
    {"SetWithoutValue", relax("grid"), {"grid.K"}, {"--set grid.K: must be section.key=value"}},
    {"SetWithoutKey", relax("grid"), {"=3"}, {"--set =3: must be section.key=value"}},
    {"DateAsValue",
     relax("numerics", "tolerance = 2024-01-01"),
     {},
     {"c.toml:5:13: dates and times have no meaning here"}},
    {"JobMissing",
     "[state]\nn = \"1\"\n",
     {},
     {"c.toml: job is missing", "\"collision\" | \"relax\""}},
    {"JobUnknown",
     "job = \"relaks\"\n",
     {},
     {"c.toml:1:7: job = \"relaks\": there is no such job, did you mean \"relax\"?"}},
    {"JobOfALaterVersion",
     "job = \"microscopic\"\n",
     {},
     {"c.toml:1:7: job = \"microscopic\": this job is not in this version (allowed: "
      "\"collision\" | \"relax\" | \"stationary\" | \"linear\")"}},
    {"DispersionUnknown",
     relax("model", "dispersion = \"cosin\""),
     {},
     {"model.dispersion = \"cosin\": there is no such dispersion, did you mean \"cosine\"?"}},
    {"DispersionTableUnreadable",
     relax("model", "dispersion = {table = \"E.csv\"}"),
     {},
     {"c.toml:5:14: model.dispersion", "E.csv: the table cannot be read: No such file"}},
    {"DensityTableUnreadable",
     relax("grid", "", "{table = \"n.csv\"}"),
     {},
     {"c.toml:3:5: state.n", "n.csv: the table cannot be read: No such file"}},
    {"DensityTableIsADirectory",
     relax("grid", "", "{table = \".\"}"),
     {},
     {"is a directory, not a table"}},
    {"CosineDivergesForPairs",
     relax("model", "dispersion = \"cosine\""),
     {},
     {"c.toml:5:14: model.dispersion = \"cosine\"", "diverge", "channels = [3]"}},
    {"InteractionUnknown",
     relax("model", "interaction = {d3 = 6.0}"),
     {},
     {"model.interaction", "\"d3\" is no coefficient", "c1 = ..."}},
    {"InteractionTooHigh",
     relax("model", "interaction = {c7 = 6.0}"),
     {},
     {"c7 is beyond the largest power, 6"}},
    {"InteractionNan", relax("model", "interaction = {c3 = nan}"), {}, {"c3 must be finite"}},
    {"InteractionEmpty", relax("model", "interaction = {}"), {}, {"model.interaction = {}"}},
    {"InteractionWithoutCollisions",
     relax("model", "interaction = {c1 = 1.0}"),
     {},
     {"model.interaction = {c1 = 1.0}: no c_l with l >= 2: the carriers do not collide"}},
    {"ChannelBeyondTheInteraction",
     relax("numerics", "channels = [2, 4]"),
     {},
     {"c.toml:5:12: numerics.channels = [2, 4]: the interaction opens no channel beyond l = 3"}},
    {"ChannelTooSmall",
     relax("numerics", "channels = [1]"),
     {},
     {"numerics.channels = [1]: 1 must be at least 2 (allowed: a list of integers in 2 .. 6)"}},
    {"ChannelTwice", relax("numerics", "channels = [3, 3]"), {}, {"3 is given twice"}},
    {"ChannelsEmpty", relax("numerics", "channels = []"), {}, {"must not be empty"}},
    {"ChannelsNoList", relax("numerics", "channels = 3"), {}, {"must be a list of integers"}},
    {"NothingStops",
     relax("relax", "deviation = 0.0"),
     {},
     {"c.toml:5:13: relax.deviation = 0.0: nothing would stop this run"}},
    {"LambdaZero",
     relax("relax", "lambda = 0.0"),
     {},
     {"relax.lambda = 0.0: must be greater than 0"}},
    {"EveryZero",
     relax("output", "every = 0.0"),
     {},
     {"output.every = 0.0: must be greater than 0"}},
    {"FileNoText", relax("output", "file = 3"), {}, {"output.file = 3: must be text in quotes"}},
    {"InjectionMissing",
     "job = \"stationary\"\n",
     {},
     {"c.toml: injection.left is missing (allowed: "}},
    {"InjectionNotPositive",
     defect("grid", "", "\"cos(k)\""),
     {},
     {"c.toml:3:8: injection.left = \"cos(k)\": n must be finite and positive", "at k = -3.1"}},
    {"InjectionNoExpression",
     defect("grid", ""),
     {"injection.right=exp(k"},
     {"--set: injection.right = \"exp(k\": this is no expression of k"}},
    {"StateInADefect",
     defect("state", "n = \"1\""),
     {},
     {"c.toml:5:5: state.n = \"1\": this key belongs to job \"collision relax linear\""}},
    {"BigLambdaNegative",
     defect("defect", "Lambda = -1"),
     {},
     {"c.toml:5:10: defect.Lambda = -1.0: must be at least 0 (allowed: >= 0, or a list of such "
      "numbers)"}},
    {"BigLambdaNegativeInAList",
     defect("defect", "Lambda = [1, -2]"),
     {},
     {"defect.Lambda = [1.0, -2.0]: -2.0 must be at least 0"}},
    {"BigLambdaEmpty", defect("defect", "Lambda = []"), {}, {"must not be empty"}},
    {"BigLambdaInfinite", defect("defect", "Lambda = [inf]"), {}, {"inf must be finite"}},
    {"BigLambdaText",
     defect("defect", "Lambda = \"1\""),
     {},
     {"defect.Lambda = \"1\": must be a number or a list of numbers"}},
    {"CellsZero",
     defect("grid", "cells = 0"),
     {},
     {"c.toml:5:9: grid.cells = 0: must be at least 1 (allowed: 1 .. 100000)"}},
    {"MeshUnknown",
     defect("grid", "mesh = \"grated\""),
     {},
     {"grid.mesh = \"grated\": there is no such choice, did you mean \"graded\"? (allowed: "
      "\"graded\" | \"uniform\")"}},
    {"MeshNoWord", defect("grid", "mesh = 1"), {}, {"grid.mesh = 1: must be a word in quotes"}},
    {"LayerZero", defect("grid", "layer = 0"), {}, {"grid.layer = 0.0: must be at least 1e-09"}},
    {"LayerOfAUniformMesh",
     defect("grid", "layer = 0.1\nmesh = \"uniform\""),
     {},
     {"c.toml:5:9: grid.layer = 0.1: a uniform mesh has no layers"}},
    {"SchemeUnknown",
     defect("numerics", "scheme = \"newtn\""),
     {},
     {"c.toml:5:10: numerics.scheme = \"newtn\": there is no such choice, did you mean "
      "\"newton\"?"}},
    {"TransportUnknown",
     defect("numerics", "transport = \"upwinds\""),
     {},
     {"did you mean \"upwind\"?"}},
    {"SplitWithNewton",
     defect("numerics", "split = true"),
     {},
     {"c.toml:5:9: numerics.split = true: Newton's method does not split"}},
    {"SplitNoFlag",
     defect("numerics", "split = 1"),
     {},
     {"numerics.split = 1: must be true or false (allowed: true | false)"}},
    {"ResidualTooSmall",
     defect("numerics", "residual = 1e-20"),
     {},
     {"numerics.residual = 1e-20: must be at least 1e-13"}},
    {"IterationsZero",
     defect("numerics", "iterations = 0"),
     {},
     {"numerics.iterations = 0: must be at least 1"}},
};

class BadInputs : public testing::TestWithParam<BadInput> {
 protected:
  TemporaryDirectory directory_;

  static void expect_message(const std::string& message, const BadInput& bad) {
    for (const std::string& part : bad.message)
      EXPECT_NE(message.find(part), std::string::npos) << "wanted: " << part << "\nin: " << message;
    EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 0) << message;
  }

  std::vector<std::string> command(const std::string& name) const {
    std::vector<std::string> words{name, "c.toml"};
    for (const std::string& assignment : GetParam().overrides) {
      words.emplace_back("--set");
      words.push_back(assignment);
    }
    return words;
  }
};

TEST_P(BadInputs, AreRefusedByTheLoader) {
  const BadInput& bad = GetParam();
  const auto file = directory_.write("c.toml", bad.text);
  try {
    const Config config = Config::load(file, bad.overrides);
    find_runner(config.job()).validate(config);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    expect_message(error.what(), bad);
  }
}

TEST_P(BadInputs, EndTheProgramWithCode2) {
  const BadInput& bad = GetParam();
  directory_.write("c.toml", bad.text);
  for (const char* name : {"run", "check"}) {
    const Ended ended = kapitza_program(directory_.path(), command(name));
    EXPECT_EQ(ended.exit_code, 2) << name << ": " << ended.err;
    EXPECT_EQ(ended.out, "");
    EXPECT_TRUE(ended.err.starts_with("error: ")) << ended.err;
    ASSERT_TRUE(ended.err.ends_with("\n"));
    expect_message(ended.err.substr(0, ended.err.size() - 1), bad);
  }
  EXPECT_EQ(directory_.files(), std::vector<std::string>{"c.toml"}) << "something was written";
}

INSTANTIATE_TEST_SUITE_P(, BadInputs, testing::ValuesIn(bad_inputs),
                         [](const auto& test) { return test.param.name; });

TEST(BadInput, IsOneJsonObjectWithJson) {
  const TemporaryDirectory directory;
  directory.write("c.toml", relax("grid", "K = 65"));
  const Ended ended = kapitza_program(directory.path(), {"run", "c.toml", "--json"});
  EXPECT_EQ(ended.exit_code, 2);
  const nlohmann::json object = nlohmann::json::parse(ended.out);
  EXPECT_EQ(object.at("exit_code"), 2);
  EXPECT_NE(object.at("error").get<std::string>().find("must be even"), std::string::npos);
}

TEST(BadInput, ConfigurationThatIsNotThere) {
  const TemporaryDirectory directory;
  const Ended ended = kapitza_program(directory.path(), {"run", "nowhere.toml"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(ended.err,
            "error: nowhere.toml: the configuration cannot be read: No such file or directory\n");
}

TEST(BadInput, TheLastConfigurationIsReadBeforeTheFirstRuns) {
  const TemporaryDirectory directory;
  directory.write("a.toml", relax("grid", "K = 32"));
  directory.write("b.toml", relax("grid", "K = 33"));
  EXPECT_EQ(kapitza_program(directory.path(), {"run", "a.toml", "b.toml"}).exit_code, 2);
  EXPECT_EQ(directory.files(), (std::vector<std::string>{"a.toml", "b.toml"}));
}

TEST(CommandLine, ErrorsEndWithCode2) {
  const TemporaryDirectory directory;
  directory.write("c.toml", relax("grid", "K = 32"));
  const std::vector<std::vector<std::string>> bad{
      {},
      {"walk"},
      {"run"},
      {"run", "c.toml", "--bogus"},
      {"run", "c.toml", "--device", "tpu"},
      {"run", "c.toml", "--threads", "-1"},
      {"run", "c.toml", "--threads", "two"},
      {"run", "c.toml", "--max-walltime", "soon"},
      {"run", "c.toml", "--overwrite", "--resume"},
      {"run", "c.toml", "--resume", "--skip-if-finished"},
      {"run", "c.toml", "c.toml", "--out", "x.h5"},
      {"run", "c.toml", "./c.toml"},
      {"check", "c.toml", "c.toml"},
      {"explain", "grid.Q.Z.nonsense"},
      {"info"},
      {"scan", "c.toml", "plan"},
  };
  for (const auto& arguments : bad) {
    const Ended ended = kapitza_program(directory.path(), arguments);
    EXPECT_EQ(ended.exit_code, 2) << testing::PrintToString(arguments) << ended.err;
    EXPECT_TRUE(ended.err.starts_with("error: ")) << ended.err;
    EXPECT_EQ(ended.out, "");
  }
  EXPECT_EQ(directory.files(), std::vector<std::string>{"c.toml"});
}

}  // namespace
}  // namespace kapitza::host
