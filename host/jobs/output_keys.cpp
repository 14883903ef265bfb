// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/output_keys.hpp"

#include "host/config/types.hpp"

namespace kapitza::host::keys::output {

constinit const Key file{
    .name = "output.file",
    .type = types::text,
    .otherwise_text = "name of the configuration, with .h5, in the current directory",
    .meaning = "Result file, relative to the current directory; --out overrides it.",
};

constinit const Key every{
    .name = "output.every",
    .type = types::number,
    .range = Range::positive(),
    .otherwise = "60.0",
    .unit = "s",
    .meaning = R"(
        Seconds between checkpoints, which --resume continues from: a relaxation and an ensemble bit
        for bit, the solution of a defect from the densities reached, to the same stationary
        state.)",
};

}  // namespace kapitza::host::keys::output
