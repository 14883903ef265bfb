// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/relax.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "host/model.hpp"
#include "kapitza/physics/statistics.hpp"
#include "kapitza/solver/relaxation.hpp"

namespace kapitza::host {
namespace {

constexpr const char* checkpoint = "checkpoint";

/// What is recorded after every step, and goes into the file as datasets over t.
struct History {
  std::vector<double> t, number, energy, entropy, deviation;
  std::vector<double> n;  ///< t-major

  void append(const RelaxationRecord& record, const std::vector<double>& density) {
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
  RelaxationState state;
  History history;
  long evaluations = 0, rejected_steps = 0;
  double wall_seconds = 0;
};

std::vector<double> grid_energies(const CollisionModel& model) {
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

void write_checkpoint(ResultWriter& writer, const CollisionModel& model,
                      const RelaxationState& state) {
  writer.group(checkpoint);
  each_number(state,
              [&](const char* name, double value) { writer.attribute(name, value, checkpoint); });
  writer.dataset("checkpoint/n", {"k"}, state.n, "density that the next step starts from");
  writer.dataset("checkpoint/E", {"k"}, grid_energies(model), "energy of a carrier");
}

Checkpoint read_checkpoint(const std::filesystem::path& file, const CollisionModel& model) {
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
  from.wall_seconds = reader.number("wall_seconds", "/");
  if (from.state.n.size() != static_cast<std::size_t>(model.grid.K) ||
      !from.history.is_complete(from.state.n.size()))
    throw IoError(fmt::format("{}: the checkpoint in it is damaged", file.string()));
  return from;
}

/// One run of the job: the solver, what it has recorded, and the file it goes to.
class Run {
 public:
  Run(JobContext& context, CollisionModel model, Checkpoint from)
      : context_(context),
        model_(std::move(model)),
        history_(std::move(from.history)),
        earlier_(from.wall_seconds),
        evaluations_before_(from.evaluations),
        rejected_before_(from.rejected_steps),
        relaxation_(context.backend, model_, make_relaxation_options(context.config, model_),
                    std::move(from.state)) {
    if (history_.t.empty()) record();
  }

  JobResult go() {
    const double every = context_.config.number("output.every");
    double last_checkpoint = clock_.elapsed();
    warn_about_tolerance();
    context_.console.start_progress(relaxation_.progress());
    std::string stopped_by;
    while (!relaxation_.finished() && stopped_by.empty()) {
      const double before = clock_.elapsed();
      step();
      if (stalled()) give_up();
      const double now = clock_.elapsed();
      stopped_by = context_.stop(now - before);
      if (relaxation_.finished() || !stopped_by.empty() || now - last_checkpoint < every) continue;
      write();
      last_checkpoint = clock_.elapsed();
    }
    context_.console.end_progress();
    JobResult result = write();
    if (!result.finished) result.stopped_by = stopped_by;
    return result;
  }

 private:
  void step() {
    try {
      relaxation_.step();
    } catch (const NumericsError& error) {
      fail(error.what());
    }
    record();
    warn_about_tolerance();
    context_.console.progress(relaxation_.progress(),
                              fmt::format("t = {:.4g}  deviation {:.2e}", relaxation_.record().t,
                                          relaxation_.record().fit.deviation));
  }

  /// Near the fixed point the steps are as long as stability allows, and their errors keep n at a
  /// distance from it that the tolerance sets: a threshold below would never be met.
  bool stalled() const {
    constexpr std::ptrdiff_t window = 300;
    const std::vector<double>& deviation = history_.deviation;
    if (context_.config.has("relax.t_end") || std::ssize(deviation) < 2 * window) return false;
    const double before = *std::min_element(deviation.begin(), deviation.end() - window);
    return *std::min_element(deviation.end() - window, deviation.end()) > 0.999 * before;
  }

  [[noreturn]] void give_up() const {
    fail(fmt::format(
        "the deviation from the thermal state no longer falls: it is {:.3g}, and {} was "
        "asked for; a smaller numerics.tolerance leads closer",
        history_.deviation.back(), context_.config.number("relax.deviation")));
  }

  /// What was reached is worth keeping, and shows what went wrong.
  [[noreturn]] void fail(const std::string& why) const {
    write();
    throw NumericsError(
        fmt::format("{} (the steps so far are in {})", why, context_.target.string()));
  }

  void record() { history_.append(relaxation_.record(), relaxation_.state().n); }

  void warn_about_tolerance() {
    if (relaxation_.tolerance_reached() || warned_) return;
    warned_ = true;
    context_.console.warning(
        fmt::format("the tolerance {} is not reached at t = {:.4g}: the collision integral's error "
                    "is about {:.2g}, of which the momentum grid makes {:.2g} (a larger grid.K "
                    "would lower that)",
                    context_.config.number("numerics.tolerance"), relaxation_.record().t,
                    relaxation_.error_estimate(), relaxation_.grid_error()));
  }

  Quantities quantities() const {
    const RelaxationRecord& now = relaxation_.record();
    const auto steps = static_cast<std::int64_t>(history_.t.size()) - 1;
    const Resolution& resolution = relaxation_.collision().plan().resolution;
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

  /// The result so far; with a checkpoint where there is more to come.
  JobResult write() const {
    JobResult result{.quantities = quantities(),
                     .wall_seconds = earlier_ + clock_.elapsed(),
                     .finished = relaxation_.finished()};
    ResultWriter writer(context_.target);
    const std::vector<double> k = model_.grid.momenta();
    writer.coordinate("k", k, "momentum");
    writer.coordinate("t", history_.t, "time");
    writer.dataset("n", {"t", "k"}, history_.n, "density");
    writer.dataset("number", {"t"}, history_.number, "density of carriers, int dk/2pi n");
    writer.dataset("energy", {"t"}, history_.energy, "energy density, int dk/2pi E n");
    writer.dataset("entropy", {"t"}, history_.entropy,
                   fmt::format("entropy density, int dk/2pi {}", Statistics::entropy_in_words));
    writer.dataset("deviation", {"t"}, history_.deviation,
                   "largest relative distance from the thermal fit");
    writer.dataset("E", {"k"}, grid_energies(model_), "energy of a carrier");
    writer.dataset("v", {"k"}, model_.dispersion.velocity(k), "velocity of a carrier");
    if (!result.finished) write_checkpoint(writer, model_, relaxation_.state());
    write_attributes(writer, context_, result);
    writer.commit();
    return result;
  }

  JobContext& context_;
  CollisionModel model_;
  History history_;
  WallClock clock_{std::nullopt};
  double earlier_ = 0;
  long evaluations_before_ = 0, rejected_before_ = 0;
  bool warned_ = false;
  Relaxation relaxation_;
};

JobResult run(JobContext& context) {
  CollisionModel model = make_model(context.config);
  Checkpoint from;
  if (context.resume) {
    from = read_checkpoint(context.target, model);
  } else {
    from.state.n = make_density(context.config, "state.n", model);
  }
  return Run(context, std::move(model), std::move(from)).go();
}

void validate(const Config& config) {
  const CollisionModel model = make_model(config);
  make_density(config, "state.n", model);
  make_relaxation_options(config, model);
}

std::size_t file_size(const Config& config) {
  constexpr std::size_t typical_steps = 500;
  return 64 * 1024 +
         typical_steps * sizeof(double) * static_cast<std::size_t>(config.integer("grid.K"));
}

Quantities estimate(const Config& config, Backend& backend) {
  constexpr double typical_evaluations = 300;
  return estimate_evaluations(config, backend, typical_evaluations);
}

}  // namespace

const Job relax_job{"relax", run, validate, file_size, estimate};

}  // namespace kapitza::host
