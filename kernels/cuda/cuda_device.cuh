// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cub/device/device_segmented_reduce.cuh>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>
#include <type_traits>
#include <utility>

#include "kapitza/core/complex.hpp"
#include "kernels/cuda/check.cuh"
#include "kernels/cuda/cuda_block.cuh"
#include "kernels/staged/device.hpp"

namespace kapitza::cuda {

/// Grid-stride: any number of indices, whatever the grid.
template <class Stage>
__global__ void __launch_bounds__(256) for_each_index(std::size_t count, Stage stage) {
  const std::size_t stride = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += stride)
    stage(i);
}

/// One block algorithm in every thread block.
template <class Algorithm>
__global__ void __launch_bounds__(Algorithm::lanes, Algorithm::resident)
    run_block(Algorithm algorithm) {
  extern __shared__ __align__(16) unsigned char shared_memory[];
  block::CudaBlock<Algorithm::lanes> blk(shared_memory);
  algorithm(blk, blockIdx.x);
}

class CudaDevice;

/// Memory of the device. It is taken and given back in the order of a stream, from a pool, so that
/// neither waits for the work of other streams. The stream must live longer.
template <class T>
class Buffer {
 public:
  Buffer(cudaStream_t stream, std::size_t count) : memory_(nullptr, Free{stream}), size_(count) {
    static_assert(std::is_trivially_copyable_v<T>);
    void* memory = nullptr;
    if (count > 0) KAPITZA_CUDA(cudaMallocAsync(&memory, count * sizeof(T), stream));
    memory_.reset(static_cast<T*>(memory));
  }
  Buffer(const CudaDevice& device, std::size_t count);

  T* data() { return memory_.get(); }
  const T* data() const { return memory_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    cudaStream_t stream;
    // A destructor has nobody to tell: an error shows in the next call that is checked.
    void operator()(T* memory) const { cudaFreeAsync(memory, stream); }
  };
  std::unique_ptr<T, Free> memory_;
  std::size_t size_;
};

/// Scratch memory that all library calls of a stream share: they run one after the other.
class WorkArea {
 public:
  explicit WorkArea(cudaStream_t stream) : stream_(stream), memory_(stream, 0) {}

  /// At least this many bytes, from now on.
  void reserve(std::size_t bytes) {
    if (bytes <= memory_.size()) return;
    memory_ = Buffer<std::byte>(stream_, 0);  // first, so that old and new memory never coexist
    memory_ = Buffer<std::byte>(stream_, bytes);
  }
  void* data() { return memory_.data(); }

 private:
  cudaStream_t stream_;
  Buffer<std::byte> memory_;
};

inline cudaStream_t make_stream() {
  cudaStream_t stream = nullptr;
  KAPITZA_CUDA(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  return stream;
}

/// Memory that was given back stays with this process: the driver would take it at every wait.
inline void keep_memory(int device) {
  cudaMemPool_t pool = nullptr;
  KAPITZA_CUDA(cudaDeviceGetDefaultMemPool(&pool, device));
  std::uint64_t everything = UINT64_MAX;
  KAPITZA_CUDA(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &everything));
}

/// The owner of a cuFFT plan.
class PlanHandle {
 public:
  PlanHandle() { KAPITZA_CUDA(cufftCreate(&plan_)); }
  PlanHandle(PlanHandle&& other) noexcept : plan_(std::exchange(other.plan_, none)) {}
  PlanHandle& operator=(PlanHandle&& other) noexcept {
    std::swap(plan_, other.plan_);
    return *this;
  }
  ~PlanHandle() {
    if (plan_ != none) cufftDestroy(plan_);
  }
  cufftHandle get() const { return plan_; }

 private:
  static constexpr cufftHandle none = -1;
  cufftHandle plan_ = none;
};

/// Where a row of a matrix begins.
struct RowStart {
  int columns;
  __host__ __device__ std::ptrdiff_t operator()(std::ptrdiff_t row) const { return row * columns; }
};

/// The staged::Device that is a GPU: one stream, on which everything runs in order.
class CudaDevice {
 public:
  template <class T>
  using Buffer = cuda::Buffer<T>;

  /// The plan is made when it is first needed: that takes longer than many transforms, and an
  /// operator that is only tried needs few of its plans.
  template <class Real>
  class Fft {
   public:
    Fft(CudaDevice& device, int n, int batch, staged::Sign sign)
        : device_(&device), n_(n), batch_(batch), sign_(static_cast<int>(sign)) {}

    void operator()(BasicComplex<Real>* in, BasicComplex<Real>* out) const {
      if (!plan_) make_plan();
      // The work area moves when a later plan needs more of it.
      if (area_ != device_->work_.data()) {
        area_ = device_->work_.data();
        KAPITZA_CUDA(cufftSetWorkArea(plan_->get(), area_));
      }
      KAPITZA_CUDA(execute(in, out));
    }

   private:
    static constexpr cufftType type = std::is_same_v<Real, double> ? CUFFT_Z2Z : CUFFT_C2C;
    cufftResult execute(BasicComplex<double>* in, BasicComplex<double>* out) const {
      static_assert(sizeof(*in) == sizeof(cufftDoubleComplex));
      return cufftExecZ2Z(plan_->get(), reinterpret_cast<cufftDoubleComplex*>(in),
                          reinterpret_cast<cufftDoubleComplex*>(out), sign_);
    }
    cufftResult execute(BasicComplex<float>* in, BasicComplex<float>* out) const {
      static_assert(sizeof(*in) == sizeof(cufftComplex));
      return cufftExecC2C(plan_->get(), reinterpret_cast<cufftComplex*>(in),
                          reinterpret_cast<cufftComplex*>(out), sign_);
    }

