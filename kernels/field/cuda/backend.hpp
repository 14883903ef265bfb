// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "kapitza/field/backend.hpp"
#include "kapitza/field/field_steps.hpp"

namespace kapitza::cuda {

std::unique_ptr<field::Backend> make_field(FieldSteps steps);

}  // namespace kapitza::cuda
