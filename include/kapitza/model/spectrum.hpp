// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <vector>

namespace kapitza {

/// A density n(k), at any momenta.
using Spectrum = std::function<std::vector<double>(const std::vector<double>& k)>;

}  // namespace kapitza
