// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/field/run.hpp"

#include <bit>
#include <fmt/format.h>

#include "host/jobs/field/keys.hpp"
#include "host/jobs/field/read.hpp"
#include "kapitza/field/step_checked_ensemble.hpp"
#include "kapitza/numerics/fast_length.hpp"

namespace kapitza::host {
namespace {

std::vector<double> positions(const field::Problem& problem) {
  std::vector<double> x;
  for (int site = 0; site < problem.sites(); ++site) x.push_back(problem.position(site));
  return x;
}

}  // namespace

FieldSetup::FieldSetup(const Config& config)
    : problem(make_field(config)),
      numerics(make_field_numerics(config, problem)),
      size(make_ensemble_size(config)) {}

Quantities setup_rows(const FieldSetup& setup) {
  const field::Problem& problem = setup.problem;
  return {
      {"trajectories", std::int64_t{setup.size.trajectories}, ""},
      {"sites", std::int64_t{problem.sites()}, ""},
      {"lambda", problem.lambda, "coupling"},
      {"Lambda", problem.strength(), "lambda^2 sum_x D^2"},
      {"rho", problem.carrier_density(), "carriers per site of the given density"},
      {"counterterm", problem.interaction.slope(0), "coefficient of |psi|^2"},
      {"dt", setup.numerics.dt, "time step"},
  };
}

std::size_t ensembles(const Config& config) {
  return field::StepCheckedEnsemble::count(config.flag(keys::field::error_check));
}

FieldRun::FieldRun(JobContext& context, FieldSetup setup)
    : context_(context), setup_(std::move(setup)), time_(context) {
  context_.provenance.seed = static_cast<std::int64_t>(setup_.size.seed);
  context_.provenance.precision = context_.config.text(keys::field::precision);
  note_slow_transforms();
}

/// The configuration is compared elsewhere; a table that it names may have changed as well.
void FieldRun::require_same_density(const ResultReader& reader) const {
  if (reader.read("n_in") != given_density() ||
      reader.read("E") != problem().dispersion.energy(grid().momenta()))
    throw InputError(fmt::format(
        "{}: cannot be resumed: the density or the dispersion is not the one it was made with",
        context_.target.string()));
}

void FieldRun::note_slow_transforms() const {
  const int sites = problem().sites();
  if (!is_fast_length(sites))
    context_.console.note(
        fmt::format("{} sites: transforms of that length are slow, those of {} are fast", sites,
                    std::bit_ceil(static_cast<unsigned>(sites))));
}

std::string FieldRun::fail(const std::string& why) {
  if (!written_ && !context_.resume) return why + " (there is no checkpoint yet)";
  return fmt::format("{} (the last checkpoint is in {})", why, context_.target.string());
}

JobResult FieldRun::write() {
  JobResult result;
  result.finished = finished();
  result.wall_seconds = time_.all_parts();
  result.quantities = setup_rows(setup_);
  append(result.quantities, results());
  append(result.quantities, {{"site_steps_per_second", site_steps() / result.wall_seconds, ""}});
  ResultWriter writer(context_.target);
  write_attributes(writer, context_, result);
  writer.coordinate("k", grid().momenta(), "momentum");
  writer.dataset("n_in", {"k"}, given_density(),
                 problem().absorber ? "density asked for: from the left where v > 0, from the "
                                      "right where v < 0"
                                    : "density that the field starts with");
  writer.dataset("E", {"k"}, problem().dispersion.energy(grid().momenta()), "energy of a carrier");
  writer.dataset("v", {"k"}, problem().dispersion.velocity(grid().momenta()),
                 "velocity of a carrier");
  writer.coordinate("x", positions(problem()), "site, from the middle of the defect");
  writer.dataset("D", {"x"}, problem().profile, "profile of the defect");
  write_results(writer);
  if (!result.finished) write_checkpoint(writer);
  writer.commit();
  written_ = true;
  return result;
}

double FieldRun::site_steps() const {
  return static_cast<double>(steps()) * problem().sites() * setup_.size.trajectories;
}

}  // namespace kapitza::host
