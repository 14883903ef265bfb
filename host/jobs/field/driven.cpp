// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/field/driven.hpp"

#include <fmt/format.h>

#include "host/jobs/field/file.hpp"
#include "host/jobs/field/keys.hpp"
#include "host/jobs/field/read.hpp"
#include "host/jobs/field/run.hpp"
#include "kapitza/field/summary.hpp"

namespace kapitza::host {
namespace {

/// A defect between boundaries that absorb and inject.
class DrivenField final : public FieldRun {
 public:
  explicit DrivenField(JobContext& context)
      : FieldRun(context, FieldSetup(context.config)),
        solver_(context.machine.field(), problem(), setup_.numerics, setup_.size,
                make_steady_state_options(context.config, problem())),
        expected_(field::expected_density(problem())) {
    resume([&](const ResultReader& reader) {
      solver_.restore(
          read_steady_state(reader, field::make_plan(setup_.problem, setup_.numerics, setup_.size),
                            ensembles(context_.config)));
    });
  }

  void step() override { solver_.step(); }
  bool finished() const override { return solver_.finished(); }
  double progress() const override { return solver_.progress(); }
  std::string detail() const override {
    return fmt::format(
        "t = {:.5g}{}", solver_.time(),
        solver_.burn_in() > 0 ? fmt::format("  burn-in {:.5g}", solver_.burn_in()) : "");
  }

  void warn_about_drift() const {
    if (solver_.stationary()) return;
    context_.console.warning(fmt::format(
        "the field is not known to be stationary (drift_probability = {:.2g}): what was measured "
        "after t = {:.5g} may still depend on the start; a larger ensemble.{} helps",
        solver_.drift_probability(), solver_.burn_in(),
        context_.config.optional_number(keys::field::burn_in) ? "burn_in" : "max_time"));
  }

 private:
  long steps() const override { return solver_.steps(); }

  Quantities results() const override {
    const std::vector<field::WindowDensity> sides = solver_.densities();
    const field::InjectionCheck injected = field::check_injection(problem(), expected_, sides);
    Quantities rows{
        {"time", solver_.time(), "reached"},
        {"burn_in", solver_.burn_in(), "time before what was measured counts"},
        {"stationary", solver_.stationary(), "what was measured does not drift"},
        {"drift_probability", solver_.drift_probability(),
         "that chance alone would set its two parts this far apart"},
        {"relative_error", solver_.relative_error(), "largest of n in ensemble.target_k"},
        {"error_ratio", field::error_ratio(sides),
         "errors from blocks of time over those from trajectories"},
        {"injected.ratio", injected.ratio, "carriers coming in, over those asked for"},
        {"injected.ratio_err", injected.ratio_error, "its standard error"},
        {"injected.chi2", injected.chi2, "mean squared deviation per momentum, in standard errors"},
        {"leak", problem().absorber->leak(problem().dispersion.max_speed()),
         "of the fastest carriers through the absorber"},
    };
    append_current(rows, "number_current", std::vector<double>(grid().K, 1.0));
    append_current(rows, "energy_current", problem().dispersion.energy(grid().momenta()));
    if (context_.config.flag(keys::field::error_check))
      rows.push_back({"step_error", field::step_error(sides),
                      "relative change of n with half the step, root mean square"});
    return rows;
  }

  void append_current(Quantities& rows, const std::string& name,
                      const std::vector<double>& q) const {
    const Estimates estimate = field::current(solver_, problem(), q);
    rows.push_back({name + ".left", estimate.mean[0], "towards larger x"});
    rows.push_back({name + ".left_err", estimate.error[0], ""});
    rows.push_back({name + ".right", estimate.mean[1], ""});
    rows.push_back({name + ".right_err", estimate.error[1], ""});
  }

  void write_results(ResultWriter& writer) const override {
    const char* const names[] = {"left", "right"};
    const std::vector<field::WindowDensity> sides = solver_.densities();
    writer.dataset("n_expected", {"k"}, expected_,
                   "density asked for, as a window of this length sees it");
    for (std::size_t i = 0; i < sides.size(); ++i) {
      write_side(writer, names[i], sides[i]);
      const int first = problem().windows()[i];
      writer.attribute("x_first", problem().position(first), names[i]);
      writer.attribute("x_last", problem().position(first + problem().window - 1), names[i]);
    }
    writer.dataset("gamma", {"x"}, damping(), "damping of the field by the absorber");
    const Estimates density = solver_.site_density();
    writer.dataset("density", {"x"}, density.mean, "carriers per site");
    writer.dataset("density_err", {"x"}, density.error, "standard error of density");
    const Estimates step = solver_.site_step();
    if (step.size() == 0) return;
    writer.dataset("density_step", {"x"}, step.mean, "what half the time step changes in density");
    writer.dataset("density_step_err", {"x"}, step.error, "standard error of density_step");
  }

  std::vector<double> damping() const {
    std::vector<double> gamma(problem().sites());
    for (int y = 0; y < problem().absorber->width; ++y)
      gamma[y] = gamma[gamma.size() - 1 - y] = problem().absorber->rate(y + 0.5);
    return gamma;
  }

  /// A group that can be opened by itself.
  void write_side(ResultWriter& writer, const std::string& side,
                  const field::WindowDensity& density) const {
    writer.group(side);
    writer.coordinate(side + "/k", grid().momenta(), "momentum");
    const auto write = [&](const char* name, const std::vector<double>& values,
                           const std::string& meaning) {
      if (!values.empty()) writer.dataset(side + "/" + name, {side + "/k"}, values, meaning);
    };
    write("n", density.n, "density in the window on the " + side);
    write("n_err", density.error, "standard error of n, from the scatter of trajectories");
    write("n_err_blocks", density.block_error, "the same from the scatter of blocks of time");
    write("autocorrelation", density.autocorrelation, "integrated autocorrelation time of n");
    write("n_step", density.step, "what half the time step changes in n, with the same noise");
    write("n_step_err", density.step_error, "standard error of n_step");
  }

  void write_checkpoint(ResultWriter& writer) const override {
    host::write_checkpoint(writer, solver_.checkpoint());
  }

  field::SteadyState solver_;
  std::vector<double> expected_;
};

}  // namespace

JobResult run_driven_field(JobContext& context) {
  DrivenField field(context);
  const JobResult result = run_stepwise(field, context);
  if (result.finished) field.warn_about_drift();
  return result;
}

}  // namespace kapitza::host
