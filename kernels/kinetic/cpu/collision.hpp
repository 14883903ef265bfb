// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "kapitza/kinetic/collision.hpp"

namespace kapitza::cpu {

std::unique_ptr<CollisionOperator> make_collision(CollisionPlan plan, int threads);

}  // namespace kapitza::cpu
