// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/model/thermal.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "kapitza/core/error.hpp"

namespace kapitza {

std::vector<double> ThermalState::operator()(std::span<const double> energy) const {
  std::vector<double> n;
  n.reserve(energy.size());
  for (double E : energy) n.push_back((*this)(E));
  return n;
}

Moments moments(std::span<const double> n, std::span<const double> energy, Weights weight) {
  Moments sum;
  double total = 0;
  for (std::size_t m = 0; m < n.size(); ++m) {
    const double w = weight.empty() ? 1 : weight[m];
    sum.number += w * n[m];
    sum.energy += w * n[m] * energy[m];
    total += w;
  }
  return {sum.number / total, sum.energy / total};
}

// The state minimises  Phi(b, c) = b e + c rho - <ln(b E + c)>,  a convex and self-concordant
// function whose gradient is (e - <n E>, rho - <n>). The damped Newton step 1 / (1 + decrement)
// never leaves the domain b E + c > 0 and converges from any start, so mu -> min E and negative
// temperatures need no special case. Scaled: x = (E - low) / width in [0, 1], and rho = 1
// where densities have no scale of their own.
namespace {

struct Mode {
  double x, w;  ///< energy within the band, share of the weight
};

/// The modes that have weight, in units of their band.
struct Band {
  std::vector<Mode> modes;
  double low, width;
};

Band scaled_band(std::span<const double> energy, Weights weight) {
  std::vector<Mode> modes;
  double total = 0, low = std::numeric_limits<double>::infinity(), high = -low;
  for (std::size_t m = 0; m < energy.size(); ++m) {
    const double w = weight.empty() ? 1 : weight[m];
    if (w == 0) continue;
    modes.push_back({energy[m], w});
    total += w;
    low = std::min(low, energy[m]);
    high = std::max(high, energy[m]);
  }
  const double width = high - low;
  for (Mode& mode : modes) mode = {(mode.x - low) / width, mode.w / total};
  return {std::move(modes), low, width};
}

/// The mean of x that a state of these moments has.
double mean_within(const Band& band, const Moments& wanted) {
  const double mean = (wanted.energy / wanted.number - band.low) / band.width;
  if (!(wanted.number > 0) || !(mean > 0) || !(mean < 1))
    throw NumericsError("no thermal state has number " + std::to_string(wanted.number) +
                        " and energy " + std::to_string(wanted.energy) +
                        ": their ratio must lie strictly inside the band");
  return mean;
}

struct NewtonStep {
  double b, c, decrement;
};

/// Of Phi at density(b x + c), undamped.
NewtonStep newton_step(const std::vector<Mode>& modes, const Moments& wanted, double b, double c) {
  double n0 = 0, n1 = 0, s00 = 0, s01 = 0, s11 = 0;
  for (const auto [x, w] : modes) {
    const double n = Statistics::density(b * x + c), metric = Statistics::weight(n, w);
    n0 += w * n, n1 += w * n * x;
    s00 += metric, s01 += metric * x, s11 += metric * x * x;
  }
  const double g_b = wanted.energy - n1, g_c = wanted.number - n0;
  const double det = s00 * s11 - s01 * s01;
  const double step_b = -(s00 * g_b - s01 * g_c) / det;
  const double step_c = -(s11 * g_c - s01 * g_b) / det;
  const auto K = static_cast<double>(modes.size());
  return {step_b, step_c, std::sqrt(std::max(0.0, -K * (g_b * step_b + g_c * step_c)))};
}

/// How much of a step to take from (b, c).
double damped_length(double b, double c, const NewtonStep& step) {
  double length = step.decrement < 0.25 ? 1.0 : 1 / (1 + step.decrement);
  // Weights of less than one mode weaken the barrier: stay inside the domain by hand as well.
  for (const auto& [value, change] : {std::pair(c, step.c), std::pair(b + c, step.b + step.c)})
    if (!Statistics::exists(value + length * change)) length = -0.9 * value / change;
  return length;
}

/// The thermal state density(b x + c) of this number and this sum of x.
ThermalState least_phi(const std::vector<Mode>& modes, const Moments& wanted) {
  double b = 0, c = Statistics::x(wanted.number), previous = 0;
  for (int iteration = 0; iteration < 1000; ++iteration) {
    const NewtonStep step = newton_step(modes, wanted, b, c);
    const double length = damped_length(b, c, step);
    b += length * step.b;
    c += length * step.c;
    // Quadratic convergence ends where rounding keeps the decrement from falling further.
    const bool stalled = iteration > 0 && step.decrement >= previous / 2;
    if (step.decrement == 0 || (step.decrement < 1e-8 && stalled)) return {b, c};
    previous = step.decrement;
  }
  throw NumericsError("the search for a thermal state did not converge");
}

}  // namespace

ThermalState thermal_state(const Moments& wanted, std::span<const double> energy, Weights weight) {
  const Band band = scaled_band(energy, weight);
  const double mean = mean_within(band, wanted);
  // Where densities have no scale of their own, the search is for number one.
  const double number = Statistics::scale_free ? 1 : wanted.number;
  const double unit = Statistics::scale_free ? wanted.number : 1;
  const auto [b, c] = least_phi(band.modes, {number, mean * number});
  const double slope = b / (band.width * unit);
  return {slope, c / unit - slope * band.low};
}

ThermalFit thermal_fit(std::span<const double> n, std::span<const double> energy, Weights weight) {
  ThermalFit fit{thermal_state(moments(n, energy, weight), energy, weight), 0, 0};
  double total = 0, apart = 0;
  for (std::size_t m = 0; m < n.size(); ++m) {
    const double w = weight.empty() ? 1 : weight[m], thermal = fit.state(energy[m]);
    if (w == 0) continue;
    fit.deviation = std::max(fit.deviation, std::abs(n[m] / thermal - 1));
    total += w * n[m];
    apart += w * std::abs(n[m] - thermal);
  }
  fit.misplaced = apart / (2 * total);
  return fit;
}

}  // namespace kapitza
