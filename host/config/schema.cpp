// SPDX-License-Identifier: BSD-3-Clause
#include "host/config/schema.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

#include "kapitza/solver/collision.hpp"

namespace kapitza::host {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Range any_number{};
constexpr Range positive{0, infinity, true};
constexpr Range not_negative{0, infinity};

constexpr std::string_view every_job = "collision relax stationary linear microscopic";
constexpr std::string_view kinetic_jobs = "collision relax stationary linear";

constexpr JobSpec job_table[] = {
    {"collision", "one evaluation of the collision integral for a given density"},
    {"relax", "a homogeneous density relaxing to its thermal state: d_t n = lambda^2 I[n]"},
    {"stationary",
     "the stationary state of a defect between two reservoirs: v d_X n = Lambda I[n], 0 <= X <= 1"},
    {"linear",
     "the answer of a thermal defect to small perturbations of what enters it, exactly in X"},
    {"microscopic",
     "trajectories of the field itself: a defect between absorbing and injecting boundaries, or a "
     "closed chain"},
};

constexpr SectionSpec section_table[] = {
    {"model", "the carriers and their interaction"},
    {"state", "the density n(k) to start from"},
    {"relax", "relaxation in time"},
    {"linear", "linear response of a thermal defect"},
    {"injection", "the densities that the reservoirs send in"},
    {"defect", "the stretch of chain where carriers collide"},
    {"grid", "the momentum grid k_m = -pi + 2 pi (m + 1/2) / K and, of a defect, the cells in X"},
    {"numerics",
     "how finely the collision integral is evaluated, how a defect is solved, and how a "
     "field is evolved"},
    {"lattice", "the ring that the field lives on"},
    {"ensemble", "how many trajectories of the field, and for how long"},
    {"output", "the result file"},
};

constexpr KeySpec key_table[] = {
    {"job", Kind::job, "", "", "", any_number, every_job, "What to compute."},

    {"model.dispersion", Kind::dispersion, "\"parabolic\"", "", "energy", any_number, every_job,
     "Energy E(k) of a carrier on the lattice: k^2 continued with period 2 pi, 2 (1 - cos k), or "
     "the periodic cubic spline through a table with the columns k, E (at least four rows, k "
     "ascending in [-pi, pi); the path is relative to the configuration file)."},
    {"model.interaction", Kind::interaction, "{c3 = 6.0}", "", "energy", any_number, every_job,
     "Coefficients of the local interaction U(y) = sum_l c_l y^l / l!, y = |psi|^2. "
     "{c3 = 6.0} is the |psi|^6 defect; c1 is a counterterm and causes no collisions."},

    {"state.n",
     Kind::density,
     "",
     "",
     "1",
     any_number,
     "collision relax linear microscopic",
     "Density n(k) > 0, for job linear a thermal one, for job microscopic that of a closed chain "
     "at "
     "t = 0. An expression of k (muParser: + - * / ^, "
     "abs, exp, log, sqrt, sin, cos, "
     "a ? b : c, pi); a table with the columns k, n (k ascending in "
     "[-pi, pi), ln n is interpolated by a periodic cubic spline, so n stays positive; at least "
     "four rows); or a thermal state n = 1 / (beta (E - mu)).",
     {},
     "microscopic"},

    {"relax.lambda", Kind::number, "1.0", "", "1", positive, "relax",
     "Coupling: it multiplies the interaction, so time runs in units of 1 / lambda^2."},
    {"relax.t_end", Kind::number, "", "no limit", "time", positive, "relax",
     "Stop at this time, if relax.deviation has not stopped it before."},
    {"relax.deviation", Kind::number, "1e-3", "", "1", not_negative, "relax",
     "Stop when n is this close to the thermal state of the same number and energy: "
     "max_k |n / n_thermal - 1|. 0: only relax.t_end stops."},

    {"linear.dn", Kind::perturbation, "{left = \"sin(k)\"}", "", "1", any_number, "linear",
     "Perturbation dn(k) of what enters: at X = 0 (left: its momenta with v > 0 count) and at X = "
     "1 "
     "(right: those with v < 0). What is not given is zero. Expressions of k, as in state.n, or "
     "tables with the columns k, dn (the periodic cubic spline); of any sign."},
    {"linear.places",
     Kind::integer,
     "0",
     "",
     "places",
     {0, 100000},
     "linear",
     "Write dn(Lambda, X, k) at so many equally spaced places, both ends included; 0: not at all."},
    {"linear.S", Kind::flag, "false", "", "", any_number, "linear",
     "Write the whole scattering operator, dn_out = S dn_in: K x K numbers for every Lambda."},

    {"injection.left",
     Kind::density,
     "",
     "",
     "1",
     any_number,
     "stationary microscopic",
     "Density n(k) > 0 that enters from the left (X = 0), of which the momenta with v > 0 count. "
     "Written like state.n: an expression of k, a table or a thermal state.",
     {},
     "microscopic"},
    {"injection.right", Kind::density, "", "as injection.left", "1", any_number,
     "stationary microscopic",
     "Density n(k) > 0 that enters from the right (X = 1), of which the momenta with v < 0 count."},

    {"defect.Lambda",
     Kind::numbers,
     "1.0",
     "",
     "1",
     not_negative,
     "stationary linear microscopic",
     "Strength of the defect, lambda^2 sum_x D_x^2. A list is solved in the given order, in job "
     "stationary each Lambda from the solution before, and its datasets then have a leading "
     "dimension Lambda; those of job linear always have it. Job microscopic takes a single one and "
     "computes lambda from it, unless defect.lambda is given instead.",
     {},
     "microscopic"},
    {"defect.together", Kind::flag, "false", "", "", any_number, "stationary",
     "Solve all Lambdas of a list side by side, each from free streaming instead of the solution "
     "before: for a GPU that a single small problem does not fill. Every result is the one its "
     "Lambda would have alone."},
    {"defect.lambda", Kind::number, "", "computed from defect.Lambda", "1", any_number,
     "microscopic", "Coupling: it multiplies D(x/L) U(|psi_x|^2)."},
    {"defect.L", Kind::number, "", "a closed chain is a defect everywhere", "sites", Range{1, 1e7},
     "microscopic",
     "Length of the defect: D(x/L) is zero beyond |x| = L/2, x from the middle of the ring."},
    {"defect.profile", Kind::profile, "\"smooth\"", "", "1", any_number, "microscopic",
     "D(x/L): 1 within |x| < L/4 and cos^2 from there to L/2; 1 everywhere in the box; or an "
     "expression, in which x stands for x/L."},
    {"defect.counterterm", Kind::counterterm, "0.0", "", "energy", any_number, "microscopic",
     "A potential A |psi|^2 added to the interaction: it causes no collisions, but lowers the "
     "barrier that the defect is to slow carriers. \"hartree\" is minus the mean field of the "
     "injected density rho; for |psi|^6, A = -18 rho^2."},

    {"grid.K",
     Kind::integer,
     "256",
     "",
     "points",
     {32, 4096, false, 2},
     kinetic_jobs,
     "Number of momenta; in job linear a multiple of 4."},
    {"grid.cells",
     Kind::integer,
     "40",
     "",
     "cells",
     {1, 100000},
     "stationary",
     "Number of cells in X. Even numbers let a symmetric problem be solved on one half."},
    {"grid.mesh", Kind::word, "", "graded for scheme newton, uniform for explicit", "", any_number,
     "stationary",
     "Cells that grow with the distance from the nearer end, or equal ones. A defect with Lambda = "
     "0 has equal ones.",
     "graded uniform"},
    {"grid.layer",
     Kind::number,
     "",
     "a twentieth of the mean free path of what is injected",
     "1",
     {1e-9, infinity},
     "stationary",
     "Width of the layers at both ends: cells of a graded mesh grow in proportion to it plus the "
     "distance from the nearer end."},

    {"numerics.channels",
     Kind::integers,
     "",
     "all that the interaction opens",
     "1",
     {2, CollisionModel::max_channel},
     kinetic_jobs,
     "The collisions l -> l that are summed, e.g. [3] for 3 -> 3 alone."},
    {"numerics.tolerance",
     Kind::number,
     "1e-4",
     "",
     "1",
     {1e-8, 0.5},
     kinetic_jobs,
     "Largest error of the collision integral: max_k |I - I_exact| / max_k gain. It chooses T, M "
     "and dtau."},
    {"numerics.T", Kind::number, "", "chosen from the tolerance", "time", positive, kinetic_jobs,
     "Cut-off of the auxiliary time."},
    {"numerics.M",
     Kind::integer,
     "",
     "chosen from T",
     "sites",
     {32, 1 << 24},
     kinetic_jobs,
     "Lattice sites of the auxiliary wavefunctions, a multiple of grid.K that holds the light "
     "cone K + 2 v_max T."},
    {"numerics.dtau", Kind::number, "", "chosen from the bandwidth", "time", positive, kinetic_jobs,
     "Step of the auxiliary time, below the aliasing bound 2 pi / (l (E_max - E_min))."},
    {"numerics.scheme", Kind::word, "\"newton\"", "", "", any_number, "stationary",
     "How the stationary state is found: by Newton's method in pseudo-time, or by explicit steps, "
     "the published method, of which it takes thousands.",
     "newton explicit"},
    {"numerics.transport", Kind::word, "", "corner_balance for scheme newton, upwind for explicit",
     "", any_number, "stationary",
     "How v d_X n is discretised: with two nodes per cell, of second order, or with one node, of "
     "first order. Explicit steps know the latter only.",
     "corner_balance upwind"},
    {"numerics.split", Kind::flag, "false", "", "", any_number, "stationary",
     "Explicit steps only: collide after streaming, as published. The result then depends on the "
     "step."},
    {"numerics.residual",
     Kind::number,
     "1e-10",
     "",
     "1",
     {1e-13, 1e-3},
     "stationary",
     "Converged when v d_X n - Lambda I is this small everywhere, relative to n (|v|/D + Lambda "
     "|loss|), D the width of a cell, and both currents are constant to a tenth of it (explicit "
     "steps: to a hundred times it). With split steps, when a step changes no more than this."},
    {"numerics.iterations",
     Kind::integer,
     "",
     "what the scheme usually needs, several times over",
     "steps",
     {1, 1000000},
     "stationary",
     "Give up at a Lambda after so many iterations; --resume starts the count anew."},

    {"numerics.order",
     Kind::integer,
     "2",
     "",
     "1",
     {2, 4, false, 2},
     "microscopic",
     "Order of the splitting of a step: 2 (Strang, one pair of transforms) or 4 (Blanes and Moan, "
     "six pairs, which pays where errors are to be small)."},
    {"numerics.error_check", Kind::flag, "false", "", "", any_number, "microscopic",
     "Run the same noise with half the step beside it and report what that changes: three times "
     "the "
     "work."},

    {"lattice.sites",
     Kind::integer,
     "",
     "as many as absorber, windows and defect need, rounded up to a power of 2",
     "sites",
     {16, 1 << 24},
     "microscopic",
     "Sites of the ring; for a closed chain 512 unless given. Other lengths than powers of 2 take "
     "two to "
     "three times as long per site."},
    {"lattice.absorber", Kind::absorber, "{width = 128, Gamma = 16.0}", "", "", any_number,
     "microscopic",
     "The region around the seam of the ring that absorbs what comes and injects n(k): width sites "
     "on each side of the seam, Gamma the sum of the damping gamma_x over both sides. What leaks "
     "through, exp(-2 Gamma / v), must be below 1 %. \"none\": a closed chain, which starts from "
     "state.n and is followed in time."},
    {"lattice.window",
     Kind::integer,
     "128",
     "",
     "sites",
     {16, 1 << 20},
     "microscopic",
     "Sites of each of the two windows between absorber and defect in which n(k) is measured, at "
     "as "
     "many momenta; it resolves them to about 3 pi / window. A closed chain is measured as a "
     "whole."},
    {"lattice.dt", Kind::number, "", "0.5 / (E_max - E_min)", "time", positive, "microscopic",
     "Time step, at most pi / (E_max - E_min)."},
    {"lattice.noise_every",
     Kind::integer,
     "4",
     "",
     "steps",
     {1, 1000000},
     "microscopic",
     "Steps from one kick of the injecting noise to the next; errors are of second order in that "
     "time."},
    {"lattice.start", Kind::word, "\"injected\"", "", "", any_number, "microscopic",
     "The field at t = 0: Gaussian, with the density that is injected, or zero.", "injected zero"},

    {"ensemble.trajectories",
     Kind::integer,
     "256",
     "",
     "trajectories",
     {2, 1e7},
     "microscopic",
     "Independent copies of the field. A run with more of them contains those of a smaller one."},
    {"ensemble.seed",
     Kind::integer,
     "1",
     "",
     "",
     {0, 9007199254740992},
     "microscopic",
     "Of the random numbers: the same seed gives the same trajectories, whatever the number of "
     "trajectories or threads."},
    {"ensemble.precision", Kind::word, "\"double\"", "", "", any_number, "microscopic",
     "Of the field; what is measured is summed in double precision always.", "double single"},
    {"ensemble.burn_in", Kind::number, "",
     "until the slowest carriers in ensemble.target_k have crossed, and nothing that is measured "
     "drifts any more",
     "time", not_negative, "microscopic", "Time before what is measured counts."},
    {"ensemble.max_time", Kind::number, "", "no limit", "time", positive, "microscopic",
     "Stop at this time, burn-in included."},
    {"ensemble.target_error",
     Kind::number,
     "",
     "no limit",
     "1",
     {1e-6, 1},
     "microscopic",
     "Stop when the relative standard error of n is this small at every momentum in "
     "ensemble.target_k, in both windows."},
    {"ensemble.target_k", Kind::interval, "[0.1, 3.2]", "", "1", not_negative, "microscopic",
     "Range of |k| in which ensemble.target_error counts, and whose slowest carriers the burn-in "
     "waits for."},
    {"ensemble.records",
     Kind::integer,
     "12",
     "",
     "records",
     {1, 100000},
     "microscopic",
     "Of a closed chain: n(t, k) is written at t = 0 and at the ends of so many equal intervals."},

    {"output.file", Kind::text, "", "name of the configuration, with .h5, in the current directory",
     "", any_number, every_job,
     "Result file, relative to the current directory; --out overrides it."},
    {"output.every", Kind::number, "60.0", "", "s", positive, "relax stationary microscopic",
     "Seconds between checkpoints, which --resume continues from: a relaxation and an ensemble bit "
     "for bit, the solution of a defect from the densities reached, to the same stationary state."},
};

std::vector<std::string> split(std::string_view words) {
  std::vector<std::string> result;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (end > 0) result.emplace_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return result;
}

/// "a" | "b" | "c"
std::string alternatives(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " | ") + quoted(word);
  return text;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// Levenshtein's distance: insertions, deletions and replacements that turn a into b.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

std::string_view last_part(std::string_view key) { return key.substr(key.rfind('.') + 1); }

std::string range_problem(const Range& range, double x) {
  if (!std::isfinite(x)) return "must be finite";
  if (range.contains(x)) return {};
  if (x < range.low || (range.low_open && x == range.low)) {
    if (range.low_open) return fmt::format("must be greater than {}", range.low);
    return fmt::format("must be at least {}", range.low);
  }
  if (x > range.high) return fmt::format("must be at most {}", range.high);
  return range.multiple_of == 2 ? "must be even"
                                : fmt::format("must be a multiple of {}", range.multiple_of);
}

std::string number_problem(const Range& range, Value& value) {
  if (!value.is_number()) return "must be a number";
  value.data = value.number();
  return range_problem(range, value.number());
}

std::string integer_problem(const Range& range, const Value& value) {
  if (!value.as<std::int64_t>()) return "must be an integer";
  return range_problem(range, value.number());
}

std::string integers_problem(const Range& range, Value& value) {
  auto* list = std::get_if<Value::List>(&value.data);
  if (!list) return "must be a list of integers";
  if (list->empty()) return "must not be empty";
  for (const Value& item : *list) {
    const std::string problem = integer_problem(range, item);
    if (!problem.empty()) return to_toml(item) + " " + problem;
  }
  const auto less = [](const Value& a, const Value& b) { return a.number() < b.number(); };
  std::sort(list->begin(), list->end(), less);
  const auto same = [](const Value& a, const Value& b) { return a.number() == b.number(); };
  const auto twice = std::adjacent_find(list->begin(), list->end(), same);
  return twice == list->end() ? std::string() : to_toml(*twice) + " is given twice";
}

std::string numbers_problem(const Range& range, Value& value) {
  auto* list = std::get_if<Value::List>(&value.data);
  if (!list && !value.is_number()) return "must be a number or a list of numbers";
  if (!list) return number_problem(range, value);
  if (list->empty()) return "must not be empty";
  for (Value& item : *list) {
    const std::string problem = number_problem(range, item);
    if (!problem.empty()) return to_toml(item) + " " + problem;
  }
  return {};
}

std::string word_problem(std::string_view words, const Value& value) {
  const auto* word = value.as<std::string>();
  if (!word) return "must be a word in quotes";
  const std::vector<std::string> known = split(words);
  if (std::find(known.begin(), known.end(), *word) != known.end()) return {};
  return "there is no such choice" + did_you_mean(*word, known);
}

/// A table must have exactly the given members.
std::string members_problem(const Value::Members& members, std::span<const std::string> known) {
  for (const auto& [key, value] : members) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    return fmt::format("it has an unknown member \"{}\"{}", key, did_you_mean(key, known));
  }
  for (const std::string& key : known)
    if (!members.contains(key)) return fmt::format("the member \"{}\" is missing", key);
  return {};
}

