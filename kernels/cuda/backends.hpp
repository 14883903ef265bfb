// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "kapitza/solver/cuda_choices.hpp"
#include "kapitza/solver/field_backend.hpp"
#include "kapitza/solver/kinetic_backend.hpp"

/// The parts of a GPU, each in a file of its own: they take minutes to compile.
namespace kapitza::cuda {

std::unique_ptr<kinetic::Backend> make_kinetic(TimeSweep sweep);
std::unique_ptr<field::Backend> make_field(FieldSteps steps);

}  // namespace kapitza::cuda
