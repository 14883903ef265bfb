// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/kinetic/balance.hpp"
#include "kapitza/kinetic/kink.hpp"
#include "kapitza/model/lattice.hpp"
#include "kernels/device/block/in_block.hpp"
#include "kernels/device/staged/device.hpp"

namespace kapitza::staged {

/// h of Eq. (8), its line, and the kinks of n and h at +-pi. One Block per density.
struct BalanceDensity {
  const double* n;       ///< [x][K]
  const double* energy;  ///< [K]
  double* h;             ///< [x][K]
  kinetic::MomentSystem::Line* line;
  Complex* kink;  ///< of n + i h
  kinetic::Kink shape;
  int K;

  static constexpr int lanes = 128, resident = 4;
  std::size_t shared_bytes() const { return block::in_block_bytes(lanes); }

  template <block::Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t x) const {
    block::InBlock<B> momenta(blk, K);
    const double* own = n + x * K;
    const kinetic::MomentSystem::Line thermal = kinetic::balance(momenta, own, energy, h + x * K);
    blk.sync();  // what the kink takes of h belongs to several lanes
    blk.each(1, [&](int) {
      line[x] = thermal;
      aligned(kink + x) = {shape.amplitude(own, K), shape.amplitude(h + x * K, K)};
    });
  }
};

/// (n + i h) / K: two real functions interpolated by one complex transform.
struct PackDensity {
  const double* n;
  const double* h;
  Complex* packed;
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    aligned(packed + index) = {n[index] / K, h[index] / K};
  }
};

/// The coefficients of the interpolant on M points, times `scale`. Indices [x][mode of M].
struct PadModes {
  const Complex* modes;  ///< [x][K]
  Complex* padded;       ///< [x][M]
  double scale;
  int K, M;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [x, i] = split(index, M);
    aligned(padded + index) = scale * padded_mode(modes + x * K, K, M, i);
  }
};

/// Puts the kinks back that the interpolation has rounded off, Eq. (6). Indices [x][r].
struct AddKink {
  const double* shape;  ///< [M]: chi - L chi
  const Complex* kink;  ///< [x]
  Complex* fine;        ///< [x][M]
  double scale;
  int M;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [x, r] = split(index, M);
    aligned(fine + index) += (scale * shape[r]) * aligned(kink + x);
  }
};

}  // namespace kapitza::staged