std::string table_file_problem(const Value::Members& members) {
  const std::array<std::string, 1> known{"table"};
  std::string problem = members_problem(members, known);
  if (!problem.empty()) return problem;
  const auto* path = members.at("table").as<std::string>();
  return path && !path->empty() ? std::string() : "table must be the name of a file";
}

std::string interaction_problem(Value& value) {
  auto* members = std::get_if<Value::Members>(&value.data);
  if (!members || members->empty()) return "must be a table of coefficients";
  for (auto& [key, coefficient] : *members) {
    const bool named = key.size() == 2 && key[0] == 'c' && key[1] >= '1' && key[1] <= '9';
    if (!named) return fmt::format("\"{}\" is no coefficient", key);
    if (key[1] - '0' > CollisionModel::max_channel)
      return fmt::format("{} is beyond the largest power, {}", key, CollisionModel::max_channel);
    const std::string problem = number_problem(any_number, coefficient);
    if (!problem.empty()) return key + " " + problem;
  }
  return {};
}

std::string dispersion_problem(const Value& value) {
  if (const auto* members = value.as<Value::Members>()) return table_file_problem(*members);
  const auto* name = value.as<std::string>();
  if (!name) return "must be a name or a table";
  const std::array<std::string, 2> known{"parabolic", "cosine"};
  if (std::find(known.begin(), known.end(), *name) != known.end()) return {};
  return "there is no such dispersion" + did_you_mean(*name, known);
}

