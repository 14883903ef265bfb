// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/stationary.hpp"

#include <fmt/format.h>
#include <optional>

#include "host/jobs/keys/carriers.hpp"
#include "host/jobs/keys/collision.hpp"
#include "host/jobs/keys/defect.hpp"
#include "host/jobs/keys/output.hpp"
#include "host/jobs/stationary_cost.hpp"
#include "host/jobs/stationary_point.hpp"
#include "host/jobs/stationary_together.hpp"
#include "host/model.hpp"

namespace kapitza::host {
namespace {

/// The Lambdas one after the other: those that are done, the one that is being solved, and the file
/// they go to.
class Run {
 public:
  explicit Run(JobContext& context);

  JobResult go();

 private:
  bool finished() const { return results_.size() == task_.Lambdas.size(); }
  double Lambda() const { return task_.Lambdas.at(results_.size()); }
  void resume();
  void begin(const DefectStart& start);
  void advance();
  void complete();
  void show_progress();
  [[noreturn]] void fail(const std::string& why);
  JobResult write() const;

  JobContext& context_;
  DefectTask task_;
  WallClock clock_{std::nullopt};
  std::vector<DefectResult> results_;  ///< of the Lambdas that are done
  std::optional<DefectPoint> point_;
  IterationLog log_;
  double earlier_ = 0;
};

Run::Run(JobContext& context) : context_(context), task_(context) {
  if (context_.resume) {
    resume();
  } else {
    begin({});
    point_->append_to(log_);
  }
}

void Run::resume() {
  const ResultReader reader(context_.target);
  DefectCheckpoint from = read_checkpoint(reader, task_.problem, task_.file);
  if (from.completed >= task_.Lambdas.size())
    throw IoError(fmt::format("{}: the checkpoint in it is damaged", task_.file));
  log_ = std::move(from.log);
  earlier_ = from.wall_seconds;
  // The results need the solver for their names and sizes, and it needs their number.
  results_.resize(from.completed);
  begin({std::move(from.nodes), from.dt, from.effort});
  const DefectResult like = point_->result(false);
  for (std::size_t i = 0; i < from.completed; ++i) results_[i] = read_result(reader, i, like);
}

/// The next Lambda, from where the one before, or an earlier run, has come to.
void Run::begin(const DefectStart& start) {
  point_.reset();
  point_.emplace(task_, context_.backend, Lambda(), start);
}

JobResult Run::go() {
  const double every = context_.config.number("output.every");
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
  if (!point_->solver().converged()) {
    point_->solver().step();
    point_->append_to(log_);
    show_progress();
  }
  if (point_->solver().converged()) complete();
}

void Run::complete() {
  if (const std::string warning = point_->warning(); !warning.empty())
    context_.console.warning(warning);
  if (task_.is_list)
    context_.console.note(fmt::format("Lambda = {:g}: {}", Lambda(), point_->summary()));
  results_.push_back(point_->result(true));
  if (finished()) return;
  begin({point_->solver().slab().all_nodes()});
  point_->append_to(log_);
}

void Run::show_progress() {
  const double done = static_cast<double>(results_.size()) + point_->solver().progress();
  context_.console.progress(
      done / static_cast<double>(task_.Lambdas.size()),
      fmt::format("Lambda = {:g}  iteration {}  residual {:.1e}", Lambda(),
                  point_->effort().iterations, point_->solver().history().back().residual));
}

/// The best state is worth keeping, and shows what went wrong.
void Run::fail(const std::string& why) {
  context_.console.end_progress();
  if (!point_) {
    if (!results_.empty()) write();
    throw NumericsError(failure_at(Lambda(), why));
  }
  point_->solver().return_to_best();
  write();
  throw NumericsError(point_->failure(why) + ". " + point_->advice());
}

/// The results so far; with a checkpoint where there is more to come.
JobResult Run::write() const {
  std::vector<DefectResult> results = results_;
  if (!finished() && point_) results.push_back(point_->result(false));
  const auto checkpoint = [&](ResultWriter& writer) {
    if (finished() || !point_) return;
    write_checkpoint(writer, {results_.size(), point_->solver().slab().all_nodes(),
                              point_->solver().next_dt(), point_->effort(), log_, 0});
  };
  return write_defect(context_, task_,
                      {std::move(results), log_, earlier_ + clock_.elapsed(), finished()},
                      checkpoint);
}

JobResult run(JobContext& context) {
  return solves_together(context.config) ? run_together(context) : Run(context).go();
}

void validate(const Config& config) {
  const DefectProblem problem = make_defect(config);
  make_stationary_options(config, problem.model);
  make_mesh(config, 1);
}

constexpr const Key* keys_read[] = {
    &keys::carriers::dispersion, &keys::carriers::interaction, &keys::carriers::left,
    &keys::carriers::right,      &keys::defect::Lambda,        &keys::defect::together,
    &keys::collision::K,         &keys::defect::cells,         &keys::defect::mesh,
    &keys::defect::layer,        &keys::collision::channels,   &keys::collision::tolerance,
    &keys::collision::T,         &keys::collision::M,          &keys::collision::dtau,
    &keys::defect::scheme,       &keys::defect::transport,     &keys::defect::split,
    &keys::defect::residual,     &keys::defect::iterations,    &keys::output::file,
    &keys::output::every,
};

}  // namespace

constinit const Job stationary_job{
    .name = "stationary",
    .meaning = R"(
        the stationary state of a defect between two reservoirs: v d_X n = Lambda I[n],
        0 <= X <= 1)",
    .keys = keys_read,
    .run = run,
    .check_keys = keys::defect::check,
    .validate = validate,
    .file_size = defect_file_size,
    .estimate = estimate_defect,
};

}  // namespace kapitza::host
