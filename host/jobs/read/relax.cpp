// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/read/relax.hpp"

#include "host/jobs/read/model.hpp"

namespace kapitza::host {

RelaxationOptions make_relaxation_options(const Config& config, const CollisionModel& model) {
  RelaxationOptions options;
  options.lambda = config.number("relax.lambda");
  if (config.has("relax.t_end")) options.t_end = config.number("relax.t_end");
  options.deviation = config.number("relax.deviation");
  options.resolution = make_request(config, model);
  return options;
}

}  // namespace kapitza::host
