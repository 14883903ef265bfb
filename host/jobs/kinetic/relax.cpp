// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/kinetic/relax.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "host/jobs/kinetic/collision_keys.hpp"
#include "host/jobs/kinetic/cost.hpp"
#include "host/jobs/kinetic/read.hpp"
#include "host/jobs/kinetic/relax_keys.hpp"
#include "host/jobs/kinetic/relax_read.hpp"
#include "host/jobs/kinetic/report.hpp"
#include "host/jobs/model/keys.hpp"
#include "host/jobs/output_keys.hpp"
#include "host/runs/stepwise.hpp"
#include "kapitza/kinetic/relaxation.hpp"
#include "kapitza/model/statistics.hpp"

namespace kapitza::host {
namespace {

constexpr const char* checkpoint = "checkpoint";

/// What is recorded after every step, and goes into the file as datasets over t.
struct History {
  std::vector<double> t, number, energy, entropy, deviation;
  std::vector<double> n;  ///< t-major

  void append(const kinetic::RelaxationRecord& record, const std::vector<double>& density) {
    t.push_back(record.t);
    number.push_back(record.number);
    energy.push_back(record.energy);
    entropy.push_back(record.entropy);
    deviation.push_back(record.fit.deviation);
    n.insert(n.end(), density.begin(), density.end());
  }

  bool is_complete(std::size_t K) const {
    const std::size_t times = t.size();
    return times > 0 && number.size() == times && energy.size() == times &&
           entropy.size() == times && deviation.size() == times && n.size() == times * K;
  }
};

/// What a run was interrupted with.
struct Checkpoint {
  kinetic::RelaxationState state;
  History history;
  long evaluations = 0, rejected_steps = 0;
};

std::vector<double> grid_energies(const kinetic::CollisionModel& model) {
  return model.dispersion.energy(model.grid.momenta());
}

/// The numbers that the next step depends on, once for writing them and for reading them back.
template <class State, class F>
void each_number(State& state, F f) {
  f("t", state.t);
  f("dt", state.dt);
  f("previous_error", state.previous_error);
  f("worst_error", state.worst_error);
  f("T", state.resolution.T);
  f("dtau", state.resolution.dtau);
  f("M", state.resolution.M);
  f("M_first", state.resolution.M_first);
  f("points", state.resolution.points);
}

void write_checkpoint(ResultWriter& writer, const kinetic::CollisionModel& model,
                      const kinetic::RelaxationState& state) {
  writer.group(checkpoint);
  each_number(state,
              [&](const char* name, double value) { writer.attribute(name, value, checkpoint); });
  writer.dataset("checkpoint/n", {"k"}, state.n, "density that the next step starts from");
  writer.dataset("checkpoint/E", {"k"}, grid_energies(model), "energy of a carrier");
}

Checkpoint read_checkpoint(const std::filesystem::path& file,
                           const kinetic::CollisionModel& model) {
  const ResultReader reader(file);
  if (!reader.contains(checkpoint))
    throw IoError(fmt::format("{}: there is no checkpoint in it", file.string()));
  // The configuration is compared elsewhere; a table that it names may have changed as well.
  if (reader.read("checkpoint/E") != grid_energies(model))
    throw InputError(fmt::format(
        "{}: cannot be resumed: the dispersion is not the one it was made with", file.string()));
  Checkpoint from;
  each_number(from.state, [&](const char* name, auto& value) {
    value = static_cast<std::decay_t<decltype(value)>>(reader.number(name, checkpoint));
  });
  from.state.n = reader.read("checkpoint/n");
  from.history = {reader.read("t"),       reader.read("number"),    reader.read("energy"),
                  reader.read("entropy"), reader.read("deviation"), reader.read("n")};
  from.evaluations = static_cast<long>(reader.number("evaluations", "/"));
  from.rejected_steps = static_cast<long>(reader.number("rejected_steps", "/"));
  if (from.state.n.size() != static_cast<std::size_t>(model.grid.K) ||
      !from.history.is_complete(from.state.n.size()))
    throw IoError(fmt::format("{}: the checkpoint in it is damaged", file.string()));
  return from;
}

/// A relaxation, what it has recorded, and the file it goes to.
class RelaxationRun final : public StepwiseRun {
 public:
  RelaxationRun(JobContext& context, kinetic::CollisionModel model, Checkpoint from)
      : context_(context),
        model_(std::move(model)),
        history_(std::move(from.history)),
        evaluations_before_(from.evaluations),
        rejected_before_(from.rejected_steps),
        relaxation_(context.machine.kinetic(), model_,
                    make_relaxation_options(context.config, model_), std::move(from.state)) {
    if (history_.t.empty()) record();
    warn_about_tolerance();
  }

  void step() override {
    relaxation_.step();
    record();
    warn_about_tolerance();
    if (stalled())
      throw NumericsError(fmt::format(
          "the deviation from the thermal state no longer falls: it is {:.3g}, and {} was "
          "asked for; a smaller numerics.tolerance leads closer",
          history_.deviation.back(), context_.config.number(keys::relax::deviation)));
  }

  bool finished() const override { return relaxation_.finished(); }
  double progress() const override { return relaxation_.progress(); }
  std::string detail() const override {
    return fmt::format("t = {:.4g}  deviation {:.2e}", relaxation_.record().t,
                       relaxation_.record().fit.deviation);
  }

  JobResult write() override;

  /// What was reached shows what went wrong.
  std::string fail(const std::string& why) override {
    write();
    return fmt::format("{} (the steps so far are in {})", why, context_.target.string());
  }

