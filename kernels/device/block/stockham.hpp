// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/core/complex.hpp"
#include "kapitza/core/hd.hpp"
#include "kapitza/numerics/sign.hpp"
#include "kernels/device/block/block.hpp"
#include "kernels/device/block/stockham_index.hpp"

/// X_k = sum_j x_j e^{s 2 pi i jk / N}, s = -1 or +1, not normalised, by one Block of N / Radix
/// lanes.
///
/// Layout: registers x[lane][slot] = element lane + slot * lanes, on entry and on return.
/// Phases per stage: twiddle and butterfly in registers; store; barrier; load; barrier.
/// Shared memory: N values and an eighth more, each written and read once per exchange.
namespace kapitza::block {

/// s i z
template <Sign sign, class T>
KAPITZA_HD constexpr BasicComplex<T> times_i(BasicComplex<T> z) {
  if constexpr (sign == Sign::plus) return {-z.im, z.re};
  return {z.im, -z.re};
}

/// X_0 = x_0 + x_1, X_1 = x_0 - x_1
template <Sign, class T>
KAPITZA_HD constexpr void dft(Registers<BasicComplex<T>, 2>& x) {
  x = {x[0] + x[1], x[0] - x[1]};
}

/// X_k = sum_m x_m w^{mk}, w = e^{s 2 pi i / 4} = s i.
/// Computed as X_k = E_k + w^k O_k, X_{k+2} = E_k - w^k O_k, E and O the transforms of the
/// even and odd x.
template <Sign sign, class T>
KAPITZA_HD constexpr void dft(Registers<BasicComplex<T>, 4>& x) {
  Registers<BasicComplex<T>, 2> even{x[0], x[2]};
  Registers<BasicComplex<T>, 2> odd{x[1], x[3]};
  dft<sign>(even);
  dft<sign>(odd);
  odd[1] = times_i<sign>(odd[1]);
  x = {even[0] + odd[0], even[1] + odd[1], even[0] - odd[0], even[1] - odd[1]};
}

/// X_k = sum_m x_m w^{mk}, w = e^{s 2 pi i / 8}.
/// Computed as X_k = E_k + w^k O_k, X_{k+4} = E_k - w^k O_k, with
/// w z = (z + s i z) / sqrt 2, w^2 z = s i z, w^3 z = (s i z - z) / sqrt 2.
template <Sign sign, class T>
KAPITZA_HD constexpr void dft(Registers<BasicComplex<T>, 8>& x) {
  constexpr T half_sqrt2 = static_cast<T>(0.70710678118654752440);
  Registers<BasicComplex<T>, 4> even{x[0], x[2], x[4], x[6]};
  Registers<BasicComplex<T>, 4> odd{x[1], x[3], x[5], x[7]};
  dft<sign>(even);
  dft<sign>(odd);
  odd[1] = half_sqrt2 * (odd[1] + times_i<sign>(odd[1]));
  odd[2] = times_i<sign>(odd[2]);
  odd[3] = half_sqrt2 * (times_i<sign>(odd[3]) - odd[3]);
  unroll<4>([&](auto k) {
    x[k] = even[k] + odd[k];
    x[k + 4] = even[k] - odd[k];
  });
}

/// X_k = sum_m x_m w^{mk}, w = e^{s 2 pi i / 16}.
/// Computed as X_k = E_k + w^k O_k, X_{k+8} = E_k - w^k O_k.
template <Sign sign, class T>
KAPITZA_HD constexpr void dft(Registers<BasicComplex<T>, 16>& x) {
  constexpr T c = static_cast<T>(0.92387953251128675613);  // cos(pi / 8)
  constexpr T s = static_cast<T>(0.38268343236508977173);  // sin(pi / 8)
  constexpr T h = static_cast<T>(0.70710678118654752440);  // sqrt(1/2)
  constexpr T d = static_cast<T>(static_cast<int>(sign));
  Registers<BasicComplex<T>, 8> even{x[0], x[2], x[4], x[6], x[8], x[10], x[12], x[14]};
  Registers<BasicComplex<T>, 8> odd{x[1], x[3], x[5], x[7], x[9], x[11], x[13], x[15]};
  dft<sign>(even);
  dft<sign>(odd);
  odd[1] = odd[1] * BasicComplex<T>{c, d * s};
  odd[2] = h * (odd[2] + times_i<sign>(odd[2]));
  odd[3] = odd[3] * BasicComplex<T>{s, d * c};
  odd[4] = times_i<sign>(odd[4]);
  odd[5] = odd[5] * BasicComplex<T>{-s, d * c};
  odd[6] = h * (times_i<sign>(odd[6]) - odd[6]);
  odd[7] = odd[7] * BasicComplex<T>{-c, d * s};
  unroll<8>([&](auto k) {
    x[k] = even[k] + odd[k];
    x[k + 8] = even[k] - odd[k];
  });
}

/// The twiddle factors as a plain array. Any function of the entry will do.
template <class T>
struct TwiddleTable {
  const BasicComplex<T>* entries;
  KAPITZA_HD BasicComplex<T> operator()(int i) const { return entries[i]; }
};

/// Whether a barrier is due before a buffer is used again. Known to all lanes alike.
class BufferUse {
 public:
  /// Every lane calls this before it stores something: what others read before is read by then.
  template <Lanes B>
  KAPITZA_HD void begin(B& blk) {
    if (used_) blk.sync();
    used_ = true;
  }

