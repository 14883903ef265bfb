// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/stationary_together.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "host/exit_code.hpp"
#include "host/jobs/stationary_point.hpp"
#include "kapitza/solver/together.hpp"

namespace kapitza::host {
namespace {

/// One Lambda as its own thread leaves it behind after every step. Others look at it while that
/// thread waits.
struct Place {
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
  bool told = false;         ///< that it has converged or failed

  bool ended() const { return converged || !failure.empty(); }
};

class Run {
 public:
  explicit Run(JobContext& context);

  JobResult go();

 private:
  void resume();
  void take_up(const ResultReader& reader);
  void solve(Place& place, kinetic::Backend& own);
  void advance(Place& place, std::optional<DefectPoint>& point, kinetic::Backend& own);
  void look_after();
  void tell();
  double seconds_per_step() const;
  bool finished() const { return std::ranges::all_of(places_, &Place::converged); }
  [[noreturn]] void throw_failure(const std::vector<std::exception_ptr>& thrown) const;
  JobResult write() const;

  JobContext& context_;
  DefectTask task_;
  WallClock clock_{std::nullopt};
  std::vector<Place> places_;
  std::string stopped_by_;
  long told_steps_ = 0;  ///< of all Lambdas
  double last_checkpoint_ = 0, earlier_ = 0;
};

Run::Run(JobContext& context) : context_(context), task_(context) {
  for (const double Lambda : task_.Lambdas) places_.push_back({.Lambda = Lambda});
  if (context_.resume) resume();
}

// ---- in the thread of one Lambda ----------------------------------------------------------------

void keep(Place& place, const DefectPoint& point) {
  const StationarySolver& solver = point.solver();
  place.result = point.result(solver.converged());
  place.nodes = solver.slab().all_nodes();
  place.dt = solver.next_dt();
  place.steps = solver.iterations();
  place.progress = solver.progress();
  place.summary = point.summary();
  place.warning = point.warning();
  place.converged = solver.converged();
}

/// The best state is worth keeping, and shows what went wrong.
void fail(Place& place, std::optional<DefectPoint>& point, const std::string& why) {
  place.failure = point ? point->failure(why) : failure_at(place.Lambda, why);
  if (!point) return;
  point->solver().return_to_best();
  keep(place, *point);
  place.advice = point->advice();
}

/// Only failures of the numerics end here.
void Run::solve(Place& place, kinetic::Backend& own) {
  if (place.converged || !stopped_by_.empty()) return;
  std::optional<DefectPoint> point;
  try {
    advance(place, point, own);
  } catch (const NumericsError& error) {
    fail(place, point, error.what());
  } catch (const std::exception& error) {
    place.failure = failure_at(place.Lambda, message_of(error));
    throw;
  }
}

/// At least one step, so that runs of any length get on.
void Run::advance(Place& place, std::optional<DefectPoint>& point, kinetic::Backend& own) {
  point.emplace(task_, own, place.Lambda, place.start);
  if (place.log.Lambda.empty()) point->append_to(place.log);
  do {
    if (!point->solver().converged()) {
      point->solver().step();
      point->append_to(place.log);
    }
    keep(place, *point);
  } while (!place.converged && stopped_by_.empty());
}

// ---- in the thread of the job -------------------------------------------------------------------

JobResult Run::go() {
  context_.console.start_progress(0);
  last_checkpoint_ = clock_.elapsed();
  const auto thrown = side_by_side(
      context_.machine.kinetic(), places_.size(),
      [this](std::size_t i, kinetic::Backend& own) { solve(places_[i], own); },
      [this] { look_after(); });
  tell();
  context_.console.end_progress();
  JobResult result = write();
  if (result.finished) return result;
  // Where others can go on, a failure is one of the things that have been told.
  if (stopped_by_.empty() || std::ranges::all_of(places_, &Place::ended)) throw_failure(thrown);
  result.stopped_by = stopped_by_;
  return result;
}

/// While all threads wait.
void Run::look_after() {
  tell();
  if (stopped_by_.empty()) stopped_by_ = context_.stop(seconds_per_step());
  const bool any =
      std::ranges::any_of(places_, [](const Place& p) { return p.result.has_value(); });
  if (!any || clock_.elapsed() - last_checkpoint_ < context_.config.number("output.every")) return;
  write();
  last_checkpoint_ = clock_.elapsed();
}

/// Single steps are not timed: most of such a time is waiting for others.
double Run::seconds_per_step() const {
  const long most = std::ranges::max_element(places_, {}, &Place::steps)->steps;
  return clock_.elapsed() / static_cast<double>(std::max(most, 1L));
}

void Run::tell() {
  double progress = 0;
  long steps = 0;
  for (Place& place : places_) {
    progress += place.progress;
    steps += place.steps;
    if (!place.ended() || std::exchange(place.told, true)) continue;
    const std::string& warning = place.converged ? place.warning : place.failure;
    if (!warning.empty()) context_.console.warning(warning);
    if (place.converged)
      context_.console.note(fmt::format("Lambda = {:g}: {}", place.Lambda, place.summary));
  }
  if (std::exchange(told_steps_, steps) == steps) return;
  const auto converged = std::ranges::count_if(places_, &Place::converged);
  context_.console.progress(
      progress / static_cast<double>(places_.size()),
      fmt::format("{} of {} Lambdas have converged", converged, places_.size()));
}

/// What is no failure of the numerics stays what it is.
void Run::throw_failure(const std::vector<std::exception_ptr>& thrown) const {
  for (const std::exception_ptr& other : thrown)
    if (other) std::rethrow_exception(other);
  std::string text, advice;
  for (const Place& place : places_) {
    if (!place.failure.empty()) text += (text.empty() ? "" : "\n") + place.failure;
    // One holds for all: they differ in what they begin with, or not at all.
    if (place.advice.size() > advice.size()) advice = place.advice;
  }
  throw NumericsError(advice.empty() ? text : text + "\n" + advice);
}

JobResult Run::write() const {
  DefectProgress progress{{}, {}, earlier_ + clock_.elapsed(), finished()};
  DefectStates states;
  for (const Place& place : places_) {
    if (!place.result) continue;
    progress.results.push_back(*place.result);
    progress.log.append(place.log);
    states.nodes.insert(states.nodes.end(), place.nodes.begin(), place.nodes.end());
    states.dt.push_back(place.dt);
  }
  if (progress.results.empty()) return {.wall_seconds = progress.wall_seconds, .finished = false};
  return write_defect(context_, task_, progress, [&](ResultWriter& writer) {
    if (!progress.finished) write_states(writer, states);
  });
}

// ---- going on -----------------------------------------------------------------------------------

void Run::resume() {
  const ResultReader reader(context_.target);
  earlier_ = reader.number("wall_seconds", "/");
  take_up(reader);
}

/// The file has all Lambdas that had made a step, in their order.
void Run::take_up(const ResultReader& reader) {
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
  for (Place& place : places_) {
    if (i == Lambda.size() || place.Lambda != Lambda[i]) continue;
    const auto first = states.nodes.begin() + static_cast<std::ptrdiff_t>(i * size);
    place.nodes.assign(first, first + static_cast<std::ptrdiff_t>(size));
    place.dt = states.dt[i];
    place.log = logs[i];
    place.converged = place.told = converged[i] != 0;
    place.progress = place.converged ? 1 : 0;
    place.start = {
        place.nodes,
        place.dt,
        {std::lround(iterations[i]), std::lround(evaluations[i]), std::lround(jacobians[i])}};
    // A result needs a solver for its names and sizes.
    if (!like)
      like =
          DefectPoint(task_, context_.machine.kinetic(), place.Lambda, place.start).result(false);
    place.result = read_result(reader, i++, *like);
  }
  if (i != Lambda.size()) throw damaged();
}

}  // namespace

JobResult run_together(JobContext& context) { return Run(context).go(); }

}  // namespace kapitza::host
