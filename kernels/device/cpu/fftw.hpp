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
#include <utility>
#include <vector>

#include "kapitza/core/complex.hpp"
#include "kapitza/core/error.hpp"
#include "kapitza/numerics/sign.hpp"

namespace kapitza::cpu {

/// FFTW's two libraries, one for each precision, under common names.
template <class Real>
struct Fftw;

template <>
struct Fftw<double> {
  using Plan = fftw_plan;
  static constexpr auto allocate = fftw_alloc_real;
  static constexpr auto release = fftw_free;
  static constexpr auto plan_split = fftw_plan_guru_split_dft;
  static constexpr auto execute_split = fftw_execute_split_dft;
  static constexpr auto destroy = fftw_destroy_plan;
};

template <>
struct Fftw<float> {
  using Plan = fftwf_plan;
  static constexpr auto allocate = fftwf_alloc_real;
  static constexpr auto release = fftwf_free;
  static constexpr auto plan_split = fftwf_plan_guru_split_dft;
  static constexpr auto execute_split = fftwf_execute_split_dft;
  static constexpr auto destroy = fftwf_destroy_plan;
};

/// An array aligned as FFTW's vector code wants it, zero at birth unless said otherwise.
template <class Real>
class BasicAlignedArray {
 public:
  BasicAlignedArray() = default;
  explicit BasicAlignedArray(std::size_t size) : BasicAlignedArray(unset(size)) {
    std::fill_n(data_.get(), size, Real{});
  }
  explicit BasicAlignedArray(const std::vector<Real>& numbers)
      : BasicAlignedArray(unset(numbers.size())) {
    std::copy(numbers.begin(), numbers.end(), data());
  }
  /// Without values: large arrays whose threads write before they read.
  static BasicAlignedArray unset(std::size_t size) {
    BasicAlignedArray array;
    array.data_.reset(Fftw<Real>::allocate(size));
    array.size_ = size;
    if (!array.data_ && size > 0) throw std::bad_alloc();
    return array;
  }

  Real* data() { return data_.get(); }
  const Real* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(Real* p) const { Fftw<Real>::release(p); }
  };
  std::unique_ptr<Real, Free> data_;
  std::size_t size_ = 0;
};

/// Complex numbers with real and imaginary parts apart: FFTW transforms them as fast as pairs, and
/// the loops between two transforms vectorise without a single shuffle.
template <class Real>
struct BasicSplit {
  Real* re;
  Real* im;

  BasicSplit operator+(std::size_t offset) const { return {re + offset, im + offset}; }
};

/// One block of memory, so that the distance from real to imaginary parts depends on the size
/// alone: FFTW's plans hold for one distance only.
template <class Real>
class BasicSplitArray {
 public:
  BasicSplitArray() = default;
  explicit BasicSplitArray(std::size_t size)
      : numbers_(2 * distance(size)), size_(size), distance_(distance(size)) {}

  explicit BasicSplitArray(const std::vector<BasicComplex<Real>>& numbers)
      : BasicSplitArray(numbers.size()) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      re()[i] = numbers[i].re;
      im()[i] = numbers[i].im;
    }
  }

  /// From a real part to its imaginary part, in an array of that size: whole cache lines.
  static constexpr std::size_t distance(std::size_t size) {
    constexpr std::size_t line = 64 / sizeof(Real);
    return (size + line - 1) / line * line;
  }

  BasicSplit<Real> view() { return {re(), im()}; }
  const Real* re() const { return numbers_.data(); }
  const Real* im() const { return numbers_.data() + distance_; }
  Real* re() { return numbers_.data(); }
  Real* im() { return numbers_.data() + distance_; }
  std::size_t size() const { return size_; }

 private:
  BasicAlignedArray<Real> numbers_;
  std::size_t size_ = 0, distance_ = 0;
};

/// `batch` contiguous complex transforms of length n, out of place, unnormalised.
///
/// Planned with ESTIMATE: MEASURE picks algorithms by timing, so the last bits would change from
/// run to run. Serial: the loops around it are parallel. Not to be built inside a parallel region.
template <class Real>
class BasicTransform {
 public:
  /// From and to arrays of these sizes; 0: with room for the transforms and no more.
  BasicTransform(int n, int batch, Sign sign, std::size_t in_size = 0, std::size_t out_size = 0)
      : n_(n), batch_(batch), sign_(sign) {
    BasicSplitArray<Real> in(in_size > 0 ? in_size : size()), out(out_size > 0 ? out_size : size());
    in_distance_ = in.im() - in.re();
    out_distance_ = out.im() - out.re();
    const auto [from, to] = arranged(in.view(), out.view());
    const fftw_iodim line{n, 1, 1}, lines{batch, n, n};
    plan_.reset(
        Fftw<Real>::plan_split(1, &line, 1, &lines, from.re, from.im, to.re, to.im, FFTW_ESTIMATE));
    if (!plan_) throw LibraryFailure("FFTW", "no plan for length " + std::to_string(n));
  }

  /// Both must lie in arrays of the sizes given, as aligned as their beginning, and not overlap.
  void operator()(BasicSplit<Real> in, BasicSplit<Real> out) const {
    if (in.im - in.re != in_distance_ || out.im - out.re != out_distance_)
      throw std::logic_error("a transform of arrays that it was not planned for");
    const auto [from, to] = arranged(in, out);
    Fftw<Real>::execute_split(plan_.get(), from.re, from.im, to.re, to.im);
  }

  int length() const { return n_; }
  std::size_t size() const { return static_cast<std::size_t>(n_) * batch_; }

 private:
  struct Destroy {
    void operator()(typename Fftw<Real>::Plan p) const { Fftw<Real>::destroy(p); }
  };
  /// FFTW knows split transforms of one sign only; the other is the same with parts exchanged.
  std::pair<BasicSplit<Real>, BasicSplit<Real>> arranged(BasicSplit<Real> in,
                                                         BasicSplit<Real> out) const {
    if (sign_ == Sign::minus) return {in, out};
    return {{in.im, in.re}, {out.im, out.re}};
  }

  std::unique_ptr<std::remove_pointer_t<typename Fftw<Real>::Plan>, Destroy> plan_;
  int n_, batch_;
  Sign sign_;
  std::ptrdiff_t in_distance_ = 0, out_distance_ = 0;
};

using AlignedArray = BasicAlignedArray<double>;
using Split = BasicSplit<double>;
using SplitArray = BasicSplitArray<double>;
using Transform = BasicTransform<double>;

}  // namespace kapitza::cpu
