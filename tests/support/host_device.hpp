// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <fftw3.h>
#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "kapitza/core/complex.hpp"
#include "kernels/device/block/serial_block.hpp"
#include "kernels/device/staged/device.hpp"

namespace kapitza::staged {

/// What all HostDevices together did since a test last set it to zero.
struct HostRecord {
  std::size_t allocated = 0, released = 0;   ///< bytes
  std::size_t uploaded = 0, downloaded = 0;  ///< bytes
  std::size_t stages = 0, transforms = 0;    ///< calls
};

/// FFTW's two libraries, one for each precision, under common names.
template <class Real>
struct HostFftw;

template <>
struct HostFftw<double> {
  using Complex = fftw_complex;
  using Plan = fftw_plan;
  static constexpr auto plan = fftw_plan_dft_1d;
  static constexpr auto execute = fftw_execute_dft;
  static constexpr auto destroy = fftw_destroy_plan;
};

template <>
struct HostFftw<float> {
  using Complex = fftwf_complex;
  using Plan = fftwf_plan;
  static constexpr auto plan = fftwf_plan_dft_1d;
  static constexpr auto execute = fftwf_execute_dft;
  static constexpr auto destroy = fftwf_destroy_plan;
};

/// A staged::Device on the host, for tests: runs the complete GPU path without a GPU.
///
/// Memory is born as NaN, so whatever is read before it is written shows in the result. Stages run
/// forwards or backwards: a stage whose indices meet in a cell gives different numbers.
class HostDevice {
 public:
  enum class Order { forwards, backwards };

  static inline HostRecord record;

  template <class T>
  class Buffer {
   public:
    Buffer(HostDevice&, std::size_t count) : memory_(count * sizeof(T), std::byte{0xff}) {
      record.allocated += memory_.size();
    }
    Buffer(Buffer&&) = default;
    Buffer& operator=(Buffer&&) = default;
    ~Buffer() { record.released += memory_.size(); }

    T* data() { return reinterpret_cast<T*>(memory_.data()); }
    const T* data() const { return reinterpret_cast<const T*>(memory_.data()); }
    std::size_t size() const { return memory_.size() / sizeof(T); }

   private:
    static_assert(std::is_trivially_copyable_v<T>);
    std::vector<std::byte> memory_;
  };

  /// One line after the other with the plan of a single one: a line's bits do not depend on its
  /// place in the batch.
  template <class Real>
  class Fft {
   public:
    Fft(HostDevice&, int n, int batch, Sign sign) : n_(n), batch_(batch) {
      std::vector<BasicComplex<Real>> in(n), out(n);
      plan_.reset(Fftw::plan(n, fftw(in.data()), fftw(out.data()), static_cast<int>(sign),
                             FFTW_ESTIMATE | FFTW_UNALIGNED));
      if (!plan_) throw std::runtime_error("FFTW has no plan");
    }
    void operator()(BasicComplex<Real>* in, BasicComplex<Real>* out) const {
      ++record.transforms;
      for (std::ptrdiff_t line = 0; line < batch_; ++line)
        Fftw::execute(plan_.get(), fftw(in + line * n_), fftw(out + line * n_));
    }

   private:
    static_assert(FFTW_FORWARD == static_cast<int>(Sign::minus));
    static_assert(FFTW_BACKWARD == static_cast<int>(Sign::plus));
    using Fftw = HostFftw<Real>;
    static typename Fftw::Complex* fftw(BasicComplex<Real>* z) {
      return reinterpret_cast<typename Fftw::Complex*>(z);
    }
    struct Destroy {
      void operator()(typename Fftw::Plan plan) const { Fftw::destroy(plan); }
    };
    std::unique_ptr<std::remove_pointer_t<typename Fftw::Plan>, Destroy> plan_;
    int n_, batch_;
  };

  explicit HostDevice(Order order = Order::forwards) : order_(order) {}

  template <class Stage>
  void each(std::size_t count, Stage stage) {
    if (count >= std::size_t{1} << 31) throw std::length_error("a stage of 2^31 indices or more");
    ++record.stages;
    for (std::size_t i = 0; i < count; ++i) stage(order_ == Order::forwards ? i : count - 1 - i);
  }

  template <class Algorithm>
  void each_block(int count, const Algorithm& algorithm) {
    ++record.stages;
    if (algorithm.shared_bytes() > most_shared_bytes())
      throw std::length_error("more shared memory than a block may have");
    for (int i = 0; i < count; ++i) {
      block::SerialBlock blk(Algorithm::lanes, algorithm.shared_bytes());
      algorithm(blk, order_ == Order::forwards ? i : count - 1 - i);
    }
  }

  /// That of the smaller of the two generations that we tune for.
  std::size_t most_shared_bytes() const { return std::size_t{163} << 10; }

  void sum_rows(const double* values, int rows, int columns, double* sums) {
    for (int row = 0; row < rows; ++row, values += columns)
      sums[row] = std::accumulate(values, values + columns, 0.0);
  }

  template <class T>
  void upload(std::span<const T> from, T* to) {
    record.uploaded += from.size_bytes();
    std::copy(from.begin(), from.end(), to);
  }

  template <class T>
  std::shared_ptr<Buffer<T>> shared_table(const std::shared_ptr<const void>&,
                                          const std::vector<T>& values) {
    auto buffer = std::make_shared<Buffer<T>>(*this, values.size());
    upload(std::span<const T>(values), buffer->data());
    return buffer;
  }

  template <class T>
  void download(const T* from, std::span<T> to) {
    record.downloaded += to.size_bytes();
    std::copy_n(from, to.size(), to.begin());
  }

  void wait() {}

 private:
  Order order_;
};

static_assert(Device<HostDevice>);

}  // namespace kapitza::staged
