// SPDX-License-Identifier: BSD-3-Clause
//
// A key that is given is read: in every kind of run, each key of the job changes the result or is
// refused because of what others say. And what a configuration is resolved to is a configuration.
#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <numbers>
#include <set>

#include "host/exit_code.hpp"
#include "host/jobs/job.hpp"
#include "host/output/result_file.hpp"
#include "tests/host/program.hpp"

namespace kapitza::host {
namespace {

/// A kind of run that reads some keys of its job, and not others.
struct Mode {
  std::string name, text;
  /// Where another value than in other_values() is needed to see a difference.
  std::map<std::string, std::string> others = {};
  /// That are read, but that this run is far from.
  std::set<std::string> limits = {};
};

std::ostream& operator<<(std::ostream& stream, const Mode& mode) { return stream << mode.name; }

constexpr const char* kinetic = R"toml(
[grid]
K = 32
[numerics]
tolerance = 0.1
)toml";

constexpr const char* small_defect = R"toml(
grid.K = 32
grid.cells = 4
injection.left = "2.62*(0.8*exp(-(abs(k)-1.2)^2/0.2)+0.05)"
[numerics]
tolerance = 0.1
residual = 1e-3
)toml";

constexpr const char* small_field = R"toml(
ensemble = {trajectories = 4, max_time = 20}
injection.left = "1 + 0.5*cos(k)"
lattice = {sites = 200, absorber = {width = 48, Gamma = 16}, window = 32, dt = 0.1}
)toml";

constexpr const char* precise_field = R"toml(
ensemble = {trajectories = 4, burn_in = 10, target_error = 1, target_k = [1, 2]}
injection.left = "1 + 0.5*cos(k)"
lattice = {sites = 200, absorber = {width = 48, Gamma = 16}, window = 32, dt = 0.1}
)toml";

constexpr const char* small_chain = R"toml(
ensemble = {trajectories = 4, max_time = 10}
state.n = "1 + 0.5*cos(k)"
lattice = {sites = 64, absorber = "none", dt = 0.1}
)toml";

std::string job(const std::string& name, const std::string& text) {
  return "job = \"" + name + "\"\n" + text;
}

