// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/stationary.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "host/jobs/stationary_cost.hpp"
#include "host/jobs/stationary_file.hpp"
#include "host/model.hpp"

namespace kapitza::host {
namespace {

constexpr const char* Lambda_key = "defect.Lambda";

/// Both reservoirs and the band look the same from both ends, whatever the mesh does.
bool is_symmetric(DefectProblem problem) {
  problem.mesh = Mesh::uniform(2);
  return problem.is_symmetric();
}

std::unique_ptr<StationarySolver> make_solver(const Config& config, Backend& backend,
                                              DefectProblem problem,
                                              const StationaryOptions& options) {
  if (uses_newton(config)) return make_newton(backend, std::move(problem), options);
  return make_march(backend, std::move(problem), options, {.split = config.flag("numerics.split")});
}

/// Of a list, what the table on the terminal shows.
std::vector<std::string> columns_of(const DefectResult& result) {
  std::vector<std::string> columns{"Lambda", "converged", "iterations", "residual",
                                   "number_current"};
  for (const Quantity& row : result.quantities)
    if (row.key.starts_with("centre.") || row.key.starts_with("outgoing."))
      columns.push_back(row.key);
  return columns;
}

/// One run of the job: the Lambdas that are done, the one that is being solved, and the file they
/// go to.
class Run {
 public:
  explicit Run(JobContext& context);

  JobResult go();

 private:
  bool finished() const { return results_.size() == Lambdas_.size(); }
  double Lambda() const { return Lambdas_.at(results_.size()); }
  void resume();
  void begin();
  void advance();
  void complete();
  void show_progress();
  void warn_about_tolerance() const;
  [[noreturn]] void fail(const std::string& why);
  std::string advice() const;
  std::string latest_residuals() const;

  const Slab& slab() const { return solver_->slab(); }
  CollisionErrors errors() const {
    return {slab().cutoff_error(), slab().grid_error(), options_.resolution.tolerance};
  }
  Effort effort() const;
  DefectResult result(bool converged) const;
  JobResult write() const;

  JobContext& context_;
  const Config& config_;
  WallClock clock_{std::nullopt};
  DefectProblem problem_;
  StationaryOptions options_;
  std::vector<double> Lambdas_;
  bool is_list_, symmetric_;
  double mean_free_path_;  ///< at Lambda = 1

