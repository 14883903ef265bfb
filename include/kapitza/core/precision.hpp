// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "kapitza/core/complex.hpp"

namespace kapitza {

enum class Precision { single_, double_ };

// Tables of a plan, which is made in double precision, in that of the fields.

template <class Real>
std::vector<Real> in_precision(const std::vector<double>& table) {
  return std::vector<Real>(table.begin(), table.end());
}

template <class Real>
std::vector<BasicComplex<Real>> in_precision(const std::vector<Complex>& table) {
  std::vector<BasicComplex<Real>> result;
  result.reserve(table.size());
  for (const Complex z : table)
    result.push_back({static_cast<Real>(z.re), static_cast<Real>(z.im)});
  return result;
}

}  // namespace kapitza