const std::vector<Mode> modes{
    {"Collision",
     job("collision", "state.n = \"1 + 0.5*cos(k)\"" + std::string(kinetic)),
     {{"numerics.tolerance", "1e-5"}}},
    {"CollisionOfPairs",
     job("collision",
         "state.n = \"1 + 0.5*cos(k)\"\nmodel.interaction = "
         "{c2 = 2.0}" +
             std::string(kinetic)),
     {{"numerics.channels", "[3]"}, {"numerics.tolerance", "1e-8"}}},
    {"Relax",
     job("relax", "state.n = \"1 + 0.5*cos(k)\"\nrelax = {deviation = 0.001, t_end = 0.001}" +
                      std::string(kinetic)),
     {{"numerics.tolerance", "1e-5"}}},
    {"Linear",
     job("linear", "state.n = {thermal = {beta = 1.0, mu = -1.0}}" + std::string(kinetic)),
     {{"state.n", "{thermal = {beta = 1.0, mu = -2.0}}"}}},
    {"Newton", job("stationary", small_defect)},
    {"NewtonOnEqualCells",
     job("stationary", "grid.mesh = \"uniform\"" + std::string(small_defect)),
     {{"grid.mesh", "graded"}}},
    {"ListOfLambdas",
     job("stationary", "defect.Lambda = [0.1, 1]" + std::string(small_defect)),
     {{"numerics.iterations", "1"}}},
    {"ListWithAZero",
     job("stationary", "defect.Lambda = [0, 0.1]" + std::string(small_defect)),
     {{"numerics.iterations", "1"}}},
    {"SideBySide",
     job("stationary", "defect = {Lambda = [0.1, 1], together = true}" + std::string(small_defect)),
     {{"defect.together", "false"}, {"numerics.iterations", "1"}}},
    {"WithoutCollisions",
     job("stationary", "defect.Lambda = 0" + std::string(small_defect)),
     {{"grid.mesh", "graded"}},
     {"numerics.residual", "numerics.iterations"}},
    {"ExplicitSteps",
     job("stationary",
         "defect.Lambda = 0.02" + std::string(small_defect) + "scheme = \"explicit\"\n"),
     {{"grid.mesh", "graded"},
      {"numerics.residual", "1e-4"},
      {"numerics.scheme", "newton"},
      {"numerics.transport", "corner_balance"}}},
    {"SplitSteps",
     job("stationary", "defect.Lambda = 0.02" + std::string(small_defect) +
                           "scheme = \"explicit\"\nsplit = true\n"),
     {{"grid.mesh", "graded"},
      {"numerics.residual", "1e-4"},
      {"numerics.scheme", "newton"},
      {"numerics.split", "false"},
      {"numerics.transport", "corner_balance"}}},
    {"Field", job("microscopic", "defect = {L = 40, lambda = 0.1}" + std::string(small_field))},
    {"FieldWithAStrength",
     job("microscopic", "defect = {L = 40, Lambda = 0.1}" + std::string(small_field))},
    {"FieldBesideHalfTheStep",
     job("microscopic", "defect = {L = 40, lambda = 0.1}" + std::string(small_field) +
                            "numerics.error_check = true\n"),
     {{"numerics.error_check", "false"}}},
    {"FieldUntilItIsPrecise",
     job("microscopic", "defect = {L = 40, lambda = 0.1}" + std::string(precise_field)),
     {{"ensemble.max_time", "20"}, {"ensemble.target_error", "0.9"}}},
    {"Chain",
     job("microscopic", "defect.lambda = 0.1" + std::string(small_chain)),
     {{"lattice.sites", "96"}}},
    {"ChainWithAStrength",
     job("microscopic", "defect.Lambda = 0.1" + std::string(small_chain)),
     {{"lattice.sites", "96"}}},
    {"DefectInAChain",
     job("microscopic", "defect = {L = 20, lambda = 0.1}" + std::string(small_chain)),
     {{"defect.L", "30"}, {"lattice.sites", "96"}}},
};

/// In a kind of run that reads the key, a result of its own.
const std::map<std::string, std::string>& other_values() {
  static const std::map<std::string, std::string> values{
      {"defect.L", "30"},
      {"defect.Lambda", "0.3"},
      {"defect.counterterm", "0.1"},
      {"defect.lambda", "0.3"},
      {"defect.profile", "box"},
      {"defect.together", "true"},
      {"ensemble.burn_in", "5"},
      {"ensemble.max_time", "8"},
      {"ensemble.precision", "single"},
      {"ensemble.records", "3"},
      {"ensemble.seed", "2"},
      {"ensemble.target_error", "1"},
      {"ensemble.target_k", "[1.5, 2]"},
      {"ensemble.trajectories", "6"},
      {"grid.K", "64"},
      {"grid.cells", "6"},
      {"grid.layer", "0.3"},
      {"grid.mesh", "uniform"},
      {"injection.left", "2"},
      {"injection.right", "2"},
      {"lattice.absorber", "{width = 40, Gamma = 17}"},
      {"lattice.dt", "0.05"},
      {"lattice.noise_every", "2"},
      {"lattice.sites", "256"},
      {"lattice.start", "zero"},
      {"lattice.window", "16"},
      {"linear.S", "true"},
      {"linear.dn", "{right = \"1\"}"},
      {"linear.places", "3"},
      {"model.dispersion", "{table = \"E.csv\"}"},
      {"model.interaction", "{c2 = 1, c3 = 3}"},
      {"numerics.M", "1024"},
      {"numerics.T", "25"},
      {"numerics.channels", "[2]"},
      {"numerics.dtau", "0.1"},
      {"numerics.error_check", "true"},
      {"numerics.iterations", "2"},
      {"numerics.order", "4"},
      {"numerics.residual", "1e-6"},
      {"numerics.scheme", "explicit"},
      {"numerics.split", "true"},
      {"numerics.tolerance", "0.01"},
      {"numerics.transport", "upwind"},
      {"relax.deviation", "0.1"},
      {"relax.lambda", "2"},
      {"relax.t_end", "0.0005"},
      {"state.n", "2"},
  };
  return values;
}

