// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace kapitza::host {

/// A directory of its own for one test, removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

  /// Writes a file into it and returns its path.
  std::filesystem::path write(const std::string& name, std::string_view text) const;
  std::vector<std::string> files() const;  ///< hidden ones included, sorted

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path);

/// How a process ended, and what it said.
struct Ended {
  int exit_code = -1;  ///< -1: a signal ended it
  int signal = 0;
  std::string out, err;
};

/// A process of the built program, with its streams in files of its working directory.
class Process {
 public:
  Process(const std::filesystem::path& directory, const std::vector<std::string>& command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void send(int signal) const;
  bool running() const;
  Ended wait();

 private:
  std::filesystem::path out_, err_;
  pid_t id_ = -1;
};

/// Runs `kapitza` with these arguments.
Ended kapitza_program(const std::filesystem::path& directory, std::vector<std::string> arguments);
/// Runs anything.
Ended run_program_in(const std::filesystem::path& directory,
                     const std::vector<std::string>& command);

/// The command line of the program, to be extended.
std::vector<std::string> kapitza_command(std::vector<std::string> arguments);

using Arguments = std::vector<std::string>;
Arguments joined(Arguments a, const Arguments& b);
/// "--set" before each of these.
Arguments with(const Arguments& assignments);

/// Runs of configurations in a directory of their own.
class ProgramTest : public testing::Test {
 protected:
  Ended program(const Arguments& arguments) const;
  Ended run(const Arguments& arguments) const;  ///< the configuration first
  std::filesystem::path file(const std::string& name) const { return directory_ / name; }

  /// Sends SIGTERM to a run as soon as its result file has a checkpoint, and expects it to stop.
  void stop_at_the_first_checkpoint(const Arguments& arguments, const std::string& result) const;

  TemporaryDirectory directory_;
};

/// Two finished results, the same to the last bit in every dataset, and in every number that does
/// not count time, or work that a continuation does again.
void expect_same_results(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace kapitza::host
