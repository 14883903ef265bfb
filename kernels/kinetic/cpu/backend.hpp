// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "kapitza/kinetic/backend.hpp"

namespace kapitza::cpu {

std::unique_ptr<kinetic::Backend> make_kinetic(int threads);

}  // namespace kapitza::cpu
