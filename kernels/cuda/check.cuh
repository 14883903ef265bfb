// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cuda_runtime.h>
#include <cufft.h>
#include <cusolverDn.h>
#include <stdexcept>
#include <string>
#include <string_view>

/// Throws where a call of the CUDA runtime, of cuFFT or of cuSOLVER fails, naming the call and its
/// place.
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

/// Nor has cuSOLVER.
inline std::string reason(cusolverStatus_t status) {
  switch (status) {
    case CUSOLVER_STATUS_SUCCESS:
      return "CUSOLVER_STATUS_SUCCESS";
    case CUSOLVER_STATUS_NOT_INITIALIZED:
      return "CUSOLVER_STATUS_NOT_INITIALIZED";
    case CUSOLVER_STATUS_ALLOC_FAILED:
      return "CUSOLVER_STATUS_ALLOC_FAILED, no memory left on the device";
    case CUSOLVER_STATUS_INVALID_VALUE:
      return "CUSOLVER_STATUS_INVALID_VALUE";
    case CUSOLVER_STATUS_ARCH_MISMATCH:
      return "CUSOLVER_STATUS_ARCH_MISMATCH";
    case CUSOLVER_STATUS_EXECUTION_FAILED:
      return "CUSOLVER_STATUS_EXECUTION_FAILED";
    case CUSOLVER_STATUS_INTERNAL_ERROR:
      return "CUSOLVER_STATUS_INTERNAL_ERROR";
    default:
      return "cuSOLVER status " + std::to_string(static_cast<int>(status));
  }
}

template <class Status>
void check(Status status, const char* call, std::string_view file, int line) {
  if (status == Status{}) return;  // success is zero for all three
  throw std::runtime_error(std::string(file.substr(file.rfind('/') + 1)) + ":" +
                           std::to_string(line) + ": " + call + ": " + reason(status));
}
static_assert(cudaError_t{} == cudaSuccess && cufftResult{} == CUFFT_SUCCESS &&
              cusolverStatus_t{} == CUSOLVER_STATUS_SUCCESS);

}  // namespace kapitza::cuda
