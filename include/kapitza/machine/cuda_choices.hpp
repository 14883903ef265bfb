// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/field/field_steps.hpp"
#include "kapitza/kinetic/time_sweep.hpp"

namespace kapitza {

/// What a GPU does in one of several ways, each subject its own.
struct CudaChoices {
  FieldSteps steps = FieldSteps::best;
  TimeSweep sweep = TimeSweep::best;
};

}  // namespace kapitza
