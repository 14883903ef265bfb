// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "kapitza/core/hd.hpp"

namespace kapitza {

/// A step of length dt out of exact local and kinetic ones, Eq. (32):
/// local[0], kinetic[0], local[1], ..., kinetic[n - 1], local[n], each in units of dt.
struct Composition {
  std::vector<double> local, kinetic;

  int stages() const { return static_cast<int>(kinetic.size()); }

  static Composition strang() { return {{0.5, 0.5}, {1.0}}; }

  /// The symmetric six-stage scheme of order four by Blanes and Moan (J. Comput. Appl. Math. 142,
  /// 313, 2002): more transforms than other schemes, but errors so small that it needs fewer.
  static Composition blanes_moan() {
    constexpr double a1 = 0.0792036964311957, a2 = 0.353172906049774, a3 = -0.0420650803577195;
    constexpr double b1 = 0.209515106613362, b2 = -0.143851773179818;
    constexpr double a4 = 1 - 2 * (a1 + a2 + a3), b3 = 0.5 - (b1 + b2);
    return {{a1, a2, a3, a4, a3, a2, a1}, {b1, b2, b3, b3, b2, b1}};
  }
};

/// Runs `steps` steps, number `first` and those after it: the order of things, whatever holds the
/// field. field.local(slot) is local[slot], and slot = stages() + 1 stands for the end of one step
/// and the beginning of the next together; field.kinetic(stage); field.kick(index) after every
/// `kick_every`-th step (0: never).
#ifdef __CUDACC__
#pragma nv_exec_check_disable  // a Field of the host is driven on the host only
#endif
template <class Field>
KAPITZA_HD void split_steps(int stages, long first, long steps, int kick_every, Field& field) {
  const int merged = stages + 1;
  bool open = false;
  for (long step = first; step < first + steps; ++step) {
    if (!open) field.local(0);
    for (int stage = 0; stage < stages; ++stage) {
      field.kinetic(stage);
      if (stage + 1 < stages) field.local(stage + 1);
    }
    const bool kick = kick_every > 0 && (step + 1) % kick_every == 0;
    open = !kick && step + 1 < first + steps;
    field.local(open ? merged : stages);
    if (kick) field.kick((step + 1) / kick_every);
  }
}

}  // namespace kapitza