std::string thermal_problem(Value& thermal) {
  auto* members = std::get_if<Value::Members>(&thermal.data);
  if (!members) return "thermal must be {beta = ..., mu = ...}";
  const std::array<std::string, 2> known{"beta", "mu"};
  const std::string problem = members_problem(*members, known);
  if (!problem.empty()) return "thermal: " + problem;
  for (auto& [key, number] : *members) {
    const std::string wrong = number_problem(any_number, number);
    if (!wrong.empty()) return fmt::format("thermal.{} {}", key, wrong);
  }
  if (members->at("beta").number() == 0) return "thermal.beta must not be 0";
  return {};
}

std::string density_problem(Value& value) {
  // A constant density is an expression, too.
  if (value.is_number()) value.data = to_toml(value);
  if (const auto* expression = value.as<std::string>())
    return expression->empty() ? "the expression is empty" : std::string();
  auto* members = std::get_if<Value::Members>(&value.data);
  if (!members) return "must be an expression or a table";
  const std::array<std::string, 2> known{"table", "thermal"};
  if (members->size() != 1) return "must have exactly one member, table or thermal";
  auto& [key, member] = *members->begin();
  if (key == "table") return table_file_problem(*members);
  if (key == "thermal") return thermal_problem(member);
  return fmt::format("it has an unknown member \"{}\"{}", key, did_you_mean(key, known));
}

