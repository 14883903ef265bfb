// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <fftw3.h>

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>

#include "kapitza/core/complex.hpp"

namespace kapitza::cpu {

static_assert(sizeof(Complex) == sizeof(fftw_complex));

inline fftw_complex* fftw(Complex* z) { return reinterpret_cast<fftw_complex*>(z); }

/// An array aligned as FFTW's vector code wants it, zero at birth.
template <class T>
class AlignedArray {
 public:
  AlignedArray() = default;
  explicit AlignedArray(std::size_t size)
      : data_(static_cast<T*>(fftw_malloc(size * sizeof(T)))), size_(size) {
    if (!data_ && size > 0) throw std::bad_alloc();
    for (std::size_t i = 0; i < size; ++i) data_.get()[i] = T{};
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return data_.get()[i]; }
  const T& operator[](std::size_t i) const { return data_.get()[i]; }

 private:
  struct Free {
    void operator()(T* p) const { fftw_free(p); }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t size_ = 0;
};

enum class Sign { forward = FFTW_FORWARD, backward = FFTW_BACKWARD };

/// `batch` contiguous complex transforms of length n, out of place, unnormalised.
///
/// Planned with ESTIMATE: MEASURE picks algorithms by timing, so the last bits would change from
/// run to run. Serial: the loops around it are parallel. Not to be built inside a parallel region.
class Transform {
 public:
  Transform(int n, int batch, Sign sign) : n_(n), batch_(batch) {
    AlignedArray<Complex> in(size()), out(size());
    plan_.reset(fftw_plan_many_dft(1, &n, batch, fftw(in.data()), nullptr, 1, n, fftw(out.data()),
                                   nullptr, 1, n, static_cast<int>(sign), FFTW_ESTIMATE));
    if (!plan_) throw std::runtime_error("FFTW has no plan for length " + std::to_string(n));
  }

  /// Both arrays must come from AlignedArray (or be as aligned) and must not overlap.
  void operator()(Complex* in, Complex* out) const {
    fftw_execute_dft(plan_.get(), fftw(in), fftw(out));
  }

  int length() const { return n_; }
  std::size_t size() const { return static_cast<std::size_t>(n_) * batch_; }

 private:
  struct Destroy {
    void operator()(fftw_plan p) const { fftw_destroy_plan(p); }
  };
  std::unique_ptr<std::remove_pointer_t<fftw_plan>, Destroy> plan_;
  int n_, batch_;
};

}  // namespace kapitza::cpu
