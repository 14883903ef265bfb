// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/model/keys.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "host/config/names.hpp"
#include "host/config/types.hpp"
#include "kapitza/model/dispersion.hpp"
#include "kapitza/model/interaction.hpp"

namespace kapitza::host {
namespace {

std::vector<std::string> dispersion_words(const Key&) {
  const auto names = Dispersion::names();
  return {names.begin(), names.end()};
}

std::string dispersion_text(const Key&) {
  std::string text;
  for (const std::string_view name : Dispersion::names()) text += fmt::format("\"{}\" | ", name);
  return text + R"({table = "FILE.csv"})";
}

std::string dispersion_problem(const Key& key, Value& value) {
  if (const auto* members = value.as<Value::Members>()) return table_file_problem(*members);
  const auto* name = value.as<std::string>();
  if (!name) return "must be a name or a table";
  const std::vector<std::string> known = dispersion_words(key);
  if (std::ranges::find(known, *name) != known.end()) return {};
  return "there is no such dispersion" + did_you_mean(*name, known);
}

std::string interaction_text(const Key&) {
  return fmt::format("{{c1 = ..., c2 = ..., ..., c{} = ...}}", Interaction::max_degree);
}

std::string interaction_problem(const Key&, Value& value) {
  auto* members = std::get_if<Value::Members>(&value.data);
  if (!members || members->empty()) return "must be a table of coefficients";
  for (auto& [name, coefficient] : *members) {
    const bool named = name.size() == 2 && name[0] == 'c' && name[1] >= '1' && name[1] <= '9';
    if (!named) return fmt::format("\"{}\" is no coefficient", name);
    if (name[1] - '0' > Interaction::max_degree)
      return fmt::format("{} is beyond the largest power, {}", name, Interaction::max_degree);
    const std::string problem = number_problem({}, coefficient);
    if (!problem.empty()) return name + " " + problem;
  }
  return {};
}

std::string density_text(const Key&) {
  return R"("expression of k" | {table = "FILE.csv"} | {thermal = {beta = ..., mu = ...}})";
}

std::string density_problem(const Key&, Value& value) {
  if (is_expression(value)) return expression_problem(value);
  auto* members = std::get_if<Value::Members>(&value.data);
  if (!members) return "must be an expression or a table";
  const std::array<std::string, 2> known{"table", "thermal"};
  if (members->size() != 1) return "must have exactly one member, table or thermal";
  auto& [name, member] = *members->begin();
  if (name == "table") return table_file_problem(*members);
  if (name == "thermal") return thermal_problem(member);
  return fmt::format("it has an unknown member \"{}\"{}", name, did_you_mean(name, known));
}

}  // namespace

std::string thermal_problem(Value& thermal) {
  auto* members = std::get_if<Value::Members>(&thermal.data);
  if (!members) return "thermal must be {beta = ..., mu = ...}";
  const std::array<std::string, 2> known{"beta", "mu"};
  const std::string problem = members_problem(*members, known);
  if (!problem.empty()) return "thermal: " + problem;
  for (auto& [name, number] : *members) {
    const std::string wrong = number_problem({}, number);
    if (!wrong.empty()) return fmt::format("thermal.{} {}", name, wrong);
  }
  if (members->at("beta").number() == 0) return "thermal.beta must not be 0";
  return {};
}

namespace types {

constinit const Type dispersion{dispersion_text, dispersion_problem, dispersion_words};
constinit const Type interaction{interaction_text, interaction_problem};
constinit const Type density{density_text, density_problem};

}  // namespace types

namespace keys::carriers {

constinit const Key dispersion{
    .name = "model.dispersion",
    .type = types::dispersion,
    .otherwise = R"("parabolic")",
    .unit = "energy",
    .meaning = R"(
        Energy E(k) of a carrier on the lattice: k^2 continued with period 2 pi, 2 (1 - cos k), or
        the periodic cubic spline through a table with the columns k, E (at least four rows, k
        ascending in [-pi, pi); the path is relative to the configuration file).)",
};

constinit const Key interaction{
    .name = "model.interaction",
    .type = types::interaction,
    .otherwise = "{c3 = 6.0}",
    .unit = "energy",
    .meaning = R"(
        Coefficients of the local interaction U(y) = sum_l c_l y^l / l!, y = |psi|^2. {c3 = 6.0} is
        the |psi|^6 defect; c1 is a counterterm and causes no collisions.)",
};

constinit const Key right{
    .name = "injection.right",
    .type = types::density,
    .otherwise_text = "as injection.left",
    .unit = "1",
    .meaning = R"(
        Density n(k) > 0 that enters from the right (X = 1), of which the momenta with v < 0
        count.)",
};

}  // namespace keys::carriers
}  // namespace kapitza::host
