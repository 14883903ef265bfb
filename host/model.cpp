// SPDX-License-Identifier: BSD-3-Clause
#include "host/model.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <fmt/format.h>

#include "host/config/expression.hpp"
#include "host/config/schema.hpp"
#include "host/config/table.hpp"
#include "kapitza/physics/statistics.hpp"
#include "kapitza/physics/thermal.hpp"

namespace kapitza::host {
namespace {

/// Runs f and lets its InputErrors name the key.
template <class F>
auto about(const Config& config, std::string_view key, F f) {
  try {
    return f();
  } catch (const InputError& error) {
    throw config.error(key, error.what());
  }
}

/// value: what stands at the key, or a member of it.
MomentumTable read_table(const Config& config, std::string_view key, const Value& value,
                         Sign sign) {
  const std::string& name = *value.as<Value::Members>()->at("table").as<std::string>();
  return about(config, key,
               [&] { return read_momentum_table(config.file().parent_path() / name, sign); });
}

Dispersion make_dispersion(const Config& config) {
  constexpr std::string_view key = "model.dispersion";
  const Value& value = config.at(key);
  if (const auto* name = value.as<std::string>())
    return about(config, key, [&] { return Dispersion::named(*name); });
  const MomentumTable table = read_table(config, key, value, Sign::any);
  const std::string& file = *value.as<Value::Members>()->at("table").as<std::string>();
  Dispersion dispersion =
      about(config, key, [&] { return Dispersion::table(table.k, table.value, "table " + file); });
  if (!(dispersion.bandwidth() > 0)) throw config.error(key, "the band has no width");
  return dispersion;
}

Interaction make_interaction(const Config& config) {
  std::map<int, double> coefficients;
  for (const auto& [key, value] : *config.at("model.interaction").as<Value::Members>())
    coefficients[key[1] - '0'] = value.number();
  return Interaction(coefficients);
}

std::vector<int> make_channels(const Config& config, const Interaction& interaction) {
  constexpr std::string_view key = "numerics.channels";
  if (interaction.degree() < 2)
    throw config.error("model.interaction", "no c_l with l >= 2: the carriers do not collide");
  if (!config.has(key)) return CollisionModel::all_channels(interaction);
  std::vector<int> channels;
  for (const Value& item : *config.at(key).as<Value::List>())
    channels.push_back(static_cast<int>(item.number()));
  if (channels.back() > interaction.degree())
    throw config.error(
        key, fmt::format("the interaction opens no channel beyond l = {}", interaction.degree()));
  return channels;
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

void require_positive(const Config& config, std::string_view key, const std::vector<double>& k,
                      const std::vector<double>& n) {
  for (std::size_t m = 0; m < n.size(); ++m) {
    if (Statistics::allows(n[m])) continue;
    throw config.error(key, fmt::format("n must be {} at every momentum, but is {} at k = {:.6g}",
                                        Statistics::allowed_in_words, n[m], k[m]));
  }
}

/// What stands at a key of kind density, at any momenta. It refers to the configuration.
Spectrum density_of(const Config& config, std::string_view key, const Dispersion& dispersion) {
  const Value& value = config.at(key);
  Spectrum n;
  if (const auto* expression = value.as<std::string>()) {
    n = [&config, key, text = *expression](const std::vector<double>& k) {
      return about(config, key, [&] { return evaluate_expression(text, "k", k); });
    };
  } else if (const auto& members = *value.as<Value::Members>(); members.contains("table")) {
    // The spline of ln n keeps n positive, whatever the table.
    MomentumTable table = read_table(config, key, value, Sign::positive);
    for (double& entry : table.value) entry = std::log(entry);
    n = [spline = TableBand(table.k, table.value)](const std::vector<double>& k) {
      std::vector<double> values;
      for (const double q : k) values.push_back(std::exp(spline.energy(q)));
      return values;
    };
  } else {
    const auto& thermal = *members.at("thermal").as<Value::Members>();
    n = [dispersion, state = thermal_state_of(config, key, dispersion, thermal)](
            const std::vector<double>& k) { return state(dispersion.energy(k)); };
  }
  return [&config, key, n = std::move(n)](const std::vector<double>& k) {
    std::vector<double> values = n(k);
    require_positive(config, key, k, values);
    return values;
  };
}

/// One side of a perturbation on all momenta; empty where it is not given.
std::vector<double> make_side(const Config& config, const std::string& side,
                              const std::vector<double>& k) {
  constexpr std::string_view key = "linear.dn";
  const auto& sides = *config.at(key).as<Value::Members>();
  if (!sides.contains(side)) return {};
  const Value& value = sides.at(side);
  std::vector<double> dn;
  if (const auto* expression = value.as<std::string>()) {
    dn = about(config, key, [&] { return evaluate_expression(*expression, "k", k); });
  } else {
    const MomentumTable table = read_table(config, key, value, Sign::any);
    const TableBand spline = about(config, key, [&] { return TableBand(table.k, table.value); });
    for (const double q : k) dn.push_back(spline.energy(q));
  }
  for (std::size_t m = 0; m < dn.size(); ++m)
    if (!std::isfinite(dn[m]))
      throw config.error(
          key, fmt::format("{} must be finite, but is {} at k = {:.6g}", side, dn[m], k[m]));
  return dn;
}

/// The numerics key that a message speaks of, so that its line can be named.
std::string_view blamed_key(const Config& config, std::string_view message) {
  std::string_view blamed = "numerics.tolerance";
  std::size_t first = std::string_view::npos;
  for (const std::string_view key : {"numerics.T", "numerics.M", "numerics.dtau"}) {
    const std::size_t place = message.find(key);
    if (place >= first || !config.has(key)) continue;
    first = place;
    blamed = key;
  }
  return blamed;
}

bool is_graded(const Config& config) {
  return config.text_or("grid.mesh", uses_newton(config) ? "graded" : "uniform") == "graded";
}

}  // namespace

CollisionModel make_model(const Config& config) {
  CollisionModel model;
  model.dispersion = make_dispersion(config);
  model.interaction = make_interaction(config);
  model.grid = {config.integer("grid.K")};
  model.channels = make_channels(config, model.interaction);
  if (!model.has_pairs()) return model;
  const std::string why = ResonantManifold::divergence(model.dispersion);
  if (!why.empty()) throw config.error("model.dispersion", why);
  return model;
}

std::vector<double> make_density(const Config& config, std::string_view key,
                                 const CollisionModel& model) {
  return density_of(config, key, model.dispersion)(model.grid.momenta());
}

ResolutionRequest make_request(const Config& config, const CollisionModel& model) {
  ResolutionRequest request;
  request.tolerance = config.number("numerics.tolerance");
  request.T = config.optional_number("numerics.T");
  request.dtau = config.optional_number("numerics.dtau");
  request.M = config.optional_integer("numerics.M");
  try {
    check_request(model, request);
  } catch (const InputError& error) {
    throw config.located(blamed_key(config, error.what()), error.what());
  }
  return request;
}

RelaxationOptions make_relaxation_options(const Config& config, const CollisionModel& model) {
  RelaxationOptions options;
  options.lambda = config.number("relax.lambda");
  if (config.has("relax.t_end")) options.t_end = config.number("relax.t_end");
  options.deviation = config.number("relax.deviation");
  options.resolution = make_request(config, model);
  return options;
}

LinearProblem make_linear(const Config& config) {
  LinearProblem problem;
  problem.model = make_model(config);
  const Value& state = config.at("state.n");
  const auto* members = state.as<Value::Members>();
  if (!members || !members->contains("thermal"))
    throw config.error("state.n",
                       "linear response is about a thermal state: {thermal = {beta = ..., "
                       "mu = ...}}");
  problem.background = thermal_state_of(config, "state.n", problem.model.dispersion,
                                        *members->at("thermal").as<Value::Members>());
  about(config, "model.dispersion", [&] { require_even(problem.model.dispersion); });
  about(config, "grid.K", [&] { require_resolved(problem.model, problem.background); });
  problem.Lambda = config.numbers("defect.Lambda");

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
    throw config.error("linear.dn",
                       "nothing enters: left is zero wherever v > 0 and right wherever v < 0");
  if (config.integer("linear.places") == 1)
    throw config.error("linear.places", "both ends are included: at least 2, or 0");
  return problem;
}

bool uses_newton(const Config& config) { return config.text("numerics.scheme") == "newton"; }

DefectProblem make_defect(const Config& config) {
  DefectProblem problem;
  problem.model = make_model(config);
  const auto density = [&](const char* key) { return make_density(config, key, problem.model); };
  problem.injection.left = density("injection.left");
  problem.injection.right =
      config.has("injection.right") ? density("injection.right") : problem.injection.left;
  const bool upwind = config.text_or("numerics.transport",
                                     uses_newton(config) ? "corner_balance" : "upwind") == "upwind";
  problem.transport = upwind ? TransportScheme::upwind : TransportScheme::corner_balance;
  return problem;
}

Mesh make_mesh(const Config& config, double mean_free_path) {
  const int cells = config.integer("grid.cells");
  if (!is_graded(config) || !std::isfinite(mean_free_path)) return Mesh::uniform(cells);
  // Eq. (17).
  return Mesh::graded(
      cells, config.optional_number("grid.layer").value_or(Mesh::layer_of(mean_free_path)));
}

StationaryOptions make_stationary_options(const Config& config, const CollisionModel& model) {
  if (config.has("grid.layer") && !is_graded(config))
    throw config.error("grid.layer", "a uniform mesh has no layers: set grid.mesh = \"graded\"");
  if (config.flag("numerics.split") && uses_newton(config))
    throw config.error("numerics.split",
                       "Newton's method does not split: set numerics.scheme = \"explicit\"");
  if (!uses_newton(config) && config.text_or("numerics.transport", "upwind") != "upwind")
    throw config.error("numerics.transport",
                       "explicit steps keep densities positive with \"upwind\" only");
  StationaryOptions options;
  options.resolution = make_request(config, model);
  options.residual = config.number("numerics.residual");
  // What is left after an explicit step is diffusive: small in every cell, but it adds up.
  options.spread = uses_newton(config) ? options.residual / 10 : options.residual * 100;
  options.max_iterations = config.optional_integer("numerics.iterations").value_or(0);
  return options;
}

namespace {

bool is_closed(const Config& config) {
  return config.at("lattice.absorber").as<std::string>() != nullptr;
}

void require_key(const Config& config, std::string_view key, std::string_view why) {
  if (!config.has(key))
    throw InputError(fmt::format("{}: {} is missing: {}", config.file().string(), key, why));
}

/// An error about a value that is in its range, but out of place: the range is no help then.
InputError out_of_place(const Config& config, std::string_view key, const std::string& why) {
  return config.located(key, fmt::format("{} = {}: {}", key, to_toml(config.at(key)), why));
}

void refuse_key(const Config& config, std::string_view key, const std::string& why) {
  if (config.has(key)) throw out_of_place(config, key, why);
}

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
  if (config.has("defect.lambda")) {
    refuse_key(config, "defect.Lambda", "defect.lambda is given as well, and sets it");
    return config.number("defect.lambda");
  }
  if (is_closed(config) && !config.has("defect.Lambda"))
    require_key(config, "defect.lambda", "give it, or defect.Lambda");
  require_key(config, "defect.Lambda", "give it, or defect.lambda");
  if (config.is_list("defect.Lambda"))
    throw out_of_place(config, "defect.Lambda", "job microscopic takes one number");
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

/// The keys that only make sense with an absorber, or only without.
void check_mode(const Config& config) {
  if (is_closed(config)) {
    require_key(config, "state.n", "a closed chain starts from it");
    require_key(config, "ensemble.max_time", "a closed chain is followed until then");
    for (const std::string_view key :
         {"injection.left", "injection.right", "ensemble.burn_in", "ensemble.target_error"})
      refuse_key(config, key,
                 "a closed chain has no boundaries and no stationary state to wait for");
    return;
  }
  require_key(config, "injection.left", "it is what the absorber sends in");
  require_key(config, "defect.L", "it is the length of the defect");
  refuse_key(config, "state.n", "with an absorber, the field starts from what is injected");
}

}  // namespace

FieldProblem make_field(const Config& config) {
  check_mode(config);
  FieldProblem problem;
  problem.dispersion = make_dispersion(config);
  problem.absorber = make_absorber(config, problem.dispersion);
  problem.density = problem.absorber ? make_injection(config, problem.dispersion)
                                     : density_of(config, "state.n", problem.dispersion);
  problem.starts_from_zero = config.text("lattice.start") == "zero";
  problem.window = config.integer("lattice.window");
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

FieldNumerics make_field_numerics(const Config& config, const FieldProblem& problem) {
  FieldNumerics numerics;
  numerics.order = config.integer("numerics.order");
  numerics.kick_every = config.integer("lattice.noise_every");
  numerics.dt = config.optional_number("lattice.dt").value_or(0.5 / problem.dispersion.bandwidth());
  const double longest = FieldNumerics::longest_step(problem.dispersion);
  if (numerics.dt > longest)
    throw config.error("lattice.dt", fmt::format("too long for the band, whose width is {:.4g}: at "
                                                 "most pi / width = {:.4g}",
                                                 problem.dispersion.bandwidth(), longest));
  if (!problem.absorber) return numerics;
  constexpr double most = 0.5;
  const double damping = problem.absorber->max_rate() * numerics.dt * numerics.kick_every;
  if (damping <= most) return numerics;
  const double steps = std::floor(numerics.kick_every * most / damping);
  if (steps < 1)
    throw config.error("lattice.absorber",
                       fmt::format("the field decays by exp(-{:.3g}) within a time step: a wider "
                                   "absorber, or a smaller Gamma or lattice.dt, would do",
                                   damping / numerics.kick_every));
  throw config.error("lattice.noise_every",
                     fmt::format("the field decays by exp(-{:.3g}) between two kicks: at most {} "
                                 "steps, or a wider absorber",
                                 damping, steps));
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
  const std::vector<double> k = MomentumGrid{problem.window}.momenta();
  // The slowest carriers that count must have had the time to go from one absorber to the other.
  double slowest = problem.dispersion.max_speed();
  for (const double q : k)
    if (options.counts(q)) slowest = std::min(slowest, std::abs(problem.dispersion.velocity(q)));
  options.settling = (problem.sites() - 2 * problem.absorber->width) / slowest;
  const auto counts = [&](double q) { return options.counts(q); };
  if (std::ranges::none_of(k, counts))
    throw config.error(
        "ensemble.target_k",
        fmt::format("none of the window's momenta, {:.4g} apart, lies in there", k[1] - k[0]));
  if (!options.max_time && !options.target_error)
    throw InputError(
        fmt::format("{}: nothing would stop this run: give ensemble.max_time or "
                    "ensemble.target_error",
                    config.file().string()));
  if (options.burn_in && options.max_time && *options.burn_in >= *options.max_time)
    throw config.error("ensemble.burn_in",
                       "ensemble.max_time is not later: nothing would be left "
                       "to measure");
  return options;
}

}  // namespace kapitza::host
