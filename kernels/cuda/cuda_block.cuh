// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/block/block.hpp"

namespace kapitza::block {

/// A pointer to values aligned to their size, so that a complex number moves in one access of 8 or
/// 16 bytes: as two of half the size, stride two, it would meet bank conflicts.
template <class T>
__device__ T* aligned(T* values) {
  return static_cast<T*>(__builtin_assume_aligned(values, sizeof(T)));
}

/// The Block on the device: lane = threadIdx.x, of Lanes = blockDim.x. Rows of threads
/// (threadIdx.y) may play one Block each, since sync() stops them all; they must then reach the
/// same barriers.
template <int Lanes>
class CudaBlock {
 public:
  /// The lane's own values, in its registers as long as every index is a constant.
  template <class T, int E>
  class Private {
   public:
    __device__ explicit Private(const CudaBlock&) {}
    __device__ Registers<T, E>& operator[](int) { return own_; }

   private:
    Registers<T, E> own_;
  };

  template <class T>
  class Shared {
   public:
    __device__ explicit Shared(T* cells) : cells_(cells) {}
    __device__ T load(int i) const { return *aligned(cells_ + i); }
    __device__ void store(int i, T value) const { *aligned(cells_ + i) = value; }

   private:
    T* cells_;
  };

  __device__ explicit CudaBlock(void* shared_memory) : arena_(shared_memory) {}

  __device__ static constexpr int lanes() { return Lanes; }

  template <class F>
  __device__ void each(F&& f) {
    f(static_cast<int>(threadIdx.x));
  }

  template <class F>
  __device__ void each(int count, F&& f) {
    for (int i = static_cast<int>(threadIdx.x); i < count; i += Lanes) f(i);
  }

  __device__ void sync() { __syncthreads(); }

  template <class T>
  __device__ Shared<T> shared(int count) {
    return Shared<T>(arena_.template take<T>(count));
  }

 private:
  Arena arena_;
};

}  // namespace kapitza::block
