// SPDX-License-Identifier: BSD-3-Clause
//
// The job "microscopic" from the outside: what it writes, what it goes on from, what it refuses.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <signal.h>
#include <thread>

#include "host/config/config.hpp"
#include "host/jobs/job.hpp"
#include "host/output/result_file.hpp"
#include "tests/host/program.hpp"

namespace kapitza::host {
namespace {

namespace fs = std::filesystem;

/// A slice takes 25 steps, a block 12 slices.
constexpr const char* small_defect = R"toml(
job = "microscopic"
[injection]
left = "1 + 0.5*cos(k)"
[defect]
Lambda = 0.05
L = 40
[lattice]
sites = 200
absorber = {width = 48, Gamma = 16}
window = 32
dt = 0.1
[ensemble]
trajectories = 8
max_time = 100
target_k = [2, 3.2]
)toml";

constexpr const char* small_chain = R"toml(
job = "microscopic"
[state]
n = "1 + 0.5*cos(k)"
[defect]
lambda = 0.02
[lattice]
absorber = "none"
sites = 64
dt = 0.1
[ensemble]
trajectories = 8
max_time = 60
records = 4
)toml";

class Microscopic : public ProgramTest {
 protected:
  Microscopic() {
    directory_.write("d.toml", small_defect);
    directory_.write("c.toml", small_chain);
  }

  Ended run(const std::string& config, const Arguments& more = {}) const {
    return ProgramTest::run(joined({config, "--device", "cpu"}, more));
  }
  /// Of a run that must succeed.
  ResultReader result(const std::string& config, const Arguments& assignments,
                      const Arguments& more = {}) const {
    const Ended ended = run(config, joined(joined(with(assignments), more), {"--overwrite"}));
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    return ResultReader(fs::path(file(config)).replace_extension(".h5"));
  }
};

const Arguments sides{"left", "right"};
const Arguments side_datasets{"n", "n_err", "n_err_blocks", "autocorrelation"};

double number(const ResultReader& reader, const std::string& name) {
  return reader.number(name, "/");
}

double sum_of_squares(const std::vector<double>& values) {
  return std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
}

// --- what is written -----------------------------------------------------------------------------

void expect_described(const ResultReader& reader,
                      const std::map<std::string, hdf5::Shape>& shapes) {
  for (const auto& [name, shape] : shapes) {
    ASSERT_TRUE(reader.contains(name)) << name;
    EXPECT_EQ(reader.shape(name), shape) << name;
  }
  for (const std::string& name : reader.datasets()) {
    EXPECT_TRUE(reader.attribute("units", name)) << name;
    EXPECT_TRUE(reader.attribute("long_name", name)) << name;
  }
}

