// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include "kapitza/core/complex.hpp"
#include "kapitza/core/hd.hpp"

namespace kapitza::block {

/// The sign s of X_k = sum_j x_j e^{s 2 pi i jk / N}.
enum class Sign { minus = -1, plus = +1 };

/// Where everything is in the Stockham FFT of N complex numbers by N/8 lanes.
///
/// Stage s joins N/span transforms of length span = 8^s into transforms of length span * radix.
/// The radix is 8, in the last stage 8, 4 or 2: the small one comes last, where it saves most
/// twiddle factors. Butterfly j of a stage, 0 <= j < N/radix, reads the elements j + m N/radix and
/// writes (j / span) span radix + j mod span + r span.
///
/// Every stage reads, and the last one writes, the same elements in the same lane: home(). So a
/// transform starts and ends in registers in natural order, neighbouring lanes hold neighbouring
/// elements, and shared memory is needed between stages only.
template <int N, class T>
struct StockhamIndex {
  static_assert(N >= 64 && N <= 8192 && (N & (N - 1)) == 0, "a power of two from 64 to 8192");

  using Value = BasicComplex<T>;

  static constexpr int length = N;
  static constexpr int slots = 8;
  static constexpr int lanes = N / slots;

  /// 8^stage: the length of the transforms that a stage starts from.
  KAPITZA_HD static constexpr int span(int stage) { return 1 << (3 * stage); }

  KAPITZA_HD static constexpr int radix(int stage) {
    return N / span(stage) < 8 ? N / span(stage) : 8;
  }

  KAPITZA_HD static constexpr int count_stages() {
    int stages = 0;
    while (span(stages) < N) ++stages;
    return stages;
  }
  static constexpr int stages = count_stages();
  static constexpr int exchanges = stages - 1;
  /// One between the two halves of an exchange, one between two exchanges.
  static constexpr int barriers = 2 * exchanges - 1;

  /// The element that a lane holds in a slot, before the first stage and after every exchange.
  KAPITZA_HD static constexpr int home(int lane, int slot) { return lane + slot * lanes; }

  /// The element that a lane's radix-8 butterfly writes from slot 0; slot r is r * span further.
  KAPITZA_HD static constexpr int scatter(int span, int lane) {
    return lane / span * (8 * span) + lane % span;
  }

  /// Twiddle table: exp(-2 pi i k r / (span radix)) for 0 <= k < span and 1 <= r < radix at
  /// twiddle(span, k, r), stage after stage from span = 8 on, for (radix - 1) span adds up to
  /// N - 8. Neighbouring lanes read neighbouring entries, from a multiple of eight entries on, so
  /// that no sector of memory is read for a part of it.
  static constexpr int twiddles = N - 8;
  KAPITZA_HD static constexpr int twiddle(int span, int k, int r) {
    return span - 8 + (r - 1) * span + k;
  }

  /// Lanes whose accesses to shared memory are served together: 128 bytes, the width of the 32
  /// banks, and no more than there are.
  static constexpr int group =
      128 / static_cast<int>(sizeof(Value)) < lanes ? 128 / static_cast<int>(sizeof(Value)) : lanes;

  /// The cell of element i in the exchange after the stage with this span.
  ///
  /// Together a group of lanes writes runs of `span` consecutive elements, 8 span apart, which
  /// meet in the same banks. So every run is moved on by its own length, relative to the run
  /// before; where several runs share `group` consecutive elements, they move together, so that
  /// a group still reads `group` consecutive cells. Spans from `group` on need nothing.
  ///
  /// Padding, not an exclusive-or of address bits, because it is additive where it matters,
  ///   pad(scatter + r span) = pad(scatter) + r span,
  ///   pad(home(lane, slot)) = pad(lane) + pad(home(0, slot)):
  /// one address per lane and exchange, the rest being constants inside the instructions.
  KAPITZA_HD static constexpr int pad(int span, int i) {
    const int period = 8 * span > group ? 8 * span : group;
    return span < group ? i + i / period * span : i;
  }

  /// Cells of shared memory. For N = 64 in single precision the extra eighth also keeps the two
  /// transforms apart that one group of 16 lanes works on.
  static constexpr int cells = N + N / 8;
};

/// Shared memory of one transform; at most 144 KiB (N = 8192 in double precision).
template <int N, class T = double>
constexpr std::size_t shared_bytes() {
  return StockhamIndex<N, T>::cells * sizeof(BasicComplex<T>);
}

}  // namespace kapitza::block
