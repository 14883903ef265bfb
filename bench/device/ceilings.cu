// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cuda_runtime.h>
#include <cufft.h>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "bench/device/ceilings.hpp"
#include "kapitza/core/error.hpp"
#include "kapitza/machine/machine.hpp"
#include "kernels/device/cuda/check.cuh"
#include "kernels/device/cuda/cuda_device.cuh"

namespace kapitza::cuda {
namespace {

// ---- time ---------------------------------------------------------------------------------------

class Event {
 public:
  Event() {
    cudaEvent_t event = nullptr;
    KAPITZA_CUDA(cudaEventCreate(&event));
    event_.reset(event);
  }
  void record() { KAPITZA_CUDA(cudaEventRecord(event_.get())); }
  void wait() { KAPITZA_CUDA(cudaEventSynchronize(event_.get())); }
  double seconds_since(const Event& start) const {
    float milliseconds = 0;
    KAPITZA_CUDA(cudaEventElapsedTime(&milliseconds, start.event_.get(), event_.get()));
    return 1e-3 * milliseconds;
  }

 private:
  struct Destroy {
    void operator()(cudaEvent_t event) const { cudaEventDestroy(event); }
  };
  std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, Destroy> event_;
};

/// Time of so many launches in a row, by the clock of the device.
template <class Launch>
double seconds_of(int launches, const Launch& launch) {
  Event start, end;
  start.record();
  for (int i = 0; i < launches; ++i) launch();
  end.record();
  end.wait();
  return end.seconds_since(start);
}

/// Median time of a launch. The clock of a device that was idle takes a while to rise; and events
/// resolve half a microsecond, so short launches are timed in rows.
template <class Launch>
double median_seconds(const Launch& launch) {
  constexpr std::chrono::milliseconds warm_up(100);
  constexpr double row_seconds = 2e-3;
  constexpr int rows = 9;
  const auto begin = std::chrono::steady_clock::now();
  double once = 0;
  while (std::chrono::steady_clock::now() - begin < warm_up) once = seconds_of(1, launch);

  const int launches = static_cast<int>(std::clamp(row_seconds / once, 1.0, 1000.0));
  std::vector<double> times;
  for (int row = 0; row < rows; ++row) times.push_back(seconds_of(launches, launch) / launches);
  std::nth_element(times.begin(), times.begin() + rows / 2, times.end());
  return times[rows / 2];
}

// ---- kernels ------------------------------------------------------------------------------------

constexpr int threads = 256;

/// As many blocks as the device holds at a time: none waits for another to end.
template <class Kernel>
int resident_blocks(Kernel kernel) {
  int device = 0, multiprocessors = 0, each = 0;
  KAPITZA_CUDA(cudaGetDevice(&device));
  KAPITZA_CUDA(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device));
  KAPITZA_CUDA(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&each, kernel, threads, 0));
  return each * multiprocessors;
}

/// Numbers in (-1, 1) without a pattern: zeros would draw less power, and so run faster.
template <class T>
__global__ void fill(std::size_t count, T* out) {
  const std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) out[i] = static_cast<T>(static_cast<std::int32_t>(i * 2654435761u)) / 0x80000000u;
}

constexpr cudaStream_t default_stream = nullptr;

template <class T>
Buffer<T> filled(std::size_t count) {
  Buffer<T> buffer(default_stream, count);
  fill<<<static_cast<unsigned>((count + threads - 1) / threads), threads>>>(count, buffer.data());
  KAPITZA_CUDA_LAUNCHED("fill");
  return buffer;
}

constexpr int vectors_per_thread = 4;

__global__ void __launch_bounds__(threads) copy(const uint4* in, uint4* out) {
  const std::size_t first =
      static_cast<std::size_t>(blockIdx.x) * vectors_per_thread * threads + threadIdx.x;
  uint4 values[vectors_per_thread];
#pragma unroll
  for (int v = 0; v < vectors_per_thread; ++v) values[v] = in[first + v * threads];
#pragma unroll
  for (int v = 0; v < vectors_per_thread; ++v) out[first + v * threads] = values[v];
}

/// The faster of the runtime's copy and our own, 1 GiB: many times any second-level cache.
double copy_bytes_per_second() {
  constexpr std::size_t bytes = std::size_t{1} << 30;
  const Buffer<float> in = filled<float>(bytes / sizeof(float));
  Buffer<float> out(default_stream, in.size());
  const double theirs = median_seconds([&] {
    KAPITZA_CUDA(cudaMemcpyAsync(out.data(), in.data(), bytes, cudaMemcpyDeviceToDevice));
  });
  constexpr unsigned blocks = bytes / sizeof(uint4) / vectors_per_thread / threads;
  const double ours = median_seconds([&] {
    copy<<<blocks, threads>>>(reinterpret_cast<const uint4*>(in.data()),
                              reinterpret_cast<uint4*>(out.data()));
    KAPITZA_CUDA_LAUNCHED("copy");
  });
  return 2.0 * bytes / std::min(theirs, ours);
}

