// SPDX-License-Identifier: BSD-3-Clause
#include <string>

#include "kernels/device/cuda/check.cuh"
#include "kernels/device/cuda/gpu.hpp"

namespace kapitza::cuda {
namespace {

std::string capability(const cudaDeviceProp& device) {
  return std::to_string(device.major) + "." + std::to_string(device.minor);
}

/// The CUDA version behind a number such as 13000.
std::string version(int number) {
  return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

/// Why no device answers.
std::string no_device(cudaError_t status) {
  int driver = 0, runtime = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  if (driver == 0) return "no NVIDIA driver is installed";
  if (status == cudaErrorInsufficientDriver)
    return "the NVIDIA driver supports CUDA " + version(driver) + ", this build needs " +
           version(runtime);
  if (status == cudaErrorNoDevice) return "no NVIDIA GPU is visible";
  return "the GPU cannot be used: " + reason(status);
}

/// Compiled like all kernels.
__global__ void any_kernel() {}

/// Whether this build contains machine code, or PTX, for the current device: a question that no
/// list of compute capabilities in the source can answer.
cudaError_t find_code() {
  cudaFuncAttributes attributes;
  return cudaFuncGetAttributes(&attributes, any_kernel);
}

std::string unavailable() {
  int devices = 0;
  const cudaError_t found = cudaGetDeviceCount(&devices);
  if (found != cudaSuccess) return no_device(found);
  if (devices == 0) return no_device(cudaErrorNoDevice);
  cudaDeviceProp device;
  const cudaError_t described = cudaGetDeviceProperties(&device, 0);
  if (described != cudaSuccess) return no_device(described);
  const cudaError_t code = find_code();
  if (code == cudaErrorNoKernelImageForDevice || code == cudaErrorInvalidDeviceFunction ||
      code == cudaErrorInvalidKernelImage || code == cudaErrorUnsupportedPtxVersion)
    return std::string("this build has no code for the ") + device.name + " (compute capability " +
           capability(device) + ")";
  return code == cudaSuccess ? "" : no_device(code);
}

}  // namespace

std::string gpu_unavailable() {
  std::string why = unavailable();
  cudaGetLastError();  // what was reported is not to be found again by a later check
  return why;
}

std::string gpu_description() {
  cudaDeviceProp device;
  KAPITZA_CUDA(cudaGetDeviceProperties(&device, 0));
  return std::string(device.name) + ", " + std::to_string(device.totalGlobalMem >> 30) +
         " GiB, compute capability " + capability(device);
}

}  // namespace kapitza::cuda
