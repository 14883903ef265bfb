// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/defect/together.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "host/exit_code.hpp"
#include "host/jobs/defect/point.hpp"
#include "host/runs/stepwise.hpp"
#include "kapitza/kinetic/together.hpp"

namespace kapitza::host {
namespace {

/// One Lambda as its own thread leaves it behind after every step. Others look at it while that
/// thread waits.
struct OneLambda {
  double Lambda = 0;
  DefectStart start = {};                   ///< of this run
  std::optional<DefectResult> result = {};  ///< none before the first step
  std::vector<double> nodes = {};
  double dt = 0;
  IterationLog log = {};
  long steps = 0;  ///< in this run
  double progress = 0;
  bool converged = false;
  std::string summary = {}, warning = {};
  std::string failure = {};  ///< why it has ended without convergence
  std::string advice = {};   ///< what may help; once the best state is kept
  bool reported = false;     ///< that it has converged or failed

  bool ended() const { return converged || !failure.empty(); }
};

/// All Lambdas at once, each in a thread of its own that waits for the others at every step.
class DefectsSideBySide {
 public:
  explicit DefectsSideBySide(JobContext& context);

  JobResult run();

 private:
  void resume();
  void solve(OneLambda& one, kinetic::Backend& own);
  void advance(OneLambda& one, std::optional<DefectPoint>& point, kinetic::Backend& own);
  void between_steps();
  void report();
  double progress() const;
  double seconds_per_step() const;
  bool finished() const { return std::ranges::all_of(all_, &OneLambda::converged); }
  [[noreturn]] void throw_failure(const std::vector<std::exception_ptr>& thrown,
                                  const std::string& not_kept) const;
  std::string keep() const;
  JobResult write() const;

