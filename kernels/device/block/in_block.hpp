// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/core/hd.hpp"
#include "kapitza/core/in_order.hpp"
#include "kernels/device/block/block.hpp"
#include "kernels/device/block/stockham.hpp"

namespace kapitza::block {

inline constexpr int most_sums = 4;  ///< side by side

/// Shared memory of an InBlock.
constexpr std::size_t in_block_bytes(int lanes) {
  return sizeof(double) * most_sums * static_cast<std::size_t>(lanes);
}

/// What InOrder does, by all lanes of a Block: index i belongs to lane i mod lanes in every loop,
/// so that a lane may read what it wrote in an earlier one. The number of lanes is a power of two.
///
/// A lane adds up its own terms, then halves of the lanes are added to each other: the order
/// depends on the numbers of lanes and of indices alone.
template <Block B>
class InBlock {
 public:
  KAPITZA_HD InBlock(B& blk, int count)
      : blk_(blk), count_(count), cells_(blk.template shared<double>(most_sums * blk.lanes())) {}

  KAPITZA_HD int count() const { return count_; }

  template <class F>
  KAPITZA_HD void each(const F& f) {
    blk_.each(count_, f);
  }

  template <int N, class F>
  KAPITZA_HD Sums<N> sum(const F& f) {
    return combine<N>(f, [](double a, double b) { return a + b; });
  }

  template <int N, class F>
  KAPITZA_HD Sums<N> most(const F& f) {
    return combine<N>(f, [](double a, double b) { return a > b ? a : b; });
  }

 private:
  template <int N, class F, class Join>
  KAPITZA_HD Sums<N> combine(const F& f, const Join& join) {
    static_assert(N <= most_sums);
    const int lanes = blk_.lanes();
    use_.begin(blk_);
    blk_.each([&](int lane) {
      Sums<N> own{};
      for (int i = lane; i < count_; i += lanes) {
        const Sums<N> terms = f(i);
        for (int j = 0; j < N; ++j) own[j] = join(own[j], terms[j]);
      }
      for (int j = 0; j < N; ++j) cells_.store(j * lanes + lane, own[j]);
    });
    blk_.sync();
    for (int half = lanes / 2; half > 0; half /= 2) {
      blk_.each(half, [&](int lane) {
        for (int j = 0; j < N; ++j) {
          const int at = j * lanes + lane;
          cells_.store(at, join(cells_.load(at), cells_.load(at + half)));
        }
      });
      blk_.sync();
    }
    Sums<N> all;
    for (int j = 0; j < N; ++j) all[j] = cells_.load_for_all(j * lanes);
    return all;
  }

  B& blk_;
  int count_;
  typename B::template Shared<double> cells_;
  BufferUse use_;
};

}  // namespace kapitza::block
