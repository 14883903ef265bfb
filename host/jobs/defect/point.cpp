// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/defect/point.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "host/jobs/defect/keys.hpp"
#include "host/jobs/defect/read.hpp"
#include "host/jobs/kinetic/report.hpp"

namespace kapitza::host {
namespace {

/// Both reservoirs and the band look the same from both ends, whatever the mesh does.
bool is_symmetric(defect::Problem problem) {
  problem.mesh = defect::Mesh::uniform(2);
  return problem.is_symmetric();
}

std::unique_ptr<defect::StationarySolver> make_solver(const Config& config,
                                                      kinetic::Backend& backend,
                                                      defect::Problem problem,
                                                      const defect::StationaryOptions& options) {
  if (uses_newton(config)) return defect::make_newton(backend, std::move(problem), options);
  return defect::make_march(backend, std::move(problem), options,
                            {.split = config.flag(keys::defect::split)});
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

}  // namespace

DefectTask::DefectTask(const JobContext& context)
    : config(context.config),
      file(context.target.string()),
      problem(make_defect(config)),
      options(make_stationary_options(config, problem.model)),
      Lambdas(config.numbers(keys::defect::Lambda)),
      is_list(config.is_list(keys::defect::Lambda)),
      symmetric(is_symmetric(problem)),
      mean_free_path(
          defect::mean_free_path(context.machine.kinetic(), problem.model, problem.injection, 1)) {}

DefectPoint::DefectPoint(const DefectTask& task, kinetic::Backend& backend, double Lambda,
                         const DefectStart& start)
    : task_(task), Lambda_(Lambda), before_(start.before) {
  defect::Problem problem = task.problem;
  problem.Lambda = Lambda;
  problem.mesh = make_mesh(task.config, task.mean_free_path / Lambda);
  solver_ = make_solver(task.config, backend, std::move(problem), task.options);
  if (start.nodes.empty()) return;
  if (start.nodes.size() != slab().all_nodes().size())
    throw IoError(fmt::format("{}: the checkpoint in it is damaged", task.file));
  solver_->start_from(start.nodes, start.dt);
}

void DefectPoint::append_to(IterationLog& log) const {
  log.append(Lambda_, static_cast<double>(effort().iterations), solver_->history().back());
}

Effort DefectPoint::effort() const {
  Effort effort = before_;
  effort.iterations += solver_->iterations();
  effort.evaluations += slab().evaluations();
  effort.jacobians += solver_->jacobians();
  return effort;
}

DefectResult DefectPoint::result(bool converged) const {
  const defect::Profile profile = slab().profile();
  const Effort spent = effort();
  Quantities rows{
      {"Lambda", Lambda_, "strength of the defect"},
      {"converged", converged, ""},
      {"iterations", std::int64_t{spent.iterations}, ""},
      {"residual", solver_->residual(), "largest relative imbalance of streaming and collisions"},
  };
  append(rows, profile_rows(profile, task_.symmetric));
  append(rows, {
                   {"mean_free_path", task_.mean_free_path / Lambda_, "of what is injected, in X"},
                   {"collision_evaluations", std::int64_t{spent.evaluations}, "of all nodes each"},
                   {"jacobians", std::int64_t{spent.jacobians}, "of all nodes each"},
               });
  append(rows, resolution_rows(slab().collisions().resolution()));
  append(rows, error_rows(slab().errors()));
  return {Lambda_, std::move(rows), fields_of(profile)};
}

std::string DefectPoint::summary() const {
  return fmt::format("{} iterations, residual {:.1e}", effort().iterations,
                     solver_->history().back().residual);
}

std::string DefectPoint::warning() const {
  const kinetic::ResolutionErrors errors = slab().errors();
  if (errors.tolerance_reached()) return {};
  const std::string where = task_.is_list ? fmt::format("Lambda = {:g}: ", Lambda_) : "";
  return where + unreached_tolerance(errors);
}

std::string failure_at(double Lambda, const std::string& why) {
  return fmt::format("Lambda = {:g}: {}", Lambda, why);
}

std::string DefectPoint::failure(const std::string& why) const {
  return fmt::format("{}; the latest residuals are {}", failure_at(Lambda_, why),
                     latest_residuals());
}

std::string DefectPoint::latest_residuals() const {
  constexpr std::size_t most = 5;
  const std::vector<defect::Iteration>& history = solver_->history();
  std::string text;
  for (std::size_t i = history.size() - std::min(most, history.size()); i < history.size(); ++i)
    text += fmt::format("{}{:.1e}", text.empty() ? "" : ", ", history[i].residual);
  return text;
}

std::string DefectPoint::advice() const {
  const Config& config = task_.config;
  std::string text = "What may help: ";
  if (slab().errors().grid > 0.1) text += "a larger grid.K, which cannot resolve I now; ";
  if (config.has(keys::defect::iterations)) text += "more numerics.iterations; ";
  if (!uses_newton(config)) text += "numerics.scheme = \"newton\"; ";
  if (!is_graded(config)) text += "grid.mesh = \"graded\"; ";
  if (!task_.is_list) text += "defect.Lambda as a list that climbs to this value; ";
  if (solves_together(config))
    text += "defect.together = false, so that each Lambda starts from the one before; ";
  return text + fmt::format(
                    "more grid.cells; a looser numerics.tolerance. (The best densities so far are "
                    "in {}.)",
                    task_.file);
}

JobResult write_defect(const JobContext& context, const DefectTask& task,
                       const DefectProgress& progress,
                       const std::function<void(ResultWriter&)>& add) {
  JobResult done{.wall_seconds = progress.wall_seconds, .finished = progress.finished};
  if (task.is_list) {
    for (const DefectResult& result : progress.results)
      done.series.rows.push_back(result.quantities);
    done.series.columns = columns_of(progress.results.front());
  } else {
    done.quantities = progress.results.front().quantities;
  }
  ResultWriter writer(context.target);
  write_results(writer, task.problem, progress.results, task.is_list);
  write_log(writer, progress.log);
  add(writer);
  write_attributes(writer, context, done);
  writer.commit();
  return done;
}

}  // namespace kapitza::host
