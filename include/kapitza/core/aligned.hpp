// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/core/hd.hpp"

namespace kapitza {

/// A complex number in memory, read or written in one access of its whole size: its type promises
/// half of that alignment only, and two accesses of half the size would each touch every sector of
/// the line, and meet bank conflicts in shared memory.
template <class T>
KAPITZA_HD T& aligned(T* z) {
  return *static_cast<T*>(__builtin_assume_aligned(z, sizeof(T)));
}

}  // namespace kapitza
