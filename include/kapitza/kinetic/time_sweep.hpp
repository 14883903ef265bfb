// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace kapitza::kinetic {

/// How a GPU sums over auxiliary time.
enum class TimeSweep {
  best,        ///< fused where a lattice fits into a block, else by transforms
  transforms,  ///< batched transforms of the library, with pointwise stages between them
};

}  // namespace kapitza::kinetic
