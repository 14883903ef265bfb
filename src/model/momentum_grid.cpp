// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/model/momentum_grid.hpp"

namespace kapitza {

std::vector<double> MomentumGrid::lattice(int M) const {
  std::vector<double> p(M);
  for (int r = 0; r < M; ++r) p[r] = lattice(r, M);
  return p;
}

}  // namespace kapitza
