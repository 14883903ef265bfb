// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/kinetic/relax_read.hpp"

#include "host/jobs/kinetic/read.hpp"
#include "host/jobs/kinetic/relax_keys.hpp"

namespace kapitza::host {

void check_relax_keys(Config& config) {
  if (!config.has(keys::relax::t_end) && config.number(keys::relax::deviation) == 0)
    throw config.error(keys::relax::deviation,
                       "nothing would stop this run: give relax.t_end as well");
  check_collision_keys(config);
}

kinetic::RelaxationOptions make_relaxation_options(const Config& config,
                                                   const kinetic::CollisionModel& model) {
  kinetic::RelaxationOptions options;
  options.lambda = config.number(keys::relax::lambda);
  if (config.has(keys::relax::t_end)) options.t_end = config.number(keys::relax::t_end);
  options.deviation = config.number(keys::relax::deviation);
  options.resolution = make_request(config, model);
  return options;
}

}  // namespace kapitza::host
