// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "kapitza/kinetic/collision.hpp"

namespace kapitza::cpu {

std::unique_ptr<kinetic::CollisionOperator> make_collision(kinetic::CollisionPlan plan,
                                                           int threads);

}  // namespace kapitza::cpu
