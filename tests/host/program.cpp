// SPDX-License-Identifier: BSD-3-Clause
#include "tests/host/program.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <signal.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

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

}  // namespace kapitza::host
