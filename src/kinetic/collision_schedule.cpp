// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/kinetic/collision_schedule.hpp"

#include <algorithm>

namespace kapitza::kinetic {

SweepSchedule::SweepSchedule(const CollisionPlan& plan) {
  const auto& segments = plan.time.segments;
  for (int s = 0; s < static_cast<int>(segments.size()); ++s) {
    const int M = segments[s].M;
    if (levels.empty() || levels.back().M != M)
      levels.push_back({M, plan.model.dispersion.energy(plan.model.grid.lattice(M))});
    const int level = static_cast<int>(levels.size()) - 1, end = segments[s].last_step + 1;
    for (int step = segments[s].first_step; step < end; step += chunk_times)
      chunks.push_back({s, level, step, std::min(chunk_times, end - step)});
  }
}

}  // namespace kapitza::kinetic
