// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <complex>
#include <gtest/gtest.h>
#include <vector>

#include "kapitza/core/complex.hpp"
#include "kapitza/core/digits.hpp"
#include "kapitza/core/in_order.hpp"
#include "kapitza/core/precision.hpp"

namespace kapitza {
namespace {

TEST(Digits, AreAsManyAsNeededAndNoMoreThanAskedFor) {
  EXPECT_EQ(digits(0.5), "0.5");
  EXPECT_EQ(digits(1.0 / 3), "0.333333");
  EXPECT_EQ(digits(-12345678), "-1.23457e+07");
  EXPECT_EQ(digits(2.0 / 3, 2), "0.67");
}

TEST(InOrder, MeetsEveryIndexInItsOrder) {
  std::vector<int> met;
  InOrder{4}.each([&](int i) { met.push_back(i); });
  EXPECT_EQ(met, (std::vector{0, 1, 2, 3}));
  InOrder{0}.each([](int) { FAIL(); });
}

TEST(InOrder, AddsUpAndFindsTheLargestSideBySide) {
  const InOrder over{5};
  const auto terms = [](int i) { return Sums<2>{{1.0 * i, i == 2 ? 7.0 : -1.0}}; };
  const Sums<2> sum = over.sum<2>(terms), most = over.most<2>(terms);
  EXPECT_EQ(sum[0], 10);
  EXPECT_EQ(sum[1], 3);
  EXPECT_EQ(most[0], 4);
  EXPECT_EQ(most[1], 7);
  EXPECT_EQ(over.most<1>([](int) { return Sums<1>{{-1.0}}; })[0], 0) << "zero is among them";
}

TEST(Complex, CalculatesAsTheStandardLibraryDoes) {
  using Standard = std::complex<double>;
  const auto standard = [](Complex z) { return Standard{z.re, z.im}; };
  const Complex a{0.3, -1.7}, b{-2.1, 0.4};
  EXPECT_EQ(standard(a + b), standard(a) + standard(b));
  EXPECT_EQ(standard(a - b), standard(a) - standard(b));
  // Either may be compiled with products and sums fused: an ulp of 4 is 9e-16.
  EXPECT_LT(std::abs(standard(a * b) - standard(a) * standard(b)), 1e-15);
  EXPECT_EQ(standard(2.0 * a), 2.0 * standard(a));
  EXPECT_EQ(standard(conj(a)), std::conj(standard(a)));
  EXPECT_DOUBLE_EQ(norm(a), std::norm(standard(a)));
}

TEST(Precision, TablesAreRoundedToTheNearest) {
  const double x = 0.1;
  EXPECT_EQ(in_precision<float>(std::vector{x})[0], 0.1F);
  EXPECT_EQ(in_precision<double>(std::vector{x})[0], x);
  const auto z = in_precision<float>(std::vector{Complex{x, -x}})[0];
  EXPECT_EQ(z.re, 0.1F);
  EXPECT_EQ(z.im, -0.1F);
}

}  // namespace
}  // namespace kapitza