constexpr int chains = 8, fma_rounds = 1 << 14;

/// Chains x -> a x + b that do not wait for each other.
template <class T>
__global__ void __launch_bounds__(threads) multiply_add(T a, T b, T* out) {
  T x[chains];
#pragma unroll
  for (int c = 0; c < chains; ++c) x[c] = static_cast<T>(threadIdx.x + c);
#pragma unroll 8
  for (int round = 0; round < fma_rounds; ++round) {
#pragma unroll
    for (int c = 0; c < chains; ++c) x[c] = fma(x[c], a, b);
  }
  T sum = 0;
#pragma unroll
  for (int c = 0; c < chains; ++c) sum += x[c];
  out[blockIdx.x * threads + threadIdx.x] = sum;
}

template <class T>
double fma_per_second() {
  const int blocks = resident_blocks(multiply_add<T>);
  Buffer<T> out(default_stream, static_cast<std::size_t>(blocks) * threads);
  const double seconds = median_seconds([&] {
    multiply_add<<<blocks, threads>>>(T(0.999), T(0.37), out.data());
    KAPITZA_CUDA_LAUNCHED("multiply_add");
  });
  return static_cast<double>(out.size()) * chains * fma_rounds / seconds;
}

constexpr int moved_per_round = 4, shared_rounds = 1 << 12;
constexpr int half = moved_per_round * threads;

/// Moves 16-byte values to and fro between two halves. Neighbours in a warp are neighbours in
/// memory: no bank conflict. Each thread has cells of its own: no barrier. The halves' places come
/// from outside, lest the compiler sees what is moved where and leaves it out.
__global__ void __launch_bounds__(threads)
    move_in_shared(unsigned from, unsigned to, unsigned shift, uint4* out) {
  __shared__ uint4 cells[2 * half];
  for (int m = 0; m < 2 * moved_per_round; ++m)
    cells[threadIdx.x + m * threads] = {threadIdx.x, shift, from, to};
  from += threadIdx.x;
  to += threadIdx.x;
#pragma unroll 4
  for (int round = 0; round < shared_rounds; ++round) {
    uint4 values[moved_per_round];
#pragma unroll
    for (int m = 0; m < moved_per_round; ++m) values[m] = cells[from + m * threads];
#pragma unroll
    for (int m = 0; m < moved_per_round; ++m) cells[to + m * threads] = values[m];
    from = (from + shift) % (2 * half);
    to = (to + shift) % (2 * half);
  }
  out[blockIdx.x * threads + threadIdx.x] = cells[from];
}

double shared_bytes_per_second() {
  const int blocks = resident_blocks(move_in_shared);
  Buffer<uint4> out(default_stream, static_cast<std::size_t>(blocks) * threads);
  const double seconds = median_seconds([&] {
    move_in_shared<<<blocks, threads>>>(0, half, half, out.data());
    KAPITZA_CUDA_LAUNCHED("move_in_shared");
  });
  constexpr double bytes_per_thread = 2.0 * sizeof(uint4) * moved_per_round * shared_rounds;
  return static_cast<double>(out.size()) * bytes_per_thread / seconds;
}

// ---- cuFFT --------------------------------------------------------------------------------------

cufftResult execute(const PlanHandle& plan, double* in, double* out) {
  return cufftExecZ2Z(plan.get(), reinterpret_cast<cufftDoubleComplex*>(in),
                      reinterpret_cast<cufftDoubleComplex*>(out), CUFFT_FORWARD);
}
cufftResult execute(const PlanHandle& plan, float* in, float* out) {
  return cufftExecC2C(plan.get(), reinterpret_cast<cufftComplex*>(in),
                      reinterpret_cast<cufftComplex*>(out), CUFFT_FORWARD);
}

template <class Real>
double fft_seconds(int n, int batch) {
  constexpr cufftType type = std::is_same_v<Real, double> ? CUFFT_Z2Z : CUFFT_C2C;
  const PlanHandle plan;
  std::size_t work_bytes = 0;
  KAPITZA_CUDA(
      cufftMakePlanMany(plan.get(), 1, &n, nullptr, 1, n, nullptr, 1, n, type, batch, &work_bytes));
  Buffer<Real> in = filled<Real>(std::size_t{2} * n * batch), out(default_stream, in.size());
  return median_seconds([&] { KAPITZA_CUDA(execute(plan, in.data(), out.data())); });
}

void require_device() {
  if (const std::string why = cuda_unavailable(); !why.empty()) throw BackendUnavailable(why);
}

}  // namespace

Ceilings measure_ceilings() {
  require_device();
  return {copy_bytes_per_second(), fma_per_second<double>(), fma_per_second<float>(),
          shared_bytes_per_second()};
}

double fft_seconds(int n, int batch, Precision precision) {
  require_device();
  if (precision == Precision::single_) return fft_seconds<float>(n, batch);
  return fft_seconds<double>(n, batch);
}

}  // namespace kapitza::cuda
