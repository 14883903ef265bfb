// SPDX-License-Identifier: BSD-3-Clause
#include <memory>
#include <string>
#include <utility>

#include "kapitza/core/error.hpp"
#include "kapitza/solver/backend.hpp"
#include "kernels/cuda/check.cuh"
#include "kernels/cuda/cuda_device.cuh"
#include "kernels/staged/staged_collision.hpp"
#include "kernels/staged/staged_ensemble.hpp"

namespace kapitza {
namespace cuda {
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

/// Whether this build contains machine code, or PTX, for the current device: a question that no
/// list of compute capabilities in the source can answer.
cudaError_t find_code() {
  cudaFuncAttributes attributes;
  return cudaFuncGetAttributes(&attributes, for_each_index<staged::PackDensity>);
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

class CudaBackend final : public Backend {
 public:
  explicit CudaBackend(CudaChoices choices) : choices_(choices) {}

  std::string name() const override { return "cuda"; }

  std::string description() const override {
    cudaDeviceProp device;
    KAPITZA_CUDA(cudaGetDeviceProperties(&device, 0));
    return std::string(device.name) + ", " + std::to_string(device.totalGlobalMem >> 30) +
           " GiB, compute capability " + capability(device);
  }

  std::unique_ptr<CollisionOperator> collision(CollisionPlan plan) override {
    return std::make_unique<staged::StagedCollision<CudaDevice>>(
        std::move(plan), staged::default_workspace, choices_.sweep, shared_);
  }

  std::unique_ptr<Ensemble> ensemble(EnsemblePlan plan) override {
    if (plan.precision == Precision::single_) return make_ensemble<float>(std::move(plan));
    return make_ensemble<double>(std::move(plan));
  }

 private:
  template <class Real>
  std::unique_ptr<Ensemble> make_ensemble(EnsemblePlan plan) const {
    return std::make_unique<staged::StagedEnsemble<CudaDevice, Real>>(
        std::move(plan), staged::most_indices, choices_.steps, shared_);
  }

  CudaChoices choices_;
  std::shared_ptr<SharedState> shared_ = std::make_shared<SharedState>();
};

}  // namespace
}  // namespace cuda

std::string cuda_unavailable() {
  std::string why = cuda::unavailable();
  cudaGetLastError();  // what was reported is not to be found again by a later check
  return why;
}

std::unique_ptr<Backend> make_cuda_backend(CudaChoices choices) {
  if (const std::string why = cuda_unavailable(); !why.empty()) throw BackendUnavailable(why);
  return std::make_unique<cuda::CudaBackend>(choices);
}

}  // namespace kapitza
