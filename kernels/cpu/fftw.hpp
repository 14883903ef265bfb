// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <fftw3.h>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace kapitza::cpu {

/// An array aligned as FFTW's vector code wants it, zero at birth.
class AlignedArray {
 public:
  AlignedArray() = default;
  explicit AlignedArray(std::size_t size) : data_(fftw_alloc_real(size)), size_(size) {
    if (!data_ && size > 0) throw std::bad_alloc();
    std::fill_n(data_.get(), size, 0.0);
  }

  double* data() { return data_.get(); }
  const double* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(double* p) const { fftw_free(p); }
  };
  std::unique_ptr<double, Free> data_;
  std::size_t size_ = 0;
};

/// Complex numbers with real and imaginary parts apart: FFTW transforms them as fast as pairs, and
/// the loops between two transforms vectorise without a single shuffle.
struct Split {
  double* re;
  double* im;

  Split operator+(std::size_t offset) const { return {re + offset, im + offset}; }
};

class SplitArray {
 public:
  SplitArray() = default;
  explicit SplitArray(std::size_t size) : re_(size), im_(size) {}

  Split view() { return {re_.data(), im_.data()}; }
  const double* re() const { return re_.data(); }
  const double* im() const { return im_.data(); }
  double* re() { return re_.data(); }
  double* im() { return im_.data(); }
  std::size_t size() const { return re_.size(); }

 private:
  AlignedArray re_, im_;
};

enum class Sign { forward, backward };  ///< e^{-2 pi i j r / n} and e^{+2 pi i j r / n}

/// `batch` contiguous complex transforms of length n, out of place, unnormalised.
///
/// Planned with ESTIMATE: MEASURE picks algorithms by timing, so the last bits would change from
/// run to run. Serial: the loops around it are parallel. Not to be built inside a parallel region.
class Transform {
 public:
  Transform(int n, int batch, Sign sign) : n_(n), batch_(batch), sign_(sign) {
    SplitArray in(size()), out(size());
    const fftw_iodim line{n, 1, 1}, lines{batch, n, n};
    plan_.reset(fftw_plan_guru_split_dft(1, &line, 1, &lines, in.re(), in.im(), out.re(), out.im(),
                                         FFTW_ESTIMATE));
    if (!plan_) throw std::runtime_error("FFTW has no plan for length " + std::to_string(n));
  }

  /// Both arrays must be as aligned as a SplitArray's and must not overlap.
  void operator()(Split in, Split out) const {
    // FFTW knows split transforms of one sign only; the other is the same with parts exchanged.
    if (sign_ == Sign::backward) {
      std::swap(in.re, in.im);
      std::swap(out.re, out.im);
    }
    fftw_execute_split_dft(plan_.get(), in.re, in.im, out.re, out.im);
  }

  int length() const { return n_; }
  std::size_t size() const { return static_cast<std::size_t>(n_) * batch_; }

 private:
  struct Destroy {
    void operator()(fftw_plan p) const { fftw_destroy_plan(p); }
  };
  std::unique_ptr<std::remove_pointer_t<fftw_plan>, Destroy> plan_;
  int n_, batch_;
  Sign sign_;
};

}  // namespace kapitza::cpu
