// SPDX-License-Identifier: BSD-3-Clause
//
// The program from the outside: runs, interruptions, continuations, and what it says.
#include <chrono>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <thread>

#include "host/config/config.hpp"
#include "host/jobs/job.hpp"
#include "host/output/result_file.hpp"
#include "tests/host/program.hpp"

namespace kapitza::host {
namespace {

namespace fs = std::filesystem;

constexpr const char* small_relax = R"toml(
job = "relax"
[state]
n = "2.62*(0.8*exp(-(abs(k)-1.2)^2/0.2)+0.05)"
[relax]
deviation = 1e-2
[grid]
K = 64
[numerics]
tolerance = 1e-2
)toml";

constexpr const char* small_collision = R"toml(
job = "collision"
[state]
n = "1.5 + cos(k)"
[grid]
K = 64
[numerics]
tolerance = 1e-2
)toml";

/// A slower run, for signals: a second or more, with a checkpoint after every step.
const std::vector<std::string> slow{
    "--set", "grid.K=512",           "--set", "numerics.tolerance=1e-3",
    "--set", "relax.deviation=1e-3", "--set", "output.every=1e-9"};

class Run : public ProgramTest {
 protected:
  Run() {
    directory_.write("relax.toml", small_relax);
    directory_.write("collision.toml", small_collision);
  }
};

