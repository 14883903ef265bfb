// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/field/read.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <optional>

#include "host/config/expression.hpp"
#include "host/config/names.hpp"
#include "host/jobs/field/keys.hpp"
#include "host/jobs/model/keys.hpp"
#include "host/jobs/model/read.hpp"

namespace kapitza::host {

bool is_closed(const Config& config) {
  return config.at(keys::field::absorber).as<std::string>() != nullptr;
}

namespace {

void check_chain(Config& config) {
  config.require(keys::field::state_n, "a closed chain starts from it");
  config.require(keys::field::max_time, "a closed chain is followed until then");
  for (const Key* key :
       {&keys::field::left, &keys::carriers::right, &keys::field::noise_every, &keys::field::start,
        &keys::field::burn_in, &keys::field::target_error, &keys::field::target_k})
    config.not_read(*key, "a closed chain has no boundaries and no stationary state to wait for");
  config.not_read(keys::field::window, "a closed chain is measured as a whole");
  if (!config.has(keys::field::L))
    config.not_read(keys::field::profile,
                    "without defect.L, a closed chain is a defect everywhere: give it as well");
}

void check_boundaries(Config& config) {
  config.require(keys::field::left, "it is what lattice.absorber sends in");
  config.require(keys::field::L, "it is the length of the defect");
  config.not_read(keys::field::state_n, "with an absorber, the field starts from what is injected");
  config.not_read(keys::field::records,
                  "only a closed chain, lattice.absorber = \"none\", is recorded in time");
  if (!config.has(keys::field::max_time) && !config.has(keys::field::target_error))
    throw InputError(fmt::format("{}: nothing would stop this run: give {} or {}", config.source(),
                                 keys::field::max_time.name, keys::field::target_error.name));
  const std::optional<double> begin = config.optional_number(keys::field::burn_in);
  const std::optional<double> end = config.optional_number(keys::field::max_time);
  if (begin && end && *begin >= *end)
    throw config.error(keys::field::burn_in,
                       "ensemble.max_time is not later: nothing would be left to measure");
}

}  // namespace

void check_field_keys(Config& config) {
  is_closed(config) ? check_chain(config) : check_boundaries(config);
  if (config.has(keys::field::lambda)) {
    config.not_read(keys::field::Lambda, "defect.lambda is given as well, and sets it");
    return;
  }
  config.require(keys::field::Lambda, "give it, or defect.lambda");
}

namespace {

std::optional<field::Absorber> make_absorber(const Config& config, const Dispersion& dispersion) {
  const Key& key = keys::field::absorber;
  constexpr double most = 0.01;
  if (is_closed(config)) return std::nullopt;
  const auto& members = *config.at(key).as<Value::Members>();
  const field::Absorber absorber{static_cast<int>(members.at("width").number()),
                                 members.at("Gamma").number()};
  const double speed = dispersion.max_speed(), leak = absorber.leak(speed);
  if (leak > most)
    throw config.error(
        key,
        fmt::format("{:.3g} % of the fastest carriers, v = {:.4g}, leak through it; Gamma = {:.3f} "
                    "keeps that below {:.0f} %",
                    100 * leak, speed,
                    std::ceil(1000 * field::Absorber::Gamma_for(most, speed)) / 1000, 100 * most));
  return absorber;
}

/// What moves to the right comes from the left, and the other way round.
Spectrum make_injection(const Config& config, const Dispersion& dispersion) {
  Spectrum left = density_of(config, keys::field::left, dispersion);
  if (!config.has(keys::carriers::right)) return left;
  return [left, right = density_of(config, keys::carriers::right, dispersion),
          dispersion](const std::vector<double>& k) {
    std::vector<double> n = left(k);
    const std::vector<double> from_right = right(k), v = dispersion.velocity(k);
    for (std::size_t m = 0; m < k.size(); ++m)
      if (v[m] < 0) n[m] = from_right[m];
    return n;
  };
}

int make_sites(const Config& config, const field::Problem& problem) {
  if (config.has(keys::field::sites)) return config.integer(keys::field::sites);
  if (!problem.absorber) return 512;
  const double needed =
      config.number(keys::field::L) + 2.0 * problem.absorber->width + 2.0 * problem.window;
  if (needed > 1 << 24)
    throw config.error(
        keys::field::L,
        fmt::format("the ring would need {:.0f} sites, and can have {}", needed, 1 << 24));
  // Transforms of other lengths take two to three times as long per site.
  return static_cast<int>(std::bit_ceil(static_cast<unsigned>(std::ceil(needed))));
}

/// D(x/L) on `sites` sites.
std::vector<double> make_profile(const Config& config, const field::Problem& problem, int sites) {
  const Key& key = keys::field::profile;
  field::Problem ring = problem;
  ring.profile.assign(sites, 1.0);
  if (!config.has(keys::field::L)) return ring.profile;
  const double L = config.number(keys::field::L);
  if (L > sites) throw config.error(keys::field::L, fmt::format("the ring has {} sites", sites));
  std::vector<double> x;
  for (int site = 0; site < sites; ++site) x.push_back(ring.position(site) / L);
  const std::string& name = config.text(key);
  std::vector<double> D(sites, 1.0);
  if (name == "smooth") {
    for (int site = 0; site < sites; ++site) D[site] = field::smooth_step(std::abs(x[site]));
  } else if (name != "box") {
    try {
      D = evaluate_expression(name, "x", x);
    } catch (const InputError& error) {
      const std::array<std::string, 2> known{"smooth", "box"};
      throw config.error(key, error.what() + did_you_mean(name, known));
    }
  }
  for (int site = 0; site < sites; ++site) {
    if (std::abs(x[site]) > 0.5) D[site] = 0;
    if (!std::isfinite(D[site]))
      throw config.error(key, fmt::format("it is {} at x = {:.6g}", D[site], x[site]));
  }
  return D;
}

double make_lambda(const Config& config, const field::Problem& problem) {
  if (config.has(keys::field::lambda)) return config.number(keys::field::lambda);
  field::Problem unit = problem;
  unit.lambda = 1;
  if (unit.strength() == 0) throw config.error(keys::field::profile, "it is zero at every site");
  return std::sqrt(config.number(keys::field::Lambda) / unit.strength());
}

/// Minus the mean-field potential of a Gaussian field, d<U>/d rho = g_1 of Eq. (5).
double counterterm(const Config& config, const Interaction& interaction, double rho) {
  const Value& value = config.at(keys::field::counterterm);
  return value.is_number() ? value.number() : -interaction.vertex(1, rho);
}

}  // namespace

field::Problem make_field(const Config& config) {
  field::Problem problem;
  problem.dispersion = make_dispersion(config);
  problem.absorber = make_absorber(config, problem.dispersion);
  problem.density = problem.absorber ? make_injection(config, problem.dispersion)
                                     : density_of(config, keys::field::state_n, problem.dispersion);
  if (problem.absorber) {
    problem.starts_from_zero = config.text(keys::field::start) == "zero";
    problem.window = config.integer(keys::field::window);
  }
  const int sites = make_sites(config, problem);
  problem.profile = make_profile(config, problem, sites);
  if (!problem.absorber) problem.window = sites;
  about(config, config.has(keys::field::sites) ? keys::field::sites : keys::field::L,
        [&] { return problem.windows(); });
  const Interaction interaction = make_interaction(config);
  problem.interaction =
      interaction.with_potential(counterterm(config, interaction, problem.carrier_density()));
  problem.lambda = make_lambda(config, problem);
  return problem;
}

namespace {

std::string_view key_of(field::UnsuitableNumerics::Parameter parameter) {
  switch (parameter) {
    case field::UnsuitableNumerics::Parameter::dt:
      return keys::field::dt;
    case field::UnsuitableNumerics::Parameter::kick_every:
      return keys::field::noise_every;
    case field::UnsuitableNumerics::Parameter::absorber:
      return keys::field::absorber;
  }
  return {};
}

}  // namespace

field::Numerics make_field_numerics(const Config& config, const field::Problem& problem) {
  field::Numerics numerics;
  numerics.order = config.integer(keys::field::order);
  if (problem.absorber) numerics.kick_every = config.integer(keys::field::noise_every);
  numerics.dt = config.optional_number(keys::field::dt)
                    .value_or(field::Numerics::usual_step(problem.dispersion));
  try {
    numerics.check(problem);
  } catch (const field::UnsuitableNumerics& error) {
    throw config.error(key_of(error.parameter), error.what());
  }
  return numerics;
}

field::EnsembleSize make_ensemble_size(const Config& config) {
  const bool single = config.text(keys::field::precision) == "single";
  return {config.integer(keys::field::trajectories),
          static_cast<std::uint64_t>(config.long_integer(keys::field::seed)),
          single ? Precision::single_ : Precision::double_};
}

field::SteadyStateOptions make_steady_state_options(const Config& config,
                                                    const field::Problem& problem) {
  field::SteadyStateOptions options;
  options.burn_in = config.optional_number(keys::field::burn_in);
  options.max_time = config.optional_number(keys::field::max_time);
  options.target_error = config.optional_number(keys::field::target_error);
  options.error_check = config.flag(keys::field::error_check);
  const std::vector<double> range = config.numbers(keys::field::target_k);
  options.target_low = range[0];
  options.target_high = range[1];
  about(config, keys::field::target_k,
        [&] { options.settling = field::burn_in_floor(problem, options); });
  return options;
}

}  // namespace kapitza::host
