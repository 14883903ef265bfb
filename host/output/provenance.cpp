// SPDX-License-Identifier: BSD-3-Clause
#include "host/output/provenance.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <unistd.h>

#include "host/output/hdf5.hpp"
#include "kapitza/version.hpp"

namespace kapitza::host {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#elif defined(__GNUC__)
  return "g++ " __VERSION__;
#else
  return "unknown";
#endif
}

std::string shell_quoted(std::string_view word) {
  constexpr std::string_view safe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  if (!word.empty() && word.find_first_not_of(safe) == std::string_view::npos)
    return std::string(word);
  std::string result = "'";
  for (const char c : word) {
    if (c == '\'') {
      result += "'\\''";
    } else {
      result += c;
    }
  }
  return result + "'";
}

constexpr const char* names[] = {"job",          "finished", "version",      "git_commit",
                                 "argv",         "started",  "wall_seconds", "host",
                                 "device",       "threads",  "precision",    "compiler",
                                 "slurm_job_id", "seed",     "hdf5",         "config"};

}  // namespace

std::span<const char* const> provenance_names() { return names; }

bool is_provenance(const std::string& attribute) {
  return std::find(std::begin(names), std::end(names), attribute) != std::end(names);
}

Quantities Provenance::attributes() const {
  Quantities rows{
      {"version", std::string(KAPITZA_VERSION), ""},
      {"git_commit", std::string(KAPITZA_GIT_COMMIT), ""},
      {"argv", argv, ""},
      {"device", device, ""},
      {"threads", std::int64_t{threads}, ""},
      {"precision", precision, ""},
      {"seed", seed, ""},
      {"host", host_name(), ""},
      {"compiler", compiler(), ""},
      {"hdf5", hdf5::library_version(), ""},
      {"started", started, ""},
  };
  if (const char* slurm = std::getenv("SLURM_JOB_ID"))
    rows.push_back({"slurm_job_id", std::string(slurm), ""});
  return rows;
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::string shell_command(const std::vector<std::string>& words) {
  std::string command;
  for (const std::string& word : words)
    command.append(command.empty() ? "" : " ").append(shell_quoted(word));
  return command;
}

}  // namespace kapitza::host
