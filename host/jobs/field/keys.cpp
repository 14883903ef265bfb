// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/field/keys.hpp"

#include <array>
#include <fmt/format.h>

#include "host/config/types.hpp"
#include "host/jobs/model/keys.hpp"

namespace kapitza::host {
namespace {

std::vector<std::string> absorber_words(const Key&) { return {"none"}; }

std::string absorber_text(const Key&) { return R"({width = ..., Gamma = ...} | "none")"; }

std::string absorber_problem(const Key&, Value& value) {
  auto* members = std::get_if<Value::Members>(&value.data);
  const auto* word = value.as<std::string>();
  if (word && *word == "none") return {};
  if (!members) return R"(must be {width = ..., Gamma = ...} or "none")";
  const std::array<std::string, 2> known{"width", "Gamma"};
  std::string problem = members_problem(*members, known);
  if (!problem.empty()) return problem;
  problem = integer_problem({4, 1 << 22}, members->at("width"));
  if (!problem.empty()) return "width " + problem;
  problem = number_problem(Range::positive(), members->at("Gamma"));
  return problem.empty() ? problem : "Gamma " + problem;
}

std::vector<std::string> profile_words(const Key&) { return {"smooth", "box"}; }

std::string profile_text(const Key&) { return R"("smooth" | "box" | "expression of x")"; }

std::string profile_problem(const Key&, Value& value) {
  const bool named = is_expression(value) && !value.as<std::string>()->empty();
  return named ? std::string() : "must be a name or an expression of x";
}

std::vector<std::string> counterterm_words(const Key&) { return {"hartree"}; }

std::string counterterm_text(const Key&) { return R"(any finite number | "hartree")"; }

std::string counterterm_problem(const Key&, Value& value) {
  if (const auto* word = value.as<std::string>())
    return *word == "hartree" ? std::string() : R"(must be a number or "hartree")";
  return number_problem({}, value);
}

}  // namespace

namespace types {

constinit const Type absorber{absorber_text, absorber_problem, absorber_words};
constinit const Type profile{profile_text, profile_problem, profile_words};
constinit const Type counterterm{counterterm_text, counterterm_problem, counterterm_words};

}  // namespace types

namespace keys::field {

constinit const Key state_n{
    .name = "state.n",
    .type = types::density,
    .otherwise_text = "none: a closed chain needs it, and no other field has it",
    .unit = "1",
    .meaning = R"(
        Density n(k) > 0 of a closed chain at t = 0. Written like that of job relax: an
        expression of k, a table or a thermal state.)",
};

constinit const Key left{
    .name = "injection.left",
    .type = types::density,
    .otherwise_text = "none: an absorber needs it, and a closed chain has none",
    .unit = "1",
    .meaning = R"(
        Density n(k) > 0 that enters from the left, of which the momenta with v > 0 count. Written
        like state.n: an expression of k, a table or a thermal state.)",
};

constinit const Key Lambda{
    .name = "defect.Lambda",
    .type = types::number,
    .range = Range::not_negative(),
    .otherwise_text = "none: it or defect.lambda must be given",
    .unit = "1",
    .meaning = "Strength of the defect, lambda^2 sum_x D_x^2, from which lambda is computed.",
};

constinit const Key lambda{
    .name = "defect.lambda",
    .type = types::number,
    .otherwise_text = "computed from defect.Lambda",
    .unit = "1",
    .meaning = "Coupling: it multiplies D(x/L) U(|psi_x|^2).",
};

constinit const Key L{
    .name = "defect.L",
    .type = types::number,
    .range = {1, 1e7},
    .otherwise_text = "a closed chain is a defect everywhere",
    .unit = "sites",
    .meaning = R"(
        Length of the defect: D(x/L) is zero beyond |x| = L/2, x from the middle of the ring.)",
};

constinit const Key profile{
    .name = "defect.profile",
    .type = types::profile,
    .otherwise = R"("smooth")",
    .unit = "1",
    .meaning = R"(
        D(x/L): 1 within |x| < L/4 and cos^2 from there to L/2; 1 everywhere in the box; or an
        expression, in which x stands for x/L.)",
};

constinit const Key counterterm{
    .name = "defect.counterterm",
    .type = types::counterterm,
    .otherwise = "0.0",
    .unit = "energy",
    .meaning = R"(
        A potential A |psi|^2 added to the interaction: it causes no collisions, but lowers the
        barrier that the defect is to slow carriers. "hartree" is minus the mean field of the
        injected density rho; for |psi|^6, A = -18 rho^2.)",
};

constinit const Key order{
    .name = "numerics.order",
    .type = types::integer,
    .range = {2, 4, false, 2},
    .otherwise = "2",
    .unit = "1",
    .meaning = R"(
        Order of the splitting of a step: 2 (Strang, one pair of transforms) or 4 (Blanes and Moan,
        six pairs, which pays where errors are to be small).)",
};

