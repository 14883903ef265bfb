// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/numerics/estimates.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "kapitza/numerics/gauss_legendre.hpp"

namespace kapitza {

Estimates estimate(std::span<const double> rows, std::size_t samples, double scale) {
  const std::size_t width = rows.size() / samples;
  const auto count = static_cast<double>(samples);
  Estimates result{std::vector<double>(width), std::vector<double>(width)};
  // Twice through the rows: the squares of deviations do not cancel, as those of the numbers would.
  for (std::size_t j = 0; j < samples; ++j)
    for (std::size_t i = 0; i < width; ++i) result.mean[i] += scale * rows[j * width + i] / count;
  for (std::size_t j = 0; j < samples; ++j)
    for (std::size_t i = 0; i < width; ++i) {
      const double deviation = scale * rows[j * width + i] - result.mean[i];
      result.error[i] += deviation * deviation;
    }
  for (double& error : result.error)
    error = samples > 1 ? std::sqrt(error / (count * (count - 1)))
                        : std::numeric_limits<double>::quiet_NaN();
  return result;
}

double student_tail(double t, double degrees) {
  // t = sqrt(degrees) tan(angle) has the density cos(angle)^{degrees - 1} up to a factor. Most of
  // its weight lies within a few 1 / sqrt(degrees) of zero: panels of that width.
  static const GaussLegendre rule(16);
  const auto weight = [&](double from, double to) {
    const double width = std::min(0.25, 1 / std::sqrt(degrees));
    const int panels = static_cast<int>(std::ceil((to - from) / width));
    double sum = 0;
    for (int panel = 0; panel < panels; ++panel)
      for (std::size_t i = 0; i < rule.x.size(); ++i) {
        const double angle = from + (to - from) * (panel + rule.x[i]) / panels;
        sum += rule.weight[i] * std::pow(std::cos(angle), degrees - 1) * (to - from) / panels;
      }
    return sum;
  };
  constexpr double end = std::numbers::pi / 2;
  const double angle = std::atan(std::abs(t) / std::sqrt(degrees));
  return weight(angle, end) / weight(0, end);
}

}  // namespace kapitza
