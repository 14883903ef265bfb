// SPDX-License-Identifier: BSD-3-Clause
#include "host/model.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "host/config/expression.hpp"
#include "host/config/table.hpp"
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
    return *name == "cosine" ? Dispersion::cosine() : Dispersion::parabolic();
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

std::vector<double> from_table(const MomentumTable& table, const std::vector<double>& k) {
  // The spline of ln n keeps n positive, whatever the table.
  std::vector<double> logarithm;
  for (const double n : table.value) logarithm.push_back(std::log(n));
  const TableBand spline(table.k, logarithm);
  std::vector<double> n;
  for (const double q : k) n.push_back(std::exp(spline.energy(q)));
  return n;
}

void require_positive(const Config& config, std::string_view key, const std::vector<double>& k,
                      const std::vector<double>& n) {
  for (std::size_t m = 0; m < n.size(); ++m) {
    if (std::isfinite(n[m]) && n[m] > 0) continue;
    throw config.error(key, fmt::format("n must be finite and positive at every momentum, but is "
                                        "{} at k = {:.6g}",
                                        n[m], k[m]));
  }
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
  const std::vector<double> k = model.grid.momenta();
  const Value& value = config.at(key);
  std::vector<double> n;
  if (const auto* expression = value.as<std::string>()) {
    n = about(config, key, [&] { return evaluate_expression(*expression, "k", k); });
  } else if (const auto& members = *value.as<Value::Members>(); members.contains("table")) {
    n = from_table(read_table(config, key, value, Sign::positive), k);
  } else {
    const auto& thermal = *members.at("thermal").as<Value::Members>();
    n = thermal_state_of(config, key, model.dispersion, thermal)(model.dispersion.energy(k));
  }
  require_positive(config, key, k, n);
  return n;
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

}  // namespace kapitza::host