 private:
  bool used_ = false;
};

/// One stage of one lane: its butterflies j = lane + t lanes, in place.
/// y_r <- e^{s 2 pi i r k / (span radix)} y_r, k = j mod span, then the transform of length radix.
template <class Index, int stage, Sign sign, class Values, class Twiddles>
KAPITZA_HD void butterflies(Values& x, int lane, const Twiddles& twiddles) {
  constexpr int radix = Index::radix(stage);
  constexpr int span = Index::span(stage);
  constexpr int count = Index::slots / radix;
  unroll<count>([&](auto t) {
    Registers<typename Index::Value, radix> y;
    unroll<radix>([&](auto r) { y[r] = x[t + r * count]; });
    if constexpr (span > 1) {
      const int k = (lane + t * Index::lanes) % span;
      unroll<radix - 1>([&](auto m) {
        constexpr int r = m + 1;
        const auto w = twiddles(Index::twiddle(span, k, r));
        y[r] = y[r] * (sign == Sign::minus ? w : conj(w));
      });
    }
    dft<sign>(y);
    unroll<radix>([&](auto r) { x[t + r * count] = y[r]; });
  });
}

/// Hands the results of a stage of full radix to the lanes that need them next.
template <class Index, int stage, Lanes B, class Values, class Buffer>
KAPITZA_HD void exchange(B& blk, Values& x, const Buffer& buffer) {
  constexpr int span = Index::span(stage);
  blk.each([&](int lane) {
    const int cell = Index::pad(span, Index::scatter(span, lane));
    unroll<Index::slots>([&](auto r) { buffer.store(cell + r * span, x[lane][r]); });
  });
  blk.sync();
  blk.each([&](int lane) {
    const int cell = Index::pad(span, lane);
    unroll<Index::slots>([&](auto slot) {
      x[lane][slot] = buffer.load(cell + Index::pad(span, Index::home(0, slot)));
    });
  });
}

/// The transform, in place in x.
template <class Index, Sign sign, Lanes B, class Values, class Buffer, class Twiddles>
KAPITZA_HD void stockham(B& blk, Values& x, const Buffer& buffer, BufferUse& use,
                         const Twiddles& twiddles) {
  unroll<Index::stages>([&](auto s) {
    constexpr int stage = s;
    blk.each([&](int lane) { butterflies<Index, stage, sign>(x[lane], lane, twiddles); });
    if constexpr (stage + 1 < Index::stages) {
      use.begin(blk);
      exchange<Index, stage>(blk, x, buffer);
    }
  });
}

/// store(k, X_k) for the transform X of x_j = load(j): one line, from wherever to wherever.
/// A lane loads and stores the same elements, so it may work in place.
template <class Index, Sign sign, Block B, class Load, class Store, class Twiddles>
KAPITZA_HD void transform_line(B& blk, const Load& load, const Store& store,
                               const Twiddles& twiddles) {
  using Value = typename Index::Value;
  typename B::template Private<Value, Index::slots> x(blk);
  const auto buffer = blk.template shared<Value>(Index::cells);
  BufferUse use;
  blk.each([&](int lane) {
    unroll<Index::slots>([&](auto slot) { x[lane][slot] = load(Index::home(lane, slot)); });
  });
  stockham<Index, sign>(blk, x, buffer, use, twiddles);
  blk.each([&](int lane) {
    unroll<Index::slots>([&](auto slot) { store(Index::home(lane, slot), x[lane][slot]); });
  });
}

}  // namespace kapitza::block