    void make_plan() const {
      PlanHandle plan;
      int n = n_;
      std::size_t bytes = 0;
      KAPITZA_CUDA(cufftSetAutoAllocation(plan.get(), 0));
      KAPITZA_CUDA(
          cufftMakePlanMany(plan.get(), 1, &n, nullptr, 1, n, nullptr, 1, n, type, batch_, &bytes));
      KAPITZA_CUDA(cufftSetStream(plan.get(), device_->stream()));
      // Never nothing: a plan without automatic allocation wants an area, of whatever size.
      device_->work_.reserve(std::max<std::size_t>(bytes, 256));
      plan_ = std::move(plan);
    }

    static_assert(CUFFT_FORWARD == static_cast<int>(staged::Sign::minus));
    static_assert(CUFFT_INVERSE == static_cast<int>(staged::Sign::plus));
    CudaDevice* device_;
    int n_, batch_, sign_;
    mutable std::optional<PlanHandle> plan_;
    mutable void* area_ = nullptr;
  };

  CudaDevice() {
    int device = 0;
    KAPITZA_CUDA(cudaGetDevice(&device));
    keep_memory(device);
    KAPITZA_CUDA(cudaDeviceGetAttribute(&multiprocessors_, cudaDevAttrMultiProcessorCount, device));
    KAPITZA_CUDA(cudaDeviceGetAttribute(&most_shared_bytes_,
                                        cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
  }
  cudaStream_t stream() const { return stream_.get(); }
  CudaDevice(const CudaDevice&) = delete;
  CudaDevice& operator=(const CudaDevice&) = delete;

  template <class Stage>
  void each(std::size_t count, Stage stage) {
    if (count == 0) return;
    if (count >= std::size_t{1} << 31) throw std::length_error("a stage of 2^31 indices or more");
    // Few indices are long sums, one per density or row: spread them over the multiprocessors.
    const std::size_t threads = count < 128u * multiprocessors_ ? 32 : 256;
    const std::size_t blocks = (count + threads - 1) / threads;
    for_each_index<<<static_cast<unsigned>(blocks), static_cast<unsigned>(threads), 0, stream()>>>(
        count, stage);
    KAPITZA_CUDA(cudaGetLastError());
  }

  template <class Algorithm>
  void each_block(int count, const Algorithm& algorithm) {
    if (count == 0) return;
    const auto kernel = run_block<Algorithm>;
    // Always the same, because the attribute is shared by all threads that launch this kernel.
    KAPITZA_CUDA(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                      most_shared_bytes_));
    kernel<<<count, Algorithm::lanes, algorithm.shared_bytes(), stream()>>>(algorithm);
    KAPITZA_CUDA(cudaGetLastError());
  }

  std::size_t most_shared_bytes() const { return static_cast<std::size_t>(most_shared_bytes_); }

  /// CUB gives every row to one block, whose threads add in a fixed order.
  void sum_rows(const double* values, int rows, int columns, double* sums) {
    const auto starts = thrust::make_transform_iterator(
        thrust::make_counting_iterator(std::ptrdiff_t{0}), RowStart{columns});
    const auto sum = [&](void* memory, std::size_t& bytes) {
      return cub::DeviceSegmentedReduce::Sum(memory, bytes, values, sums, rows, starts, starts + 1,
                                             stream());
    };
    std::size_t bytes = 0;
    KAPITZA_CUDA(sum(nullptr, bytes));
    // Never nothing: without memory it would only say once more how much it wants.
    work_.reserve(std::max<std::size_t>(bytes, 256));
    KAPITZA_CUDA(sum(work_.data(), bytes));
  }

  template <class T>
  void upload(std::span<const T> from, T* to) {
    if (from.empty()) return;
    KAPITZA_CUDA(
        cudaMemcpyAsync(to, from.data(), from.size_bytes(), cudaMemcpyHostToDevice, stream()));
    // The copy may read pageable memory later than this call returns.
    KAPITZA_CUDA(cudaStreamSynchronize(stream()));
  }

  template <class T>
  void download(const T* from, std::span<T> to) {
    if (to.empty()) return;
    KAPITZA_CUDA(
        cudaMemcpyAsync(to.data(), from, to.size_bytes(), cudaMemcpyDeviceToHost, stream()));
    KAPITZA_CUDA(cudaStreamSynchronize(stream()));
  }

  void wait() { KAPITZA_CUDA(cudaStreamSynchronize(stream())); }

 private:
  struct DestroyStream {
    void operator()(cudaStream_t stream) const { cudaStreamDestroy(stream); }
  };
  std::unique_ptr<std::remove_pointer_t<cudaStream_t>, DestroyStream> stream_{make_stream()};
  int multiprocessors_ = 0, most_shared_bytes_ = 0;
  WorkArea work_{stream()};
};

template <class T>
Buffer<T>::Buffer(const CudaDevice& device, std::size_t count) : Buffer(device.stream(), count) {}

static_assert(staged::Device<CudaDevice>);

}  // namespace kapitza::cuda
