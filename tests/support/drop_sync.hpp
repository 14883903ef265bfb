// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

namespace kapitza::block {

/// A Block that can leave out one barrier. The intact algorithm is tested on it too, so that a
/// mutant differs from what passes by one number.
template <class B>
struct DropSync : B {
  static constexpr int none = -1;
  DropSync(int lanes, std::size_t shared_bytes, int which = none)
      : B(lanes, shared_bytes), dropped(which) {}
  void sync() {
    if (seen++ != dropped) B::sync();
  }
  int dropped;
  int seen = 0;
};

}  // namespace kapitza::block
