// SPDX-License-Identifier: BSD-3-Clause
//
// Reading configurations that are right, and what they mean.
#include <cmath>
#include <gtest/gtest.h>
#include <numbers>

#include "host/config/config.hpp"
#include "host/config/expression.hpp"
#include "host/config/table.hpp"
#include "host/jobs/job.hpp"
#include "host/jobs/kinetic/read.hpp"
#include "host/jobs/kinetic/relax_read.hpp"
#include "tests/host/program.hpp"

namespace kapitza::host {
namespace {

constexpr const char* minimal = "job = \"relax\"\n[state]\nn = \"1 + 0.5*cos(k)\"\n";

Config parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return Config::parse(program_schema(), text, "test.toml", overrides);
}

TEST(Config, FillsInTheDefaults) {
  const Config config = parse(minimal);
  EXPECT_EQ(config.job(), "relax");
  EXPECT_EQ(config.integer("grid.K"), 256);
  EXPECT_EQ(config.number("numerics.tolerance"), 1e-4);
  EXPECT_EQ(config.number("relax.deviation"), 1e-3);
  EXPECT_EQ(config.text("model.dispersion"), "parabolic");
  EXPECT_FALSE(config.has("relax.t_end"));
  EXPECT_FALSE(config.optional_number("numerics.T").has_value());
}

TEST(Config, ResolvedTextGivesTheSameConfiguration) {
  const Config config = parse(
      minimal, {"numerics.T=30", "model.interaction={c2=1, c3=6}", "numerics.channels=[3,2]"});
  const Config again = parse(config.to_toml());
  EXPECT_EQ(again.to_toml(), config.to_toml());
  EXPECT_EQ(Config::first_difference(config, again), std::nullopt);
}

TEST(Config, OverridesAreStrongerThanTheFile) {
  const Config config = parse(minimal, {"job=collision", "model.dispersion=cosine", "grid.K=64",
                                        "state.n=exp(-k^2)", "numerics.channels=[3]"});
  EXPECT_EQ(config.job(), "collision");
  EXPECT_EQ(config.text("model.dispersion"), "cosine");
  EXPECT_EQ(config.integer("grid.K"), 64);
  EXPECT_EQ(config.text("state.n"), "exp(-k^2)");
}

TEST(Config, OverridesReachIntoTables) {
  const Config config =
      parse("job=\"relax\"\n[model]\ninteraction={c3=6.0}\n[state]\nn={thermal={beta=1,mu=-1}}\n",
            {"model.interaction.c2=1.5", "state.n.thermal.mu=-2"});
  EXPECT_EQ(to_toml(config.at("model.interaction")), "{c2 = 1.5, c3 = 6.0}");
  EXPECT_EQ(to_toml(config.at("state.n")), "{thermal = {beta = 1.0, mu = -2.0}}");
}

TEST(Config, ComparesWhatMattersForTheResult) {
  const Config config = parse(minimal);
  EXPECT_EQ(Config::first_difference(config, parse(minimal, {"output.every=1"})), std::nullopt);
  EXPECT_EQ(Config::first_difference(config, parse(minimal, {"grid.K=256"})), std::nullopt);
  EXPECT_EQ(Config::first_difference(config, parse(minimal, {"relax.lambda=1"})), std::nullopt);
  EXPECT_EQ(Config::first_difference(config, parse(minimal, {"grid.K=128"})), "grid.K");
  EXPECT_EQ(Config::first_difference(config, parse(minimal, {"relax.t_end=3"})), "relax.t_end");
}

/// A default that nothing reads is no part of the resolved configuration.
TEST(Config, ResolvesToWhatIsRead) {
  const std::string chain = R"(job = "microscopic"
state.n = "1"
defect.lambda = 0.1
lattice.absorber = "none"
ensemble.max_time = 1
)";
  const Config config = parse(chain);
  for (const char* key : {"defect.profile", "lattice.window", "lattice.start", "ensemble.target_k"})
    EXPECT_FALSE(config.has(key)) << key;
  EXPECT_TRUE(config.has("ensemble.records"));
  EXPECT_FALSE(parse("job = \"stationary\"\ninjection.left = \"1\"").has("numerics.split"));
}

