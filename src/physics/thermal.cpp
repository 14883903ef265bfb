// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/physics/thermal.hpp"

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
// temperatures need no special case. Scaled: x = (E - low) / width in [0, 1], rho = 1.
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

/// Of Phi at n = 1 / (b x + c), undamped.
NewtonStep newton_step(const std::vector<Mode>& modes, double mean, double b, double c) {
  double n0 = 0, n1 = 0, s00 = 0, s01 = 0, s11 = 0;
  for (const auto [x, w] : modes) {
    const double n = 1 / (b * x + c);
    n0 += w * n, n1 += w * n * x;
    s00 += w * n * n, s01 += w * n * n * x, s11 += w * n * n * x * x;
  }
  const double g_b = mean - n1, g_c = 1 - n0;
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
    if (value + length * change <= 0) length = -0.9 * value / change;
  return length;
}

/// The thermal state 1 / (b x + c) of number one with this mean of x.
ThermalState least_phi(const std::vector<Mode>& modes, double mean) {
  double b = 0, c = 1, previous = 0;
  for (int iteration = 0; iteration < 1000; ++iteration) {
    const NewtonStep step = newton_step(modes, mean, b, c);
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
  const auto [b, c] = least_phi(band.modes, mean_within(band, wanted));
  const double slope = b / (band.width * wanted.number);
  return {slope, c / wanted.number - slope * band.low};
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