class EveryKey : public testing::TestWithParam<Mode> {
 protected:
  EveryKey() {
    directory_.write("c.toml", GetParam().text);
    std::string band = "k, E\n";
    for (int m = 0; m < 32; ++m) {
      const double k = std::numbers::pi * (m - 16) / 16;
      band += fmt::format("{}, {}\n", k, k * k - 0.02 * k * k * k * k);
    }
    directory_.write("E.csv", band);
  }

  /// All that a run has found, but for how long it took; or its exit code, 3, where the numerics
  /// fail. Anything else is a fault.
  std::string outcome(const Arguments& more) const {
    const Ended ended = kapitza_program(
        directory_.path(),
        joined({"run", "c.toml", "--device", "cpu", "--out", "c.h5", "--overwrite"}, more));
    if (ended.exit_code != 0) {
      EXPECT_EQ(ended.exit_code, numerics_failed) << testing::PrintToString(more) << ended.err;
      return std::to_string(ended.exit_code);
    }
    const ResultReader reader(directory_ / "c.h5");
    std::string text;
    for (const Quantity& row : reader.results())
      if (row.key.find("seconds") == std::string::npos)
        text += row.key + readable(row.value) + "\n";
    for (const std::string& name : reader.datasets()) {
      const std::vector<double> values = reader.read(name);
      text += name;
      text.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
    }
    return text;
  }

  /// Why the configuration does not take this assignment; empty if it does.
  static std::string refusal(const std::string& assignment) {
    try {
      Config::parse(program_schema(), GetParam().text, "c.toml", {assignment});
      return {};
    } catch (const InputError& error) {
      return error.what();
    }
  }

  static const std::string& other_value(const std::string& key) {
    const auto& others = GetParam().others;
    const auto own = others.find(key);
    return own != others.end() ? own->second : other_values().at(key);
  }

  TemporaryDirectory directory_;
};

TEST_P(EveryKey, ChangesTheResultOrIsRefused) {
  const std::string before = outcome({});
  ASSERT_NE(before, std::to_string(numerics_failed));
  const std::set<std::string> without_effect{"job", "output.file", "output.every"};
  const Config config = Config::parse(program_schema(), GetParam().text, "c.toml");
  for (const Key* key : job_of(config).keys) {
    const std::string name(key->name);
    if (without_effect.contains(name) || GetParam().limits.contains(name)) continue;
    const std::string assignment = name + "=" + other_value(name);
    if (const std::string why = refusal(assignment); !why.empty()) {
      // That a value is out of its range would be about itself.
      EXPECT_TRUE(why.find(name) != std::string::npos && why.find("allowed") == std::string::npos)
          << name << ": " << why;
      continue;
    }
    const std::string after = outcome({"--set", assignment});
    EXPECT_TRUE(after != before) << name << " is ignored";
  }
}

TEST_P(EveryKey, OfAResolvedConfigurationIsRead) {
  const Config config = Config::parse(program_schema(), GetParam().text, "c.toml");
  const Config again = Config::parse(program_schema(), config.to_toml(), "again.toml");
  EXPECT_EQ(again.to_toml(), config.to_toml());
  job_of(again).validate(again);
}

TEST(EveryJob, IsTried) {
  for (const Job* job : jobs())
    EXPECT_TRUE(std::ranges::any_of(modes, [&](const Mode& mode) {
      return Config::parse(program_schema(), mode.text, "c.toml").job() == job->name;
    })) << job->name;
}

INSTANTIATE_TEST_SUITE_P(, EveryKey, testing::ValuesIn(modes),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace kapitza::host
