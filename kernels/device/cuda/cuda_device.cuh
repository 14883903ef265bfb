// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "kapitza/core/complex.hpp"
#include "kernels/device/cuda/check.cuh"
#include "kernels/device/cuda/cuda_block.cuh"
#include "kernels/device/cuda/plan_cache.cuh"
#include "kernels/device/cuda/sum_rows.cuh"
#include "kernels/device/staged/device.hpp"

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
    const std::size_t bytes = count * sizeof(T);
    const cudaError_t status = count > 0 ? cudaMallocAsync(&memory, bytes, stream) : cudaSuccess;
    if (status != cudaSuccess) fail(status, "cudaMallocAsync", KAPITZA_CUDA_PLACE, bytes);
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

class Stream {
 public:
  Stream() { KAPITZA_CUDA(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { cudaStreamDestroy(stream_); }
  cudaStream_t get() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

template <class T>
void copy_to_device(cudaStream_t stream, std::span<const T> from, T* to) {
  if (from.empty()) return;
  KAPITZA_CUDA(cudaMemcpyAsync(to, from.data(), from.size_bytes(), cudaMemcpyHostToDevice, stream));
  // The copy may read pageable memory later than this call returns.
  KAPITZA_CUDA(cudaStreamSynchronize(stream));
}

/// Memory that was given back stays with this process: the driver would take it at every wait.
inline void keep_memory(int device) {
  cudaMemPool_t pool = nullptr;
  KAPITZA_CUDA(cudaDeviceGetDefaultMemPool(&pool, device));
  std::uint64_t everything = UINT64_MAX;
  KAPITZA_CUDA(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &everything));
}

/// Tables that operators have in common, as long as their owner on the host lives.
class TableCache {
 public:
  template <class T>
  std::shared_ptr<Buffer<T>> operator()(const std::shared_ptr<const void>& owner,
                                        const std::vector<T>& values) {
    const std::lock_guard lock(one_at_a_time_);
    std::erase_if(tables_, [](const auto& table) { return table.second.owner.expired(); });
    const auto [place, is_new] = tables_.try_emplace(values.data());
    if (is_new) place->second = {owner, make(values)};
    return std::static_pointer_cast<Buffer<T>>(place->second.buffer);
  }

 private:
  struct Table {
    std::weak_ptr<const void> owner;
    std::shared_ptr<void> buffer;
  };

  template <class T>
  std::shared_ptr<Buffer<T>> make(const std::vector<T>& values) {
    if (!stream_) stream_.emplace();
    auto buffer = std::make_shared<Buffer<T>>(stream_->get(), values.size());
    copy_to_device(stream_->get(), std::span<const T>(values), buffer->data());
    return buffer;
  }

  std::optional<Stream> stream_;  ///< a backend without tables needs none
  std::mutex one_at_a_time_;
  std::map<const void*, Table> tables_;
};

/// What all operators or all ensembles of a backend share.
struct SharedState {
  PlanCache plans;
  TableCache tables;
  std::atomic<std::uint64_t> devices = 0;
};

/// The staged::Device that is a GPU: one stream, on which everything runs in order.
class CudaDevice {
 public:
  template <class T>
  using Buffer = cuda::Buffer<T>;

  /// The plan is made when it is first needed: an operator that is only tried needs few of its
  /// plans.
  template <class Real>
  class Fft {
   public:
    Fft(CudaDevice& device, int n, int batch, Sign sign)
        : device_(&device), shape_{n, batch, type}, sign_(static_cast<int>(sign)) {}

    void operator()(BasicComplex<Real>* in, BasicComplex<Real>* out) const {
      if (!plan_) {
        plan_ = &device_->shared_->plans(shape_);
        // Never nothing: a plan without automatic allocation wants an area, of whatever size.
        device_->work_.reserve(std::max<std::size_t>(plan_->bytes(), 256));
      }
      (*plan_)({device_->number_, device_->stream(), device_->work_.data()}, in, out, sign_);
    }

   private:
    static constexpr cufftType type = std::is_same_v<Real, double> ? CUFFT_Z2Z : CUFFT_C2C;
    static_assert(CUFFT_FORWARD == static_cast<int>(Sign::minus));
    static_assert(CUFFT_INVERSE == static_cast<int>(Sign::plus));
    CudaDevice* device_;
    PlanShape shape_;
    int sign_;
    mutable SharedPlan* plan_ = nullptr;
  };

  explicit CudaDevice(std::shared_ptr<SharedState> shared)
      : shared_(std::move(shared)), number_(++shared_->devices) {
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
    if (count >= std::size_t{1} << 31)
      throw std::length_error(type_name<Stage>() + ": a stage of 2^31 indices or more");
    // Few indices are long sums, one per density or row: spread them over the multiprocessors.
    const std::size_t threads = count < 128u * multiprocessors_ ? 32 : 256;
    const std::size_t blocks = (count + threads - 1) / threads;
    for_each_index<<<static_cast<unsigned>(blocks), static_cast<unsigned>(threads), 0, stream()>>>(
        count, stage);
    KAPITZA_CUDA_LAUNCHED(type_name<Stage>());
  }

  template <class Algorithm>
  void each_block(int count, const Algorithm& algorithm) {
    if (count == 0) return;
    const auto kernel = run_block<Algorithm>;
    // Always the same, because the attribute is shared by all threads that launch this kernel.
    KAPITZA_CUDA(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                      most_shared_bytes_));
    kernel<<<count, Algorithm::lanes, algorithm.shared_bytes(), stream()>>>(algorithm);
    KAPITZA_CUDA_LAUNCHED(type_name<Algorithm>());
  }

  std::size_t most_shared_bytes() const { return static_cast<std::size_t>(most_shared_bytes_); }

  void sum_rows(const double* values, int rows, int columns, double* sums) {
    const auto sum = [&](void* memory, std::size_t& bytes) {
      return cuda::sum_rows(memory, bytes, values, rows, columns, sums, stream());
    };
    std::size_t bytes = 0;
    KAPITZA_CUDA(sum(nullptr, bytes));
    // Never nothing: without memory it would only say once more how much it wants.
    work_.reserve(std::max<std::size_t>(bytes, 256));
    KAPITZA_CUDA(sum(work_.data(), bytes));
  }

  template <class T>
  void upload(std::span<const T> from, T* to) {
    copy_to_device(stream(), from, to);
  }

  /// As uploaded, by whichever device of the backend came first.
  template <class T>
  std::shared_ptr<Buffer<T>> shared_table(const std::shared_ptr<const void>& owner,
                                          const std::vector<T>& values) {
    return shared_->tables(owner, values);
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
  std::shared_ptr<SharedState> shared_;
  std::uint64_t number_;  ///< from 1
  Stream stream_;
  int multiprocessors_ = 0, most_shared_bytes_ = 0;
  WorkArea work_{stream()};
};

template <class T>
Buffer<T>::Buffer(const CudaDevice& device, std::size_t count) : Buffer(device.stream(), count) {}

static_assert(staged::Device<CudaDevice>);

}  // namespace kapitza::cuda
