// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "kapitza/kinetic/backend.hpp"
#include "kapitza/kinetic/time_sweep.hpp"

namespace kapitza::cuda {

std::unique_ptr<kinetic::Backend> make_kinetic(kinetic::TimeSweep sweep);

}  // namespace kapitza::cuda