/// Results of older programs have them, and must be resumed.
TEST(Config, StoredKeysThatNothingReadsAreForgotten) {
  const std::string text = minimal + std::string("[numerics]\nchannels = [2]\n");
  const std::string older = text + "T = 30\n";
  EXPECT_THROW(parse(older), InputError);
  EXPECT_EQ(
      Config::first_difference(parse(text), Config::stored(program_schema(), older, "old.h5")),
      std::nullopt);
}

TEST(Model, FollowsTheConfiguration) {
  const Config config =
      parse(minimal, {"model.interaction={c1=-1,c2=0.5,c4=2}", "grid.K=32", "numerics.M=64",
                      "numerics.T=1", "numerics.dtau=0.1", "relax.t_end=5", "relax.lambda=0.5"});
  const kinetic::CollisionModel model = make_model(config);
  EXPECT_EQ(model.grid.K, 32);
  EXPECT_EQ(model.channels, (std::vector<int>{2, 3, 4}));
  EXPECT_EQ(model.interaction.degree(), 4);
  EXPECT_EQ(model.dispersion, Dispersion::parabolic());
  const kinetic::RelaxationOptions options = make_relaxation_options(config, model);
  EXPECT_EQ(options.lambda, 0.5);
  EXPECT_EQ(options.t_end, 5);
  EXPECT_EQ(options.resolution.M, 64);
  EXPECT_EQ(options.resolution.T, 1.0);
  EXPECT_EQ(options.resolution.dtau, 0.1);
}

TEST(Model, TakesADensityFromAnExpression) {
  const Config config = parse(minimal, {"grid.K=32"});
  const kinetic::CollisionModel model = make_model(config);
  const std::vector<double> n = make_density(config, "state.n", model);
  ASSERT_EQ(n.size(), 32u);
  for (int m = 0; m < 32; ++m) EXPECT_DOUBLE_EQ(n[m], 1 + 0.5 * std::cos(model.grid(m)));
}

TEST(Model, TakesAConstantDensity) {
  const Config config = parse(minimal, {"grid.K=32", "state.n=0.75"});
  for (const double n : make_density(config, "state.n", make_model(config))) EXPECT_EQ(n, 0.75);
}

TEST(Model, TakesAThermalDensityOnEitherSideOfTheBand) {
  const kinetic::CollisionModel model = make_model(parse(minimal, {"grid.K=32"}));
  const Config cold = parse(minimal, {"grid.K=32", "state.n={thermal={beta=2,mu=-0.5}}"});
  const Config inverted = parse(minimal, {"grid.K=32", "state.n={thermal={beta=-2,mu=11}}"});
  const std::vector<double> n = make_density(cold, "state.n", model);
  const std::vector<double> n_inverted = make_density(inverted, "state.n", model);
  for (int m = 0; m < 32; ++m) {
    const double E = model.grid(m) * model.grid(m);
    EXPECT_NEAR(n[m], 1 / (2 * (E + 0.5)), 1e-14);
    EXPECT_NEAR(n_inverted[m], 1 / (2 * (11 - E)), 1e-14);
  }
}

TEST(Model, TakesTablesRelativeToTheConfiguration) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "sub");
  const MomentumGrid grid{32};
  std::string density = "k,n\n", band = "# a band\nk E\n";
  for (int m = 0; m < 32; ++m) {
    density += std::to_string(grid(m)) + "," + std::to_string(2 + std::cos(grid(m))) + "\n";
    band += std::to_string(grid(m)) + " " + std::to_string(2 - 2 * std::cos(grid(m))) + "\n";
  }
  directory.write("sub/n.csv", density);
  directory.write("sub/E.csv", band);
  const auto file =
      directory.write("sub/c.toml",
                      "job = \"collision\"\n[model]\ndispersion = {table = \"E.csv\"}\n"
                      "[state]\nn = {table = \"n.csv\"}\n[numerics]\nchannels=[3]\n");
  const Config config = Config::load(program_schema(), file, {"grid.K=64"});
  const kinetic::CollisionModel model = make_model(config);
  const std::vector<double> n = make_density(config, "state.n", model);
  for (int m = 0; m < 64; ++m) {
    const double k = model.grid(m);
    EXPECT_NEAR(model.dispersion.energy(k), 2 - 2 * std::cos(k), 1e-4);
    EXPECT_NEAR(n[m], 2 + std::cos(k), 1e-4);
  }
}