  std::vector<DefectResult> results_;  ///< of the Lambdas that are done
  std::unique_ptr<StationarySolver> solver_;
  std::vector<double> start_;  ///< all nodes that the solver began with; none: its own choice
  double start_dt_ = 0;        ///< and its step in pseudo-time
  Effort before_;              ///< at the present Lambda, in earlier runs
  IterationLog log_;
  double earlier_ = 0;
};

Run::Run(JobContext& context)
    : context_(context),
      config_(context.config),
      problem_(make_defect(config_)),
      options_(make_stationary_options(config_, problem_.model)),
      Lambdas_(config_.numbers(Lambda_key)),
      is_list_(config_.is_list(Lambda_key)),
      symmetric_(is_symmetric(problem_)),
      mean_free_path_(
          DefectProblem::mean_free_path(context.backend, problem_.model, problem_.injection, 1)) {
  if (context_.resume) {
    resume();
  } else {
    begin();
    log_.append(Lambda(), 0, solver_->history().front());
  }
}

void Run::resume() {
  const ResultReader reader(context_.target);
  DefectCheckpoint from = read_checkpoint(reader, problem_, context_.target.string());
  if (from.completed >= Lambdas_.size())
    throw IoError(fmt::format("{}: the checkpoint in it is damaged", context_.target.string()));
  problem_.Lambda = Lambdas_[from.completed];
  start_ = std::move(from.nodes);
  start_dt_ = from.dt;
  before_ = from.effort;
  log_ = std::move(from.log);
  earlier_ = from.wall_seconds;
  // The results need the solver for their names and sizes, and it needs their number.
  results_.resize(from.completed);
  begin();
  const DefectResult like = result(false);
  for (std::size_t i = 0; i < from.completed; ++i) results_[i] = read_result(reader, i, like);
}

/// The next Lambda, from where the one before, or an earlier run, has come to.
void Run::begin() {
  solver_.reset();
  problem_.Lambda = Lambda();
  problem_.mesh = make_mesh(config_, mean_free_path_ / Lambda());
  solver_ = make_solver(config_, context_.backend, problem_, options_);
  if (start_.empty()) return;
  if (start_.size() != solver_->slab().all_nodes().size())
    throw IoError(fmt::format("{}: the checkpoint in it is damaged", context_.target.string()));
  solver_->start_from(start_, start_dt_);
}

JobResult Run::go() {
  const double every = config_.number("output.every");
  double last_checkpoint = clock_.elapsed();
  context_.console.start_progress(0);
  std::string stopped_by;
  while (!finished() && stopped_by.empty()) {
    const double before = clock_.elapsed();
    try {
      advance();
    } catch (const NumericsError& error) {
      fail(error.what());
    }
    const double now = clock_.elapsed();
    if (finished()) break;
    stopped_by = context_.stop(now - before);
    if (!stopped_by.empty() || now - last_checkpoint < every) continue;
    write();
    last_checkpoint = clock_.elapsed();
  }
  context_.console.end_progress();
  JobResult result = write();
  result.stopped_by = stopped_by;
  return result;
}

/// One iteration, and what follows from it.
void Run::advance() {
  if (!solver_->converged()) {
    solver_->step();
    log_.append(Lambda(), static_cast<double>(effort().iterations), solver_->history().back());
    show_progress();
  }
  if (solver_->converged()) complete();
}

void Run::complete() {
  warn_about_tolerance();
  if (is_list_)
    context_.console.note(fmt::format("Lambda = {:g}: {} iterations, residual {:.1e}", Lambda(),
                                      effort().iterations, solver_->history().back().residual));
  results_.push_back(result(true));
  start_ = solver_->slab().all_nodes();
  start_dt_ = 0;
  before_ = {};
  if (finished()) return;
  begin();
  log_.append(Lambda(), 0, solver_->history().front());
}

void Run::show_progress() {
  const double done = static_cast<double>(results_.size()) + solver_->progress();
  context_.console.progress(done / static_cast<double>(Lambdas_.size()),
                            fmt::format("Lambda = {:g}  iteration {}  residual {:.1e}", Lambda(),
                                        effort().iterations, solver_->history().back().residual));
}

void Run::warn_about_tolerance() const {
  if (errors().tolerance_reached()) return;
  const std::string where = is_list_ ? fmt::format("Lambda = {:g}: ", Lambda()) : "";
  context_.console.warning(where + unreached_tolerance(errors()));
}

/// The best state is worth keeping, and shows what went wrong.
void Run::fail(const std::string& why) {
  context_.console.end_progress();
  if (!solver_) {
    if (!results_.empty()) write();
    throw NumericsError(fmt::format("Lambda = {:g}: {}", Lambda(), why));
  }
  const std::string residuals = latest_residuals();
  solver_->return_to_best();
  write();
  throw NumericsError(
      fmt::format("Lambda = {:g}: {}; the latest residuals are {}. What may help: {}. (The best "
                  "densities so far are in {}.)",
                  Lambda(), why, residuals, advice(), context_.target.string()));
}

std::string Run::latest_residuals() const {
  constexpr std::size_t most = 5;
  const std::vector<Iteration>& history = solver_->history();
  std::string text;
  for (std::size_t i = history.size() - std::min(most, history.size()); i < history.size(); ++i)
    text += fmt::format("{}{:.1e}", text.empty() ? "" : ", ", history[i].residual);
  return text;
}

std::string Run::advice() const {
  std::string text;
  if (slab().grid_error() > 0.1) text += "a larger grid.K, which cannot resolve I now; ";
  if (config_.has("numerics.iterations")) text += "more numerics.iterations; ";
  if (!uses_newton(config_)) text += "numerics.scheme = \"newton\"; ";
  if (config_.text_or("grid.mesh", uses_newton(config_) ? "graded" : "uniform") == "uniform")
    text += "grid.mesh = \"graded\"; ";
  if (!is_list_) text += "defect.Lambda as a list that climbs to this value; ";
  return text + "more grid.cells; a looser numerics.tolerance";
}

Effort Run::effort() const {
  Effort effort = before_;
  effort.iterations += solver_->iterations();
  effort.evaluations += solver_->slab().evaluations();
  effort.jacobians += solver_->jacobians();
  return effort;
}

/// The present Lambda as it is now.
DefectResult Run::result(bool converged) const {
  const DefectProfile profile = slab().profile();
  const Effort spent = effort();
  Quantities rows{
      {"Lambda", Lambda(), "strength of the defect"},
      {"converged", converged, ""},
      {"iterations", std::int64_t{spent.iterations}, ""},
      {"residual", solver_->residual(), "largest relative imbalance of streaming and collisions"},
  };
  append(rows, profile_rows(profile, symmetric_));
  append(rows, {
                   {"mean_free_path", mean_free_path_ / Lambda(), "of what is injected, in X"},
                   {"collision_evaluations", std::int64_t{spent.evaluations}, "of all nodes each"},
                   {"jacobians", std::int64_t{spent.jacobians}, "of all nodes each"},
               });
  append(rows, resolution_rows(slab().collisions().resolution()));
  append(rows, error_rows(errors()));
  return {Lambda(), std::move(rows), fields_of(profile)};
}

/// The results so far; with a checkpoint where there is more to come.
JobResult Run::write() const {
  std::vector<DefectResult> results = results_;
  if (!finished() && solver_) results.push_back(result(false));
  JobResult done{.wall_seconds = earlier_ + clock_.elapsed(), .finished = finished()};
  if (is_list_) {
    for (const DefectResult& result : results) done.series.rows.push_back(result.quantities);
    done.series.columns = columns_of(results.front());
  } else {
    done.quantities = results.front().quantities;
  }
  ResultWriter writer(context_.target);
  write_results(writer, problem_, results, is_list_);
  write_log(writer, log_);
  if (!finished())
    write_checkpoint(writer,
                     {results_.size(), slab().all_nodes(), solver_->next_dt(), effort(), log_, 0});
  write_attributes(writer, context_, done);
  writer.commit();
  return done;
}

JobResult run(JobContext& context) { return Run(context).go(); }

void validate(const Config& config) {
  const DefectProblem problem = make_defect(config);
  make_stationary_options(config, problem.model);
  make_mesh(config, 1);
}

}  // namespace

const Job stationary_job{"stationary", run, validate, defect_file_size, estimate_defect};

}  // namespace kapitza::host
