// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "kapitza/field/backend.hpp"
#include "kapitza/kinetic/backend.hpp"
#include "kapitza/machine/cuda_choices.hpp"

/// The parts of a GPU, each in a file of its own: they take minutes to compile.
namespace kapitza::cuda {

std::unique_ptr<kinetic::Backend> make_kinetic(TimeSweep sweep);
std::unique_ptr<field::Backend> make_field(FieldSteps steps);

}  // namespace kapitza::cuda
