// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cfloat>

#include "kernels/staged/device.hpp"

namespace kapitza::staged {

/// D_x = A_x - lower_x W_{x-1}, Eq. (19), column-major. Indices [p][k].
struct AssembleBlock {
  const double* J;         ///< [k][p]
  const double* diagonal;  ///< [K]
  const double* mirror;    ///< [K], or null
  const double* lower;     ///< [K]
  const double* W;         ///< [p][k], or null: the first node
  double* D;               ///< [p][k]
  double Lambda;
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [p, k] = split(index, K);
    const int column = static_cast<int>(p);
    double value = -Lambda * J[static_cast<std::size_t>(k) * K + p];
    if (k == column) value += diagonal[k];
    if (mirror && k + column == K - 1) value += mirror[k];
    if (W) value -= lower[k] * W[index];
    D[index] = value;
  }
};

/// diag(upper), column-major: becomes W = D^{-1} diag(upper). Indices [p][k].
struct SpreadDiagonal {
  const double* upper;  ///< [K]
  double* matrix;       ///< [p][k]
  int K;

  KAPITZA_HD void operator()(std::size_t index) const {
    const auto [p, k] = split(index, K);
    matrix[index] = k == static_cast<int>(p) ? upper[k] : 0;
  }
};

/// product = coupling o y. Indices [k].
struct Couple {
  const double *coupling, *y;
  double* product;

  KAPITZA_HD void operator()(std::size_t k) const { product[k] = coupling[k] * y[k]; }
};

/// f -= coupling o y. Indices [k].
struct SubtractCoupled {
  const double *coupling, *y;
  double* f;

  KAPITZA_HD void operator()(std::size_t k) const { f[k] -= coupling[k] * y[k]; }
};

/// f -= g. Indices [k].
struct Subtract {
  const double* g;
  double* f;

  KAPITZA_HD void operator()(std::size_t k) const { f[k] -= g[k]; }
};

/// Whether a block has a pivot that is zero or not finite. One index per node.
struct FindSingular {
  const double* factors;  ///< [x][p][k]
  int* singular;          ///< [x]
  int K;

  KAPITZA_HD void operator()(std::size_t x) const {
    const double* pivot = factors + x * K * K;
    singular[x] = 0;
    for (int k = 0; k < K; ++k, pivot += K + 1) {
      const double size = *pivot < 0 ? -*pivot : *pivot;
      if (!(size > 0 && size <= DBL_MAX)) singular[x] = 1;  // a NaN is neither
    }
  }
};

}  // namespace kapitza::staged
