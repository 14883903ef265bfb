// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/defect/keys.hpp"

#include "host/config/types.hpp"
#include "host/jobs/model/keys.hpp"

namespace kapitza::host::keys::defect {

constinit const Key left{
    .name = "injection.left",
    .type = types::density,
    .unit = "1",
    .meaning = R"(
        Density n(k) > 0 that enters from the left (X = 0), of which the momenta with v > 0 count.
        Written like state.n: an expression of k, a table or a thermal state.)",
};

constinit const Key Lambda{
    .name = "defect.Lambda",
    .type = types::numbers,
    .range = Range::not_negative(),
    .otherwise = "1.0",
    .unit = "1",
    .meaning = R"(
        Strength of the defect, lambda^2 sum_x D_x^2. A list is solved in the given order, each
        Lambda from the solution before, and its datasets then have a leading dimension Lambda.)",
};

constinit const Key together{
    .name = "defect.together",
    .type = types::flag,
    .otherwise = "false",
    .meaning = R"(
        Solve all Lambdas of a list side by side, each from free streaming instead of the solution
        before: for a GPU that a single small problem does not fill. Every result is the one its
        Lambda would have alone.)",
};

constinit const Key cells{
    .name = "grid.cells",
    .type = types::integer,
    .range = {1, 100000},
    .otherwise = "40",
    .unit = "cells",
    .meaning = "Number of cells in X. Even numbers let a symmetric problem be solved on one half.",
};

constinit const Key mesh{
    .name = "grid.mesh",
    .type = types::word,
    .words = "graded uniform",
    .otherwise_text = "graded for scheme newton, uniform for explicit",
    .meaning = R"(
        Cells that grow with the distance from the nearer end, or equal ones. A defect with
        Lambda = 0 has equal ones.)",
};

constinit const Key layer{
    .name = "grid.layer",
    .type = types::number,
    .range = {.low = 1e-9},
    .otherwise_text = "a twentieth of the mean free path of what is injected",
    .unit = "1",
    .meaning = R"(
        Width of the layers at both ends: cells of a graded mesh grow in proportion to it plus the
        distance from the nearer end.)",
};

constinit const Key scheme{
    .name = "numerics.scheme",
    .type = types::word,
    .words = "newton explicit",
    .otherwise = R"("newton")",
    .meaning = R"(
        How the stationary state is found: by Newton's method in pseudo-time, or by explicit steps,
        the published method, of which it takes thousands.)",
};

constinit const Key transport{
    .name = "numerics.transport",
    .type = types::word,
    .words = "corner_balance upwind",
    .otherwise_text = "corner_balance for scheme newton, upwind for explicit",
    .meaning = R"(
        How v d_X n is discretised: with two nodes per cell, of second order, or with one node, of
        first order. Explicit steps know the latter only.)",
};

constinit const Key split{
    .name = "numerics.split",
    .type = types::flag,
    .otherwise = "false",
    .meaning = R"(
        Explicit steps only: collide after streaming, as published. The result then depends on the
        step.)",
};

constinit const Key residual{
    .name = "numerics.residual",
    .type = types::number,
    .range = {1e-13, 1e-3},
    .otherwise = "1e-10",
    .unit = "1",
    .meaning = R"(
        Converged when v d_X n - Lambda I is this small everywhere, relative to n (|v|/D + Lambda
        |loss|), D the width of a cell, and both currents are constant to a tenth of it (explicit
        steps: to a hundred times it). With split steps, when a step changes no more than this.)",
};

constinit const Key iterations{
    .name = "numerics.iterations",
    .type = types::integer,
    .range = {1, 1000000},
    .otherwise_text = "what the scheme usually needs, several times over",
    .unit = "steps",
    .meaning = "Give up at a Lambda after so many iterations; --resume starts the count anew.",
};

}  // namespace kapitza::host::keys::defect
