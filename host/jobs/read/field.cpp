// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/read/field.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <optional>

#include "host/config/expression.hpp"
#include "host/config/names.hpp"
#include "host/jobs/keys/field.hpp"
#include "host/jobs/read/model.hpp"

namespace kapitza::host {
namespace {

using keys::field::is_closed;

std::optional<Absorber> make_absorber(const Config& config, const Dispersion& dispersion) {
  constexpr std::string_view key = "lattice.absorber";
  constexpr double most = 0.01;
  if (is_closed(config)) return std::nullopt;
  const auto& members = *config.at(key).as<Value::Members>();
  const Absorber absorber{static_cast<int>(members.at("width").number()),
                          members.at("Gamma").number()};
  const double speed = dispersion.max_speed(), leak = absorber.leak(speed);
  if (leak > most)
    throw config.error(
        key,
        fmt::format("{:.3g} % of the fastest carriers, v = {:.4g}, leak through it; Gamma = {:.3f} "
                    "keeps that below {:.0f} %",
                    100 * leak, speed, std::ceil(1000 * Absorber::Gamma_for(most, speed)) / 1000,
                    100 * most));
  return absorber;
}

/// What moves to the right comes from the left, and the other way round.
Spectrum make_injection(const Config& config, const Dispersion& dispersion) {
  Spectrum left = density_of(config, "injection.left", dispersion);
  if (!config.has("injection.right")) return left;
  return [left, right = density_of(config, "injection.right", dispersion),
          dispersion](const std::vector<double>& k) {
    std::vector<double> n = left(k);
    const std::vector<double> from_right = right(k), v = dispersion.velocity(k);
    for (std::size_t m = 0; m < k.size(); ++m)
      if (v[m] < 0) n[m] = from_right[m];
    return n;
  };
}

int make_sites(const Config& config, const FieldProblem& problem) {
  if (config.has("lattice.sites")) return config.integer("lattice.sites");
  if (!problem.absorber) return 512;
  const double needed =
      config.number("defect.L") + 2.0 * problem.absorber->width + 2.0 * problem.window;
  if (needed > 1 << 24)
    throw config.error("defect.L", fmt::format("the ring would need {:.0f} sites, and can have {}",
                                               needed, 1 << 24));
  // Transforms of other lengths take two to three times as long per site.
  return static_cast<int>(std::bit_ceil(static_cast<unsigned>(std::ceil(needed))));
}

/// D(x/L) on `sites` sites.
std::vector<double> make_profile(const Config& config, const FieldProblem& problem, int sites) {
  constexpr std::string_view key = "defect.profile";
  FieldProblem ring = problem;
  ring.profile.assign(sites, 1.0);
  if (!config.has("defect.L")) return ring.profile;
  const double L = config.number("defect.L");
  if (L > sites) throw config.error("defect.L", fmt::format("the ring has {} sites", sites));
  std::vector<double> x;
  for (int site = 0; site < sites; ++site) x.push_back(ring.position(site) / L);
  const std::string& name = config.text(key);
  std::vector<double> D(sites, 1.0);
  if (name == "smooth") {
    for (int site = 0; site < sites; ++site) D[site] = smooth_step(std::abs(x[site]));
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

double make_lambda(const Config& config, const FieldProblem& problem) {
  if (config.has("defect.lambda")) return config.number("defect.lambda");
  FieldProblem unit = problem;
  unit.lambda = 1;
  if (unit.strength() == 0) throw config.error("defect.profile", "it is zero at every site");
  return std::sqrt(config.number("defect.Lambda") / unit.strength());
}

/// Minus the mean-field potential of a Gaussian field, d<U>/d rho = g_1 of Eq. (5).
double counterterm(const Config& config, const Interaction& interaction, double rho) {
  const Value& value = config.at("defect.counterterm");
  return value.is_number() ? value.number() : -interaction.vertex(1, rho);
}

}  // namespace

FieldProblem make_field(const Config& config) {
  FieldProblem problem;
  problem.dispersion = make_dispersion(config);
  problem.absorber = make_absorber(config, problem.dispersion);
  problem.density = problem.absorber ? make_injection(config, problem.dispersion)
                                     : density_of(config, "state.n", problem.dispersion);
  if (problem.absorber) {
    problem.starts_from_zero = config.text("lattice.start") == "zero";
    problem.window = config.integer("lattice.window");
  }
  const int sites = make_sites(config, problem);
  problem.profile = make_profile(config, problem, sites);
  if (!problem.absorber) problem.window = sites;
  about(config, config.has("lattice.sites") ? "lattice.sites" : "defect.L",
        [&] { return problem.windows(); });
  const Interaction interaction = make_interaction(config);
  problem.interaction =
      interaction.with_potential(counterterm(config, interaction, problem.carrier_density()));
  problem.lambda = make_lambda(config, problem);
  return problem;
}

namespace {

std::string_view key_of(UnsuitableNumerics::Parameter parameter) {
  switch (parameter) {
    case UnsuitableNumerics::Parameter::dt:
      return "lattice.dt";
    case UnsuitableNumerics::Parameter::kick_every:
      return "lattice.noise_every";
    case UnsuitableNumerics::Parameter::absorber:
      return "lattice.absorber";
  }
  return {};
}

}  // namespace

FieldNumerics make_field_numerics(const Config& config, const FieldProblem& problem) {
  FieldNumerics numerics;
  numerics.order = config.integer("numerics.order");
  if (problem.absorber) numerics.kick_every = config.integer("lattice.noise_every");
  numerics.dt =
      config.optional_number("lattice.dt").value_or(FieldNumerics::usual_step(problem.dispersion));
  try {
    numerics.check(problem);
  } catch (const UnsuitableNumerics& error) {
    throw config.error(key_of(error.parameter), error.what());
  }
  return numerics;
}

EnsembleSize make_ensemble_size(const Config& config) {
  const bool single = config.text("ensemble.precision") == "single";
  return {config.integer("ensemble.trajectories"),
          static_cast<std::uint64_t>(config.long_integer("ensemble.seed")),
          single ? Precision::single_ : Precision::double_};
}

SteadyStateOptions make_steady_state_options(const Config& config, const FieldProblem& problem) {
  SteadyStateOptions options;
  options.burn_in = config.optional_number("ensemble.burn_in");
  options.max_time = config.optional_number("ensemble.max_time");
  options.target_error = config.optional_number("ensemble.target_error");
  options.error_check = config.flag("numerics.error_check");
  const std::vector<double> range = config.numbers("ensemble.target_k");
  options.target_low = range[0];
  options.target_high = range[1];
  about(config, "ensemble.target_k", [&] { options.settling = burn_in_floor(problem, options); });
  return options;
}

}  // namespace kapitza::host
