// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/kinetic/assemble.hpp"
#include "kernels/device/block/in_block.hpp"
#include "kernels/device/staged/device.hpp"

namespace kapitza::staged {

/// All sums of a pass over densities.
struct PassSums {
  const double* sweep;  ///< [x][segment][gain, rate][K], or null
  const double* pairs;  ///< [x][gain, rate][K], or null
  int segments, K;

  KAPITZA_HD kinetic::CollisionSums of(std::size_t x) const {
    return {sweep ? sweep + x * segments * 2 * K : nullptr, segments,
            pairs ? pairs + x * 2 * K : nullptr, K};
  }
};

/// The numbers that describe one density as a whole.
struct Diagnosis {
  double error, grid_error, number_rate_raw, energy_rate_raw;
  kinetic::MomentSystem::Line projection;
};

/// Gain, loss, I and the estimates. One Block per density.
struct AssembleDensity {
  const double *n, *h;  ///< [x][K]
  const double* energy;
  PassSums sums;
  double *gain, *loss, *I;  ///< [x][K]
  Diagnosis* diagnosis;     ///< [x]

  static constexpr int lanes = 128, resident = 4;
  std::size_t shared_bytes() const { return block::in_block_bytes(lanes); }

  template <block::Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t x) const {
    block::InBlock<B> momenta(blk, sums.K);
    const std::size_t at = x * sums.K;
    kinetic::CollisionValues values{gain + at, loss + at, I + at};
    kinetic::assemble_collision(momenta, n + at, h + at, energy, sums.of(x), values);
    blk.each(1, [&](int) {
      diagnosis[x] = {values.error, values.grid_error, values.number_rate_raw,
                      values.energy_rate_raw, values.projection};
    });
  }
};

}  // namespace kapitza::staged
