// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/kinetic/collision.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kapitza/core/elementary.hpp"
#include "kapitza/core/error.hpp"
#include "kapitza/kinetic/balance.hpp"

namespace kapitza::kinetic {
namespace {

/// Segments [0, T/32], ..., [T/2, T]: three halvings serve the error estimate, the others let the
/// lattice grow with the light cone.
constexpr int halvings = 5;

TimeQuadrature quadrature(const CollisionModel& model, const Resolution& resolution) {
  TimeQuadrature time;
  if (!model.has_sweep()) return time;
  constexpr int unit = 1 << halvings;
  const int steps =
      unit * static_cast<int>(std::ceil(resolution.T / (unit * resolution.dtau) - 1e-9));
  time.dtau = resolution.T / steps;
  for (int i = halvings; i >= 0; --i) {
    const int last = steps >> i;
    const int M = std::min(
        resolution.M, std::max(resolution.M_first, Resolution::safe_M(model, last * time.dtau)));
    time.segments.push_back({i == halvings ? 0 : last / 2, last, M});
  }
  time.segments.back().M = resolution.M;
  return time;
}

}  // namespace

std::vector<int> CollisionModel::all_channels(const Interaction& interaction) {
  std::vector<int> channels;
  for (int l = 2; l <= interaction.degree(); ++l) channels.push_back(l);
  return channels;
}

bool CollisionModel::has_pairs() const { return !channels.empty() && channels.front() == 2; }
bool CollisionModel::has_sweep() const { return highest_channel() >= 3; }
int CollisionModel::highest_channel() const { return channels.empty() ? 0 : channels.back(); }

double Resolution::safe_dtau(const CollisionModel& model) {
  return 2 * std::numbers::pi / (model.highest_channel() * model.dispersion.bandwidth());
}

double Resolution::light_cone(const CollisionModel& model, double T) {
  return model.grid.K + 2 * model.dispersion.max_speed() * T;
}

int Resolution::safe_M(const CollisionModel& model, double T) {
  // The rim of the light cone is nearly empty: nine tenths of it make no difference.
  int M = model.grid.K;
  while (M < 0.9 * light_cone(model, T)) M *= 2;
  return M;
}

CollisionPlan::CollisionPlan(CollisionModel model_in, Resolution resolution_in)
    : model(std::move(model_in)),
      resolution(resolution_in),
      energy(model.dispersion.energy(model.grid.momenta())),
      time(quadrature(model, resolution)),
      kink(model.dispersion, model.grid) {
  if (model.highest_channel() > CollisionModel::max_channel)
    throw InputError("channels up to l = " + std::to_string(CollisionModel::max_channel) +
                     " are supported");
  pairs = model.has_pairs() ? PairTable::of(model.dispersion, model.grid, resolution.points)
                            : std::make_shared<const PairTable>();
}

namespace {

template <class Rate>
std::vector<double> per_channel(const CollisionModel& model, Rate rate) {
  std::vector<double> rates(std::max(0, model.highest_channel() - 2), 0.0);
  for (int l : model.channels)
    if (l >= 3) rates[l - 3] = rate(l);
  return rates;
}

}  // namespace

std::vector<double> CollisionPlan::sweep_rates(double rho) const {
  return per_channel(model, [&](int l) { return model.interaction.rate(l, rho); });
}
std::vector<double> CollisionPlan::sweep_rate_slopes(double rho) const {
  return per_channel(model, [&](int l) { return model.interaction.rate_slope(l, rho); });
}
double CollisionPlan::pair_rate(double rho) const {
  return model.has_pairs() ? model.interaction.rate(2, rho) : 0;
}
double CollisionPlan::pair_rate_slope(double rho) const {
  return model.has_pairs() ? model.interaction.rate_slope(2, rho) : 0;
}

std::vector<Complex> CollisionPlan::phases(std::span<const int> steps,
                                           std::span<const double> energies) const {
  std::vector<Complex> rows(steps.size() * energies.size());
  Complex* row = rows.data();
  // Not by the standard functions: every operator makes its phases, and a solver dozens of them.
  for (const int step : steps) {
    const double turns = step * time.dtau / (2 * std::numbers::pi);
    for (std::size_t i = 0; i < energies.size(); ++i) {
      const Cis<double> u = cis_turns(turns * energies[i]);
      row[i] = {u.cos, u.sin};
    }
    row += energies.size();
  }
  return rows;
}

void CollisionBatch::resize(std::size_t densities, int K) {
  gain.resize(densities * K);
  loss.resize(densities * K);
  I.resize(densities * K);
  error.resize(densities);
  grid_error.resize(densities);
  number_rate_raw.resize(densities);
  energy_rate_raw.resize(densities);
  projection.resize(densities);
}

void CollisionBatch::take(const CollisionBatch& from, std::size_t first, std::size_t count,
                          std::size_t to, int K) {
  const auto take_each = [&](auto member, std::size_t width) {
    const auto begin = (from.*member).begin() + static_cast<std::ptrdiff_t>(first * width);
    std::copy_n(begin, count * width,
                (this->*member).begin() + static_cast<std::ptrdiff_t>(to * width));
  };
  for (const auto member : {&CollisionBatch::gain, &CollisionBatch::loss, &CollisionBatch::I})
    take_each(member, static_cast<std::size_t>(K));
  for (const auto member : {&CollisionBatch::error, &CollisionBatch::grid_error,
                            &CollisionBatch::number_rate_raw, &CollisionBatch::energy_rate_raw})
    take_each(member, 1);
  take_each(&CollisionBatch::projection, 1);
}

double conservation_rate(const std::vector<double>& I, const std::vector<double>& weight) {
  double sum = 0, size = 0;
  for (std::size_t m = 0; m < I.size(); ++m) {
    sum += weight[m] * I[m];
    size += std::abs(weight[m] * I[m]);
  }
  return rate_of(sum, size);
}

}  // namespace kapitza::kinetic