TEST_F(Run, CollisionWritesWhatTheContractSays) {
  const Ended ended = run({"collision.toml"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const ResultReader reader(file("collision.h5"));
  EXPECT_EQ(reader.datasets(), (std::vector<std::string>{"k", "n", "gain", "loss", "I", "E", "v"}));
  for (const std::string& name : reader.datasets()) {
    EXPECT_EQ(reader.shape(name), hdf5::Shape{64}) << name;
    EXPECT_TRUE(reader.attribute("units", name)) << name;
    EXPECT_TRUE(reader.attribute("long_name", name)) << name;
  }
  for (const char* name : {"job",
                           "version",
                           "git_commit",
                           "config",
                           "argv",
                           "device",
                           "precision",
                           "seed",
                           "started",
                           "wall_seconds",
                           "finished",
                           "T",
                           "M",
                           "dtau",
                           "number_rate",
                           "energy_rate",
                           "number_rate_raw",
                           "energy_rate_raw",
                           "error_estimate",
                           "tolerance_reached"})
    EXPECT_TRUE(reader.attribute(name)) << name;
  EXPECT_LE(std::abs(reader.number("number_rate", "/")), 1e-13);
  EXPECT_LE(std::abs(reader.number("energy_rate", "/")), 1e-13);
  const auto n = reader.read("n"), gain = reader.read("gain"), loss = reader.read("loss"),
             I = reader.read("I");
  for (std::size_t m = 0; m < n.size(); ++m) EXPECT_NEAR(I[m], gain[m] + n[m] * loss[m], 1e-3);
}

TEST_F(Run, RelaxWritesWhatTheContractSays) {
  const Ended ended = run({"relax.toml"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const ResultReader reader(file("relax.h5"));
  const std::size_t times = reader.read("t").size();
  EXPECT_GT(times, 5u);
  EXPECT_EQ(reader.shape("n"), (hdf5::Shape{times, 64}));
  for (const char* name : {"number", "energy", "entropy", "deviation"})
    EXPECT_EQ(reader.shape(name), hdf5::Shape{times}) << name;
  for (const char* name : {"beta", "mu", "deviation"}) EXPECT_TRUE(reader.attribute(name)) << name;
  EXPECT_LE(reader.number("deviation", "/"), 1e-2);
  EXPECT_FALSE(reader.contains("checkpoint"));
  const std::vector<double> t = reader.read("t"), k = reader.read("k");
  EXPECT_TRUE(std::is_sorted(t.begin(), t.end()));
  EXPECT_TRUE(std::is_sorted(k.begin(), k.end()));
  EXPECT_EQ(t.front(), 0);
}

TEST_F(Run, StopsAtTheGivenTime) {
  ASSERT_EQ(run({"relax.toml", "--set", "relax.t_end=0.01"}).exit_code, 0);
  const ResultReader reader(file("relax.h5"));
  EXPECT_EQ(reader.read("t").back(), 0.01);
  EXPECT_GT(reader.number("deviation", "/"), 0.1);
}

TEST_F(Run, GivesUpWhereTheThresholdIsOutOfReach) {
  const Ended ended = run({"relax.toml", "--set", "relax.deviation=1e-12", "--set", "grid.K=32",
                           "--set", "numerics.tolerance=0.3"});
  EXPECT_EQ(ended.exit_code, 3) << ended.err;
  EXPECT_NE(ended.err.find("no longer falls"), std::string::npos) << ended.err;
  EXPECT_FALSE(ResultReader(file("relax.h5")).finished()) << "what was reached is kept";
}

TEST_F(Run, PrintsATableAndWhereTheFileIs) {
  const Ended ended = run({"relax.toml", "--device", "cpu"});
  EXPECT_NE(ended.out.find("relax relax.toml: done after "), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("\n  beta "), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("\nresult: relax.h5\nplot:   ./dev plot relax.h5\n"), std::string::npos);
  EXPECT_EQ(ended.err, "");
}

TEST_F(Run, AutoSaysWhatItChose) {
  EXPECT_NE(run({"collision.toml"}).err.find("device: "), std::string::npos);
}

TEST_F(Run, TakesAsManyThreadsAsItIsTold) {
  const auto device = [&](const std::string& options) {
    const std::string command = "OMP_NUM_THREADS=3 " KAPITZA_PROGRAM
                                " run collision.toml --device cpu --out threads.h5 --overwrite" +
                                options;
    EXPECT_EQ(run_program_in(file(""), {"sh", "-c", command}).exit_code, 0) << command;
    return std::get<std::string>(ResultReader(file("threads.h5")).attribute("device").value());
  };
  EXPECT_EQ(device(""), "CPU, 3 threads");
  EXPECT_EQ(device(" --threads 2"), "CPU, 2 threads");
}

TEST_F(Run, QuietPrintsNothing) {
  const Ended ended = run({"relax.toml", "--quiet"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.out + ended.err, "");
}

TEST_F(Run, JsonIsOneObject) {
  const nlohmann::json relax = nlohmann::json::parse(run({"relax.toml", "--json"}).out);
  EXPECT_EQ(relax.at("job"), "relax");
  EXPECT_EQ(relax.at("finished"), true);
  EXPECT_EQ(relax.at("exit_code"), 0);
  for (const char* key : {"file", "wall_seconds", "beta", "mu", "deviation"})
    EXPECT_TRUE(relax.contains(key)) << key;
  const nlohmann::json collision = nlohmann::json::parse(run({"collision.toml", "--json"}).out);
  for (const char* key : {"T", "M", "dtau", "number_rate", "energy_rate", "number_rate_raw",
                          "energy_rate_raw", "error_estimate", "wall_seconds"})
    EXPECT_TRUE(collision.contains(key)) << key;
}

TEST_F(Run, SeveralConfigurationsAreOneJsonObject) {
  const Ended ended = run({"relax.toml", "collision.toml", "--json"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const nlohmann::json runs = nlohmann::json::parse(ended.out).at("runs");
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].at("job"), "relax");
  EXPECT_EQ(runs[1].at("job"), "collision");
  EXPECT_TRUE(fs::exists(file("relax.h5")) && fs::exists(file("collision.h5")));
}

TEST_F(Run, FileNameComesFromOutThenFromTheConfiguration) {
  fs::create_directory(file("sub"));
  ASSERT_EQ(run({"collision.toml", "--set", "output.file=sub/a.h5"}).exit_code, 0);
  ASSERT_EQ(run({"collision.toml", "--set", "output.file=sub/a.h5", "--out", "b.h5"}).exit_code, 0);
  EXPECT_TRUE(fs::exists(file("sub/a.h5")));
  EXPECT_TRUE(fs::exists(file("b.h5")));
  EXPECT_FALSE(fs::exists(file("collision.h5")));
}

TEST_F(Run, NeverOverwritesSilently) {
  ASSERT_EQ(run({"collision.toml"}).exit_code, 0);
  const std::string before = read_file(file("collision.h5"));
  const Ended again = run({"collision.toml"});
  EXPECT_EQ(again.exit_code, 4);
  EXPECT_NE(again.err.find("collision.h5: exists already"), std::string::npos) << again.err;
  for (const char* hint : {"--overwrite", "--resume", "--skip-if-finished"})
    EXPECT_NE(again.err.find(hint), std::string::npos) << hint;
  EXPECT_EQ(read_file(file("collision.h5")), before);
  EXPECT_EQ(run({"collision.toml", "--overwrite"}).exit_code, 0);
  EXPECT_NE(read_file(file("collision.h5")), before);
}

TEST_F(Run, DoesNotOverwriteWhatIsNoResult) {
  const Ended ended = run({"collision.toml", "--overwrite", "--out", "relax.toml"});
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_EQ(read_file(file("relax.toml")), small_relax);
}

TEST_F(Run, SkipsWhatIsFinished) {
  ASSERT_EQ(run({"relax.toml", "--skip-if-finished"}).exit_code, 0);
  const std::string before = read_file(file("relax.h5"));
  for (const char* flag : {"--skip-if-finished", "--resume"}) {
    const Ended ended = run({"relax.toml", flag, "--json"});
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    const nlohmann::json object = nlohmann::json::parse(ended.out);
    EXPECT_EQ(object.at("status"), "skipped");
    EXPECT_TRUE(object.contains("beta")) << "the results are there nevertheless";
    EXPECT_EQ(read_file(file("relax.h5")), before);
  }
}

TEST_F(Run, DoesNotTakeAnotherConfigurationsResultForItsOwn) {
  ASSERT_EQ(run({"relax.toml"}).exit_code, 0);
  for (const char* flag : {"--skip-if-finished", "--resume"}) {
    const Ended ended = run({"relax.toml", flag, "--set", "relax.lambda=2"});
    EXPECT_EQ(ended.exit_code, 2);
    EXPECT_NE(ended.err.find("relax.h5: was made with another configuration: relax.lambda is 1.0 "
                             "there, but 2.0 in relax.toml"),
              std::string::npos)
        << ended.err;
  }
  EXPECT_EQ(run({"relax.toml", "--resume", "--set", "output.every=5"}).exit_code, 0);
}

TEST_F(Run, ContinuesBitForBitAfterTheWallClock) {
  ASSERT_EQ(run({"relax.toml", "--out", "whole.h5"}).exit_code, 0);
  const std::vector<std::string> one_step{"relax.toml", "--out", "parts.h5", "--max-walltime", "0"};
  const Ended first = run(one_step);
  ASSERT_EQ(first.exit_code, 75) << first.err;
  EXPECT_NE(first.err.find("stopped by --max-walltime; to go on: "), std::string::npos);
  EXPECT_NE(first.err.find("--max-walltime 0 --resume\n"), std::string::npos) << first.err;
  EXPECT_FALSE(ResultReader(file("parts.h5")).finished());
  int runs = 1;
  for (int code = 75; code == 75; ++runs) {
    const Ended next = run(joined(one_step, {"--resume"}));
    code = next.exit_code;
    ASSERT_TRUE(code == 0 || code == 75) << next.err;
    ASSERT_LT(runs, 1000);
  }
  EXPECT_EQ(runs, static_cast<int>(ResultReader(file("whole.h5")).shape("t")[0]) - 1)
      << "one step in every run";
  expect_same_results(file("whole.h5"), file("parts.h5"));
}

TEST_F(Run, StopsAtASignalAndContinuesBitForBit) {
  ASSERT_EQ(run(joined({"relax.toml", "--out", "whole.h5"}, slow)).exit_code, 0);
  for (const int number : {SIGINT, SIGTERM, SIGUSR1}) {
    const std::vector<std::string> arguments =
        joined({"run", "relax.toml", "--out", "parts.h5", "--resume"}, slow);
    Process process(directory_.path(), kapitza_command(arguments));
    const int before = fs::exists(file("parts.h5"))
                           ? static_cast<int>(ResultReader(file("parts.h5")).shape("t")[0])
                           : 0;
    while (process.running() &&
           (!fs::exists(file("parts.h5")) ||
            static_cast<int>(ResultReader(file("parts.h5")).shape("t")[0]) < before + 2))
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    process.send(number);
    const Ended ended = process.wait();
    ASSERT_EQ(ended.exit_code, 75) << ended.signal << ended.err;
    EXPECT_NE(ended.err.find("stopped by SIG"), std::string::npos) << ended.err;
    EXPECT_FALSE(ResultReader(file("parts.h5")).finished());
  }
  ASSERT_EQ(run(joined({"relax.toml", "--out", "parts.h5", "--resume"}, slow)).exit_code, 0);
  expect_same_results(file("whole.h5"), file("parts.h5"));
}

TEST_F(Run, SurvivesBeingKilled) {
  ASSERT_EQ(run(joined({"relax.toml", "--out", "whole.h5"}, slow)).exit_code, 0);
  const std::vector<std::string> arguments =
      joined({"run", "relax.toml", "--out", "parts.h5", "--resume"}, slow);
  for (int milliseconds : {40, 70, 110, 150}) {
    Process process(directory_.path(), kapitza_command(arguments));
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    process.send(SIGKILL);
    process.wait();
    if (fs::exists(file("parts.h5"))) ResultReader check(file("parts.h5"));
  }
  ASSERT_EQ(run(joined({"relax.toml", "--out", "parts.h5", "--resume"}, slow)).exit_code, 0);
  expect_same_results(file("whole.h5"), file("parts.h5"));
}

TEST_F(Run, ResumesOnlyWhatItStarted) {
  ASSERT_EQ(run({"relax.toml", "--max-walltime", "0"}).exit_code, 75);
  const Ended other = run({"relax.toml", "--resume", "--set", "grid.K=32"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.err.find("grid.K is 64 there, but 32"), std::string::npos) << other.err;
  fs::resize_file(file("relax.h5"), fs::file_size(file("relax.h5")) / 2);
  EXPECT_EQ(run({"relax.toml", "--resume"}).exit_code, 4);
  directory_.write("relax.h5", "garbage");
  EXPECT_EQ(run({"relax.toml", "--resume"}).exit_code, 4);
}

TEST_F(Run, ResumeNoticesAChangedTable) {
  const auto band = [&](double scale) {
    std::ofstream table(file("E.csv"));
    for (int i = 0; i < 16; ++i) {
      const double k = -3 + 0.39 * i;
      table << k << "," << scale * k * k << "\n";
    }
  };
  band(1);
  const std::vector<std::string> arguments{"relax.toml", "--set",
                                           "model.dispersion={table=\"E.csv\"}", "--set",
                                           "numerics.channels=[3]"};
  ASSERT_EQ(run(joined(arguments, {"--max-walltime", "0"})).exit_code, 75);
  band(1.01);
  const Ended ended = run(joined(arguments, {"--resume"}));
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.err.find("the dispersion is not the one it was made with"), std::string::npos);
}

TEST_F(Run, FailsBeforeTheWorkWhereNothingCanBeWritten) {
  const Ended nowhere = run({"relax.toml", "--out", "nowhere/r.h5"});
  EXPECT_EQ(nowhere.exit_code, 4);
  EXPECT_EQ(nowhere.err, "error: nowhere/r.h5: cannot be written: No such file or directory\n");
  const Ended full = run_program_in(
      directory_.path(),
      {"sh", "-c",
       std::string("trap '' XFSZ; ulimit -f 8; exec '") + KAPITZA_PROGRAM + "' run relax.toml"});
  EXPECT_EQ(full.exit_code, 4);
  EXPECT_NE(full.err.find("relax.h5: no room for the "), std::string::npos) << full.err;
  EXPECT_EQ(directory_.files(), (std::vector<std::string>{"collision.toml", "relax.toml"}));
}

TEST_F(Run, KeepsTheLastCheckpointWhereTheDiskFillsUp) {
  // The result outgrows what was foreseen: steps without end, in small files.
  const Ended full = run_program_in(
      directory_.path(),
      {"sh", "-c",
       std::string("trap '' XFSZ; ulimit -f 500; exec '") + KAPITZA_PROGRAM +
           "' run relax.toml --set grid.K=32 --set numerics.tolerance=0.3 --set relax.deviation=0 "
           "--set relax.t_end=200 --set output.every=0.05"});
  EXPECT_EQ(full.exit_code, 4) << full.signal;
  EXPECT_NE(full.err.find("error: relax.h5: cannot be written: File too large"), std::string::npos)
      << full.err;
  EXPECT_FALSE(ResultReader(file("relax.h5")).finished());
  EXPECT_EQ(directory_.files(),
            (std::vector<std::string>{"collision.toml", "relax.h5", "relax.toml"}));
}

TEST_F(Run, WarnsWhereTheToleranceIsOutOfReach) {
  const Ended ended = run({"collision.toml", "--set", "numerics.T=0.5", "--set",
                           "numerics.tolerance=1e-7", "--device", "cpu", "--json"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.err.find("warning: the tolerance 1e-07 is not reached"), std::string::npos)
      << ended.err;
  EXPECT_EQ(nlohmann::json::parse(ended.out).at("tolerance_reached"), false);
  EXPECT_EQ(ResultReader(file("collision.h5")).attribute("tolerance_reached"), Scalar(false));
}

TEST_F(Run, JsonNamesFilesWhoseNamesAreNoUtf8) {
  directory_.write("a\xff.toml", small_collision);
  const Ended ended = run({"a\xff.toml", "--json", "--out", "a.h5", "--device", "cpu"});
  EXPECT_EQ(ended.exit_code, 0) << ended.signal << ended.err;
  EXPECT_EQ(nlohmann::json::parse(ended.out).at("config_file"), "a\uFFFD.toml");
  const Ended missing = program({"info", "a\xff.h5", "--json"});
  EXPECT_EQ(missing.exit_code, 4) << missing.signal << missing.err;
  EXPECT_EQ(nlohmann::json::parse(missing.out).at("exit_code"), 4);
}

/// A cut-off in time that is too short is no fault of the momentum grid.
TEST_F(Run, SaysWhereARelaxationLeavesTheTolerance) {
  const Ended ended =
      run({"relax.toml", "--set", "numerics.T=0.5", "--set", "numerics.tolerance=0.3", "--set",
           "relax.t_end=1e-3", "--device", "cpu"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.err.find("warning: at t = 0, the tolerance 0.3 is not reached"),
            std::string::npos)
      << ended.err;
  EXPECT_EQ(ended.err.find("a larger grid.K helps"), std::string::npos) << ended.err;
}

TEST_F(Run, CudaWithoutAGpuIsAnError) {
  const Ended devices = kapitza_program(directory_.path(), {"devices", "--json"});
  ASSERT_EQ(devices.exit_code, 0);
  if (nlohmann::json::parse(devices.out).at("cuda").at("available")) GTEST_SKIP() << "there is one";
  const Ended ended = run({"collision.toml", "--device", "cuda"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_TRUE(ended.err.starts_with("error: ")) << ended.err;
  EXPECT_FALSE(fs::exists(file("collision.h5")));
}

TEST_F(Run, CheckPrintsAConfigurationThatCanBeFedBack) {
  const Ended ended =
      kapitza_program(directory_.path(), {"check", "relax.toml", "--set", "relax.lambda=2"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  for (const char* key : {"# ", "  T ", "  M ", "  dtau ", "memory_bytes", "estimated_seconds"})
    EXPECT_NE(ended.out.find(key), std::string::npos) << key;
  directory_.write("again.toml", ended.out);
  const Config again = Config::load(program_schema(), file("again.toml"), {});
  EXPECT_EQ(again.number("relax.lambda"), 2);
  EXPECT_EQ(Config::first_difference(
                again, Config::load(program_schema(), file("relax.toml"), {"relax.lambda=2"})),
            std::nullopt);
  EXPECT_FALSE(fs::exists(file("relax.h5")));
  const Ended json = kapitza_program(directory_.path(), {"check", "relax.toml", "--json"});
  for (const char* key : {"config", "T", "M", "dtau", "memory_bytes", "estimated_seconds"})
    EXPECT_TRUE(nlohmann::json::parse(json.out).contains(key)) << key;
}

TEST_F(Run, ExplainKnowsEveryKey) {
  const Ended all = kapitza_program(directory_.path(), {"explain"});
  EXPECT_EQ(all.exit_code, 0);
  for (const char* key : {"grid.K", "numerics.tolerance", "state.n", "relax.t_end", "output.every"})
    EXPECT_NE(all.out.find(std::string("\n") + key + "\n"), std::string::npos) << key;
  const Ended one = kapitza_program(directory_.path(), {"explain", "grid.K"});
  EXPECT_NE(one.out.find("even, 32 .. 4096"), std::string::npos);
  const Ended section = kapitza_program(directory_.path(), {"explain", "numerics"});
  EXPECT_NE(section.out.find("numerics.dtau"), std::string::npos);
  const Ended wrong = kapitza_program(directory_.path(), {"explain", "grid.k"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_NE(wrong.err.find("did you mean \"grid.K\"?"), std::string::npos);
}

TEST_F(Run, InfoTellsWhatAFileIs) {
  ASSERT_EQ(run({"relax.toml", "--max-walltime", "0"}).exit_code, 75);
  const Ended text = kapitza_program(directory_.path(), {"info", "relax.h5"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  for (const char* part : {"job \"relax\", unfinished", "argv", "git_commit", "K = 64", "2 x 64"})
    EXPECT_NE(text.out.find(part), std::string::npos) << part << "\n" << text.out;
  const Ended json = kapitza_program(directory_.path(), {"info", "relax.h5", "--json"});
  const nlohmann::json object = nlohmann::json::parse(json.out);
  EXPECT_EQ(object.at("finished"), false);
  EXPECT_EQ(object.at("datasets").at("n").at("shape"), (std::vector<int>{2, 64}));
  const Ended wrong = kapitza_program(directory_.path(), {"info", "relax.toml"});
  EXPECT_EQ(wrong.exit_code, 4);
  EXPECT_NE(wrong.err.find("it is no HDF5 file"), std::string::npos) << wrong.err;
  EXPECT_EQ(kapitza_program(directory_.path(), {"info", "nothing.h5"}).exit_code, 4);
}

TEST_F(Run, VersionAndHelpEndWell) {
  const Ended version = kapitza_program(directory_.path(), {"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_TRUE(version.out.starts_with("kapitza ")) << version.out;
  EXPECT_EQ(kapitza_program(directory_.path(), {"--help"}).exit_code, 0);
  EXPECT_EQ(kapitza_program(directory_.path(), {"run", "--help"}).exit_code, 0);
}

const fs::path shipped_folder = fs::path(KAPITZA_SOURCE_DIR) / "configs";

class Configs : public testing::TestWithParam<fs::path> {};

TEST_P(Configs, AreDocumentedAndRun) {
  const TemporaryDirectory directory;
  const std::string path = GetParam().string(), stem = GetParam().stem().string();
  const std::string text = read_file(path);
  EXPECT_TRUE(text.starts_with("# "));
  for (const std::string& part :
       {std::string("# Units: "), std::string("# Takes: "),
        "build/kapitza run configs/" + fs::relative(GetParam(), shipped_folder).string(),
        "./dev plot " + stem + ".h5"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
  // Two runs of one step each; a job without steps is done at once, or has nothing to keep.
  for (int steps = 1; steps <= 2; ++steps) {
    const Ended ended =
        kapitza_program(directory.path(), {"run", path, "--max-walltime", "0", "--resume"});
    if (directory.files().empty()) {
      EXPECT_EQ(ended.exit_code, 75) << ended.err;
      const Ended whole = kapitza_program(directory.path(), {"run", path});
      ASSERT_EQ(whole.exit_code, 0) << whole.err;
      EXPECT_EQ(whole.err.find("warning"), std::string::npos) << whole.err;
      return;
    }
    const ResultReader reader(directory / (stem + ".h5"));
    ASSERT_EQ(ended.exit_code, reader.finished() ? 0 : 75) << ended.err;
    EXPECT_EQ(ended.err.find("warning"), std::string::npos) << ended.err;
    if (reader.job() == "relax") {
      EXPECT_EQ(reader.shape("t")[0], static_cast<hsize_t>(steps + 1));
    }
    if (reader.job() == "stationary") {
      EXPECT_EQ(reader.shape("log/iteration")[0], static_cast<hsize_t>(steps + 1));
    }
  }
}

std::vector<fs::path> shipped_configs() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(shipped_folder))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  return files;
}

INSTANTIATE_TEST_SUITE_P(, Configs, testing::ValuesIn(shipped_configs()),
                         [](const auto& test) { return test.param.stem().string(); });

}  // namespace
}  // namespace kapitza::host
