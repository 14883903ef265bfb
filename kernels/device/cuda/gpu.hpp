// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace kapitza::cuda {

/// Why no GPU can be used; empty if one can.
std::string gpu_unavailable();

/// The GPU that is used, in words.
std::string gpu_description();

}  // namespace kapitza::cuda
