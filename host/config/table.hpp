// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <vector>

namespace kapitza::host {

/// A function of momentum given by points, k ascending in [-pi, pi).
struct MomentumTable {
  std::vector<double> k, value;
};

/// Of the second column of a table.
enum class AllowedValues { any, positive };

/// Reads two columns k, value, separated by a comma or by blanks; the first line may name the
/// columns, and # starts a comment. A last row at k = pi may repeat the first at k = -pi.
/// Throws InputError naming file and line.
MomentumTable read_momentum_table(const std::filesystem::path& file, AllowedValues allowed);

}  // namespace kapitza::host
