// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/kinetic/collision_keys.hpp"

#include "host/config/types.hpp"
#include "host/jobs/model/keys.hpp"
#include "kapitza/kinetic/collision.hpp"

namespace kapitza::host::keys::collision {

constinit const Key state_n{
    .name = "state.n",
    .type = types::density,
    .unit = "1",
    .meaning = R"(
        Density n(k) > 0. An expression of k (muParser: + - * / ^, abs, exp, log, sqrt, sin, cos,
        a ? b : c, pi); a table with the columns k, n (k ascending in [-pi, pi), ln n is
        interpolated by a periodic cubic spline, so n stays positive; at least four rows); or a
        thermal state n = 1 / (beta (E - mu)).)",
};

constinit const Key K{
    .name = "grid.K",
    .type = types::integer,
    .range = {32, 4096, false, 2},
    .otherwise = "256",
    .unit = "points",
    .meaning = "Number of momenta.",
};

constinit const Key channels{
    .name = "numerics.channels",
    .type = types::integers,
    .range = {2, kinetic::CollisionModel::max_channel},
    .otherwise_text = "all that the interaction opens",
    .unit = "1",
    .meaning = "The collisions l -> l that are summed, e.g. [3] for 3 -> 3 alone.",
};

constinit const Key tolerance{
    .name = "numerics.tolerance",
    .type = types::number,
    .range = {1e-8, 0.5},
    .otherwise = "1e-4",
    .unit = "1",
    .meaning = R"(
        Largest error of the collision integral: max_k |I - I_exact| / max_k gain. It chooses T, M
        and dtau.)",
};

constinit const Key T{
    .name = "numerics.T",
    .type = types::number,
    .range = Range::positive(),
    .otherwise_text = "chosen from the tolerance",
    .unit = "time",
    .meaning = "Cut-off of the auxiliary time.",
};

constinit const Key M{
    .name = "numerics.M",
    .type = types::integer,
    .range = {32, 1 << 24},
    .otherwise_text = "chosen from T",
    .unit = "sites",
    .meaning = R"(
        Lattice sites of the auxiliary wavefunctions, a multiple of grid.K that holds the light cone
        K + 2 v_max T.)",
};

constinit const Key dtau{
    .name = "numerics.dtau",
    .type = types::number,
    .range = Range::positive(),
    .otherwise_text = "chosen from the bandwidth",
    .unit = "time",
    .meaning = "Step of the auxiliary time, below the aliasing bound 2 pi / (l (E_max - E_min)).",
};

}  // namespace kapitza::host::keys::collision
