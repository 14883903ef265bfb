// SPDX-License-Identifier: BSD-3-Clause
#include "tests/host/program.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <set>
#include <signal.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "host/output/result_file.hpp"

extern char** environ;

namespace kapitza::host {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "kapitza-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TemporaryDirectory::write(const std::string& name,
                                                std::string_view text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
  return path_ / name;
}

std::vector<std::string> TemporaryDirectory::files() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

Process::Process(const std::filesystem::path& directory, const std::vector<std::string>& command) {
  // Threads that spin while they wait are slow where tests run side by side.
  ::setenv("OMP_WAIT_POLICY", "passive", 1);
  // Beside the working directory, so that the program finds it as the test has prepared it.
  static int count = 0;
  const std::string base = directory.string() + "." + std::to_string(++count);
  out_ = base + ".out";
  err_ = base + ".err";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out_.c_str(), flags, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err_.c_str(), flags, 0600);
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const int error = ::posix_spawnp(&id_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + command[0]);
}

Process::~Process() {
  if (id_ > 0) {
    ::kill(id_, SIGKILL);
    wait();
  }
}

void Process::send(int signal) const { ::kill(id_, signal); }

bool Process::running() const {
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT);
  return info.si_pid == 0;
}

Ended Process::wait() {
  int status = 0;
  ::waitpid(id_, &status, 0);
  id_ = -1;
  Ended ended;
  if (WIFEXITED(status)) ended.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  ended.out = read_file(out_);
  ended.err = read_file(err_);
  std::filesystem::remove(out_);
  std::filesystem::remove(err_);
  return ended;
}

std::vector<std::string> kapitza_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), KAPITZA_PROGRAM);
  return arguments;
}

Ended run_program_in(const std::filesystem::path& directory,
                     const std::vector<std::string>& command) {
  return Process(directory, command).wait();
}

Ended kapitza_program(const std::filesystem::path& directory, std::vector<std::string> arguments) {
  return run_program_in(directory, kapitza_command(std::move(arguments)));
}

Arguments joined(Arguments a, const Arguments& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Arguments with(const Arguments& assignments) {
  Arguments arguments;
  for (const std::string& assignment : assignments) {
    arguments.emplace_back("--set");
    arguments.push_back(assignment);
  }
  return arguments;
}

Ended ProgramTest::program(const Arguments& arguments) const {
  return kapitza_program(directory_.path(), arguments);
}

Ended ProgramTest::run(const Arguments& arguments) const {
  return program(joined({"run"}, arguments));
}

void ProgramTest::stop_at_the_first_checkpoint(const Arguments& arguments,
                                               const std::string& result) const {
  Process process(directory_.path(), kapitza_command(joined({"run"}, arguments)));
  while (process.running() && !std::filesystem::exists(file(result)))
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  process.send(SIGTERM);
  const Ended ended = process.wait();
  EXPECT_EQ(ended.exit_code, 75) << ended.signal << ended.err;
  EXPECT_NE(ended.err.find("stopped by SIGTERM"), std::string::npos) << ended.err;
}

namespace {

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool same_bits(const Scalar& a, const Scalar& b) {
  const double* x = std::get_if<double>(&a);
  const double* y = std::get_if<double>(&b);
  return x && y ? same_bits(*x, *y) : a == b;
}

bool counts_time_or_work(const std::string& key) {
  return key == "site_steps_per_second" || key == "evaluations";
}

std::set<std::string> result_keys(const ResultReader& reader) {
  std::set<std::string> keys;
  for (const Quantity& row : reader.results()) keys.insert(row.key);
  return keys;
}

}  // namespace

void expect_same_results(const std::filesystem::path& a, const std::filesystem::path& b) {
  const ResultReader left(a), right(b);
  ASSERT_EQ(left.datasets(), right.datasets());
  ASSERT_EQ(result_keys(left), result_keys(right));
  for (const std::string& name : left.datasets()) {
    EXPECT_EQ(left.shape(name), right.shape(name)) << name;
    EXPECT_TRUE(std::ranges::equal(left.read(name), right.read(name), [](double x, double y) {
      return same_bits(x, y);
    })) << name;
  }
  for (const Quantity& row : left.results()) {
    if (counts_time_or_work(row.key)) continue;
    const Scalar other = right.attribute(row.key).value();
    EXPECT_TRUE(same_bits(row.value, other))
        << row.key << ": " << readable(row.value) << " and " << readable(other);
  }
  for (const ResultReader* reader : {&left, &right}) {
    EXPECT_TRUE(reader->finished());
    EXPECT_FALSE(reader->contains("checkpoint"));
  }
}

}  // namespace kapitza::host
