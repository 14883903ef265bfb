// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/defect/stationary.hpp"

#include <fmt/format.h>
#include <optional>

#include "host/jobs/defect/cost.hpp"
#include "host/jobs/defect/keys.hpp"
#include "host/jobs/defect/point.hpp"
#include "host/jobs/defect/read.hpp"
#include "host/jobs/defect/together.hpp"
#include "host/jobs/kinetic/collision_keys.hpp"
#include "host/jobs/model/keys.hpp"
#include "host/jobs/output_keys.hpp"
#include "host/runs/stepwise.hpp"

namespace kapitza::host {
namespace {

/// The Lambdas one after the other: those that are done, the one that is being solved, and the file
/// they go to.
class DefectsInTurn final : public StepwiseRun {
 public:
  explicit DefectsInTurn(JobContext& context);

  void step() override;
  bool finished() const override { return results_.size() == task_.Lambdas.size(); }
  double progress() const override;
  std::string detail() const override;
  JobResult write() override;
  std::string fail(const std::string& why) override;

 private:
  double Lambda() const { return task_.Lambdas.at(results_.size()); }
  void resume();
  void begin(const DefectStart& start);
  void complete();

  JobContext& context_;
  RunTime time_{context_};
  DefectTask task_;
  std::vector<DefectResult> results_;  ///< of the Lambdas that are done
  std::optional<DefectPoint> point_;
  IterationLog log_;
};

DefectsInTurn::DefectsInTurn(JobContext& context) : context_(context), task_(context) {
  if (context_.resume) {
    resume();
  } else {
    begin({});
    point_->append_to(log_);
  }
}

void DefectsInTurn::resume() {
  const ResultReader reader(context_.target);
  DefectCheckpoint from = read_checkpoint(reader, task_.problem, task_.file);
  if (from.completed >= task_.Lambdas.size())
    throw IoError(fmt::format("{}: the checkpoint in it is damaged", task_.file));
  log_ = std::move(from.log);
  // The results need the solver for their names and sizes, and it needs their number.
  results_.resize(from.completed);
  begin({std::move(from.nodes), from.dt, from.effort});
  const DefectResult like = point_->result(false);
  for (std::size_t i = 0; i < from.completed; ++i) results_[i] = read_result(reader, i, like);
}

/// The next Lambda, from where the one before, or an earlier run, has come to.
void DefectsInTurn::begin(const DefectStart& start) {
  point_.reset();
  point_.emplace(task_, context_.machine.kinetic(), Lambda(), start);
}

/// One iteration, and what follows from it.
void DefectsInTurn::step() {
  if (!point_->solver().converged()) {
    point_->solver().step();
    point_->append_to(log_);
  }
  if (point_->solver().converged()) complete();
}

void DefectsInTurn::complete() {
  if (const std::string warning = point_->warning(); !warning.empty())
    context_.console.warning(warning);
  if (task_.is_list)
    context_.console.note(fmt::format("Lambda = {:g}: {}", Lambda(), point_->summary()));
  results_.push_back(point_->result(true));
  if (finished()) return;
  begin({point_->solver().slab().all_nodes()});
  point_->append_to(log_);
}

double DefectsInTurn::progress() const {
  const double here = finished() ? 0 : point_->solver().progress();
  return (static_cast<double>(results_.size()) + here) / static_cast<double>(task_.Lambdas.size());
}

std::string DefectsInTurn::detail() const {
  return fmt::format("Lambda = {:g}  iteration {}  residual {:.1e}", log_.Lambda.back(),
                     log_.iteration.back(), log_.residual.back());
}

/// The best state is worth keeping, and shows what went wrong.
std::string DefectsInTurn::fail(const std::string& why) {
  if (!point_) {
    if (!results_.empty()) write();
    return failure_at(Lambda(), why);
  }
  point_->solver().return_to_best();
  write();
  return point_->failure(why) + ". " + point_->advice();
}

JobResult DefectsInTurn::write() {
  std::vector<DefectResult> results = results_;
  if (!finished() && point_) results.push_back(point_->result(false));
  const auto checkpoint = [&](ResultWriter& writer) {
    if (finished() || !point_) return;
    write_checkpoint(writer, {results_.size(), point_->solver().slab().all_nodes(),
                              point_->solver().next_dt(), point_->effort(), log_});
  };
  return write_defect(context_, task_, {std::move(results), log_, time_.all_parts(), finished()},
                      checkpoint);
}

JobResult run_stationary(JobContext& context) {
  if (solves_together(context.config)) return run_together(context);
  DefectsInTurn defects(context);
  return run_stepwise(defects, context);
}

void validate_stationary(const Config& config) {
  const defect::Problem problem = make_defect(config);
  make_stationary_options(config, problem.model);
  make_mesh(config, 1);
}

constexpr const Key* keys_of_stationary[] = {
    &keys::carriers::dispersion, &keys::carriers::interaction, &keys::defect::left,
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
    .keys = keys_of_stationary,
    .run = run_stationary,
    .check_keys = check_defect_keys,
    .validate = validate_stationary,
    .file_size = defect_file_size,
    .estimate = estimate_defect,
};

}  // namespace kapitza::host