/// One side of a perturbation.
std::string side_problem(Value& value) {
  if (value.is_number()) value.data = to_toml(value);
  if (const auto* expression = value.as<std::string>())
    return expression->empty() ? "the expression is empty" : std::string();
  const auto* members = value.as<Value::Members>();
  return members ? table_file_problem(*members) : "must be an expression or a table";
}

std::string perturbation_problem(Value& value) {
  auto* members = std::get_if<Value::Members>(&value.data);
  if (!members || members->empty()) return "must be {left = ..., right = ...}, or one of them";
  const std::array<std::string, 2> known{"left", "right"};
  for (auto& [side, dn] : *members) {
    if (std::find(known.begin(), known.end(), side) == known.end())
      return fmt::format("it has an unknown member \"{}\"{}", side, did_you_mean(side, known));
    const std::string problem = side_problem(dn);
    if (!problem.empty()) return side + ": " + problem;
  }
  return {};
}

std::string absorber_problem(Value& value) {
  if (const auto* word = value.as<std::string>())
    return *word == "none" ? std::string() : "must be {width = ..., Gamma = ...} or \"none\"";
  auto* members = std::get_if<Value::Members>(&value.data);
  if (!members) return "must be {width = ..., Gamma = ...} or \"none\"";
  const std::array<std::string, 2> known{"width", "Gamma"};
  std::string problem = members_problem(*members, known);
  if (!problem.empty()) return problem;
  problem = integer_problem({4, 1 << 22}, members->at("width"));
  if (!problem.empty()) return "width " + problem;
  problem = number_problem(positive, members->at("Gamma"));
  return problem.empty() ? problem : "Gamma " + problem;
}

