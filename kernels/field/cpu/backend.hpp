// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "kapitza/field/backend.hpp"

namespace kapitza::cpu {

std::unique_ptr<field::Backend> make_field(int threads);

}  // namespace kapitza::cpu
