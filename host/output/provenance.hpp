// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/report.hpp"

namespace kapitza::host {

/// How a result was made: what every file carries beside the physics.
struct Provenance {
  std::string argv;    ///< the command line, quoted for a shell
  std::string device;  ///< in words
  std::string started;
  int threads = 0;  ///< as asked for; 0: as many as `device` says
  std::string precision = "double";
  std::int64_t seed = 0;  ///< 0 where no random numbers are drawn

  Quantities attributes() const;
};

/// Root attributes of every result file that say how it was made, in the order people ask.
std::span<const char* const> provenance_names();
bool is_provenance(const std::string& attribute);

std::string utc_now();  ///< ISO 8601

std::string shell_command(const std::vector<std::string>& words);

}  // namespace kapitza::host
