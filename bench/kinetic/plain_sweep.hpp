// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <vector>

#include "kapitza/model/momentum_grid.hpp"
#include "kernels/kinetic/cpu/grid_transforms.hpp"

namespace kapitza::bench {

/// The yardstick: the 3 -> 3 integral as published (arXiv paper's appendix C, gain and loss), with
/// a sharp cut-off, one lattice for all times and the G_j shared by all densities. Written with the
/// same transforms and the same care as the sweep it is compared with; one thread.
class PlainSweep {
 public:
  PlainSweep(int K, double T, double dtau, int M);

  /// I of every density (X-major), for C_3 = 108.
  std::vector<double> operator()(std::span<const double> n);

 private:
  /// |F|^4 F* and 2 |F|^2 F*^2 G - 3 |F|^4 G*, folded from M sites onto K.
  void fold(const cpu::SplitArray& F, const cpu::SplitArray& G, cpu::Split sum) const;

  MomentumGrid grid_;
  int M_, steps_;
  double dtau_;
  cpu::Interpolation interpolation_;
  cpu::Transform lattice_, to_grid_;
  std::vector<double> energy_;
};

}  // namespace kapitza::bench