TEST(Expression, KnowsPiAndUsualPrecedence) {
  const std::vector<double> points{0.5, -2};
  EXPECT_EQ(evaluate_expression("-k^2", "k", points), (std::vector<double>{-0.25, -4}));
  EXPECT_EQ(evaluate_expression("2*pi", "k", points)[0], 2 * std::numbers::pi);
  EXPECT_EQ(evaluate_expression("k > 0 ? 1 : 2", "k", points), (std::vector<double>{1, 2}));
}

TEST(Expression, RefusesWhatIsNone) {
  const std::vector<double> points{0.5};
  for (const char* bad : {"", "k +", "x", "1, 2", "k = 2", "exp(k", "foo(k)"})
    EXPECT_THROW(evaluate_expression(bad, "k", points), InputError) << bad;
}

/// The message of the error that reading a table gives; empty if it gives none.
std::string table_error(const std::string& text, AllowedValues allowed = AllowedValues::positive) {
  const TemporaryDirectory directory;
  const auto file = directory.write("t.csv", text);
  try {
    read_momentum_table(file, allowed);
  } catch (const InputError& error) {
    std::string message = error.what();
    const std::size_t place = message.find(file.string());
    return place == 0 ? message.substr(file.string().size()) : "file not named: " + message;
  }
  return {};
}

TEST(Table, ReadsWhatPeopleWrite) {
  EXPECT_EQ(table_error("-3,1\n-1,2\n1,3\n3,4\n"), "");
  EXPECT_EQ(table_error("k, n\r\n-3, 1\r\n-1, 2\r\n1, 3\r\n3, 4"), "");
  EXPECT_EQ(table_error("# saved by numpy\n-3.0e+00 1\n-1\t2\n\n+1 3  # note\n3   4\n"), "");
}

TEST(Table, ClosesThePeriod) {
  const TemporaryDirectory directory;
  const std::string pi = "3.14159265358979";
  const auto file = directory.write("t.csv", "-" + pi + ",1\n-1,2\n0,2\n1,2\n" + pi + ",1\n");
  EXPECT_EQ(read_momentum_table(file, AllowedValues::any).k.size(), 4u);
  const auto only_end = directory.write("u.csv", "-1,2\n0,2\n1,2\n" + pi + ",1\n");
  const MomentumTable table = read_momentum_table(only_end, AllowedValues::any);
  EXPECT_DOUBLE_EQ(table.k.front(), -std::numbers::pi);
  EXPECT_EQ(table.value.front(), 1);
  EXPECT_NE(table_error("-" + pi + ",1\n-1,2\n0,2\n1,2\n" + pi + ",3\n"), "");
}

TEST(Table, NamesTheLineThatIsWrong) {
  const std::string good = "k,n\n-3,1\n-1,2\n";
  EXPECT_EQ(table_error(good + "1,2,3\n3,4\n"), ":4: 3 columns: must be two, k and the value");
  EXPECT_EQ(table_error(good + "1\n3,4\n"), ":4: 1 columns: must be two, k and the value");
  EXPECT_EQ(table_error(good + "-2,3\n3,4\n"),
            ":4: k = -2: must be greater than the k before it, -1");
  EXPECT_EQ(table_error(good + "1,nan\n3,4\n"), ":4: must be finite");
  EXPECT_EQ(table_error(good + "1,0\n3,4\n"), ":4: n = 0: must be positive");
  EXPECT_EQ(table_error(good + "1,abc\n3,4\n"), ":4: \"abc\" is no number");
  EXPECT_EQ(table_error(good + "4,1\n"), ":4: k = 4: must lie in [-pi, pi)");
  EXPECT_EQ(table_error(good), ": 2 rows: a table needs at least 4");
  EXPECT_EQ(table_error(""), ": 0 rows: a table needs at least 4");
  EXPECT_EQ(table_error("-3,-1\n-1,0\n1,3\n3,4\n", AllowedValues::any), "");
}

TEST(Table, SaysWhyAFileCannotBeRead) {
  try {
    read_momentum_table("/nowhere/t.csv", AllowedValues::any);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "/nowhere/t.csv: the table cannot be read: No such file or directory");
  }
}

}  // namespace
}  // namespace kapitza::host
