// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <tuple>

#include "kapitza/core/complex.hpp"
#include "kernels/device/cuda/check.cuh"

namespace kapitza::cuda {

/// The owner of a cuFFT plan.
class PlanHandle {
 public:
  PlanHandle() { KAPITZA_CUDA(cufftCreate(&plan_)); }
  PlanHandle(const PlanHandle&) = delete;
  PlanHandle& operator=(const PlanHandle&) = delete;
  ~PlanHandle() { cufftDestroy(plan_); }
  cufftHandle get() const { return plan_; }

 private:
  cufftHandle plan_ = 0;
};

/// Contiguous lines of one length, as many as a batch has.
struct PlanShape {
  int n, batch;
  cufftType type;

  bool operator<(const PlanShape& other) const {
    return std::tie(n, batch, type) < std::tie(other.n, other.batch, other.type);
  }
};

/// Who executes a plan: on which stream, in which memory. Streams that are made again may look like
/// those that are gone, numbers do not.
struct PlanUser {
  std::uint64_t number = 0;
  cudaStream_t stream = nullptr;
  void* area = nullptr;
};

/// A plan that many streams use: each brings the memory that it works in, so that their transforms
/// may overlap. Between saying so and launching nobody else may say otherwise.
class SharedPlan {
 public:
  explicit SharedPlan(PlanShape shape) : type_(shape.type) {
    KAPITZA_CUDA(cufftSetAutoAllocation(plan_.get(), 0));
    KAPITZA_CUDA(cufftMakePlanMany(plan_.get(), 1, &shape.n, nullptr, 1, shape.n, nullptr, 1,
                                   shape.n, type_, shape.batch, &bytes_));
  }

  /// What an area has to hold at least.
  std::size_t bytes() const { return bytes_; }

  template <class Real>
  void operator()(const PlanUser& user, BasicComplex<Real>* in, BasicComplex<Real>* out, int sign) {
    const std::lock_guard lock(one_at_a_time_);
    if (user_.number != user.number) KAPITZA_CUDA(cufftSetStream(plan_.get(), user.stream));
    if (user_.area != user.area) KAPITZA_CUDA(cufftSetWorkArea(plan_.get(), user.area));
    user_ = user;
    KAPITZA_CUDA(execute(in, out, sign));
  }

 private:
  cufftResult execute(BasicComplex<double>* in, BasicComplex<double>* out, int sign) {
    static_assert(sizeof(*in) == sizeof(cufftDoubleComplex));
    return cufftExecZ2Z(plan_.get(), reinterpret_cast<cufftDoubleComplex*>(in),
                        reinterpret_cast<cufftDoubleComplex*>(out), sign);
  }
  cufftResult execute(BasicComplex<float>* in, BasicComplex<float>* out, int sign) {
    static_assert(sizeof(*in) == sizeof(cufftComplex));
    return cufftExecC2C(plan_.get(), reinterpret_cast<cufftComplex*>(in),
                        reinterpret_cast<cufftComplex*>(out), sign);
  }

  PlanHandle plan_;
  cufftType type_;
  std::size_t bytes_ = 0;
  std::mutex one_at_a_time_;
  PlanUser user_;
};

/// Plans by their shape. Making one takes longer than hundreds of its transforms, and a stationary
/// solve makes dozens of operators with transforms of a few shapes.
class PlanCache {
 public:
  SharedPlan& operator()(PlanShape shape) {
    const std::lock_guard lock(one_at_a_time_);
    return plans_.try_emplace(shape, shape).first->second;
  }

 private:
  std::mutex one_at_a_time_;
  std::map<PlanShape, SharedPlan> plans_;
};

}  // namespace kapitza::cuda
