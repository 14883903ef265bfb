// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kernels/device/block/stockham.hpp"

/// X_k = sum_j x_j e^{2 pi i jk / n}, not normalised, of any length n = 2^a 3^b 5^c, by one Block.
///
/// For short transforms beside the large one: every stage goes through shared memory, from one half
/// of 2 n cells to the other, so that lengths need not suit the number of lanes and there is one
/// barrier per stage. Stages as in StockhamIndex, with a radix of their own: 4, 2, 3 or 5.
namespace kapitza::block {

/// X_k = x_0 + w^k x_1 + w^{2k} x_2, w = e^{s 2 pi i / 3}
template <Sign sign, class T>
KAPITZA_HD constexpr void dft(Registers<BasicComplex<T>, 3>& x) {
  constexpr T half = static_cast<T>(0.5), s = static_cast<T>(0.86602540378443864676);
  const BasicComplex<T> sum = x[1] + x[2], turned = s * times_i<sign>(x[1] - x[2]);
  const BasicComplex<T> middle = x[0] - half * sum;
  x = {x[0] + sum, middle + turned, middle - turned};
}

/// X_k = sum_m x_m w^{mk}, w = e^{s 2 pi i / 5}
template <Sign sign, class T>
KAPITZA_HD constexpr void dft(Registers<BasicComplex<T>, 5>& x) {
  constexpr T c1 = static_cast<T>(0.30901699437494742410);   // cos(2 pi / 5)
  constexpr T c2 = static_cast<T>(-0.80901699437494742410);  // cos(4 pi / 5)
  constexpr T s1 = static_cast<T>(0.95105651629515357212);
  constexpr T s2 = static_cast<T>(0.58778525229247312917);
  const BasicComplex<T> a = x[1] + x[4], b = x[2] + x[3];
  const BasicComplex<T> c = times_i<sign>(x[1] - x[4]), d = times_i<sign>(x[2] - x[3]);
  const BasicComplex<T> p = x[0] + c1 * a + c2 * b, q = x[0] + c2 * a + c1 * b;
  const BasicComplex<T> u = s1 * c + s2 * d, v = s2 * c - s1 * d;
  x = {x[0] + a + b, p + u, q + v, q - v, p - u};
}

/// Butterfly j of a stage: reads the elements j + m n/radix from `from` on, writes
/// (j / span) span radix + j mod span + r span from `to` on.
template <int radix, class Buffer, class Roots>
KAPITZA_HD void ring_butterfly(const Buffer& buffer, int from, int to, int n, int span, int j,
                               const Roots& roots) {
  using Value = decltype(buffer.load(0));
  const int k = j % span, step = n / (span * radix);
  Registers<Value, radix> y;
  y[0] = buffer.load(from + j);
  unroll<radix - 1>([&](auto i) {
    constexpr int m = i + 1;
    y[m] = buffer.load(from + j + m * (n / radix)) * roots(k * m * step);
  });
  dft<Sign::plus>(y);
  const int first = to + j / span * (span * radix) + k;
  unroll<radix>([&](auto r) { buffer.store(first + r * span, y[r]); });
}

/// The radix of the next stage of what is left of a length.
KAPITZA_HD constexpr int ring_radix(int left) {
  if (left % 4 == 0) return 4;
  if (left % 2 == 0) return 2;
  return left % 3 == 0 ? 3 : 5;
}

/// The transforms of `lines` lines of n, of which line l is in the cells 2 n l ... 2 n l + n - 1 of
/// a buffer; roots(i) is e^{2 pi i i / n}. Every store is followed by a barrier, here and before.
/// Returns how much further the results are: 0 or n.
template <int lines, Block B, class Buffer, class Roots>
KAPITZA_HD int ring_transform(B& blk, const Buffer& buffer, int n, const Roots& roots) {
  int from = 0;
  for (int span = 1; span < n; from = n - from) {
    const int radix = ring_radix(n / span);
    const auto stage = [&](auto r) {
      const int count = n / r;
      blk.each(lines * count, [&](int i) {
        int line = 0;
        if constexpr (lines > 1) line = i / count;
        ring_butterfly<r>(buffer, 2 * n * line + from, 2 * n * line + n - from, n, span,
                          i - line * count, roots);
      });
    };
    if (radix == 4) stage(Constant<4>{});
    if (radix == 2) stage(Constant<2>{});
    if (radix == 3) stage(Constant<3>{});
    if (radix == 5) stage(Constant<5>{});
    blk.sync();
    span *= radix;
  }
  return from;
}

}  // namespace kapitza::block
