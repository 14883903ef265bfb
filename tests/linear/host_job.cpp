// SPDX-License-Identifier: BSD-3-Clause
//
// The job "linear" from the outside: what it writes, and what it refuses.
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>

#include "host/output/result_file.hpp"
#include "tests/host/program.hpp"

namespace kapitza::host {
namespace {

constexpr const char* small_problem = R"toml(
job = "linear"
[state]
n = {thermal = {beta = 1.0, mu = -1.0}}
[defect]
Lambda = [0.1, 10]
[grid]
K = 32
[numerics]
tolerance = 1e-2
)toml";

class Linear : public ProgramTest {
 protected:
  Linear() { directory_.write("l.toml", small_problem); }

  Ended run(const Arguments& more = {}) const { return ProgramTest::run(joined({"l.toml"}, more)); }
  ResultReader result() const { return ResultReader(file("l.h5")); }
};

Matrix2 matrix_of(const ResultReader& reader, const char* name) {
  return std::get<Matrix2>(reader.attribute(name).value());
}

TEST_F(Linear, WritesWhatTheContractSays) {
  const Ended ended = run({"--set", "linear.S=true"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const ResultReader reader = result();
  EXPECT_TRUE(reader.finished());
  const std::map<std::string, hdf5::Shape> shapes{{"k", {32}},
                                                  {"Lambda", {2}},
                                                  {"reflected", {2, 32}},
                                                  {"transmitted", {2, 32}},
                                                  {"affinity", {2}},
                                                  {"current", {2}},
                                                  {"resistance", {2, 2, 2}},
                                                  {"boundary_resistance", {2, 2, 2}},
                                                  {"balance", {2}},
                                                  {"condition", {2}},
                                                  {"milne", {32}},
                                                  {"milne_thermal", {32}},
                                                  {"dn_in", {32}},
                                                  {"n", {32}},
                                                  {"E", {32}},
                                                  {"v", {32}},
                                                  {"loss_rate", {32}},
                                                  {"interior", {2, 32}},
                                                  {"mode", {14}},
                                                  {"spectrum", {14}},
                                                  {"k_out", {32}},
                                                  {"k_in", {32}},
                                                  {"S", {2, 32, 32}}};
  EXPECT_EQ(reader.datasets().size(), shapes.size());
  for (const auto& [name, shape] : shapes) {
    ASSERT_TRUE(reader.contains(name)) << name;
    EXPECT_EQ(reader.shape(name), shape) << name;
    EXPECT_TRUE(reader.attribute("units", name)) << name;
    EXPECT_TRUE(reader.attribute("long_name", name)) << name;
  }
  for (const char* name :
       {"smallest_nu", "continuum_edge", "balance", "condition", "milne.left.dbeta",
        "milne.left.dmu", "milne.left.misplaced", "milne.right.misplaced", "refinement", "T", "M",
        "dtau", "points", "error_estimate", "cutoff_error", "grid_error", "tolerance_reached",
        "symmetrisation"})
    EXPECT_TRUE(reader.attribute(name)) << name;
  EXPECT_LE(reader.number("balance", "/"), 1e-12);
  EXPECT_EQ(reader.number("smallest_nu", "/"), reader.read("spectrum").front());
}

TEST_F(Linear, TheOperatorIsWhatAnswers) {
  ASSERT_EQ(
      run({"--set", "linear.S=true", "--set", "linear.dn={left='sin(k)', right='k^2'}"}).exit_code,
      0);
  const ResultReader reader = result();
  const std::vector<double> S = reader.read("S"), in = reader.read("dn_in");
  const std::vector<double> reflected = reader.read("reflected");
  const std::vector<double> transmitted = reader.read("transmitted");
  for (std::size_t row = 0; row < 2 * 32; ++row) {
    double out = 0;
    for (std::size_t k = 0; k < 32; ++k) out += S[row * 32 + k] * in[k];
    EXPECT_NEAR(out, reflected[row] + transmitted[row], 1e-12);
  }
}

TEST_F(Linear, TheEndsHearOfTheirOwnSide) {
  ASSERT_EQ(run().exit_code, 0);
  const ResultReader reader = result();
  const std::vector<double> k = reader.read("k"), in = reader.read("dn_in");
  const std::vector<double> reflected = reader.read("reflected");
  const std::vector<double> transmitted = reader.read("transmitted");
  for (std::size_t i = 0; i < 32; ++i) {
    EXPECT_DOUBLE_EQ(in[i], k[i] > 0 ? std::sin(k[i]) : 0);
    EXPECT_EQ(reflected[i] == 0, k[i] > 0) << "it comes back to the left";
    EXPECT_EQ(transmitted[i] == 0, k[i] < 0) << "it leaves to the right";
  }
}

TEST_F(Linear, TheResistanceIsBulkAndBoundary) {
  ASSERT_EQ(run().exit_code, 0);
  const ResultReader reader = result();
  const std::vector<double> total = reader.read("resistance");
  const std::vector<double> boundary = reader.read("boundary_resistance");
  const Matrix2 bulk = matrix_of(reader, "resistance.bulk");
  const Matrix2 ends = matrix_of(reader, "resistance.boundary");
  const std::vector<double> Lambda = reader.read("Lambda");
  for (std::size_t i = 0; i < 8; ++i)
    EXPECT_NEAR(total[i], Lambda[i / 4] * bulk[i / 2 % 2][i % 2] + boundary[i], 1e-12);
  // At Lambda = 10 the ends hardly know of each other.
  for (std::size_t i = 4; i < 8; ++i)
    EXPECT_NEAR(boundary[i], ends[i / 2 % 2][i % 2], 1e-2 * ends[0][0]);
}

TEST_F(Linear, TheInsideBeginsAndEndsWithWhatIsOutside) {
  ASSERT_EQ(run({"--set", "linear.places=5"}).exit_code, 0);
  const ResultReader reader = result();
  ASSERT_EQ(reader.shape("dn"), (hdf5::Shape{2, 5, 32}));
  EXPECT_EQ(reader.read("X"), (std::vector<double>{0, 0.25, 0.5, 0.75, 1}));
  const std::vector<double> k = reader.read("k"), dn = reader.read("dn"), in = reader.read("dn_in");
  const std::vector<double> reflected = reader.read("reflected");
  const std::vector<double> transmitted = reader.read("transmitted");
  for (const std::size_t row : {0, 1})
    for (std::size_t i = 0; i < 32; ++i) {
      const double left = dn[row * 160 + i], right = dn[row * 160 + 128 + i];
      const double out = reflected[row * 32 + i] + transmitted[row * 32 + i];
      EXPECT_NEAR(k[i] > 0 ? left : right, in[i], 1e-12);
      EXPECT_NEAR(k[i] > 0 ? right : left, out, 1e-12);
    }
}

TEST_F(Linear, JsonHasMatricesAsRows) {
  const Ended ended = run({"--json"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const nlohmann::json object = nlohmann::json::parse(ended.out);
  EXPECT_EQ(object.at("Lambda"), (std::vector<double>{0.1, 10}));
  EXPECT_EQ(object.at("resistance").size(), 2);
  const Matrix2 bulk = object.at("resistance.bulk").get<Matrix2>();
  EXPECT_EQ(bulk, matrix_of(result(), "resistance.bulk"));
  EXPECT_GT(bulk[0][0], 0);
  EXPECT_EQ(bulk[0][1], bulk[1][0]);
}

TEST_F(Linear, OneLambdaIsNoList) {
  const Ended ended = run({"--json", "--set", "defect.Lambda=2"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const nlohmann::json object = nlohmann::json::parse(ended.out);
  EXPECT_EQ(object.at("Lambda"), 2.0);
  EXPECT_GT(object.at("layer"), 0.0);
  EXPECT_EQ(result().shape("reflected"), (hdf5::Shape{1, 32}));
}

/// Without a defect everything crosses, and 1 / Lambda is no reason to fail.
TEST_F(Linear, NoDefectAtAll) {
  const Ended ended = run({"--json", "--set", "defect.Lambda=0"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NEAR(nlohmann::json::parse(ended.out).at("transmitted_size").get<double>(), 1, 1e-14);
}

TEST_F(Linear, ATableIsAsGoodAsAnExpression) {
  std::string table = "k, dn\n";
  for (int i = 0; i < 64; ++i) {
    const double k = -M_PI + 2 * M_PI * (i + 0.5) / 64;
    table += std::to_string(k) + ", " + std::to_string(std::cos(k) - 0.5) + "\n";
  }
  directory_.write("dn.csv", table);
  ASSERT_EQ(run({"--set", "linear.dn={right = {table = 'dn.csv'}}"}).exit_code, 0);
  const std::vector<double> k = result().read("k"), in = result().read("dn_in");
  for (std::size_t i = 0; i < 32; ++i)
    EXPECT_NEAR(in[i], k[i] < 0 ? std::cos(k[i]) - 0.5 : 0, 1e-5);
}

TEST_F(Linear, ABandThatIsNotEvenIsRefused) {
  std::string table = "k, E\n";
  for (int i = 0; i < 64; ++i) {
    const double k = -M_PI + 2 * M_PI * (i + 0.5) / 64;
    table +=
        std::to_string(k) + ", " + std::to_string(2 - 2 * std::cos(k) + 0.3 * std::sin(k)) + "\n";
  }
  directory_.write("odd.csv", table);
  const Ended ended = run({"--set", "model.dispersion={table = 'odd.csv'}"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.err.find("--set: model.dispersion = {table = \"odd.csv\"}: linear response needs "
                           "a band that is even in k"),
            std::string::npos)
      << ended.err;
}

/// Nothing is kept of a run that is stopped; --resume begins it again.
TEST_F(Linear, StopsWhenItsTimeIsUp) {
  const Ended stopped = run({"--max-walltime", "0"});
  EXPECT_EQ(stopped.exit_code, 75) << stopped.err;
  EXPECT_NE(stopped.err.find("stopped by --max-walltime; to go on: "), std::string::npos)
      << stopped.err;
  EXPECT_EQ(stopped.out.find("result:"), std::string::npos) << stopped.out;
  EXPECT_EQ(directory_.files(), std::vector<std::string>{"l.toml"});
  EXPECT_EQ(run({"--resume"}).exit_code, 0);
}

TEST_F(Linear, CheckKnowsTheResolutionAndTheTime) {
  const Ended ended = kapitza_program(directory_.path(), {"check", "l.toml", "--json"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const nlohmann::json object = nlohmann::json::parse(ended.out);
  EXPECT_EQ(directory_.files(), std::vector<std::string>{"l.toml"});
  EXPECT_NE(object.dump().find("estimated_seconds"), std::string::npos);
}

}  // namespace
}  // namespace kapitza::host
