// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/core/aligned.hpp"
#include "kernels/device/block/block.hpp"

namespace kapitza::block {

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
    __device__ T load(int i) const { return aligned(cells_ + i); }
    __device__ T load_for_all(int i) const { return load(i); }
    __device__ void store(int i, T value) const { aligned(cells_ + i) = value; }

   private:
    T* cells_;
  };

  __device__ explicit CudaBlock(void* shared_memory) : arena_(shared_memory) {}

  __device__ static constexpr int lanes() { return Lanes; }

  template <class F>
  __device__ void each(F&& f) {
    f(lane());
  }

  template <class F>
  __device__ void each(int count, F&& f) {
    for (int i = lane(); i < count; i += Lanes) f(i);
  }

  __device__ void sync() { __syncthreads(); }

  template <class T>
  __device__ Shared<T> shared(int count) {
    return Shared<T>(arena_.template take<T>(count));
  }

 private:
  /// A number that the compiler cannot know to be the same in every phase: it would keep the
  /// addresses of all phases of a loop in registers, and spill them.
  __device__ static int lane() {
    int lane = static_cast<int>(threadIdx.x);
    asm volatile("" : "+r"(lane));
    return lane;
  }

  Arena arena_;
};

}  // namespace kapitza::block
