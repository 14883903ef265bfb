// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/microscopic.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

#include "host/jobs/keys/carriers.hpp"
#include "host/jobs/keys/field.hpp"
#include "host/jobs/keys/output.hpp"
#include "host/jobs/microscopic_file.hpp"
#include "host/model.hpp"
#include "kapitza/spectral/fast_length.hpp"

namespace kapitza::host {
namespace {

/// What a configuration asks for.
struct Setup {
  FieldProblem problem;
  FieldNumerics numerics;
  EnsembleSize size;

  explicit Setup(const Config& config)
      : problem(make_field(config)),
        numerics(make_field_numerics(config, problem)),
        size(make_ensemble_size(config)) {}
};

std::size_t arms(const Config& config) { return config.flag("numerics.error_check") ? 2 : 1; }

double root_mean_square(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum / static_cast<double>(values.size()));
}

std::vector<double> positions(const FieldProblem& problem) {
  std::vector<double> x;
  for (int site = 0; site < problem.sites(); ++site) x.push_back(problem.position(site));
  return x;
}

/// What both kinds of runs say about the field and its numerics.
Quantities setup_rows(const Setup& setup) {
  const FieldProblem& problem = setup.problem;
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

/// A run of either kind: checkpoints, progress and stops around a solver with step(), finished(),
/// progress() and checkpoint().
template <class Solver>
class FieldRun {
 public:
  JobResult go() {
    const double every = context_.config.number("output.every");
    double last_checkpoint = clock_.elapsed();
    warn_about_sites();
    context_.console.start_progress(solver_.progress());
    std::string stopped_by;
    while (!solver_.finished() && stopped_by.empty()) {
      const double before = clock_.elapsed();
      step();
      const double now = clock_.elapsed();
      stopped_by = context_.stop(now - before);
      if (solver_.finished() || !stopped_by.empty() || now - last_checkpoint < every) continue;
      write();
      last_checkpoint = clock_.elapsed();
    }
    context_.console.end_progress();
    JobResult result = write();
    if (!result.finished) result.stopped_by = stopped_by;
    warn(result);
    return result;
  }

 protected:
  template <class... Arguments>
  FieldRun(JobContext& context, Setup setup, Arguments&&... arguments)
      : context_(context),
        setup_(std::move(setup)),
        solver_(context.backend, setup_.problem, setup_.numerics, setup_.size,
                std::forward<Arguments>(arguments)...) {
    context_.provenance.seed = static_cast<std::int64_t>(setup_.size.seed);
    context_.provenance.precision = context_.config.text("ensemble.precision");
  }
  ~FieldRun() = default;

  virtual void after_step() {}
  virtual std::string detail() const = 0;
  virtual Quantities results() const = 0;
  virtual void write_results(ResultWriter& writer) const = 0;
  virtual void warn(const JobResult&) {}

  /// Of the file that this run goes on from.
  template <class Read>
  void resume(Read read) {
    if (!context_.resume) return;
    const ResultReader reader(context_.target);
    try {
      read(reader);
    } catch (const IoError& error) {
      throw IoError(fmt::format("{}: {}", context_.target.string(), error.what()));
    }
    require_same_density(reader);
    earlier_ = reader.number("wall_seconds", "/");
  }

  std::vector<double> given_density() const { return setup_.problem.density(grid().momenta()); }
  MomentumGrid grid() const { return {setup_.problem.window}; }
  const FieldProblem& problem() const { return setup_.problem; }
  double seconds() const { return earlier_ + clock_.elapsed(); }

  JobContext& context_;
  Setup setup_;
  Solver solver_;

 private:
  /// The configuration is compared elsewhere; a table that it names may have changed as well.
  void require_same_density(const ResultReader& reader) const {
    if (reader.read("n_in") != given_density() ||
        reader.read("E") != problem().dispersion.energy(grid().momenta()))
      throw InputError(fmt::format(
          "{}: cannot be resumed: the density or the dispersion is not the one it was made with",
          context_.target.string()));
  }

  void warn_about_sites() const {
    const int sites = problem().sites();
    if (!is_fast_length(sites))
      context_.console.note(
          fmt::format("{} sites: transforms of that length are slow, those of {} are fast", sites,
                      std::bit_ceil(static_cast<unsigned>(sites))));
  }

  void step() {
    try {
      solver_.step();
    } catch (const NumericsError& error) {
      context_.console.end_progress();
      throw NumericsError(fmt::format("{} ({})", error.what(), last_checkpoint()));
    }
    after_step();
    context_.console.progress(solver_.progress(), detail());
  }

  std::string last_checkpoint() const {
    if (!written_ && !context_.resume) return "there is no checkpoint yet";
    return fmt::format("the last checkpoint is in {}", context_.target.string());
  }

  JobResult write() {
    JobResult result;
    result.finished = solver_.finished();
    result.wall_seconds = seconds();
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
    writer.dataset("E", {"k"}, problem().dispersion.energy(grid().momenta()),
                   "energy of a carrier");
    writer.dataset("v", {"k"}, problem().dispersion.velocity(grid().momenta()),
                   "velocity of a carrier");
    writer.coordinate("x", positions(problem()), "site, from the middle of the defect");
    writer.dataset("D", {"x"}, problem().profile, "profile of the defect");
    write_results(writer);
    if (!result.finished) write_checkpoint(writer, solver_.checkpoint());
    writer.commit();
    written_ = true;
    return result;
  }

  double site_steps() const {
    return static_cast<double>(solver_.steps()) * problem().sites() * setup_.size.trajectories;
  }

  WallClock clock_{std::nullopt};
  double earlier_ = 0;
  bool written_ = false;
};

/// A defect between boundaries that absorb and inject.
class DefectRun final : public FieldRun<SteadyState> {
 public:
  explicit DefectRun(JobContext& context) : DefectRun(context, Setup(context.config)) {}

 private:
  DefectRun(JobContext& context, const Setup& setup)
      : FieldRun(context, setup, make_steady_state_options(context.config, setup.problem)),
        window_(Window::sine(setup.problem.window)),
        expected_(
            window_.blur({setup.problem.sites()},
                         setup.problem.density(MomentumGrid{setup.problem.sites()}.momenta()))) {
    resume([&](const ResultReader& reader) {
      solver_.restore(read_steady_state(
          reader, make_plan(setup_.problem, setup_.numerics, setup_.size), arms(context_.config)));
    });
  }

  std::string detail() const override {
    return fmt::format(
        "t = {:.5g}{}", solver_.time(),
        solver_.burn_in() > 0 ? fmt::format("  burn-in {:.5g}", solver_.burn_in()) : "");
  }

  Quantities results() const override {
    const std::vector<WindowDensity> sides = solver_.densities();
    const Injected injected = compare_injected(sides);
    Quantities rows{
        {"time", solver_.time(), "reached"},
        {"burn_in", solver_.burn_in(), "time before what was measured counts"},
        {"stationary", solver_.stationary(), "what was measured does not drift"},
        {"drift_probability", solver_.drift_probability(),
         "that chance alone would set its two parts this far apart"},
        {"relative_error", solver_.relative_error(), "largest of n in ensemble.target_k"},
        {"error_ratio", error_ratio(sides),
         "errors from blocks of time over those from trajectories"},
        {"injected.ratio", injected.ratio, "carriers coming in, over those asked for"},
        {"injected.ratio_err", injected.ratio_error, "its standard error"},
        {"injected.chi2", injected.chi2, "mean squared deviation per momentum, in standard errors"},
        {"leak", problem().absorber->leak(problem().dispersion.max_speed()),
         "of the fastest carriers through the absorber"},
    };
    append_current(rows, "number_current", std::vector<double>(grid().K, 1.0));
    append_current(rows, "energy_current", problem().dispersion.energy(grid().momenta()));
    if (context_.config.flag("numerics.error_check")) append_step_errors(rows, sides);
    return rows;
  }

  /// The carriers that come in, at the momenta and in the windows where they do: does the absorber
  /// send what was asked for?
  struct Injected {
    double ratio, ratio_error, chi2;
  };

  Injected compare_injected(const std::vector<WindowDensity>& sides) const {
    const std::vector<double> v = problem().dispersion.velocity(grid().momenta());
    double chi2 = 0, seen = 0, asked = 0, variance = 0;
    for (int m = 0; m < grid().K; ++m) {
      const WindowDensity& side = sides[v[m] > 0 ? 0 : 1];
      chi2 += std::pow((side.n[m] - expected_[m]) / side.error[m], 2) / grid().K;
      seen += side.n[m];
      asked += expected_[m];
      variance += side.error[m] * side.error[m];
    }
    return {seen / asked, std::sqrt(variance) / asked, chi2};
  }

  static double error_ratio(const std::vector<WindowDensity>& sides) {
    double blocks = 0, trajectories = 0;
    for (const WindowDensity& side : sides)
      for (std::size_t m = 0; m < side.n.size(); ++m) {
        blocks += std::pow(side.block_error[m] / side.n[m], 2);
        trajectories += std::pow(side.error[m] / side.n[m], 2);
      }
    return std::sqrt(blocks / trajectories);
  }

  /// int dk/2pi v q n in both windows: the same, where the state is stationary.
  void append_current(Quantities& rows, const std::string& name, std::vector<double> q) const {
    const std::vector<double> v = problem().dispersion.velocity(grid().momenta());
    for (std::size_t m = 0; m < q.size(); ++m) q[m] *= v[m];
    const Estimates current = solver_.moments(q);
    rows.push_back({name + ".left", current.mean[0], "towards larger x"});
    rows.push_back({name + ".left_err", current.error[0], ""});
    rows.push_back({name + ".right", current.mean[1], ""});
    rows.push_back({name + ".right_err", current.error[1], ""});
  }

  static void append_step_errors(Quantities& rows, const std::vector<WindowDensity>& sides) {
    double largest = 0;
    for (const WindowDensity& side : sides)
      largest = std::max(largest, root_mean_square(side.step) / root_mean_square(side.n));
    rows.push_back(
        {"step_error", largest, "relative change of n with half the step, root mean square"});
  }

  void write_results(ResultWriter& writer) const override {
    const char* const names[] = {"left", "right"};
    const std::vector<WindowDensity> sides = solver_.densities();
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
                  const WindowDensity& density) const {
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

  void warn(const JobResult& result) override {
    if (!result.finished || solver_.stationary()) return;
    context_.console.warning(fmt::format(
        "the field is not known to be stationary (drift_probability = {:.2g}): what was measured "
        "after t = {:.5g} may still depend on the start; a larger ensemble.max_time helps",
        solver_.drift_probability(), solver_.burn_in()));
  }

  Window window_;
  std::vector<double> expected_;
};

/// A closed chain, followed in time.
class ChainRun final : public FieldRun<ClosedChain> {
 public:
  explicit ChainRun(JobContext& context)
      : FieldRun(context, Setup(context.config), context.config.number("ensemble.max_time"),
                 context.config.integer("ensemble.records"),
                 context.config.flag("numerics.error_check")) {
    if (!context.resume) records_.push_back(solver_.record());
    resume([&](const ResultReader& reader) {
      const EnsemblePlan plan = make_plan(setup_.problem, setup_.numerics, setup_.size);
      solver_.restore(read_closed_chain(reader, plan, arms(context_.config)));
      read_records(reader);
    });
  }

 private:
  void after_step() override {
    if (solver_.due()) records_.push_back(solver_.record());
  }
  std::string detail() const override { return fmt::format("t = {:.5g}", solver_.time()); }

  Quantities results() const override {
    const ChainRecord& last = records_.back();
    Quantities rows{
        {"time", solver_.time(), "reached"},
        {"number", last.totals.mean[0], "carriers per site"},
        {"number_drift", last.number_drift, "largest relative change in any trajectory"},
        {"energy", last.totals.mean[1], "energy per site, with that of the interaction"},
        {"energy_drift", last.energy_drift, "largest relative change in any trajectory"},
    };
    if (!last.step.mean.empty())
      rows.push_back({"step_error",
                      root_mean_square(last.step.mean) / root_mean_square(last.n.mean),
                      "relative change of n with half the step, root mean square"});
    return rows;
  }

  /// The datasets over t, and over t and k, once for writing them and for reading them back.
  template <class Records, class F>
  static void each_series(Records& records, F f) {
    f("number", "carriers per site", records, [](auto& r) -> auto& { return r.totals.mean[0]; });
    f("number_err", "standard error of number", records,
      [](auto& r) -> auto& { return r.totals.error[0]; });
    f("energy", "energy per site", records, [](auto& r) -> auto& { return r.totals.mean[1]; });
    f("energy_err", "standard error of energy", records,
      [](auto& r) -> auto& { return r.totals.error[1]; });
    f("number_drift", "largest relative change of number in any trajectory", records,
      [](auto& r) -> auto& { return r.number_drift; });
    f("energy_drift", "largest relative change of energy in any trajectory", records,
      [](auto& r) -> auto& { return r.energy_drift; });
  }
  template <class Records, class F>
  static void each_density(Records& records, bool error_check, F f) {
    f("n", "density", records, [](auto& r) -> auto& { return r.n.mean; });
    f("n_err", "standard error of n", records, [](auto& r) -> auto& { return r.n.error; });
    f("dn", "change of n since t = 0", records, [](auto& r) -> auto& { return r.change.mean; });
    f("dn_err", "standard error of dn, from the changes of single trajectories", records,
      [](auto& r) -> auto& { return r.change.error; });
    if (!error_check) return;
    f("n_step", "what half the time step changes in n", records,
      [](auto& r) -> auto& { return r.step.mean; });
    f("n_step_err", "standard error of n_step", records,
      [](auto& r) -> auto& { return r.step.error; });
  }

  void write_results(ResultWriter& writer) const override {
    std::vector<double> t;
    for (const ChainRecord& record : records_) t.push_back(record.t);
    writer.coordinate("t", t, "time");
    each_series(records_, [&](const char* name, const char* meaning, const auto& records, auto of) {
      std::vector<double> values;
      for (const ChainRecord& record : records) values.push_back(of(record));
      writer.dataset(name, {"t"}, values, meaning);
    });
    each_density(records_, arms(context_.config) > 1,
                 [&](const char* name, const char* meaning, const auto& records, auto of) {
                   std::vector<double> values;
                   for (const ChainRecord& record : records)
                     values.insert(values.end(), of(record).begin(), of(record).end());
                   writer.dataset(name, {"t", "k"}, values, meaning);
                 });
  }

  void read_records(const ResultReader& reader) {
    const std::vector<double> t = reader.read("t");
    const auto K = static_cast<std::size_t>(grid().K);
    const auto read = [&](const char* name, std::size_t count) {
      std::vector<double> values = reader.read(name);
      if (values.size() != count || t.empty())
        throw IoError(fmt::format("the records are damaged: {} has the wrong size", name));
      return values;
    };
    records_.resize(t.size());
    for (std::size_t i = 0; i < t.size(); ++i) {
      records_[i].t = t[i];
      records_[i].totals = {std::vector<double>(2), std::vector<double>(2)};
    }
    each_series(records_, [&](const char* name, const char*, auto& records, auto of) {
      const std::vector<double> values = read(name, t.size());
      for (std::size_t i = 0; i < t.size(); ++i) of(records[i]) = values[i];
    });
    each_density(records_, arms(context_.config) > 1,
                 [&](const char* name, const char*, auto& records, auto of) {
                   const std::vector<double> values = read(name, t.size() * K);
                   for (std::size_t i = 0; i < t.size(); ++i) {
                     const double* row = values.data() + i * K;
                     of(records[i]) = std::vector<double>(row, row + K);
                   }
                 });
  }

  std::vector<ChainRecord> records_;
};

JobResult run(JobContext& context) {
  if (keys::field::is_closed(context.config)) return ChainRun(context).go();
  return DefectRun(context).go();
}

void validate(const Config& config) {
  const Setup setup(config);
  make_plan(setup.problem, setup.numerics, setup.size);
  if (setup.problem.absorber) {
    make_steady_state_options(config, setup.problem);
    return;
  }
  const double steps = config.number("ensemble.max_time") / setup.numerics.dt;
  if (config.integer("ensemble.records") > std::lround(steps))
    throw config.error("ensemble.records",
                       fmt::format("the run has {} steps only", std::lround(steps)));
}

std::size_t file_size(const Config& config) {
  const Setup setup(config);
  const EnsemblePlan plan = make_plan(setup.problem, setup.numerics, setup.size);
  const std::size_t records =
      setup.problem.absorber ? 8 : 6 * static_cast<std::size_t>(config.integer("ensemble.records"));
  return 64 * 1024 + records * sizeof(double) * plan.sites +
         checkpoint_size(plan, config.flag("numerics.error_check"));
}

/// How long a few steps take.
Quantities estimate(const Config& config, Backend& backend) {
  const Setup setup(config);
  const auto ensemble = backend.ensemble(make_plan(setup.problem, setup.numerics, setup.size));
  ensemble->start();
  constexpr long steps = 10;
  ensemble->advance(0, steps);  // touches memory for the first time
  const WallClock clock(std::nullopt);
  ensemble->advance(steps, steps);
  const double seconds_per_step = clock.elapsed() / steps;
  const auto bytes = [](const char* key, std::size_t size) {
    return Quantity{key, static_cast<std::int64_t>(size),
                    readable_bytes(static_cast<double>(size))};
  };
  Quantities rows = setup_rows(setup);
  append(rows,
         {bytes("memory_bytes", ensemble->memory() * arms(config)),
          bytes("file_bytes", file_size(config)),
          {"site_steps_per_second",
           setup.problem.sites() * static_cast<double>(setup.size.trajectories) / seconds_per_step,
           ""}});
  if (!config.has("ensemble.max_time")) return rows;
  const double work = arms(config) == 2 ? 3 : 1;
  const double seconds =
      work * seconds_per_step * config.number("ensemble.max_time") / setup.numerics.dt;
  append(rows, {{"estimated_seconds", seconds, "at most " + readable_duration(seconds)}});
  return rows;
}

constexpr const Key* keys_read[] = {
    &keys::carriers::dispersion, &keys::carriers::interaction,
    &keys::field::state_n,       &keys::field::left,
    &keys::carriers::right,      &keys::field::Lambda,
    &keys::field::lambda,        &keys::field::L,
    &keys::field::profile,       &keys::field::counterterm,
    &keys::field::order,         &keys::field::error_check,
    &keys::field::sites,         &keys::field::absorber,
    &keys::field::window,        &keys::field::dt,
    &keys::field::noise_every,   &keys::field::start,
    &keys::field::trajectories,  &keys::field::seed,
    &keys::field::precision,     &keys::field::burn_in,
    &keys::field::max_time,      &keys::field::target_error,
    &keys::field::target_k,      &keys::field::records,
    &keys::output::file,         &keys::output::every,
};

}  // namespace

constinit const Job microscopic_job{
    .name = "microscopic",
    .meaning = R"(
        trajectories of the field itself: a defect between absorbing and injecting boundaries, or a
        closed chain)",
    .keys = keys_read,
    .run = run,
    .check_keys = keys::field::check,
    .validate = validate,
    .file_size = file_size,
    .estimate = estimate,
};

}  // namespace kapitza::host
