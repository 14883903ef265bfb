// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "kapitza/field/backend.hpp"
#include "kapitza/field/steps.hpp"

namespace kapitza::cuda {

std::unique_ptr<field::Backend> make_field(field::Steps steps);

}  // namespace kapitza::cuda