 private:
  /// Near the fixed point the steps are as long as stability allows, and their errors keep n at a
  /// distance from it that the tolerance sets: a threshold below would never be met.
  bool stalled() const {
    constexpr std::ptrdiff_t window = 300;
    const std::vector<double>& deviation = history_.deviation;
    if (context_.config.has(keys::relax::t_end) || std::ssize(deviation) < 2 * window) return false;
    const double before = *std::min_element(deviation.begin(), deviation.end() - window);
    return *std::min_element(deviation.end() - window, deviation.end()) > 0.999 * before;
  }

  void record() { history_.append(relaxation_.record(), relaxation_.state().n); }

  void warn_about_tolerance() {
    if (relaxation_.tolerance_reached() || warned_) return;
    warned_ = true;
    context_.console.warning(fmt::format("at t = {:.4g}, {}", relaxation_.record().t,
                                         unreached_tolerance(relaxation_.errors())));
  }

  Quantities quantities() const {
    const kinetic::RelaxationRecord& now = relaxation_.record();
    const auto steps = static_cast<std::int64_t>(history_.t.size()) - 1;
    const kinetic::Resolution& resolution = relaxation_.collision().plan().resolution;
    Quantities rows{
        {"t", now.t, "time reached"},
        {"steps", steps, ""},
        {"rejected_steps", std::int64_t{rejected_before_ + relaxation_.rejected_steps()}, ""},
        {"evaluations", std::int64_t{evaluations_before_ + relaxation_.evaluations()},
         "of the collision integral"},
        {"number", now.number, "density, int dk/2pi n"},
        {"number_drift", now.number / history_.number.front() - 1, "relative, since t = 0"},
        {"energy", now.energy, "energy density, int dk/2pi E n"},
        {"energy_drift", now.energy / history_.energy.front() - 1, "relative, since t = 0"},
        {"entropy", now.entropy, fmt::format("int dk/2pi {}", Statistics::entropy_in_words)},
        {"beta", now.fit.state.beta(), "of the thermal state with this number and energy"},
        {"mu", now.fit.state.mu(), ""},
        {"deviation", now.fit.deviation, "max_k |n / n_thermal - 1|"},
    };
    append(rows, resolution_rows(resolution));
    rows.push_back({"error_estimate", relaxation_.error_estimate(), "of the collision integral"});
    rows.push_back({"tolerance_reached", relaxation_.tolerance_reached(), ""});
    return rows;
  }

  JobContext& context_;
  kinetic::CollisionModel model_;
  History history_;
  RunTime time_{context_};
  long evaluations_before_ = 0, rejected_before_ = 0;
  bool warned_ = false;
  kinetic::Relaxation relaxation_;
};

JobResult RelaxationRun::write() {
  JobResult result{.quantities = quantities(),
                   .wall_seconds = time_.all_parts(),
                   .finished = relaxation_.finished()};
  ResultWriter writer(context_.target);
  writer.coordinate("k", model_.grid.momenta(), "momentum");
  writer.coordinate("t", history_.t, "time");
  writer.dataset("n", {"t", "k"}, history_.n, "density");
  writer.dataset("number", {"t"}, history_.number, "density of carriers, int dk/2pi n");
  writer.dataset("energy", {"t"}, history_.energy, "energy density, int dk/2pi E n");
  writer.dataset("entropy", {"t"}, history_.entropy,
                 fmt::format("entropy density, int dk/2pi {}", Statistics::entropy_in_words));
  writer.dataset("deviation", {"t"}, history_.deviation,
                 "largest relative distance from the thermal fit");
  writer.dataset("E", {"k"}, grid_energies(model_), "energy of a carrier");
  writer.dataset("v", {"k"}, model_.dispersion.velocity(model_.grid.momenta()),
                 "velocity of a carrier");
  if (!result.finished) write_checkpoint(writer, model_, relaxation_.state());
  write_attributes(writer, context_, result);
  writer.commit();
  return result;
}

JobResult run_relax(JobContext& context) {
  kinetic::CollisionModel model = make_model(context.config);
  Checkpoint from;
  if (context.resume) {
    from = read_checkpoint(context.target, model);
  } else {
    from.state.n = make_density(context.config, keys::collision::state_n, model);
  }
  RelaxationRun relaxation(context, std::move(model), std::move(from));
  return run_stepwise(relaxation, context);
}

void validate_relax(const Config& config) {
  const kinetic::CollisionModel model = make_model(config);
  make_density(config, keys::collision::state_n, model);
  make_relaxation_options(config, model);
}

std::size_t relax_file_size(const Config& config) {
  constexpr std::size_t typical_steps = 500;
  return 64 * 1024 + typical_steps * sizeof(double) *
                         static_cast<std::size_t>(config.integer(keys::collision::K));
}

Quantities estimate_relax(const Config& config, Machine& machine, Budget& budget) {
  constexpr double typical_evaluations = 300;
  return estimate_evaluations(config, machine, typical_evaluations, budget);
}

constexpr const Key* keys_of_relax[] = {
    &keys::carriers::dispersion, &keys::carriers::interaction, &keys::collision::state_n,
    &keys::relax::lambda,        &keys::relax::t_end,          &keys::relax::deviation,
    &keys::collision::K,         &keys::collision::channels,   &keys::collision::tolerance,
    &keys::collision::T,         &keys::collision::M,          &keys::collision::dtau,
    &keys::output::file,         &keys::output::every,
};

}  // namespace

constinit const Job relax_job{
    .name = "relax",
    .meaning = "a homogeneous density relaxing to its thermal state: d_t n = lambda^2 I[n]",
    .keys = keys_of_relax,
    .run = run_relax,
    .check_keys = check_relax_keys,
    .validate = validate_relax,
    .file_size = relax_file_size,
    .estimate = estimate_relax,
};

}  // namespace kapitza::host
