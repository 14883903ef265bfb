// SPDX-License-Identifier: BSD-3-Clause
//
// The CPU's transforms against sums, at lengths for which FFTW has no code of its own too.
#include <cmath>
#include <complex>
#include <gtest/gtest.h>
#include <limits>
#include <numbers>
#include <vector>

#include "kernels/device/cpu/fftw.hpp"

namespace kapitza::cpu {
namespace {

template <class Real>
class TransformOf : public ::testing::Test {};
using Reals = ::testing::Types<double, float>;
TYPED_TEST_SUITE(TransformOf, Reals);

/// The largest distance of a transform from the literal sum, over the norm of the line, for lines
/// somewhere in larger arrays: plans must not depend on where the plan's own arrays were.
template <class Real>
double largest_error(int n, int batch, Sign sign) {
  const std::size_t total = static_cast<std::size_t>(n) * batch, room = total + 40;
  const BasicTransform<Real> transform(n, batch, sign, room, room);
  const std::vector<char> between(12345);
  BasicSplitArray<Real> in(room);
  const std::vector<char> more(777);
  BasicSplitArray<Real> out(room);
  for (std::size_t i = 0; i < total; ++i) {
    in.re()[i] = static_cast<Real>(std::sin(1.0 + 0.7 * static_cast<double>(i * i % 1009)));
    in.im()[i] = static_cast<Real>(std::cos(2.0 + 0.3 * static_cast<double>(i * i % 907)));
  }
  transform(in.view(), out.view());
  const double step = (sign == Sign::minus ? -2 : 2) * std::numbers::pi / n;
  double largest = 0;
  for (int line = 0; line < batch; ++line) {
    const Real *re = in.re() + line * n, *im = in.im() + line * n;
    for (int r = 0; r < n; r += 1 + n / 16) {
      std::complex<double> sum = 0;
      for (int j = 0; j < n; ++j)
        sum += std::complex<double>(re[j], im[j]) *
               std::polar(1.0, step * static_cast<double>(static_cast<long>(j) * r % n));
      const std::complex<double> ours(out.re()[line * n + r], out.im()[line * n + r]);
      largest = std::max(largest, std::abs(ours - sum) / std::sqrt(static_cast<double>(n)));
    }
  }
  return largest;
}

TYPED_TEST(TransformOf, IsTheSum) {
  const double eps = std::numeric_limits<TypeParam>::epsilon();
  for (const int n : {1, 2, 16, 37, 64, 210, 1331, 1369, 1517, 1681, 2048})
    for (const int batch : {1, 3})
      for (const Sign sign : {Sign::minus, Sign::plus})
        // Root mean square errors grow like log n; those of prime factors p like p.
        EXPECT_LT(largest_error<TypeParam>(n, batch, sign), 100 * eps)
            << n << " " << batch << " " << (sign == Sign::minus ? "forward" : "backward");
}

TEST(Transform, RefusesArraysThatItWasNotPlannedFor) {
  const Transform transform(16, 1, Sign::minus);
  SplitArray right(16), larger(64);
  EXPECT_NO_THROW(transform(right.view(), SplitArray(16).view()));
  EXPECT_THROW(transform(right.view(), larger.view()), std::logic_error);
  EXPECT_THROW(transform(larger.view(), right.view()), std::logic_error);
}

}  // namespace
}  // namespace kapitza::cpu
