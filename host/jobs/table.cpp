// SPDX-License-Identifier: BSD-3-Clause
//
// The one table of jobs, and that of the sections that their keys are in.
#include "host/jobs/defect/stationary.hpp"
#include "host/jobs/field/microscopic.hpp"
#include "host/jobs/job.hpp"
#include "host/jobs/kinetic/collision.hpp"
#include "host/jobs/kinetic/relax.hpp"
#include "host/jobs/linear/linear.hpp"

namespace kapitza::host {
namespace {

constexpr const Job* job_table[] = {&collision_job, &relax_job, &stationary_job, &linear_job,
                                    &microscopic_job};

/// In the order of a resolved configuration.
constexpr Section section_table[] = {
    {"model", "the carriers and their interaction"},
    {"state", "the density n(k) to start from"},
    {"relax", "relaxation in time"},
    {"linear", "linear response of a thermal defect"},
    {"injection", "the densities that the reservoirs send in"},
    {"defect", "the stretch of chain where carriers collide"},
    {"grid", "the momentum grid k_m = -pi + 2 pi (m + 1/2) / K and, of a defect, the cells in X"},
    {"numerics", R"(
        how finely the collision integral is evaluated, how a defect is solved, and how a field is
        evolved)"},
    {"lattice", "the ring that the field lives on"},
    {"ensemble", "how many trajectories of the field, and for how long"},
    {"output", "the result file", false},
};

}  // namespace

std::span<const Job* const> jobs() { return job_table; }

const Job& job_of(const Config& config) {
  for (const Job* job : jobs())
    if (job->name == config.job()) return *job;
  throw std::logic_error("a configuration of another table of jobs");
}

Schema schema_of(std::vector<Section> sections, std::span<const Job* const> jobs) {
  std::vector<JobKeys> rows;
  for (const Job* job : jobs) rows.push_back({job->name, job->meaning, job->keys, job->check_keys});
  return {std::move(sections), std::move(rows)};
}

const Schema& program_schema() {
  static const Schema schema =
      schema_of({std::begin(section_table), std::end(section_table)}, jobs());
  return schema;
}

}  // namespace kapitza::host
