// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/linear/read.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <string>

#include "host/config/expression.hpp"
#include "host/jobs/kinetic/read.hpp"
#include "host/jobs/linear/keys.hpp"
#include "host/jobs/model/keys.hpp"
#include "host/jobs/model/read.hpp"
#include "kapitza/numerics/periodic_spline.hpp"

namespace kapitza::host {
namespace {

/// One side of a perturbation on all momenta; empty where it is not given.
std::vector<double> make_side(const Config& config, const std::string& side,
                              const std::vector<double>& k) {
  const Key& key = keys::linear::dn;
  const auto& sides = *config.at(key).as<Value::Members>();
  if (!sides.contains(side)) return {};
  const Value& value = sides.at(side);
  std::vector<double> dn;
  if (const auto* expression = value.as<std::string>()) {
    dn = about(config, key, [&] { return evaluate_expression(*expression, "k", k); });
  } else {
    const MomentumTable table = read_table(config, key, value, AllowedValues::any);
    const PeriodicSpline spline =
        about(config, key, [&] { return PeriodicSpline(table.k, table.value); });
    for (const double q : k) dn.push_back(spline(q));
  }
  for (std::size_t m = 0; m < dn.size(); ++m)
    if (!std::isfinite(dn[m]))
      throw config.error(
          key, fmt::format("{} must be finite, but is {} at k = {:.6g}", side, dn[m], k[m]));
  return dn;
}

}  // namespace

void check_linear_keys(Config& config) {
  if (config.integer(keys::linear::places) == 1)
    throw config.error(keys::linear::places, "both ends are included: at least 2, or 0");
  check_collision_keys(config);
}

linear::Problem make_linear(const Config& config) {
  linear::Problem problem;
  problem.model = make_model(config);
  const Value& thermal = config.at(keys::linear::state_n).as<Value::Members>()->at("thermal");
  problem.background = thermal_state_of(config, keys::linear::state_n, problem.model.dispersion,
                                        *thermal.as<Value::Members>());
  about(config, keys::carriers::dispersion,
        [&] { linear::require_even(problem.model.dispersion); });
  about(config, keys::linear::K,
        [&] { linear::require_resolved(problem.model, problem.background); });
  problem.Lambda = config.numbers(keys::linear::Lambda);

  const std::vector<double> k = problem.model.grid.momenta();
  const std::vector<double> v = problem.model.dispersion.velocity(k);
  const std::vector<double> left = make_side(config, "left", k);
  const std::vector<double> right = make_side(config, "right", k);
  problem.dn_in.resize(k.size());
  for (std::size_t m = 0; m < k.size(); ++m) {
    const std::vector<double>& side = v[m] > 0 ? left : right;
    if (!side.empty()) problem.dn_in[m] = side[m];
  }
  if (std::ranges::all_of(problem.dn_in, [](double dn) { return dn == 0; }))
    throw config.error(keys::linear::dn,
                       "nothing enters: left is zero wherever v > 0 and right wherever v < 0");
  return problem;
}

}  // namespace kapitza::host
