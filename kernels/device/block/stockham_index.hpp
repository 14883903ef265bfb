// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include "kapitza/core/complex.hpp"
#include "kapitza/core/hd.hpp"

namespace kapitza::block {

/// Where everything is in the Stockham FFT of N complex numbers by N / Radix lanes.
///
/// Stage s joins N/span transforms of length span = Radix^s into transforms of length
/// span * radix. The radix is Radix, in the last stage what is left of N: the small one comes last,
/// where it saves most twiddle factors. Butterfly j of a stage, 0 <= j < N/radix, reads the
/// elements j + m N/radix and writes (j / span) span radix + j mod span + r span.
///
/// Every stage reads, and the last one writes, the same elements in the same lane: home(). So a
/// transform starts and ends in registers in natural order, neighbouring lanes hold neighbouring
/// elements, and shared memory is needed between stages only. A lane holds Radix of them, one
/// butterfly of every stage but the last.
template <int N, class T, int Radix = 8>
struct StockhamIndex {
  static_assert(Radix == 8 || Radix == 16);
  static_assert(N >= 8 * Radix && (N & (N - 1)) == 0, "a power of two, at least eight lanes");

  using Value = BasicComplex<T>;

  static constexpr int length = N;
  static constexpr int full_radix = Radix;
  static constexpr int slots = Radix;
  static constexpr int lanes = N / slots;

  /// Radix^stage: the length of the transforms that a stage starts from.
  KAPITZA_HD static constexpr int span(int stage) {
    int length = 1;
    while (stage-- > 0) length *= Radix;
    return length;
  }

  KAPITZA_HD static constexpr int radix(int stage) {
    return N / span(stage) < Radix ? N / span(stage) : Radix;
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

  /// The first element that butterfly j of a full radix writes; the r-th is r * span further.
  KAPITZA_HD static constexpr int scatter(int span, int j) {
    return j / span * (Radix * span) + j % span;
  }

  /// Twiddle table: exp(-2 pi i k r / (span radix)) for 0 <= k < span and 1 <= r < radix at
  /// twiddle(span, k, r), stage after stage from span = Radix on, for (radix - 1) span adds up to
  /// N - Radix. Neighbouring lanes read neighbouring entries, from a multiple of four or eight
  /// entries on, so that no sector of memory is read for a part of it.
  static constexpr int twiddles = N - Radix;
  KAPITZA_HD static constexpr int twiddle(int span, int k, int r) {
    return span - Radix + (r - 1) * span + k;
  }

  /// Lanes whose accesses to shared memory are served together: 128 bytes, the width of the 32
  /// banks, and no more than there are.
  static constexpr int group =
      128 / static_cast<int>(sizeof(Value)) < lanes ? 128 / static_cast<int>(sizeof(Value)) : lanes;

  /// The cell of element i in the exchange after the stage with this span.
  ///
  /// Together a group of lanes writes runs of `span` consecutive elements, Radix span apart, which
  /// meet in the same banks. So every run is moved on by its own length, relative to the run
  /// before; where several runs share `group` consecutive elements, they move together, so that
  /// a group still reads `group` consecutive cells. Spans from `group` on need nothing.
  ///
  /// Padding, not an exclusive-or of address bits, because it is additive where it matters,
  ///   pad(scatter + r span) = pad(scatter) + r span,
  ///   pad(home(lane, slot)) = pad(lane) + pad(home(0, slot)):
  /// one address per lane and exchange, the rest being constants inside the instructions.
  KAPITZA_HD static constexpr int pad(int span, int i) {
    const int period = Radix * span > group ? Radix * span : group;
    return span < group ? i + i / period * span : i;
  }

  /// Cells of shared memory. For N = 64 in single precision the extra eighth also keeps the two
  /// transforms apart that one group of 16 lanes works on.
  static constexpr int cells = N + N / 8;
};

/// Shared memory of one transform; at most 144 KiB (N = 8192 in double precision, N = 16384 in
/// single).
template <class Index>
constexpr std::size_t shared_bytes = Index::cells * sizeof(typename Index::Value);

}  // namespace kapitza::block
