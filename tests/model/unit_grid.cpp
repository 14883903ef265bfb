// SPDX-License-Identifier: BSD-3-Clause
// Momenta, and functions on finer grids of them.
#include <gtest/gtest.h>
#include <numbers>
#include <utility>
#include <vector>

#include "kapitza/model/lattice.hpp"
#include "kapitza/model/momentum_grid.hpp"

namespace kapitza {
namespace {

using std::numbers::pi;

TEST(MomentumGrid, IsSymmetricAscendingAndInsideTheZone) {
  for (int K : {32, 34, 100, 4096}) {
    const MomentumGrid grid{K};
    for (int m = 0; m < K; ++m) {
      EXPECT_NEAR(grid(m), -pi + 2 * pi * (m + 0.5) / K, 1e-14);
      EXPECT_NEAR(grid(m), -grid(K - 1 - m), 1e-14);
    }
  }
}

TEST(MomentumGrid, LatticesContainTheGrid) {
  const MomentumGrid grid{48};
  for (int ratio : {1, 2, 3, 8})
    for (int m = 0; m < grid.K; ++m) {
      EXPECT_NEAR(grid.lattice(ratio * m, ratio * grid.K), grid(m), 1e-14);
      EXPECT_NEAR(grid.coordinate(grid(m), ratio * grid.K), ratio * m, 1e-11);
    }
}

TEST(Lattice, FoldingIsTheTransposeOfPadding) {
  for (const auto& [K, M] : {std::pair{8, 8}, {8, 16}, {8, 24}, {6, 12}})
    for (int i = 0; i < M; ++i)
      for (int j = 0; j < K; ++j) {
        std::vector<double> modes(K, 0.0), fine(M, 0.0);
        modes[j] = fine[i] = 1;
        EXPECT_EQ(padded_mode(modes.data(), K, M, i), folded_mode(fine.data(), K, M, j));
      }
}

}  // namespace
}  // namespace kapitza
