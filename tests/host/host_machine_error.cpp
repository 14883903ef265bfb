// SPDX-License-Identifier: BSD-3-Clause
//
// What the program tells its caller about every kind of error.
#include <gtest/gtest.h>

#include "host/exit_code.hpp"
#include "tests/host/program.hpp"

namespace kapitza::host {
namespace {

TEST(ExitCode, SaysWhoIsToBlame) {
  EXPECT_EQ(exit_code_of(InputError("")), 2);
  EXPECT_EQ(exit_code_of(BackendUnavailable("")), 2);
  EXPECT_EQ(exit_code_of(NumericsError("")), 3);
  EXPECT_EQ(exit_code_of(IoError("")), 4);
  EXPECT_EQ(exit_code_of(std::filesystem::filesystem_error("", std::error_code())), 4);
  EXPECT_EQ(exit_code_of(std::ios_base::failure("")), 4);
  EXPECT_EQ(exit_code_of(MachineError("")), 5);
  EXPECT_EQ(exit_code_of(OutOfMemory("", {})), 5);
  EXPECT_EQ(exit_code_of(LibraryFailure("", "")), 5);
  EXPECT_EQ(exit_code_of(std::bad_alloc()), 5);
  EXPECT_EQ(exit_code_of(std::length_error("")), 5);
  EXPECT_EQ(exit_code_of(std::system_error(std::error_code())), 5) << "no more threads";
  EXPECT_EQ(exit_code_of(std::logic_error("")), 70);
  EXPECT_EQ(exit_code_of(std::invalid_argument("")), 70);
  EXPECT_EQ(exit_code_of(std::out_of_range("")), 70);
  EXPECT_EQ(exit_code_of(std::runtime_error("")), 70) << "no error of ours";
}

TEST(MachineError, NamesWhatFailed) {
  const OutOfMemory memory("check.cu:7: allocate", {.wanted = 2000, .free = 100});
  EXPECT_STREQ(memory.what(),
               "check.cu:7: allocate: there is not enough memory, 2000 bytes were wanted, "
               "100 bytes are free");
  const LibraryFailure failure("launch of StartInverse", "invalid value", "device.cuh:9");
  EXPECT_STREQ(failure.what(), "device.cuh:9: launch of StartInverse: invalid value");
  EXPECT_EQ(failure.call, "launch of StartInverse");
}

/// More momenta than the memory that it is given has room for.
TEST(MachineError, EndsTheProgramWithCode5) {
  const TemporaryDirectory directory;
  directory.write("m.toml",
                  "job = \"microscopic\"\nstate.n = \"1\"\nlattice.absorber = \"none\"\n"
                  "lattice.sites = 4096\ndefect.lambda = 0.1\nensemble.max_time = 10\n"
                  "ensemble.trajectories = 65536\n");
  const std::string command =
      "ulimit -v 2000000; exec " KAPITZA_PROGRAM " run m.toml --device cpu --threads 1 --json";
  const Ended ended = run_program_in(directory.path(), {"sh", "-c", command});
  EXPECT_EQ(ended.exit_code, 5) << ended.err;
  EXPECT_NE(ended.err.find("not enough memory"), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace kapitza::host
