// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/core/complex.hpp"
#include "kapitza/core/elementary.hpp"
#include "kapitza/core/hd.hpp"

namespace kapitza::field {

/// U'(y), Eq. (2), as a polynomial: slope[l] multiplies y^l.
template <class T>
struct PotentialSlope {
  static constexpr int size = 6;  ///< Interaction::max_degree
  T slope[size]{};                // std::array is no device code

  KAPITZA_HD constexpr T operator()(T y) const {
    T sum = slope[size - 1];
    for (int l = size - 2; l >= 0; --l) sum = sum * y + slope[l];
    return sum;
  }

  /// U(y), which vanishes at y = 0.
  KAPITZA_HD constexpr T integral(T y) const {
    T sum = 0;
    for (int l = size - 1; l >= 0; --l) sum = (sum + slope[l] / T(l + 1)) * y;
    return sum;
  }
};

template <class T>
PotentialSlope<T> in_precision(const PotentialSlope<double>& slope) {
  PotentialSlope<T> result;
  for (int l = 0; l < PotentialSlope<T>::size; ++l)
    result.slope[l] = static_cast<T>(slope.slope[l]);
  return result;
}

/// The local part of Eq. (27) over one step, exactly, Eq. (28): the modulus of psi stays, its phase
/// turns by lambda D dt U'(|psi|^2), of which `turns` is the factor before U', over 2 pi.
template <class T>
struct PhaseKick {
  PotentialSlope<T> slope;

  KAPITZA_HD constexpr BasicComplex<T> operator()(BasicComplex<T> psi, T turns) const {
    const Cis<T> z = cis_turns(-turns * slope(norm(psi)));
    return BasicComplex<T>{z.cos, z.sin} * psi;
  }
};

}  // namespace kapitza::field
