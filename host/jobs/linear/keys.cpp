// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/linear/keys.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "host/config/names.hpp"
#include "host/config/types.hpp"
#include "host/jobs/model/keys.hpp"

namespace kapitza::host {
namespace {

std::string thermal_state_text(const Key&) { return "{thermal = {beta = ..., mu = ...}}"; }

std::string thermal_state_problem(const Key&, Value& value) {
  auto* members = std::get_if<Value::Members>(&value.data);
  if (!members || members->size() != 1 || !members->contains("thermal"))
    return "linear response is about a thermal state";
  return thermal_problem(members->at("thermal"));
}

std::string perturbation_text(const Key&) {
  return R"({left = "expression of k" | {table = "FILE.csv"}, right = the same}, or one of them)";
}

std::string side_problem(Value& side) {
  if (is_expression(side)) return expression_problem(side);
  const auto* members = side.as<Value::Members>();
  return members ? table_file_problem(*members) : "must be an expression or a table";
}

std::string perturbation_problem(const Key&, Value& value) {
  auto* members = std::get_if<Value::Members>(&value.data);
  if (!members || members->empty()) return "must be {left = ..., right = ...}, or one of them";
  const std::array<std::string, 2> known{"left", "right"};
  for (auto& [side, dn] : *members) {
    if (std::ranges::find(known, side) == known.end())
      return fmt::format("it has an unknown member \"{}\"{}", side, did_you_mean(side, known));
    const std::string problem = side_problem(dn);
    if (!problem.empty()) return side + ": " + problem;
  }
  return {};
}

}  // namespace

namespace types {

constinit const Type thermal_state{thermal_state_text, thermal_state_problem};
constinit const Type perturbation{perturbation_text, perturbation_problem};

}  // namespace types

namespace keys::linear {

constinit const Key state_n{
    .name = "state.n",
    .type = types::thermal_state,
    .unit = "1",
    .meaning = "Density n(k) = 1 / (beta (E - mu)) of the defect and of what enters it.",
};

constinit const Key dn{
    .name = "linear.dn",
    .type = types::perturbation,
    .otherwise = R"toml({left = "sin(k)"})toml",
    .unit = "1",
    .meaning = R"(
        Perturbation dn(k) of what enters: at X = 0 (left: its momenta with v > 0 count) and at
        X = 1 (right: those with v < 0). What is not given is zero. Expressions of k, as in state.n,
        or tables with the columns k, dn (the periodic cubic spline); of any sign.)",
};

constinit const Key places{
    .name = "linear.places",
    .type = types::integer,
    .range = {0, 100000},
    .otherwise = "0",
    .unit = "places",
    .meaning = R"(
        Write dn(Lambda, X, k) at so many equally spaced places, both ends included; 0: not at
        all.)",
};

constinit const Key S{
    .name = "linear.S",
    .type = types::flag,
    .otherwise = "false",
    .meaning = R"(
        Write the whole scattering operator, dn_out = S dn_in: K x K numbers for every Lambda.)",
};

constinit const Key Lambda{
    .name = "defect.Lambda",
    .type = types::numbers,
    .range = Range::not_negative(),
    .otherwise = "1.0",
    .unit = "1",
    .meaning = R"(
        Strength of the defect, lambda^2 sum_x D_x^2, or a list of such strengths. Datasets have a
        leading dimension Lambda for either.)",
};

constinit const Key K{
    .name = "grid.K",
    .type = types::integer,
    .range = {32, 4096, false, 4},
    .otherwise = "256",
    .unit = "points",
    .meaning = R"(
        Number of momenta. The error of the grid is found with half of them, which are even in
        number as well.)",
};

}  // namespace keys::linear
}  // namespace kapitza::host