std::string profile_problem(Value& value) {
  if (value.is_number()) value.data = to_toml(value);
  const auto* text = value.as<std::string>();
  return text && !text->empty() ? std::string() : "must be a name or an expression of x";
}

std::string counterterm_problem(Value& value) {
  if (const auto* word = value.as<std::string>())
    return *word == "hartree" ? std::string() : "must be a number or \"hartree\"";
  return number_problem(any_number, value);
}

std::string interval_problem(const Range& range, Value& value) {
  const auto* list = value.as<Value::List>();
  if (!list || list->size() != 2) return "must be [low, high]";
  std::string problem = numbers_problem(range, value);
  if (!problem.empty()) return problem;
  const auto& ends = *value.as<Value::List>();
  return ends[0].number() < ends[1].number() ? std::string() : "low must be below high";
}

std::string job_problem(const Value& value) {
  const auto* name = value.as<std::string>();
  if (!name) return "must be the name of a job";
  if (find_job(*name)) return {};
  return "there is no such job" + did_you_mean(*name, all_jobs());
}

}  // namespace

bool Range::contains(double x) const {
  if (x < low || (low_open && x == low) || x > high) return false;
  return multiple_of == 1 || std::fmod(x, multiple_of) == 0;
}

std::string Range::text() const {
  std::string text;
  if (std::isfinite(low) && std::isfinite(high)) {
    text = fmt::format("{} .. {}", low, high);
  } else if (std::isfinite(low)) {
    text = fmt::format("{} {}", low_open ? ">" : ">=", low);
  } else {
    text = "any finite number";
  }
  if (multiple_of == 2) return "even, " + text;
  return multiple_of == 1 ? text : fmt::format("multiple of {}, {}", multiple_of, text);
}