constinit const Key error_check{
    .name = "numerics.error_check",
    .type = types::flag,
    .otherwise = "false",
    .meaning = R"(
        Run the same noise with half the step beside it and report what that changes: three times
        the work.)",
};

constinit const Key sites{
    .name = "lattice.sites",
    .type = types::integer,
    .range = {16, 1 << 24},
    .otherwise_text = "as many as absorber, windows and defect need, rounded up to a power of 2",
    .unit = "sites",
    .meaning = R"(
        Sites of the ring; for a closed chain 512 unless given. Other lengths than powers of 2 take
        two to three times as long per site.)",
};

constinit const Key absorber{
    .name = "lattice.absorber",
    .type = types::absorber,
    .otherwise = "{width = 128, Gamma = 16.0}",
    .meaning = R"(
        The region around the seam of the ring that absorbs what comes and injects n(k): width sites
        on each side of the seam, Gamma the sum of the damping gamma_x over both sides. What leaks
        through, exp(-2 Gamma / v), must be below 1 %. "none": a closed chain, which starts from
        state.n and is followed in time.)",
};

constinit const Key window{
    .name = "lattice.window",
    .type = types::integer,
    .range = {16, 1 << 20},
    .otherwise = "128",
    .unit = "sites",
    .meaning = R"(
        Sites of each of the two windows between absorber and defect in which n(k) is measured, at
        as many momenta; it resolves them to about 3 pi / window. A closed chain is measured as a
        whole.)",
};

constinit const Key dt{
    .name = "lattice.dt",
    .type = types::number,
    .range = Range::positive(),
    .otherwise_text = "0.5 / (E_max - E_min)",
    .unit = "time",
    .meaning = "Time step, at most pi / (E_max - E_min).",
};

constinit const Key noise_every{
    .name = "lattice.noise_every",
    .type = types::integer,
    .range = {1, 1000000},
    .otherwise = "4",
    .unit = "steps",
    .meaning = R"(
        Steps from one kick of the injecting noise to the next; errors are of second order in that
        time.)",
};

constinit const Key start{
    .name = "lattice.start",
    .type = types::word,
    .words = "injected zero",
    .otherwise = R"("injected")",
    .meaning = "The field at t = 0: Gaussian, with the density that is injected, or zero.",
};

constinit const Key trajectories{
    .name = "ensemble.trajectories",
    .type = types::integer,
    .range = {2, 1e7},
    .otherwise = "256",
    .unit = "trajectories",
    .meaning = R"(
        Independent copies of the field. A run with more of them contains those of a smaller
        one.)",
};

constinit const Key seed{
    .name = "ensemble.seed",
    .type = types::integer,
    .range = {0, 9007199254740992},
    .otherwise = "1",
    .meaning = R"(
        Of the random numbers: the same seed gives the same trajectories, whatever the number of
        trajectories or threads.)",
};

constinit const Key precision{
    .name = "ensemble.precision",
    .type = types::word,
    .words = "double single",
    .otherwise = R"("double")",
    .meaning = "Of the field; what is measured is summed in double precision always.",
};

constinit const Key burn_in{
    .name = "ensemble.burn_in",
    .type = types::number,
    .range = Range::not_negative(),
    .otherwise_text =
        "until the slowest carriers in ensemble.target_k have crossed, and nothing "
        "that is measured drifts any more",
    .unit = "time",
    .meaning = "Time before what is measured counts.",
};

constinit const Key max_time{
    .name = "ensemble.max_time",
    .type = types::number,
    .range = Range::positive(),
    .otherwise_text = "no limit",
    .unit = "time",
    .meaning = "Stop at this time, burn-in included.",
};

constinit const Key target_error{
    .name = "ensemble.target_error",
    .type = types::number,
    .range = {1e-6, 1},
    .otherwise_text = "no limit",
    .unit = "1",
    .meaning = R"(
        Stop when the relative standard error of n is this small at every momentum in
        ensemble.target_k, in both windows, and, unless ensemble.burn_in is given, nothing that is
        measured drifts.)",
};

constinit const Key target_k{
    .name = "ensemble.target_k",
    .type = types::interval,
    .range = Range::not_negative(),
    .otherwise = "[0.1, 3.2]",
    .unit = "1",
    .meaning = R"(
        Range of |k| in which ensemble.target_error counts, and whose slowest carriers the burn-in
        waits for.)",
};

constinit const Key records{
    .name = "ensemble.records",
    .type = types::integer,
    .range = {1, 100000},
    .otherwise = "12",
    .unit = "records",
    .meaning = R"(
        Of a closed chain: n(t, k) is written at t = 0 and at the ends of so many equal
        intervals.)",
};

}  // namespace keys::field
}  // namespace kapitza::host