  JobContext& context_;
  RunTime time_{context_};
  CheckpointClock checkpoint_{context_.config};
  DefectTask task_;
  std::vector<OneLambda> all_;
  std::string stopped_by_;
  long reported_steps_ = 0;  ///< of all Lambdas
};

DefectsSideBySide::DefectsSideBySide(JobContext& context) : context_(context), task_(context) {
  for (const double Lambda : task_.Lambdas) all_.push_back({.Lambda = Lambda});
  if (context_.resume) resume();
}

// ---- in the thread of one Lambda ----------------------------------------------------------------

void record(OneLambda& one, const DefectPoint& point) {
  const defect::StationarySolver& solver = point.solver();
  one.result = point.result(solver.converged());
  one.nodes = solver.slab().all_nodes();
  one.dt = solver.next_dt();
  one.steps = solver.iterations();
  one.progress = solver.progress();
  one.summary = point.summary();
  one.warning = point.warning();
  one.converged = solver.converged();
}

/// The best state is worth keeping, and shows what went wrong.
void fail(OneLambda& one, std::optional<DefectPoint>& point, const std::string& why) {
  one.failure = point ? point->failure(why) : failure_at(one.Lambda, why);
  if (!point) return;
  point->solver().return_to_best();
  record(one, *point);
  one.advice = point->advice();
}

/// Only failures of the numerics end here.
void DefectsSideBySide::solve(OneLambda& one, kinetic::Backend& own) {
  if (one.converged || !stopped_by_.empty()) return;
  std::optional<DefectPoint> point;
  try {
    advance(one, point, own);
  } catch (const NumericsError& error) {
    fail(one, point, error.what());
  } catch (const std::exception& error) {
    one.failure = failure_at(one.Lambda, message_of(error));
    throw;
  }
}

/// At least one step, so that runs of any length get on.
void DefectsSideBySide::advance(OneLambda& one, std::optional<DefectPoint>& point,
                                kinetic::Backend& own) {
  point.emplace(task_, own, one.Lambda, one.start);
  if (one.log.Lambda.empty()) point->append_to(one.log);
  do {
    if (!point->solver().converged()) {
      point->solver().step();
      point->append_to(one.log);
    }
    record(one, *point);
  } while (!one.converged && stopped_by_.empty());
}

// ---- in the thread of the job -------------------------------------------------------------------

JobResult DefectsSideBySide::run() {
  context_.console.start_progress(progress());
  checkpoint_.restart();
  const auto thrown = kinetic::side_by_side(
      context_.machine.kinetic(), all_.size(),
      [this](std::size_t i, kinetic::Backend& own) { solve(all_[i], own); },
      [this] { between_steps(); });
  report();
  context_.console.end_progress();
  // Where others can go on, a failure is one of the things that have been reported.
  const bool failed =
      !finished() && (stopped_by_.empty() || std::ranges::all_of(all_, &OneLambda::ended));
  if (failed) throw_failure(thrown, keep());
  JobResult result = write();
  if (!result.finished) result.stopped_by = stopped_by_;
  return result;
}

/// What is to be told where not even that is possible.
std::string DefectsSideBySide::keep() const {
  try {
    write();
    return {};
  } catch (const IoError& error) {
    return not_kept(error);
  }
}

/// While all threads wait.
void DefectsSideBySide::between_steps() {
  report();
  if (stopped_by_.empty()) stopped_by_ = context_.stop(seconds_per_step());
  const bool any =
      std::ranges::any_of(all_, [](const OneLambda& one) { return one.result.has_value(); });
  if (!any || !checkpoint_.due()) return;
  write();
  checkpoint_.restart();
}

/// Single steps are not timed: most of such a time is waiting for others.
double DefectsSideBySide::seconds_per_step() const {
  const long most = std::ranges::max_element(all_, {}, &OneLambda::steps)->steps;
  return time_.this_part() / static_cast<double>(std::max(most, 1L));
}

/// 0 .. 1, of all Lambdas together.
double DefectsSideBySide::progress() const {
  double sum = 0;
  for (const OneLambda& one : all_) sum += one.progress;
  return sum / static_cast<double>(all_.size());
}

void DefectsSideBySide::report() {
  long steps = 0;
  for (OneLambda& one : all_) {
    steps += one.steps;
    if (!one.ended() || std::exchange(one.reported, true)) continue;
    const std::string& warning = one.converged ? one.warning : one.failure;
    if (!warning.empty()) context_.console.warning(warning);
    if (one.converged)
      context_.console.note(fmt::format("Lambda = {:g}: {}", one.Lambda, one.summary));
  }
  if (std::exchange(reported_steps_, steps) == steps) return;
  const auto converged = std::ranges::count_if(all_, &OneLambda::converged);
  context_.console.progress(progress(),
                            fmt::format("{} of {} Lambdas have converged", converged, all_.size()));
}

/// What is no failure of the numerics stays what it is.
void DefectsSideBySide::throw_failure(const std::vector<std::exception_ptr>& thrown,
                                      const std::string& not_kept) const {
  const auto other = std::ranges::find_if(thrown, [](const auto& one) { return one != nullptr; });
  if (other != thrown.end()) {
    if (!not_kept.empty()) context_.console.warning(not_kept);
    std::rethrow_exception(*other);
  }
  std::string text, advice;
  for (const OneLambda& one : all_) {
    if (!one.failure.empty()) text += (text.empty() ? "" : "\n") + one.failure;
    // One holds for all: they differ in what they begin with, or not at all.
    if (one.advice.size() > advice.size()) advice = one.advice;
  }
  // The advice says where the best states are: in a file that was not written.
  const std::string& more = not_kept.empty() ? advice : not_kept;
  throw NumericsError(more.empty() ? text : text + "\n" + more);
}

JobResult DefectsSideBySide::write() const {
  DefectProgress progress{{}, {}, time_.all_parts(), finished()};
  DefectStates states;
  for (const OneLambda& one : all_) {
    if (!one.result) continue;
    progress.results.push_back(*one.result);
    progress.log.append(one.log);
    states.nodes.insert(states.nodes.end(), one.nodes.begin(), one.nodes.end());
    states.dt.push_back(one.dt);
  }
  if (progress.results.empty()) return {.wall_seconds = progress.wall_seconds, .finished = false};
  return write_defect(context_, task_, progress, [&](ResultWriter& writer) {
    if (!progress.finished) write_states(writer, states);
  });
}

// ---- going on -----------------------------------------------------------------------------------

/// The file has all Lambdas that had made a step, in their order.
void DefectsSideBySide::resume() {
  const ResultReader reader(context_.target);
  const DefectStates states = read_states(reader, task_.problem, task_.file);
  const std::vector<IterationLog> logs = read_log(reader).split();
  const auto damaged = [&] {
    return IoError(fmt::format("{}: the checkpoint in it is damaged", task_.file));
  };
  const auto column = [&](const char* name) {
    std::vector<double> values = reader.read(name);
    if (values.size() != states.dt.size() || logs.size() != values.size() || values.empty())
      throw damaged();
    return values;
  };
  const auto Lambda = column("Lambda"), converged = column("converged"),
             iterations = column("iterations"), evaluations = column("collision_evaluations"),
             jacobians = column("jacobians");
  const std::size_t size = states.nodes.size() / Lambda.size();
  std::optional<DefectResult> like;
  std::size_t i = 0;
  for (OneLambda& one : all_) {
    if (i == Lambda.size() || one.Lambda != Lambda[i]) continue;
    const auto first = states.nodes.begin() + static_cast<std::ptrdiff_t>(i * size);
    one.nodes.assign(first, first + static_cast<std::ptrdiff_t>(size));
    one.dt = states.dt[i];
    one.log = logs[i];
    one.converged = one.reported = converged[i] != 0;
    one.progress = one.converged ? 1 : 0;
    one.start = {
        one.nodes,
        one.dt,
        {std::lround(iterations[i]), std::lround(evaluations[i]), std::lround(jacobians[i])}};
    // A result needs a solver for its names and sizes.
    if (!like)
      like = DefectPoint(task_, context_.machine.kinetic(), one.Lambda, one.start).result(false);
    one.result = read_result(reader, i++, *like);
  }
  if (i != Lambda.size()) throw damaged();
}

}  // namespace

JobResult run_together(JobContext& context) { return DefectsSideBySide(context).run(); }

}  // namespace kapitza::host
