// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/field/steps.hpp"
#include "kapitza/kinetic/time_sweep.hpp"

namespace kapitza {

/// What a GPU does in one of several ways, each subject its own.
struct CudaChoices {
  field::Steps steps = field::Steps::best;
  kinetic::TimeSweep sweep = kinetic::TimeSweep::best;
};

}  // namespace kapitza
