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

/// A microscopic defect with more lines, which begin on line 6; `left` is on line 2.
std::string field(const std::string& lines, const std::string& left = "\"1\"") {
  return "job = \"microscopic\"\ninjection.left = " + left +
         "\ndefect.L = 40\ndefect.Lambda = 0.1\nensemble.max_time = 10\n" + lines + "\n";
}

/// A closed chain with more lines, which begin on line 6; `n` is on line 2.
std::string chain(const std::string& lines, const std::string& n = "\"1\"") {
  return "job = \"microscopic\"\nstate.n = " + n +
         "\nlattice.absorber = \"none\"\ndefect.lambda = 0.1\nensemble.max_time = 10\n" + lines +
         "\n";
}

/// The same without the line that begins like this.
std::string without(const std::string& line, std::string text) {
  const std::size_t begin = text.find("\n" + line) + 1;
  return text.erase(begin, text.find('\n', begin) - begin);
}

const std::vector<BadInput> bad_inputs{
    {"BackgroundNotThermal",
     linear("grid", "", "\"exp(-k^2)\""),
     {},
     {"c.toml:3:5: state.n = \"exp(-k^2)\": linear response is about a thermal state (allowed: "
      "{thermal = {beta = ..., mu = ...}})"}},
    {"BackgroundMuInTheBand",
     linear("grid", "", "{thermal = {beta = 1.0, mu = 2.0}}"),
     {},
     {"c.toml:3:5: state.n", "mu = 2 lies inside the band 0 <= E <= 9.8696"}},
    {"BackgroundTooNarrow",
     linear("grid", "K = 64", "{thermal = {beta = 1.0, mu = -0.001}}"),
     {},
     {"c.toml:5:5: grid.K = 64: too few momenta for a density with a peak of width 0.0628",
      "at least 800 are needed", "allowed: multiple of 4, 32 .. 4096"}},
    {"MomentaNotHalved",
     linear("grid", "K = 66"),
     {},
     {"c.toml:5:5: grid.K = 66: must be a multiple of 4 (allowed: multiple of 4, 32 .. 4096)"}},
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
    {"UnknownKeyNearThatOfAnotherJob",
     relax("defect", "lambda_ = 1.0"),
     {},
     {"c.toml:5:11: defect.lambda_ = 1.0: unknown key, did you mean \"relax.lambda\"?"}},
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
     {"c.toml:5:5: state.n = \"1\": this key belongs to jobs \"collision\", \"relax\", "
      "\"linear\", \"microscopic\", not to \"stationary\""}},
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
    {"TogetherWithoutAList",
     defect("defect", "together = true"),
     {},
     {"c.toml:5:12: defect.together = true: needs a list in defect.Lambda"}},
    {"TogetherNoFlag",
     defect("defect", "together = 1\nLambda = [1, 2]"),
     {},
     {"c.toml:5:12: defect.together = 1: must be true or false (allowed: true | false)"}},
    {"TogetherOfAnotherJob",
     linear("defect", "together = true\nLambda = [1, 2]"),
     {},
     {"c.toml:5:12: defect.together = true: this key belongs to job \"stationary\", not to "
      "\"linear\""}},
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
    {"AbsorberNoTable",
     field("lattice.absorber = 3"),
     {},
     {"c.toml:6:20: lattice.absorber = 3: must be {width = ..., Gamma = ...} or \"none\"",
      "(allowed: {width = ..., Gamma = ...} | \"none\")"}},
    {"AbsorberMisspelt",
     field(R"(lattice.absorber = "nonee")"),
     {},
     {"lattice.absorber = \"nonee\": must be", "(allowed: {width = ..., Gamma = ...} | \"none\")"}},
    {"AbsorberWithoutGamma",
     field("lattice.absorber = {width = 48}"),
     {},
     {"c.toml:6:20: lattice.absorber = {width = 48}: the member \"Gamma\" is missing",
      "(allowed: {width = ..., Gamma = ...} | \"none\")"}},
    {"AbsorberEmpty",
     field("lattice.absorber = {}"),
     {},
     {"lattice.absorber = {}: the member \"width\" is missing"}},
    {"AbsorberMember",
     field("lattice.absorber = {width = 48, gama = 16}"),
     {},
     {"c.toml:6:20: lattice.absorber = {gama = 16, width = 48}: it has an unknown member \"gama\", "
      "did you mean \"Gamma\"?"}},
    {"AbsorberOneMemberTooMany",
     field("lattice.absorber = {width = 48, Gamma = 16, shape = 1}"),
     {},
     {"unknown member \"shape\""}},
    {"AbsorberWidthNoInteger",
     field("lattice.absorber = {width = 48.5, Gamma = 16}"),
     {},
     {"c.toml:6:20: lattice.absorber", "width must be an integer"}},
    {"AbsorberTooNarrow",
     field("lattice.absorber = {width = 3, Gamma = 16}"),
     {},
     {"width must be at least 4"}},
    {"AbsorberTooWide",
     field("lattice.absorber = {width = 10000000, Gamma = 16}"),
     {},
     {"width must be at most 4194304"}},
    {"AbsorberGammaZero",
     field("lattice.absorber = {width = 48, Gamma = 0}"),
     {},
     {"Gamma must be greater than 0"}},
    {"AbsorberGammaNan",
     field("lattice.absorber = {width = 48, Gamma = nan}"),
     {},
     {"Gamma must be finite"}},
    {"AbsorberGammaText",
     field(R"(lattice.absorber = {width = 48, Gamma = "16"})"),
     {},
     {"Gamma must be a number"}},
    {"AbsorberLeaks",
     field("lattice.absorber = {width = 48, Gamma = 10}"),
     {},
     {"c.toml:6:20: lattice.absorber = {Gamma = 10.0, width = 48}: 4.15 % of the fastest carriers, "
      "v = 6.283, leak through it; Gamma = 14.468 keeps that below 1 %"}},
    {"AbsorberLeaksBySet",
     field(""),
     {"lattice.absorber={width=48,Gamma=1}"},
     {"--set: lattice.absorber = {Gamma = 1.0, width = 48}", "leak"}},
    {"RingOverlapsDefect",
     field("lattice.sites = 280"),
     {},
     {"c.toml:6:17: lattice.sites = 280: the absorber, 128 sites on each side of the seam, "
      "overlaps the defect, which leaves 120"}},
    {"RingWithoutRoom",
     field("lattice.sites = 400"),
     {},
     {"c.toml:6:17: lattice.sites = 400: a window of 128 sites reaches into the absorber or the "
      "defect: there are 52 sites between them"}},
    {"RingShorterThanTheDefect",
     field("lattice.sites = 36"),
     {},
     {"c.toml:3:12: defect.L = 40.0: the ring has 36 sites"}},
    {"SitesTooFew",
     field("lattice.sites = 8"),
     {},
     {"c.toml:6:17: lattice.sites = 8: must be at least 16 (allowed: 16 .. 16777216)"}},
    {"SitesTooMany",
     field("lattice.sites = 16777217"),
     {},
     {"lattice.sites = 16777217: must be at most 16777216"}},
    {"SitesNoInteger",
     field("lattice.sites = 512.5"),
     {},
     {"lattice.sites = 512.5: must be an integer"}},
    {"SitesText",
     field(R"(lattice.sites = "512")"),
     {},
     {"lattice.sites = \"512\": must be an integer"}},
    {"SitesThatWouldBeNeeded",
     field("lattice.absorber = {width = 4000000, Gamma = 16}"),
     {"defect.L=9e6"},
     {"--set: defect.L = 9000000.0: the ring would need 17000256 sites, and can have 16777216"}},
    {"WindowTooSmall",
     field("lattice.window = 15"),
     {},
     {"c.toml:6:18: lattice.window = 15: must be at least 16 (allowed: 16 .. 1048576)"}},
    {"WindowTooLarge",
     field("lattice.window = 1048577"),
     {},
     {"lattice.window = 1048577: must be at most 1048576"}},
    {"WindowNoInteger",
     field("lattice.window = 64.0"),
     {},
     {"lattice.window = 64.0: must be an integer"}},
    {"StepTooLong",
     field("lattice.dt = 0.32"),
     {},
     {"c.toml:6:14: lattice.dt = 0.32: too long for the band, whose width is 9.87: at most pi / "
      "width = 0.3183"}},
    {"StepTooLongForAChain",
     chain("lattice.dt = 0.32"),
     {},
     {"c.toml:6:14: lattice.dt = 0.32: too long for the band"}},
    {"StepZero", field("lattice.dt = 0"), {}, {"lattice.dt = 0.0: must be greater than 0"}},
    {"StepInfinite", field("lattice.dt = inf"), {}, {"lattice.dt = inf: must be finite"}},
    {"StepText",
     field(R"(lattice.dt = "short")"),
     {},
     {"lattice.dt = \"short\": must be a number"}},
    {"NoiseTooSeldom",
     field("lattice.noise_every = 100"),
     {},
     {"c.toml:6:23: lattice.noise_every = 100: the field decays by exp(-0.633) between two kicks: "
      "at most 78 steps, or a wider absorber"}},
    {"AbsorberTooSteep",
     field("lattice.absorber = {width = 4, Gamma = 16}"),
     {},
     {"lattice.noise_every = 4: the field decays by exp(-0.811) between two kicks",
      "a wider absorber"}},
    {"NoiseEveryZero",
     field("lattice.noise_every = 0"),
     {},
     {"lattice.noise_every = 0: must be at least 1 (allowed: 1 .. 1000000)"}},
    {"NoiseEveryNoInteger",
     field("lattice.noise_every = 1.5"),
     {},
     {"lattice.noise_every = 1.5: must be an integer"}},
    {"StartUnknown",
     field(R"(lattice.start = "zeroo")"),
     {},
     {"c.toml:6:17: lattice.start = \"zeroo\": there is no such choice, did you mean \"zero\"? "
      "(allowed: \"injected\" | \"zero\")"}},
    {"StartNoWord",
     field("lattice.start = 0"),
     {},
     {"lattice.start = 0: must be a word in quotes"}},
    {"LatticeKeyMisspelt",
     field("lattice.windows = 64"),
     {},
     {"c.toml:6:19: lattice.windows = 64: unknown key, did you mean \"lattice.window\"?"}},
    {"LTooLong",
     field(""),
     {"defect.L=1e8"},
     {"--set: defect.L = 100000000.0: must be at most 10000000"}},
    {"LTooShort", field(""), {"defect.L=0.5"}, {"--set: defect.L = 0.5: must be at least 1"}},
    {"LText", field(""), {"defect.L=long"}, {"--set: defect.L = \"long\": must be a number"}},
    {"LMissing", without("defect.L ", field("")), {}, {"c.toml: defect.L is missing"}},
    {"LLongerThanTheChain",
     chain("lattice.sites = 64\ndefect.L = 65"),
     {},
     {"c.toml:7:12: defect.L = 65.0: the ring has 64 sites"}},
    {"ProfileZero",
     field(R"(defect.profile = "0")"),
     {},
     {"c.toml:6:18: defect.profile = \"0\": it is zero at every site"}},
    {"ProfileNotFinite",
     field("defect.profile = \"1/(x-0.0125)\""),
     {},
     {"c.toml:6:18: defect.profile = \"1/(x-0.0125)\": it is inf at x = 0.0125"}},
    {"ProfileNan",
     field("defect.profile = \"sqrt(x)\""),
     {},
     {"defect.profile = \"sqrt(x)\": it is", "nan at x = -0.4875"}},
    {"ProfileOfK",
     field("defect.profile = \"cos(k)\""),
     {},
     {"c.toml:6:18: defect.profile = \"cos(k)\": this is no expression of x", "\"k\""}},
    {"ProfileMisspelt",
     field(R"(defect.profile = "smoth")"),
     {},
     {"this is no expression of x", "\"smooth\" | \"box\" | \"expression of x\""}},
    {"ProfileEmpty", field(R"(defect.profile = "")"), {}, {"must be a name or an expression of x"}},
    {"ProfileList",
     field(R"(defect.profile = ["box"])"),
     {},
     {"must be a name or an expression of x"}},
    {"CountertermMisspelt",
     field(R"(defect.counterterm = "hartre")"),
     {},
     {"c.toml:6:22: defect.counterterm = \"hartre\": must be a number or \"hartree\""}},
    {"CountertermNan",
     field("defect.counterterm = nan"),
     {},
     {"defect.counterterm = nan: must be finite"}},
    {"CountertermFlag",
     field("defect.counterterm = true"),
     {},
     {"defect.counterterm = true: must be a number"}},
    {"LambdaGivenTwice",
     field("defect.lambda = 0.1"),
     {},
     {"c.toml:4:17: defect.Lambda = 0.1: defect.lambda is given as well, and sets it"}},
    {"LambdaMissing",
     without("defect.Lambda", field("")),
     {},
     {"c.toml: defect.Lambda is missing: give it, or defect.lambda"}},
    {"LambdaMissingInAChain",
     without("defect.lambda", chain("")),
     {},
     {"c.toml: defect.Lambda is missing: give it, or defect.lambda"}},
    {"LambdaList",
     field(""),
     {"defect.Lambda=[0.1, 0.2]"},
     {"--set: defect.Lambda = [0.1, 0.2]: must be a number (allowed: >= 0)"}},
    {"LambdaNegative",
     field(""),
     {"defect.Lambda=-0.1"},
     {"--set: defect.Lambda = -0.1: must be at least 0"}},
    {"CouplingText",
     chain(""),
     {"defect.lambda=strong"},
     {"--set: defect.lambda = \"strong\": must be a number (allowed: any finite number)"}},
    {"CouplingInfinite",
     chain(""),
     {"defect.lambda=inf"},
     {"--set: defect.lambda = inf: must be finite"}},
    {"InjectedNegative",
     field("", "\"cos(k)\""),
     {},
     {"c.toml:2:18: injection.left = \"cos(k)\": n must be finite and positive at every momentum",
      "at k = -3.1"}},
    {"InjectedInfinite",
     field("", "\"1/(k-k)\""),
     {},
     {"c.toml:2:18: injection.left = \"1/(k-k)\": n must be finite and positive"}},
    {"InjectedByATableThatIsNotThere",
     field("", R"({table = "n.csv"})"),
     {},
     {"c.toml:2:18: injection.left", "n.csv: the table cannot be read: No such file"}},
    {"InjectedNegativeFromTheRight",
     field(R"(injection.right = "k")"),
     {},
     {"c.toml:6:19: injection.right = \"k\": n must be finite and positive"}},
    {"InjectedMissing",
     without("injection.left", field("")),
     {},
     {"c.toml: injection.left is missing: it is what lattice.absorber sends in"}},
    {"StateWithAnAbsorber",
     field(R"(state.n = "1")"),
     {},
     {"c.toml:6:11: state.n = \"1\": with an absorber, the field starts from what is injected"}},
    {"StateNegative",
     chain("", R"("k")"),
     {},
     {"c.toml:2:11: state.n = \"k\": n must be finite and positive"}},
    {"StateMissing",
     without("state.n", chain("")),
     {},
     {"c.toml: state.n is missing: a closed chain starts from it"}},
    {"ChainLeftInjection",
     chain(R"(injection.left = "1")"),
     {},
     {"c.toml:6:18: injection.left = \"1\": a closed chain has no boundaries and no stationary "
      "state to wait for"}},
    {"ChainRightInjection",
     chain(R"(injection.right = "1")"),
     {},
     {"c.toml:6:19: injection.right = \"1\": a closed chain has no boundaries and no stationary "
      "state to wait for"}},
    {"ChainBurnIn",
     chain("ensemble.burn_in = 1.0"),
     {},
     {"c.toml:6:20: ensemble.burn_in = 1.0: a closed chain has no boundaries and no stationary "
      "state to wait for"}},
    {"ChainTargetError",
     chain("ensemble.target_error = 0.1"),
     {},
     {"c.toml:6:25: ensemble.target_error = 0.1: a closed chain has no boundaries and no "
      "stationary state to wait for"}},
    {"ChainWithoutEnd",
     without("ensemble.max_time", chain("")),
     {},
     {"c.toml: ensemble.max_time is missing: a closed chain is followed until then"}},
    {"TrajectoriesZero",
     field("ensemble.trajectories = 0"),
     {},
     {"c.toml:6:25: ensemble.trajectories = 0: must be at least 2 (allowed: 2 .. 10000000)"}},
    {"TrajectoriesOne",
     field("ensemble.trajectories = 1"),
     {},
     {"ensemble.trajectories = 1: must be at least 2"}},
    {"TrajectoriesTooMany",
     field("ensemble.trajectories = 10000001"),
     {},
     {"must be at most 10000000"}},
    {"TrajectoriesNoInteger", field("ensemble.trajectories = 2.5"), {}, {"must be an integer"}},
    {"SeedNegative",
     field("ensemble.seed = -1"),
     {},
     {"c.toml:6:17: ensemble.seed = -1: must be at least 0"}},
    {"SeedTooLarge",
     field("ensemble.seed = 9007199254740994"),
     {},
     {"must be at most 9007199254740992"}},
    {"SeedNoInteger",
     field("ensemble.seed = 1.5"),
     {},
     {"ensemble.seed = 1.5: must be an integer"}},
    {"PrecisionUnknown",
     field(R"(ensemble.precision = "half")"),
     {},
     {"c.toml:6:22: ensemble.precision = \"half\": there is no such choice",
      "\"double\" | \"single\""}},
    {"PrecisionNoWord",
     field("ensemble.precision = 32"),
     {},
     {"ensemble.precision = 32: must be a word in quotes"}},
    {"BurnInToTheEnd",
     field("ensemble.burn_in = 10"),
     {},
     {"c.toml:6:20: ensemble.burn_in = 10.0: ensemble.max_time is not later: nothing would be left "
      "to measure"}},
    {"BurnInNegative",
     field("ensemble.burn_in = -1"),
     {},
     {"ensemble.burn_in = -1.0: must be at least 0"}},
    {"BurnInText",
     field(R"(ensemble.burn_in = "auto")"),
     {},
     {"ensemble.burn_in = \"auto\": must be a number"}},
    {"NothingStopsTheField",
     without("ensemble.max_time", field("")),
     {},
     {"c.toml: nothing would stop this run: give ensemble.max_time or ensemble.target_error"}},
    {"MaxTimeZero",
     field(""),
     {"ensemble.max_time=0"},
     {"ensemble.max_time = 0.0: must be greater than 0"}},
    {"MaxTimeInfinite",
     field(""),
     {"ensemble.max_time=inf"},
     {"ensemble.max_time = inf: must be finite"}},
    {"TargetErrorZero",
     field("ensemble.target_error = 0"),
     {},
     {"c.toml:6:25: ensemble.target_error = 0.0: must be at least 1e-06 (allowed: 1e-06 .. 1)"}},
    {"TargetErrorTooLarge", field("ensemble.target_error = 2"), {}, {"must be at most 1"}},
    {"TargetErrorText", field(R"(ensemble.target_error = "1 %")"), {}, {"must be a number"}},
    {"TargetKEmpty",
     field("ensemble.target_k = []"),
     {},
     {"c.toml:6:21: ensemble.target_k = []: must be [low, high] (allowed: [low, high], both >= "
      "0)"}},
    {"TargetKOfThree", field("ensemble.target_k = [1, 2, 3]"), {}, {"must be [low, high]"}},
    {"TargetKNumber", field("ensemble.target_k = 1.0"), {}, {"must be [low, high]"}},
    {"TargetKReversed",
     field("ensemble.target_k = [2, 1]"),
     {},
     {"ensemble.target_k = [2.0, 1.0]: low must be below high"}},
    {"TargetKOfNoLength", field("ensemble.target_k = [1, 1]"), {}, {"low must be below high"}},
    {"TargetKNegative", field("ensemble.target_k = [-1, 1]"), {}, {"-1.0 must be at least 0"}},
    {"TargetKText", field(R"(ensemble.target_k = [0.5, "pi"])"), {}, {"\"pi\" must be a number"}},
    {"TargetKBetweenMomenta",
     field("ensemble.target_k = [1.0, 1.001]\nensemble.target_error = 0.1"),
     {},
     {"c.toml:6:21: ensemble.target_k = [1.0, 1.001]: none of the window's momenta, 0.04909 apart, "
      "lies in there"}},
    {"RecordsZero",
     chain("ensemble.records = 0"),
     {},
     {"c.toml:6:20: ensemble.records = 0: must be at least 1"}},
    {"RecordsNoInteger",
     chain("ensemble.records = 1.5"),
     {},
     {"ensemble.records = 1.5: must be an integer"}},
    {"OrderThree",
     field("numerics.order = 3"),
     {},
     {"c.toml:6:18: numerics.order = 3: must be even (allowed: even, 2 .. 4)"}},
    {"OrderSix", field("numerics.order = 6"), {}, {"must be at most 4"}},
    {"ErrorCheckNoFlag",
     field("numerics.error_check = 1"),
     {},
     {"c.toml:6:24: numerics.error_check = 1: must be true or false"}},
    {"ToleranceOfAField",
     field("numerics.tolerance = 1e-3"),
     {},
     {"c.toml:6:22: numerics.tolerance = 0.001: this key belongs to jobs \"collision\", "
      "\"relax\", \"stationary\", \"linear\", not to \"microscopic\""}},
    {"GridOfAField",
     field("grid.K = 64"),
     {},
     {"c.toml:6:10: grid.K = 64: this key belongs to jobs \"collision\", ",
      "not to \"microscopic\""}},
    {"LatticeInAnotherJob",
     relax("lattice", "sites = 64"),
     {},
     {"c.toml:5:9: lattice.sites = 64: this key belongs to job \"microscopic\", not to \"relax\""}},
    {"EnsembleInAnotherJob",
     defect("ensemble", "seed = 1"),
     {},
     {"c.toml:5:8: ensemble.seed = 1: this key belongs to job \"microscopic\", not to "
      "\"stationary\""}},
    {"CouplingInAnotherJob",
     defect("defect", "lambda = 1.0"),
     {},
     {"c.toml:5:10: defect.lambda = 1.0: this key belongs to job \"microscopic\""}},
    {"OrderInAnotherJob",
     linear("numerics", "order = 4"),
     {},
     {"c.toml:5:9: numerics.order = 4: this key belongs to job \"microscopic\", not to "
      "\"linear\""}},
    {"TOf2To2Alone",
     relax("numerics", "channels = [2]\nT = 30"),
     {},
     {"c.toml:6:5: numerics.T = 30.0: 2 -> 2 collisions alone are summed on their resonant "
      "manifold, without auxiliary time: leave it out"}},
    {"MOf2To2Alone",
     linear("numerics", "channels = [2]\nM = 512"),
     {},
     {"c.toml:6:5: numerics.M = 512: 2 -> 2 collisions alone"}},
    {"DtauOfAnInteractionWithout3To3",
     defect("model", "interaction = {c2 = 2.0}"),
     {"numerics.dtau=0.1"},
     {"--set: numerics.dtau = 0.1: 2 -> 2 collisions alone"}},
    {"TOfACollisionOfPairs",
     relax("model", "interaction = {c2 = 2.0}"),
     {"job=collision", "numerics.T=30"},
     {"--set: numerics.T = 30.0: 2 -> 2 collisions alone"}},
    {"TogetherWithOneLambda",
     defect("defect", "together = false\nLambda = 2"),
     {},
     {"c.toml:5:12: defect.together = false: needs a list in defect.Lambda"}},
    {"NoSplitWithNewton",
     defect("numerics", "split = false"),
     {},
     {"c.toml:5:9: numerics.split = false: Newton's method does not split: set numerics.scheme = "
      "\"explicit\""}},
    {"LayerOfExplicitSteps",
     defect("grid", "layer = 0.1"),
     {"numerics.scheme=explicit"},
     {"c.toml:5:9: grid.layer = 0.1: a uniform mesh has no layers: set grid.mesh = \"graded\""}},
    {"LayerWithoutCollisions",
     defect("grid", "layer = 0.1"),
     {"defect.Lambda=0"},
     {"c.toml:5:9: grid.layer = 0.1: without collisions, Lambda = 0, there are no layers, and "
      "cells "
      "are equal: leave it out"}},
    {"GradedWithoutCollisions",
     defect("grid", "mesh = \"graded\""),
     {"defect.Lambda=[0, 0]"},
     {"c.toml:5:8: grid.mesh = \"graded\": without collisions"}},
    {"TransportOfExplicitSteps",
     defect("numerics", "scheme = \"explicit\"\ntransport = \"corner_balance\""),
     {},
     {"c.toml:6:13: numerics.transport = \"corner_balance\": explicit steps keep densities "
      "positive "
      "with \"upwind\" only"}},
    {"RecordsOfADefect",
     field("ensemble.records = 5"),
     {},
     {"c.toml:6:20: ensemble.records = 5: only a closed chain, lattice.absorber = \"none\", is "
      "recorded in time"}},
    {"RecordsOfADefectLikeTheDefault",
     field("ensemble.records = 12"),
     {},
     {"c.toml:6:20: ensemble.records = 12: only a closed chain"}},
    {"ChainWindow",
     chain("lattice.window = 64"),
     {},
     {"c.toml:6:18: lattice.window = 64: a closed chain is measured as a whole"}},
    {"ChainNoise",
     chain("lattice.noise_every = 2"),
     {},
     {"c.toml:6:23: lattice.noise_every = 2: a closed chain has no boundaries"}},
    {"ChainStart",
     chain("lattice.start = \"zero\""),
     {},
     {"c.toml:6:17: lattice.start = \"zero\": a closed chain has no boundaries"}},
    {"ChainTargetK",
     chain("ensemble.target_k = [1, 2]"),
     {},
     {"c.toml:6:21: ensemble.target_k = [1.0, 2.0]: a closed chain has no boundaries"}},
    {"ChainProfileWithoutLength",
     chain("defect.profile = \"box\""),
     {},
     {"c.toml:6:18: defect.profile = \"box\": without defect.L, a closed chain is a defect "
      "everywhere: give it as well"}},
    {"LambdaGivenTwiceInAChain",
     chain("defect.Lambda = 0.1"),
     {},
     {"c.toml:6:17: defect.Lambda = 0.1: defect.lambda is given as well, and sets it"}},
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
    const Config config = Config::load(program_schema(), file, bad.overrides);
    job_of(config).validate(config);
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

/// Advice that is refused when it is followed is none.
TEST(BadInput, TheGammaThatWouldDoDoes) {
  const TemporaryDirectory directory;
  directory.write("c.toml", field(""));
  for (const char* band : {"parabolic", "cosine"})
    for (const char* Gamma : {"1", "4"}) {
      const std::string given = std::string("lattice.absorber={width = 48, Gamma = ") + Gamma + "}";
      const Ended refused = kapitza_program(
          directory.path(),
          {"check", "c.toml", "--set", std::string("model.dispersion=") + band, "--set", given});
      ASSERT_EQ(refused.exit_code, 2);
      const std::size_t place = refused.err.find("; Gamma = ");
      ASSERT_NE(place, std::string::npos) << refused.err;
      const double advised = std::stod(refused.err.substr(place + 10));
      const std::string taken =
          "lattice.absorber={width = 48, Gamma = " + std::to_string(advised) + "}";
      const Ended accepted = kapitza_program(
          directory.path(),
          {"check", "c.toml", "--set", std::string("model.dispersion=") + band, "--set", taken});
      EXPECT_EQ(accepted.exit_code, 0) << accepted.err;
    }
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
