// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cuda_runtime.h>
#include <cufft.h>
#include <cxxabi.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>

#include "kapitza/core/error.hpp"

/// Throws OutOfMemory or LibraryFailure where a call of the CUDA runtime or of cuFFT fails, naming
/// the call and its place.
#define KAPITZA_CUDA(call) ::kapitza::cuda::check((call), #call, KAPITZA_CUDA_PLACE)
/// The same of a launch that was just made: name is that of its kernel, taken only if it failed.
#define KAPITZA_CUDA_LAUNCHED(name) \
  ::kapitza::cuda::check_launch([&]() -> std::string { return name; }, KAPITZA_CUDA_PLACE)
#define KAPITZA_CUDA_PLACE (::kapitza::cuda::Place{__FILE__, __LINE__})

namespace kapitza::cuda {

inline std::string reason(cudaError_t status) {
  return std::string(cudaGetErrorName(status)) + ", " + cudaGetErrorString(status);
}

/// cuFFT itself has no such function.
inline std::string reason(cufftResult status) {
  switch (status) {
    case CUFFT_SUCCESS:
      return "CUFFT_SUCCESS";
    case CUFFT_INVALID_PLAN:
      return "CUFFT_INVALID_PLAN";
    case CUFFT_ALLOC_FAILED:
      return "CUFFT_ALLOC_FAILED";
    case CUFFT_INVALID_TYPE:
      return "CUFFT_INVALID_TYPE";
    case CUFFT_INVALID_VALUE:
      return "CUFFT_INVALID_VALUE";
    case CUFFT_INTERNAL_ERROR:
      return "CUFFT_INTERNAL_ERROR";
    case CUFFT_EXEC_FAILED:
      return "CUFFT_EXEC_FAILED";
    case CUFFT_SETUP_FAILED:
      return "CUFFT_SETUP_FAILED";
    case CUFFT_INVALID_SIZE:
      return "CUFFT_INVALID_SIZE";
    default:
      return "cuFFT status " + std::to_string(static_cast<int>(status));
  }
}

/// In the source.
struct Place {
  std::string_view file;
  int line;

  std::string text() const {
    return std::string(file.substr(file.rfind('/') + 1)) + ":" + std::to_string(line);
  }
};

inline bool is_out_of_memory(cudaError_t status) { return status == cudaErrorMemoryAllocation; }
inline bool is_out_of_memory(cufftResult status) { return status == CUFFT_ALLOC_FAILED; }

/// What this process keeps of the device's memory and does not use now; zero where nobody knows.
inline std::size_t idle_pool_memory() {
  int device = 0;
  cudaMemPool_t pool = nullptr;
  std::uint64_t kept = 0, used = 0;
  const bool known =
      cudaGetDevice(&device) == cudaSuccess &&
      cudaDeviceGetDefaultMemPool(&pool, device) == cudaSuccess &&
      cudaMemPoolGetAttribute(pool, cudaMemPoolAttrReservedMemCurrent, &kept) == cudaSuccess &&
      cudaMemPoolGetAttribute(pool, cudaMemPoolAttrUsedMemCurrent, &used) == cudaSuccess;
  if (!known) cudaGetLastError();
  return known ? kept - used : 0;
}

inline std::optional<std::size_t> free_device_memory() {
  std::size_t free = 0, all = 0;
  if (cudaMemGetInfo(&free, &all) == cudaSuccess) return free + idle_pool_memory();
  cudaGetLastError();
  return std::nullopt;
}

template <class Status>
[[noreturn]] void fail(Status status, const std::string& call, Place place,
                       std::optional<std::size_t> wanted = std::nullopt) {
  cudaGetLastError();  // or the next launch that is checked would find it again
  if (is_out_of_memory(status))
    throw OutOfMemory(place.text() + ": " + call + ": " + reason(status),
                      {wanted, free_device_memory()});
  throw LibraryFailure(call, reason(status), place.text());
}

template <class Status>
void check(Status status, const char* call, Place place) {
  if (status != Status{}) fail(status, call, place);  // success is zero for both
}
static_assert(cudaError_t{} == cudaSuccess && cufftResult{} == CUFFT_SUCCESS);

template <class Name>
void check_launch(Name name, Place place) {
  if (const cudaError_t status = cudaGetLastError(); status != cudaSuccess)
    fail(status, "launch of " + name(), place);
}

/// As it is written, namespaces and template arguments included.
template <class T>
std::string type_name() {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(typeid(T).name(), nullptr, nullptr, &status), std::free);
  return status == 0 ? name.get() : typeid(T).name();
}

}  // namespace kapitza::cuda