std::string_view KeySpec::section() const {
  const std::size_t dot = key.find('.');
  return dot == std::string_view::npos ? std::string_view() : key.substr(0, dot);
}

bool KeySpec::used_by(std::string_view job) const {
  const std::vector<std::string> names = split(jobs);
  return std::find(names.begin(), names.end(), job) != names.end();
}

bool KeySpec::optional_for(std::string_view job) const {
  const std::vector<std::string> names = split(optional_in);
  return std::find(names.begin(), names.end(), job) != names.end();
}

std::string KeySpec::allowed() const {
  switch (kind) {
    case Kind::job:
      return alternatives(all_jobs());
    case Kind::number:
    case Kind::integer:
      return range.text();
    case Kind::integers:
      return "a list of integers in " + range.text();
    case Kind::numbers:
      return fmt::format("{}, or a list of such numbers", range.text());
    case Kind::flag:
      return "true | false";
    case Kind::word:
      return alternatives(split(words));
    case Kind::text:
      return "text";
    case Kind::interaction:
      return fmt::format("{{c1 = ..., c2 = ..., ..., c{} = ...}}", CollisionModel::max_channel);
    case Kind::dispersion:
      return "\"parabolic\" | \"cosine\" | {table = \"FILE.csv\"}";
    case Kind::density:
      return "\"expression of k\" | {table = \"FILE.csv\"} | {thermal = {beta = ..., mu = ...}}";
    case Kind::perturbation:
      return "{left = \"expression of k\" | {table = \"FILE.csv\"}, right = the same}, or one of "
             "them";
    case Kind::absorber:
      return "{width = ..., Gamma = ...} | \"none\"";
    case Kind::profile:
      return "\"smooth\" | \"box\" | \"expression of x\"";
    case Kind::counterterm:
      return "any finite number | \"hartree\"";
    case Kind::interval:
      return fmt::format("[low, high], both {}", range.text());
  }
  return {};
}

