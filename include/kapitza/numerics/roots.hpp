// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace kapitza {

/// Where between a and b a property of x appears, to within a tolerance: it is absent at a and
/// there at b.
template <class Property>
double boundary(Property has, double a, double b, double tolerance) {
  for (int i = 0; i < 60 && b - a > tolerance; ++i) {
    const double middle = (a + b) / 2;
    (has(middle) ? b : a) = middle;
  }
  return (a + b) / 2;
}

/// A root of f, whose signs at a and b differ: by bisection, which never leaves [a, b].
template <class F>
double bisect(F f, double a, double b, double tolerance = 1e-15) {
  const bool rising = f(b) > 0;
  return boundary([&](double x) { return (f(x) > 0) == rising; }, a, b, tolerance);
}

/// Where f is least in [a, b], having one minimum there: by golden sections.
template <class F>
double minimum(F f, double a, double b, double tolerance = 1e-12) {
  constexpr double golden = 0.6180339887498949;
  double c = b - golden * (b - a), d = a + golden * (b - a);
  double fc = f(c), fd = f(d);
  for (int i = 0; i < 60 && b - a > tolerance; ++i) {
    if (fc < fd) {
      b = d, d = c, fd = fc, c = b - golden * (b - a), fc = f(c);
    } else {
      a = c, c = d, fc = fd, d = a + golden * (b - a), fd = f(d);
    }
  }
  return (a + b) / 2;
}

}  // namespace kapitza
