// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "kapitza/core/aligned.hpp"
#include "kapitza/core/complex.hpp"
#include "kapitza/core/hd.hpp"
#include "kapitza/numerics/sign.hpp"
#include "kernels/device/block/block.hpp"

/// The vocabulary of a staged algorithm: pointwise stages over arrays in device memory, with
/// batched Fourier transforms between them.
///
/// The algorithm is written once, as a template over a Device. A stage is a small copyable struct
/// of raw pointers whose operator()(index) owns the cells that it writes: no two indices of a
/// stage write the same cell, and none reads a cell that another one writes. So a stage may run in
/// any order, needs no atomics, and gives the same bits every time.
namespace kapitza::staged {

/// An index taken apart: index = outer * size + inner.
struct SplitIndex {
  std::size_t outer;
  int inner;
};

/// Computed in 32 bits, where division on a device is several times cheaper than in 64: Devices
/// refuse stages of 2^31 indices or more.
KAPITZA_HD constexpr SplitIndex split(std::size_t index, int size) {
  const auto i = static_cast<unsigned>(index), s = static_cast<unsigned>(size);
  return {i / s, static_cast<int>(i % s)};
}

/// Stands for any stage in the concept below.
struct AnyStage {
  KAPITZA_HD void operator()(std::size_t) const {}
};

/// Stands for any block algorithm.
struct AnyBlockAlgorithm {
  static constexpr int lanes = 32, resident = 1;
  std::size_t shared_bytes() const { return 0; }
  template <block::Block B>
  KAPITZA_HD void operator()(B&, std::size_t) const {}
};

/// Batched transforms in one precision, as the concept below wants them.
template <class F, class D, class Real>
concept FftOf = std::movable<F> && std::constructible_from<F, D&, int, int, Sign> &&
                requires(const F& fft, BasicComplex<Real>* z) { fft(z, z); };

/// Where the stages run.
///
///   Buffer<T> b(device, count)      memory of the device, uninitialised, released with the buffer
///   b.data(), b.size()
///   Fft<Real> f(device, n, batch, sign)
///                                   `batch` contiguous transforms of length n, not normalised, in
///                                   double or single precision
///   f(in, out)                      arrays of BasicComplex<Real> that do not overlap
///   device.each(count, stage)       stage(i) for 0 <= i < count, in any order
///   device.each_block(count, algorithm)
///                                   algorithm(blk, i) for 0 <= i < count, in any order: blk is a
///                                   block::Block of Algorithm::lanes lanes, of which the algorithm
///                                   wants Algorithm::resident on a multiprocessor; it takes no
///                                   more than algorithm.shared_bytes() of shared memory
///   device.most_shared_bytes()      that a block may have; more is an exception
///   device.sum_rows(values, rows, columns, sums)
///                                   sums[r] = sum_c values[r * columns + c]: fewer than 2^31
///                                   values, added up in the same order every time
///   device.upload(from, to)         host to device; `from` may be reused at once
///   device.shared_table(owner, values)
///                                   a pointer to a Buffer with these values, which several devices
///                                   may share: owner keeps them in their place on the host
///   device.download(from, to)       device to host; waits for everything before it
///   device.wait()                   returns when everything before it is done
///
/// Work is done in the order of the calls. Every failure is an exception.
template <class D>
concept Device =
    requires(D& device, typename D::template Buffer<Complex>& buffer, double* memory,
             const double* source, std::span<const double> from, std::span<double> to,
             const std::shared_ptr<const void>& owner, const std::vector<double>& table) {
      requires std::movable<typename D::template Buffer<Complex>>;
      requires std::constructible_from<typename D::template Buffer<Complex>, D&, std::size_t>;
      { buffer.data() } -> std::same_as<Complex*>;
      { buffer.size() } -> std::same_as<std::size_t>;
      requires FftOf<typename D::template Fft<double>, D, double>;
      requires FftOf<typename D::template Fft<float>, D, float>;
      device.each(std::size_t{1}, AnyStage{});
      device.each_block(1, AnyBlockAlgorithm{});
      { device.most_shared_bytes() } -> std::same_as<std::size_t>;
      device.sum_rows(source, 1, 1, memory);
      device.upload(from, memory);
      { device.shared_table(owner, table)->data() } -> std::same_as<double*>;
      device.download(source, to);
      device.wait();
    };

}  // namespace kapitza::staged
