// SPDX-License-Identifier: BSD-3-Clause
// The shared-memory FFT on a GPU against FFTW. Skipped without one, as elsewhere.
#include <cmath>
#include <cuda_runtime.h>
#include <fftw3.h>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include "kernels/device/block/fft_tables.hpp"
#include "tests/device/block_fft.hpp"
#include "tests/support/needs_gpu.hpp"

namespace kapitza::block {
namespace {

template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(const std::vector<T>& host) : size_(host.size()) {
    EXPECT_EQ(cudaMalloc(&data_, size_ * sizeof(T)), cudaSuccess);
    EXPECT_EQ(cudaMemcpy(data_, host.data(), size_ * sizeof(T), cudaMemcpyDefault), cudaSuccess);
  }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* data() const { return data_; }
  std::vector<T> to_host() const {
    std::vector<T> host(size_);
    EXPECT_EQ(cudaMemcpy(host.data(), data_, size_ * sizeof(T), cudaMemcpyDefault), cudaSuccess);
    return host;
  }

 private:
  T* data_ = nullptr;
  std::size_t size_;
};

template <class T>
std::vector<BasicComplex<double>> fftw(int n, int batch, Sign sign,
                                       const std::vector<BasicComplex<T>>& x) {
  std::vector<BasicComplex<double>> y;
  for (const auto& z : x) y.push_back({z.re, z.im});
  auto* data = reinterpret_cast<fftw_complex*>(y.data());
  const fftw_plan plan = fftw_plan_many_dft(1, &n, batch, data, nullptr, 1, n, data, nullptr, 1, n,
                                            static_cast<int>(sign), FFTW_ESTIMATE);
  fftw_execute(plan);
  fftw_destroy_plan(plan);
  return y;
}

template <class T>
struct BlockFftCudaTest : testing::Test {
  void SetUp() override { NEEDS_GPU(); }
};
using Precisions = testing::Types<double, float>;
TYPED_TEST_SUITE(BlockFftCudaTest, Precisions);

/// Batches that leave rows of threads without a line; in place and out of place.
TYPED_TEST(BlockFftCudaTest, AgreesWithFftwAtEverySize) {
  using T = TypeParam;
  std::mt19937 generator(1);
  std::uniform_real_distribution<T> uniform(-1, 1);
  for (const int n : block_fft_lengths) {
    const DeviceArray<BasicComplex<T>> twiddles(stockham_twiddles<T>(n));
    for (const int batch : {1, 3, 37}) {
      std::vector<BasicComplex<T>> x(static_cast<std::size_t>(n) * batch);
      for (auto& z : x) z = {uniform(generator), uniform(generator)};
      for (const Sign sign : {Sign::minus, Sign::plus}) {
        const DeviceArray<BasicComplex<T>> in(x);
        const DeviceArray<BasicComplex<T>> out(std::vector<BasicComplex<T>>(x.size()));
        block_fft_cuda(n, batch, sign, in.data(), out.data(), twiddles.data());
        block_fft_cuda(n, batch, sign, in.data(), in.data(), twiddles.data());
        ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
        const auto y = out.to_host();
        EXPECT_EQ(y, in.to_host()) << "in place, n = " << n << ", batch " << batch;

        const auto expected = fftw(n, batch, sign, x);
        double difference = 0;
        double size = 0;
        for (std::size_t i = 0; i < y.size(); ++i) {
          const BasicComplex<double> z{y[i].re, y[i].im};
          difference += norm(z - expected[i]);
          size += norm(expected[i]);
        }
        EXPECT_LT(std::sqrt(difference / size),
                  0.3 * std::numeric_limits<T>::epsilon() * std::log2(n))
            << "n = " << n << ", batch " << batch;
      }
    }
  }
}

TYPED_TEST(BlockFftCudaTest, RefusesOtherLengths) {
  using T = TypeParam;
  BasicComplex<T>* none = nullptr;
  for (const int n : {0, 32, 96, 1024, 16384})
    EXPECT_THROW(block_fft_cuda(n, 1, Sign::minus, none, none, none), std::invalid_argument);
}

}  // namespace
}  // namespace kapitza::block
