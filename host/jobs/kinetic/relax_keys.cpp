// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/kinetic/relax_keys.hpp"

#include "host/config/types.hpp"

namespace kapitza::host::keys::relax {

constinit const Key lambda{
    .name = "relax.lambda",
    .type = types::number,
    .range = Range::positive(),
    .otherwise = "1.0",
    .unit = "1",
    .meaning = "Coupling: it multiplies the interaction, so time runs in units of 1 / lambda^2.",
};

constinit const Key t_end{
    .name = "relax.t_end",
    .type = types::number,
    .range = Range::positive(),
    .otherwise_text = "no limit",
    .unit = "time",
    .meaning = "Stop at this time, if relax.deviation has not stopped it before.",
};

constinit const Key deviation{
    .name = "relax.deviation",
    .type = types::number,
    .range = Range::not_negative(),
    .otherwise = "1e-3",
    .unit = "1",
    .meaning = R"(
        Stop when n is this close to the thermal state of the same number and energy:
        max_k |n / n_thermal - 1|. 0: only relax.t_end stops.)",
};

}  // namespace kapitza::host::keys::relax
