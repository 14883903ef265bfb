// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace kapitza::field {

/// How a GPU makes the steps of an ensemble of fields.
enum class Steps {
  best,        ///< fused where the field of a trajectory fits into a block, else in two passes
               ///< where they suit the ring, else by transforms
  transforms,  ///< batched transforms of the library, with pointwise stages between them
  fused,       ///< one block for each trajectory: radix 8, from 8192 sites on 16
  two_pass,    ///< passes over columns and rows of a ring of 2^12 to 2^20 sites
};

}  // namespace kapitza::field
