// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cuda_runtime.h>
#include <cufft.h>
#include <stdexcept>
#include <string>
#include <string_view>

/// Throws where a call of the CUDA runtime or of cuFFT fails, naming the call and its place.
#define KAPITZA_CUDA(call) ::kapitza::cuda::check((call), #call, __FILE__, __LINE__)

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
      return "CUFFT_ALLOC_FAILED, no memory left on the device";
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

template <class Status>
void check(Status status, const char* call, std::string_view file, int line) {
  if (status == Status{}) return;  // success is zero for both
  cudaGetLastError();              // or the next launch that is checked would find it again
  throw std::runtime_error(std::string(file.substr(file.rfind('/') + 1)) + ":" +
                           std::to_string(line) + ": " + call + ": " + reason(status));
}
static_assert(cudaError_t{} == cudaSuccess && cufftResult{} == CUFFT_SUCCESS);

}  // namespace kapitza::cuda
