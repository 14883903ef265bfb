// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "kapitza/kinetic/collision.hpp"

namespace kapitza::kinetic {

/// How the sum over auxiliary time, Eq. (11), is cut into pieces of work, the same for every
/// backend.
///
/// A phase at tau = (first_step + t) dtau is a product start(chunk) x offset(t): tables of phases
/// grow with T by one row per chunk, not per time.
struct SweepSchedule {
  static constexpr int chunk_times = 16;

  /// One lattice size.
  struct Level {
    int M;
    std::vector<double> energy;  ///< E(p_r), r = 0 .. M - 1
  };

  /// Consecutive auxiliary times of one segment, at most chunk_times of them.
  struct Chunk {
    int segment, level;
    int first_step, times;
  };

  explicit SweepSchedule(const CollisionPlan& plan);

  /// 0, 1, ...: the steps of the phases offset(t).
  static std::vector<int> steps_in_chunk() {
    std::vector<int> steps(chunk_times);
    std::iota(steps.begin(), steps.end(), 0);
    return steps;
  }

  std::vector<Level> levels;  ///< ascending in M
  std::vector<Chunk> chunks;  ///< ascending in tau, hence also in segment and level
};

}  // namespace kapitza::kinetic