TEST_F(Microscopic, ADefectWritesWhatTheContractSays) {
  const Ended ended = run("d.toml", {"--json", "--set", "ensemble.seed=7"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const ResultReader reader(file("d.h5"));
  EXPECT_TRUE(reader.finished());
  EXPECT_FALSE(reader.contains("checkpoint"));
  std::map<std::string, hdf5::Shape> shapes{
      {"k", {32}},  {"n_in", {32}}, {"n_expected", {32}}, {"E", {32}},           {"v", {32}},
      {"x", {200}}, {"D", {200}},   {"density", {200}},   {"density_err", {200}}};
  for (const std::string& side : sides)
    for (const std::string& name : side_datasets) shapes[side + "/" + name] = {32};
  expect_described(reader, shapes);
  EXPECT_FALSE(reader.contains("left/n_step"));

  const nlohmann::json object = nlohmann::json::parse(ended.out);
  for (const char* name :
       {"time", "trajectories", "stationary", "site_steps_per_second", "lambda", "Lambda",
        "burn_in", "drift_probability", "relative_error", "counterterm", "rho", "sites", "leak"}) {
    EXPECT_TRUE(reader.attribute(name)) << name;
    EXPECT_TRUE(object.contains(name)) << name;
  }
  EXPECT_EQ(object.at("trajectories"), 8);
  EXPECT_EQ(object.at("sites"), 200);
  EXPECT_EQ(reader.attribute("seed"), Scalar(std::int64_t{7}));
  EXPECT_EQ(reader.attribute("precision"), Scalar(std::string("double")));
  EXPECT_EQ(reader.attribute("job"), Scalar(std::string("microscopic")));
  EXPECT_GE(object.at("time").get<double>(), 100);
  EXPECT_LT(object.at("time").get<double>(), 102.6) << "at most a slice later";
}

TEST_F(Microscopic, TheAxesAreWhatTheySay) {
  const ResultReader reader = result("d.toml", {"ensemble.max_time=1"});
  const std::vector<double> k = reader.read("k"), x = reader.read("x"), D = reader.read("D");
  const std::vector<double> n = reader.read("n_in"), E = reader.read("E"), v = reader.read("v");
  for (int m = 0; m < 32; ++m) {
    EXPECT_NEAR(k[m], -M_PI + 2 * M_PI * (m + 0.5) / 32, 1e-14);
    EXPECT_NEAR(n[m], 1 + 0.5 * std::cos(k[m]), 1e-14);
    EXPECT_NEAR(E[m], k[m] * k[m], 1e-13);
    EXPECT_NEAR(v[m], 2 * k[m], 1e-13);
  }
  for (int site = 0; site < 200; ++site) {
    EXPECT_EQ(x[site], site - 99.5);
    EXPECT_EQ(D[site] == 1, std::abs(x[site]) < 10) << x[site];
    EXPECT_EQ(D[site] == 0, std::abs(x[site]) > 20) << x[site];
  }
}

TEST_F(Microscopic, AChainWritesWhatTheContractSays) {
  const Ended ended = run("c.toml", {"--json"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const ResultReader reader(file("c.h5"));
  std::map<std::string, hdf5::Shape> shapes{{"k", {64}}, {"n_in", {64}}, {"E", {64}}, {"v", {64}},
                                            {"x", {64}}, {"D", {64}},    {"t", {5}}};
  for (const char* name :
       {"number", "number_err", "energy", "energy_err", "number_drift", "energy_drift"})
    shapes[name] = {5};
  for (const char* name : {"n", "n_err", "dn", "dn_err"}) shapes[name] = {5, 64};
  expect_described(reader, shapes);
  EXPECT_FALSE(reader.contains("n_step"));
  const nlohmann::json object = nlohmann::json::parse(ended.out);
  for (const char* name : {"time", "trajectories", "site_steps_per_second", "lambda", "Lambda",
                           "number", "number_drift", "energy", "energy_drift"}) {
    EXPECT_TRUE(reader.attribute(name)) << name;
    EXPECT_TRUE(object.contains(name)) << name;
  }
  const std::vector<double> t = reader.read("t");
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(t[i], 15 * i, 1e-12);
  EXPECT_EQ(number(reader, "time"), t.back());
  for (const double D : reader.read("D")) EXPECT_EQ(D, 1);
}

TEST_F(Microscopic, TheChangeIsThatSinceTheStart) {
  const ResultReader reader = result("c.toml", {});
  const std::vector<double> n = reader.read("n"), dn = reader.read("dn");
  const std::vector<double> error = reader.read("dn_err"), k = reader.read("k");
  double largest = 0;
  for (std::size_t i = 0; i < n.size(); ++i) {
    EXPECT_NEAR(dn[i], n[i] - n[i % 64], 1e-13);
    if (i < 64) {
      EXPECT_EQ(error[i], 0);
    }
    largest = std::max(largest, std::abs(dn[i]));
  }
  EXPECT_GT(largest, 0.01);
  // int dk/2pi n and E n
  for (int i = 0; i < 5; ++i) {
    double carriers = 0;
    for (int m = 0; m < 64; ++m) carriers += n[64 * i + m] / 64;
    EXPECT_NEAR(carriers, reader.read("number")[i], 1e-13);
  }
}

// --- from the configuration to the field -------------------------------------------------------

TEST_F(Microscopic, LambdaFollowsFromTheStrength) {
  for (const char* profile : {"smooth", "box", "cos(pi*x)^2"}) {
    const ResultReader reader = result("d.toml", {std::string("defect.profile=") + profile,
                                                  "ensemble.max_time=1", "defect.Lambda=0.3"});
    const double sum = sum_of_squares(reader.read("D"));
    EXPECT_NEAR(number(reader, "lambda") / std::sqrt(0.3 / sum), 1, 1e-14) << profile;
    EXPECT_NEAR(number(reader, "Lambda"), 0.3, 1e-14);
  }
  const ResultReader chain = result("c.toml", {"ensemble.max_time=1", "defect.lambda=-0.5"});
  EXPECT_EQ(number(chain, "lambda"), -0.5);
  EXPECT_DOUBLE_EQ(number(chain, "Lambda"), 0.25 * 64);
}

TEST_F(Microscopic, HartreeIsMinusTheMeanField) {
  const Arguments hartree{"defect.counterterm=hartree", "ensemble.max_time=1"};
  // int dk/2pi (2 + cos(k)) = 2
  const ResultReader defect = result("d.toml", joined(hartree, {"injection.left=2+cos(k)"}));
  EXPECT_NEAR(number(defect, "rho"), 2, 1e-13);
  EXPECT_NEAR(number(defect, "counterterm"), -18 * 4, 1e-11);
  const ResultReader chain = result("c.toml", joined(hartree, {"state.n=2+cos(k)"}));
  EXPECT_NEAR(number(chain, "counterterm"), -18 * 4, 1e-11);
  // c2 y^2/2 gives 2 c2 rho; each side sends half of the carriers.
  const ResultReader two = result(
      "d.toml",
      joined(hartree, {"model.interaction={c2=0.5}", "injection.left=2", "injection.right=1"}));
  EXPECT_NEAR(number(two, "rho"), 1.5, 1e-13);
  EXPECT_NEAR(number(two, "counterterm"), -1.5, 1e-13);
  const ResultReader given = result("d.toml", {"defect.counterterm=-3", "ensemble.max_time=1"});
  EXPECT_EQ(number(given, "counterterm"), -3);
}

TEST_F(Microscopic, EachSideSendsItsOwn) {
  const ResultReader reader =
      result("d.toml", {"injection.left=2", "injection.right=0.5", "defect.Lambda=0"});
  const std::vector<double> in = reader.read("n_in"), k = reader.read("k");
  for (int m = 0; m < 32; ++m) EXPECT_EQ(in[m], k[m] > 0 ? 2 : 0.5);
  // Without a defect, what comes from either side passes both windows.
  for (const std::string& side : sides) {
    const std::vector<double> n = reader.read(side + "/n");
    double right = 0, left = 0;
    for (int m = 0; m < 32; ++m) {
      if (k[m] > 1) right += n[m];
      if (k[m] < -1) left += n[m];
    }
    EXPECT_GT(right, 2.5 * left) << side;
  }
  EXPECT_NEAR(number(reader, "injected.ratio"), 1, 5 * number(reader, "injected.ratio_err"));
  EXPECT_GT(number(reader, "number_current.left"), 0.5);
}

TEST_F(Microscopic, TheNumbersAreThoseOfTheSeed) {
  for (const std::string config : {"d.toml", "c.toml"}) {
    ASSERT_EQ(run(config, {"--threads", "1", "--out", "one.h5", "--overwrite"}).exit_code, 0);
    ASSERT_EQ(run(config, {"--threads", "2", "--out", "two.h5", "--overwrite"}).exit_code, 0);
    expect_same_results(file("one.h5"), file("two.h5"));
    ASSERT_EQ(run(config, joined(with({"ensemble.seed=2"}), {"--out", "other.h5", "--overwrite"}))
                  .exit_code,
              0);
    const std::string n = config == "d.toml" ? "left/n" : "n";
    const std::vector<double> one = ResultReader(file("one.h5")).read(n);
    const std::vector<double> other = ResultReader(file("other.h5")).read(n);
    for (std::size_t i = 0; i < one.size(); ++i) EXPECT_NE(one[i], other[i]);
  }
}

TEST_F(Microscopic, SinglePrecisionIsCloseWhileTimeIsShort) {
  const Arguments brief{"ensemble.max_time=20", "ensemble.burn_in=0"};
  const std::vector<double> fine = result("d.toml", brief).read("left/n");
  const ResultReader reader = result("d.toml", joined(brief, {"ensemble.precision=single"}));
  EXPECT_EQ(reader.attribute("precision"), Scalar(std::string("single")));
  const std::vector<double> coarse = reader.read("left/n");
  for (std::size_t m = 0; m < fine.size(); ++m) EXPECT_NEAR(coarse[m] / fine[m], 1, 5e-5);
  EXPECT_NE(coarse, fine);
}

// --- what is conserved, and steps ----------------------------------------------------------------

TEST_F(Microscopic, AChainConservesNumberAndNearlyEnergy) {
  for (const auto& [order, factor] : {std::pair{"2", 4.0}, {"4", 16.0}}) {
    std::vector<double> drift;
    for (const char* dt : {"0.05", "0.025"}) {
      const ResultReader reader =
          result("c.toml", {std::string("numerics.order=") + order, std::string("lattice.dt=") + dt,
                            "ensemble.max_time=4", "defect.lambda=0.1"});
      EXPECT_LT(number(reader, "number_drift"), 1e-11);
      drift.push_back(number(reader, "energy_drift"));
    }
    EXPECT_GT(drift[1], 1e-11) << "of the step, not of rounding";
    EXPECT_NEAR(drift[0] / drift[1] / factor, 1, 0.25) << order;
  }
}

TEST_F(Microscopic, TheErrorOfTheStepFallsWithIt) {
  std::vector<double> errors;
  for (const char* dt : {"0.1", "0.05"}) {
    const ResultReader reader =
        result("c.toml", {"numerics.error_check=true", std::string("lattice.dt=") + dt,
                          "ensemble.max_time=2", "ensemble.records=2"});
    EXPECT_EQ(reader.shape("n_step"), (hdf5::Shape{3, 64}));
    EXPECT_EQ(reader.shape("n_step_err"), (hdf5::Shape{3, 64}));
    const std::vector<double> step = reader.read("n_step"), n = reader.read("n");
    for (int m = 0; m < 64; ++m) EXPECT_EQ(step[m], 0) << "both start from the same field";
    const std::vector<double> last(step.end() - 64, step.end()), n_last(n.end() - 64, n.end());
    EXPECT_DOUBLE_EQ(number(reader, "step_error"),
                     std::sqrt(sum_of_squares(last) / sum_of_squares(n_last)));
    errors.push_back(number(reader, "step_error"));
  }
  EXPECT_NEAR(errors[0] / errors[1], 4, 1);
}

/// Kicks at the same times.
TEST_F(Microscopic, TheErrorOfTheStepFallsWithItInADefectToo) {
  std::vector<double> errors;
  for (const auto& [dt, every] : {std::pair{"0.1", "2"}, {"0.05", "4"}}) {
    const ResultReader reader =
        result("d.toml", {"numerics.error_check=true", std::string("lattice.dt=") + dt,
                          std::string("lattice.noise_every=") + every, "ensemble.max_time=10",
                          "ensemble.burn_in=0"});
    for (const std::string& side : sides) {
      EXPECT_EQ(reader.shape(side + "/n_step"), hdf5::Shape{32});
      EXPECT_EQ(reader.shape(side + "/n_step_err"), hdf5::Shape{32});
    }
    EXPECT_EQ(reader.shape("density_step"), reader.shape("x"));
    EXPECT_EQ(reader.shape("density_step_err"), reader.shape("x"));
    errors.push_back(number(reader, "step_error"));
  }
  EXPECT_NEAR(errors[0] / errors[1], 4, 1.5);
}

/// What is asked for is where it ends, whatever the number of records.
TEST_F(Microscopic, RecordsDoNotMoveTheEnd) {
  for (const char* records : {"1", "7", "100", "1000"}) {
    const Ended ended = run(
        "c.toml", joined(with({"ensemble.max_time=10", std::string("ensemble.records=") + records}),
                         {"--overwrite"}));
    if (ended.exit_code == 2) continue;  // more records than steps
    ASSERT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_NEAR(number(ResultReader(file("c.h5")), "time"), 10, 0.5) << records;
  }
}

// --- when it ends --------------------------------------------------------------------------------

TEST_F(Microscopic, StopsWhenTheErrorIsReached) {
  const ResultReader reader =
      result("d.toml",
             {"ensemble.target_error=0.25", "ensemble.max_time=1e6", "ensemble.target_k=[2, 3]"});
  EXPECT_LE(number(reader, "relative_error"), 0.25);
  EXPECT_LT(number(reader, "time"), 5000);
  EXPECT_EQ(reader.attribute("stationary"), Scalar(true));
  const std::vector<double> k = reader.read("k");
  double largest = 0;
  for (const std::string& side : sides) {
    const std::vector<double> n = reader.read(side + "/n"), error = reader.read(side + "/n_err");
    for (int m = 0; m < 32; ++m)
      if (std::abs(k[m]) >= 2 && std::abs(k[m]) <= 3) largest = std::max(largest, error[m] / n[m]);
  }
  EXPECT_NEAR(number(reader, "relative_error"), largest, 1e-14);
}

TEST_F(Microscopic, ObeysAGivenBurnIn) {
  const ResultReader reader = result("d.toml", {"ensemble.burn_in=31"});
  EXPECT_GE(number(reader, "burn_in"), 31);
  EXPECT_LT(number(reader, "burn_in"), 33.6) << "at most a slice later";
}

/// By itself it waits until the slowest carriers of target_k have crossed.
TEST_F(Microscopic, WaitsForTheSlowestCarriers) {
  const double fast = number(result("d.toml", {}), "burn_in");
  const double slow = number(
      result("d.toml", {"ensemble.target_k=[0.8, 3.2]", "ensemble.max_time=200"}), "burn_in");
  // 104 sites from one absorber to the other; k = 2.06 and 0.88
  EXPECT_GE(fast, 104 / (2 * 2.07));
  EXPECT_GE(slow, 104 / (2 * 0.89));
}

TEST_F(Microscopic, SaysWhereItIsNotStationary) {
  const Ended ended = run("d.toml", {"--json", "--set", "lattice.start=zero", "--set",
                                     "ensemble.max_time=20", "--set", "ensemble.burn_in=0"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(nlohmann::json::parse(ended.out).at("stationary"), false);
  EXPECT_NE(ended.err.find("warning: the field is not known to be stationary"), std::string::npos)
      << ended.err;
  EXPECT_NE(ended.err.find("a larger ensemble.burn_in helps"), std::string::npos) << ended.err;
  EXPECT_EQ(ResultReader(file("d.h5")).attribute("stationary"), Scalar(false));
  const Ended waiting = run("d.toml", {"--overwrite", "--set", "ensemble.max_time=20"});
  EXPECT_NE(waiting.err.find("a larger ensemble.max_time helps"), std::string::npos) << waiting.err;
}

// --- stops and continuations -----------------------------------------------------------------

/// Runs of one step each, until one says that it is done. The file is looked at after each.
int run_step_by_step(const TemporaryDirectory& directory, const std::string& config,
                     const Arguments& assignments,
                     const std::function<void(const ResultReader&)>& look = {}) {
  const Arguments step = joined(joined({"run", config, "--device", "cpu"}, with(assignments)),
                                {"--out", "parts.h5", "--max-walltime", "0", "--resume"});
  for (int runs = 1; runs < 500; ++runs) {
    const Ended ended = kapitza_program(directory.path(), step);
    if (ended.exit_code == 0) return runs;
    EXPECT_EQ(ended.exit_code, 75) << ended.err;
    if (ended.exit_code != 75) break;
    const ResultReader reader(directory / "parts.h5");
    EXPECT_FALSE(reader.finished());
    EXPECT_TRUE(reader.contains("checkpoint/fields_0"));
    if (look) look(reader);
  }
  ADD_FAILURE() << "never done";
  return 0;
}

TEST_F(Microscopic, ADefectGoesOnBitForBit) {
  // The automatic burn-in ends after 11 slices; with 12 in a block, 35 of the 40 are needed until
  // two parts have been compared.
  ASSERT_EQ(run("d.toml", {"--out", "whole.h5"}).exit_code, 0);
  bool before = false, after = false;
  const int runs = run_step_by_step(directory_, "d.toml", {}, [&](const ResultReader& reader) {
    before = before || number(reader, "burn_in") == 0;
    after = after || reader.contains("checkpoint/blocks");
  });
  EXPECT_EQ(runs, 40);
  EXPECT_TRUE(before && after);
  expect_same_results(file("whole.h5"), file("parts.h5"));
}

TEST_F(Microscopic, AGivenBurnInAndATwinGoOnBitForBit) {
  const Arguments twin{"numerics.error_check=true", "ensemble.burn_in=7", "ensemble.max_time=75",
                       "ensemble.trajectories=4", "ensemble.precision=single"};
  ASSERT_EQ(run("d.toml", joined(with(twin), {"--out", "whole.h5"})).exit_code, 0);
  EXPECT_EQ(run_step_by_step(directory_, "d.toml", twin), 30);
  expect_same_results(file("whole.h5"), file("parts.h5"));
}

TEST_F(Microscopic, AnErrorIsReachedAtTheSameTimeAfterStops) {
  const Arguments target{"ensemble.target_error=0.4", "ensemble.target_k=[2.5, 2.8]",
                         "ensemble.max_time=10000"};
  ASSERT_EQ(run("d.toml", joined(with(target), {"--out", "whole.h5"})).exit_code, 0);
  ASSERT_LT(number(ResultReader(file("whole.h5")), "time"), 400);
  run_step_by_step(directory_, "d.toml", target);
  expect_same_results(file("whole.h5"), file("parts.h5"));
}

TEST_F(Microscopic, AChainGoesOnBitForBit) {
  for (const char* check : {"false", "true"}) {
    const Arguments twin{std::string("numerics.error_check=") + check};
    fs::remove(file("parts.h5"));
    ASSERT_EQ(run("c.toml", joined(with(twin), {"--out", "whole.h5", "--overwrite"})).exit_code, 0);
    std::size_t records = 0;
    // 150 steps between records, of which 100 are taken at once.
    EXPECT_EQ(run_step_by_step(directory_, "c.toml", twin,
                               [&](const ResultReader& reader) {
                                 EXPECT_GE(reader.read("t").size(), records);
                                 records = reader.read("t").size();
                               }),
              8);
    EXPECT_EQ(records, 4u);
    expect_same_results(file("whole.h5"), file("parts.h5"));
  }
}

TEST_F(Microscopic, StopsAtASignalAndGoesOnBitForBit) {
  const Arguments slow{"ensemble.trajectories=96", "output.every=1e-9"};
  ASSERT_EQ(run("d.toml", joined(with(slow), {"--out", "whole.h5"})).exit_code, 0);
  const Arguments arguments =
      joined(joined({"run", "d.toml", "--device", "cpu"}, with(slow)), {"--out", "parts.h5"});
  double before = 0;
  for (int stops = 0; stops < 2; ++stops) {
    Process process(directory_.path(), kapitza_command(joined(arguments, {"--resume"})));
    const auto time = [&] {
      return fs::exists(file("parts.h5")) ? number(ResultReader(file("parts.h5")), "time") : 0;
    };
    while (process.running() && time() <= before)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    process.send(SIGTERM);
    const Ended ended = process.wait();
    ASSERT_EQ(ended.exit_code, 75) << ended.signal << ended.err;
    EXPECT_NE(ended.err.find("stopped by SIGTERM"), std::string::npos) << ended.err;
    before = time();
  }
  ASSERT_EQ(program(joined(arguments, {"--resume"})).exit_code, 0);
  expect_same_results(file("whole.h5"), file("parts.h5"));
}

TEST_F(Microscopic, ResumeNoticesAChangedTable) {
  const auto table = [&](double n) {
    std::ofstream stream(file("n.csv"));
    for (int i = 0; i < 16; ++i) stream << -3 + 0.39 * i << "," << n << "\n";
  };
  for (const auto& [config, key] :
       {std::pair<std::string, std::string>{"d.toml", "injection.right"}, {"c.toml", "state.n"}}) {
    const Arguments arguments{"--set", key + "={table='n.csv'}", "--max-walltime", "0"};
    table(0.5);
    ASSERT_EQ(run(config, arguments).exit_code, 75);
    const std::string before = read_file(file(config.substr(0, 1) + ".h5"));
    table(0.6);
    const Ended ended = run(config, joined(arguments, {"--resume"}));
    EXPECT_EQ(ended.exit_code, 2);
    EXPECT_NE(ended.err.find(".h5: cannot be resumed: the density or the dispersion is not the one "
                             "it was made with"),
              std::string::npos)
        << ended.err;
    EXPECT_TRUE(read_file(file(config.substr(0, 1) + ".h5")) == before);
  }
}

TEST_F(Microscopic, ResumesOnlyWhatItStarted) {
  ASSERT_EQ(run("d.toml", {"--max-walltime", "0"}).exit_code, 75);
  const Ended other = run("d.toml", {"--resume", "--set", "ensemble.seed=2"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.err.find("ensemble.seed is 1 there, but 2"), std::string::npos) << other.err;
  fs::resize_file(file("d.h5"), fs::file_size(file("d.h5")) / 2);
  EXPECT_EQ(run("d.toml", {"--resume"}).exit_code, 4);
}

/// A result file opened to be changed, as another program would.
class Surgery {
 public:
  explicit Surgery(const fs::path& path) {
    fs::resize_file(path, fs::file_size(path) - 16);  // the seal would tell
    id_ = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  }
  ~Surgery() { H5Fclose(id_); }
  Surgery(const Surgery&) = delete;
  Surgery& operator=(const Surgery&) = delete;

  void remove(const std::string& name) const { H5Ldelete(id_, name.c_str(), H5P_DEFAULT); }
  void remove_attribute(const std::string& object, const std::string& name) const {
    H5Adelete_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT);
  }
  /// In place of a dataset, one of a few zeros.
  void resize(const std::string& name) const {
    remove(name);
    const hsize_t size = 3;
    const hdf5::Handle space(H5Screate_simple(1, &size, nullptr), H5Sclose);
    const hdf5::Handle data(H5Dcreate2(id_, name.c_str(), H5T_NATIVE_DOUBLE, space.id(),
                                       H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                            H5Dclose);
  }

 private:
  hid_t id_;
};

class Damaged : public Microscopic {
 protected:
  /// Stops a run after so many steps, and tries to go on from a file that lacks something.
  void expect_refused(const std::string& config, const Arguments& assignments, int steps,
                      const Arguments& datasets) {
    for (int i = 0; i < steps; ++i)
      ASSERT_EQ(run(config, joined(with(assignments),
                                   {"--out", "good.h5", "--max-walltime", "0", "--resume"}))
                    .exit_code,
                75);
    for (const std::string& name : datasets) {
      ASSERT_TRUE(ResultReader(file("good.h5")).contains(name)) << name;
      refuse(config, assignments, name + " missing",
             [&](const Surgery& surgery) { surgery.remove(name); });
      // Another number of momenta is another problem: that is an error of the user's, code 2.
      if (name == "checkpoint" || name == "n_in" || name == "E") continue;
      refuse(config, assignments, name + " of another size",
             [&](const Surgery& surgery) { surgery.resize(name); });
    }
    for (const Quantity& row : counters(file("good.h5")))
      refuse(config, assignments, row.key + " missing",
             [&](const Surgery& surgery) { surgery.remove_attribute("checkpoint", row.key); });
    fs::copy_file(file("good.h5"), file("bad.h5"), fs::copy_options::overwrite_existing);
    {
      const Surgery nothing(file("bad.h5"));
    }
    EXPECT_EQ(resume(config, assignments).exit_code, 75) << "without damage it goes on";
  }

 private:
  static Quantities counters(const fs::path& path) {
    Quantities rows;
    const ResultReader reader(path);
    for (const char* name : {"slices", "measured", "first_part", "slices_per_block", "settled",
                             "drift_probability", "steps"})
      if (const auto value = reader.attribute(name, "checkpoint"))
        rows.push_back({name, *value, ""});
    return rows;
  }
  Ended resume(const std::string& config, const Arguments& assignments) const {
    return run(config,
               joined(with(assignments), {"--out", "bad.h5", "--max-walltime", "0", "--resume"}));
  }
  void refuse(const std::string& config, const Arguments& assignments, const std::string& what,
              const std::function<void(const Surgery&)>& damage) const {
    fs::copy_file(file("good.h5"), file("bad.h5"), fs::copy_options::overwrite_existing);
    {
      damage(Surgery(file("bad.h5")));
    }
    const std::string before = read_file(file("bad.h5"));
    const Ended ended = resume(config, assignments);
    EXPECT_EQ(ended.exit_code, 4) << what << ", signal " << ended.signal << ": " << ended.err;
    EXPECT_NE(ended.err.find("error: bad.h5"), std::string::npos) << what << ": " << ended.err;
    EXPECT_TRUE(read_file(file("bad.h5")) == before) << what;
  }
};

TEST_F(Damaged, CheckpointsOfADefectAreRefused) {
  expect_refused("d.toml", {"ensemble.burn_in=0", "numerics.error_check=true"}, 13,
                 {"checkpoint", "checkpoint/fields_0", "checkpoint/fields_1", "checkpoint/totals_0",
                  "checkpoint/totals_1", "checkpoint/first_part_0", "checkpoint/first_part_1",
                  "checkpoint/blocks", "checkpoint/block_end", "n_in", "E"});
}

TEST_F(Damaged, CheckpointsOfAChainAreRefused) {
  expect_refused("c.toml", {"numerics.error_check=true"}, 3,
                 {"checkpoint", "checkpoint/fields_0", "checkpoint/fields_1", "checkpoint/first_0",
                  "number", "energy_drift", "n", "dn_err", "n_step", "n_in", "E"});
}

/// More records than there are numbers, or none at all.
TEST_F(Damaged, RecordsWithoutTimesAreRefused) { expect_refused("c.toml", {}, 3, {"t"}); }

// --- failure -----------------------------------------------------------------------------------

TEST_F(Microscopic, SaysWhereTheFieldStopsBeingFinite) {
  for (const auto& [config, key] :
       {std::pair<std::string, std::string>{"d.toml", "injection.left"}, {"c.toml", "state.n"}})
    for (const Arguments& large :
         {Arguments{key + "=1e200"}, {key + "=1e30", "ensemble.precision=single"}}) {
      const Ended ended = run(config, with(large));
      EXPECT_EQ(ended.exit_code, 3) << ended.err;
      for (const char* part : {"error: ", "not finite", "trajectory ", "site ", "step "})
        EXPECT_NE(ended.err.find(part), std::string::npos) << part << "\n" << ended.err;
      EXPECT_EQ(ended.err.find("step -"), std::string::npos) << ended.err;
      EXPECT_FALSE(fs::exists(file(config.substr(0, 1) + ".h5")));
    }
}

/// The cube of what arrives in the defect overflows; before it arrives there is a checkpoint.
TEST_F(Microscopic, ABlowUpKeepsTheLastCheckpoint) {
  const Arguments late = with({"injection.left=1e105", "lattice.start=zero", "defect.lambda=1e3"});
  const TemporaryDirectory elsewhere;
  std::string text = small_defect;
  text.erase(text.find("Lambda = 0.05\n"), 14);
  elsewhere.write("d.toml", text);
  const Arguments arguments = joined({"run", "d.toml", "--device", "cpu", "--resume"}, late);
  ASSERT_EQ(kapitza_program(elsewhere.path(), joined(arguments, {"--max-walltime", "0"})).exit_code,
            75);
  const std::string before = read_file(elsewhere / "d.h5");
  const Ended ended = kapitza_program(elsewhere.path(), arguments);
  EXPECT_EQ(ended.exit_code, 3) << ended.err;
  EXPECT_NE(ended.err.find("the last checkpoint is in d.h5"), std::string::npos) << ended.err;
  EXPECT_TRUE(read_file(elsewhere / "d.h5") == before);
}

// --- around a run ------------------------------------------------------------------------------

TEST_F(Microscopic, CheckSaysWhatItTakes) {
  for (const char* config : {"d.toml", "c.toml"}) {
    const Ended ended = program({"check", config});
    ASSERT_EQ(ended.exit_code, 0) << ended.err;
    directory_.write("again.toml", ended.out);
    EXPECT_EQ(Config::first_difference(Config::load(program_schema(), file("again.toml"), {}),
                                       Config::load(program_schema(), file(config), {})),
              std::nullopt);
    const auto one = nlohmann::json::parse(program({"check", config, "--json"}).out);
    for (const char* key : {"config", "sites", "dt", "memory_bytes", "file_bytes",
                            "site_steps_per_second", "estimated_seconds", "lambda", "Lambda"})
      EXPECT_TRUE(one.contains(key)) << key;
    EXPECT_GT(one.at("memory_bytes").get<double>(), 8 * 64 * 16);
    EXPECT_GT(one.at("estimated_seconds").get<double>(), 0);
    const auto twin = nlohmann::json::parse(
        program({"check", config, "--json", "--set", "numerics.error_check=true"}).out);
    EXPECT_EQ(twin.at("memory_bytes"), 2 * one.at("memory_bytes").get<std::int64_t>());
  }
  const auto endless = nlohmann::json::parse(
      program({"check", "d.toml", "--json", "--set", "ensemble.target_error=0.1"}).out);
  EXPECT_TRUE(endless.contains("estimated_seconds")) << "at most";
  EXPECT_FALSE(fs::exists(file("d.h5")) || fs::exists(file("c.h5")));
}

TEST_F(Microscopic, ExplainKnowsTheAbsorber) {
  const Ended ended = program({"explain", "lattice.absorber"});
  EXPECT_EQ(ended.exit_code, 0);
  for (const char* part : {"{width = ..., Gamma = ...} | \"none\"", "{width = 128, Gamma = 16.0}",
                           "microscopic", "below 1 %"})
    EXPECT_NE(ended.out.find(part), std::string::npos) << part << "\n" << ended.out;
  for (const char* section : {"lattice", "ensemble"})
    EXPECT_EQ(program({"explain", section}).exit_code, 0);
}

TEST_F(Microscopic, RingsWithSlowTransformsAreNoted) {
  const Ended ended = run("c.toml", with({"lattice.sites=251", "ensemble.max_time=1"}));
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.err.find("251 sites: transforms of that length are slow"), std::string::npos)
      << ended.err;
}

TEST_F(Microscopic, TheRingHasRoomForEverythingByItself) {
  std::string text = small_defect;
  text.erase(text.find("sites = 200\n"), 12);
  directory_.write("d.toml", text);
  const auto object = nlohmann::json::parse(program({"check", "d.toml", "--json"}).out);
  EXPECT_GE(object.at("sites"), 2 * 48 + 2 * 32 + 40);
  EXPECT_LE(object.at("sites"), 2 * 200);
  text = small_chain;
  text.erase(text.find("sites = 64\n"), 11);
  directory_.write("c.toml", text);
  EXPECT_EQ(nlohmann::json::parse(program({"check", "c.toml", "--json"}).out).at("sites"), 512);
}

fs::path shipped(const std::string& name) {
  return fs::path(KAPITZA_SOURCE_DIR) / "configs" / name;
}

TEST(ShippedConfigs, TheTwoHalvesOfAComparisonAgree) {
  const Config micro = Config::load(program_schema(), shipped("field/homogeneous_micro.toml"), {});
  const Config kinetic =
      Config::load(program_schema(), shipped("kinetic/homogeneous_kinetic.toml"), {});
  EXPECT_EQ(micro.text("state.n"), kinetic.text("state.n"));
  EXPECT_EQ(micro.number("defect.lambda"), kinetic.number("relax.lambda"));
  EXPECT_EQ(micro.number("ensemble.max_time"), kinetic.number("relax.t_end"));
  const double steps = micro.number("ensemble.max_time") / micro.number("lattice.dt") /
                       micro.integer("ensemble.records");
  EXPECT_NEAR(steps, std::round(steps), 1e-9) << "so the chain is seen at that very time";
  const Config defect = Config::load(program_schema(), shipped("field/microscopic.toml"), {});
  const Config reservoirs =
      Config::load(program_schema(), shipped("defect/stationary.toml"), {"defect.Lambda=0.05"});
  EXPECT_EQ(defect.text("injection.left"), reservoirs.text("injection.left"));
  EXPECT_EQ(defect.number("defect.Lambda"), reservoirs.number("defect.Lambda"));
}

TEST(ShippedConfigs, AreAccepted) {
  const TemporaryDirectory directory;
  for (const char* name : {"field/microscopic.toml", "field/homogeneous_micro.toml"}) {
    const Ended ended =
        kapitza_program(directory.path(), {"check", shipped(name).string(), "--device", "cpu"});
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
  }
}

}  // namespace
}  // namespace kapitza::host
