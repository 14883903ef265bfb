// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/model/read.hpp"

#include <cmath>
#include <fmt/format.h>
#include <map>
#include <memory>

#include "host/config/expression.hpp"
#include "host/jobs/model/keys.hpp"
#include "kapitza/model/statistics.hpp"
#include "kapitza/numerics/periodic_spline.hpp"

namespace kapitza::host {
namespace {

void require_positive(const Config& config, std::string_view key, const std::vector<double>& k,
                      const std::vector<double>& n) {
  for (std::size_t m = 0; m < n.size(); ++m) {
    if (Statistics::allows(n[m])) continue;
    throw config.error(key, fmt::format("n must be {} at every momentum, but is {} at k = {:.6g}",
                                        Statistics::allowed_in_words, n[m], k[m]));
  }
}

}  // namespace

MomentumTable read_table(const Config& config, std::string_view key, const Value& value,
                         AllowedValues allowed) {
  const std::string& name = *value.as<Value::Members>()->at("table").as<std::string>();
  return about(config, key,
               [&] { return read_momentum_table(config.file().parent_path() / name, allowed); });
}

Dispersion make_dispersion(const Config& config) {
  const Key& key = keys::carriers::dispersion;
  const Value& value = config.at(key);
  if (const auto* name = value.as<std::string>())
    return about(config, key, [&] { return Dispersion::named(*name); });
  const MomentumTable table = read_table(config, key, value, AllowedValues::any);
  const std::string& file = *value.as<Value::Members>()->at("table").as<std::string>();
  Dispersion dispersion =
      about(config, key, [&] { return Dispersion::table(table.k, table.value, "table " + file); });
  if (!(dispersion.bandwidth() > 0)) throw config.error(key, "the band has no width");
  return dispersion;
}

Interaction make_interaction(const Config& config) {
  std::map<int, double> coefficients;
  for (const auto& [key, value] : *config.at(keys::carriers::interaction).as<Value::Members>())
    coefficients[key[1] - '0'] = value.number();
  return Interaction(coefficients);
}

ThermalState thermal_state_of(const Config& config, std::string_view key,
                              const Dispersion& dispersion, const Value::Members& thermal) {
  const double beta = thermal.at("beta").number(), mu = thermal.at("mu").number();
  const double low = dispersion.min_energy(), high = dispersion.max_energy();
  const auto exists = [&](double energy) { return Statistics::exists(beta * (energy - mu)); };
  if (exists(low) && exists(high)) return ThermalState::from_beta_mu(beta, mu);
  if (mu >= low && mu <= high)
    throw config.error(
        key, fmt::format(
                 "mu = {} lies inside the band {:.6g} <= E <= {:.6g}, where n diverges: it must be "
                 "below the band for beta > 0 and above it for beta < 0",
                 mu, low, high));
  if ((beta > 0) != (mu < low))
    throw config.error(key, fmt::format("n would be negative: beta = {} needs mu {} {:.6g}", beta,
                                        beta > 0 ? "<" : ">", beta > 0 ? low : high));
  return ThermalState::from_beta_mu(beta, mu);
}

Spectrum density_of(const Config& config, std::string_view key, const Dispersion& dispersion) {
  const Value& value = config.at(key);
  const auto own = std::make_shared<const Config>(config);
  Spectrum n;
  if (const auto* expression = value.as<std::string>()) {
    n = [own, key = std::string(key), text = *expression](const std::vector<double>& k) {
      return about(*own, key, [&] { return evaluate_expression(text, "k", k); });
    };
  } else if (const auto& members = *value.as<Value::Members>(); members.contains("table")) {
    // The spline of ln n keeps n positive, whatever the table.
    MomentumTable table = read_table(config, key, value, AllowedValues::positive);
    for (double& entry : table.value) entry = std::log(entry);
    n = [spline = PeriodicSpline(table.k, table.value)](const std::vector<double>& k) {
      std::vector<double> values;
      for (const double q : k) values.push_back(std::exp(spline(q)));
      return values;
    };
  } else {
    const auto& thermal = *members.at("thermal").as<Value::Members>();
    n = [dispersion, state = thermal_state_of(config, key, dispersion, thermal)](
            const std::vector<double>& k) { return state(dispersion.energy(k)); };
  }
  return [own, key = std::string(key), n = std::move(n)](const std::vector<double>& k) {
    std::vector<double> values = n(k);
    require_positive(*own, key, k, values);
    return values;
  };
}

}  // namespace kapitza::host