std::span<const KeySpec> schema() { return key_table; }
std::span<const SectionSpec> sections() { return section_table; }
std::span<const JobSpec> jobs() { return job_table; }

const KeySpec* find_key(std::string_view key) {
  for (const KeySpec& spec : schema())
    if (spec.key == key) return &spec;
  return nullptr;
}

const JobSpec* find_job(std::string_view name) {
  for (const JobSpec& job : jobs())
    if (job.name == name) return &job;
  return nullptr;
}

bool is_section(std::string_view name) {
  for (const SectionSpec& section : sections())
    if (section.name == name) return true;
  return false;
}

std::string problem_with(const KeySpec& spec, Value& value) {
  switch (spec.kind) {
    case Kind::job:
      return job_problem(value);
    case Kind::number:
      return number_problem(spec.range, value);
    case Kind::integer:
      return integer_problem(spec.range, value);
    case Kind::integers:
      return integers_problem(spec.range, value);
    case Kind::numbers:
      return numbers_problem(spec.range, value);
    case Kind::flag:
      return value.as<bool>() ? std::string() : "must be true or false";
    case Kind::word:
      return word_problem(spec.words, value);
    case Kind::text: {
      const auto* text = value.as<std::string>();
      return text && !text->empty() ? std::string() : "must be text in quotes";
    }
    case Kind::interaction:
      return interaction_problem(value);
    case Kind::dispersion:
      return dispersion_problem(value);
    case Kind::density:
      return density_problem(value);
    case Kind::perturbation:
      return perturbation_problem(value);
    case Kind::absorber:
      return absorber_problem(value);
    case Kind::profile:
      return profile_problem(value);
    case Kind::counterterm:
      return counterterm_problem(value);
    case Kind::interval:
      return interval_problem(spec.range, value);
  }
  return {};
}

std::vector<std::string> nearest(std::string_view name, std::span<const std::string> known) {
  // A key given without its section, or in the wrong one, is near as well.
  const std::string wanted = lower(name), wanted_leaf(last_part(wanted));
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const std::string& candidate : known) {
    const std::string other = lower(candidate);
    const std::size_t leaf = edit_distance(wanted_leaf, last_part(other));
    const std::size_t distance = std::min(edit_distance(wanted, other), leaf + 1);
    const std::size_t length = std::max(wanted_leaf.size(), last_part(other).size());
    if (distance <= 1 + length / 3) ranked.emplace_back(distance, candidate);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (const auto& [distance, candidate] : ranked) names.push_back(candidate);
  return names;
}

std::string did_you_mean(std::string_view name, std::span<const std::string> known) {
  const std::vector<std::string> near = nearest(name, known);
  return near.empty() ? std::string() : fmt::format(", did you mean \"{}\"?", near.front());
}

std::vector<std::string> all_keys() {
  std::vector<std::string> keys;
  for (const KeySpec& spec : schema()) keys.emplace_back(spec.key);
  return keys;
}

std::vector<std::string> all_jobs() {
  std::vector<std::string> names;
  for (const JobSpec& job : jobs()) names.emplace_back(job.name);
  return names;
}

}  // namespace kapitza::host
