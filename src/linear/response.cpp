// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/linear/response.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include "kapitza/core/error.hpp"
#include "kapitza/numerics/norms.hpp"

namespace kapitza::linear {
namespace {

constexpr int most_fine_momenta = 4096;  ///< of the grid that pairs are counted on
constexpr int least_sites = 256, greatest_sites = 64 * 1024;

/// What two resolutions are compared by.
struct Answer {
  std::vector<std::vector<double>> outgoing;  ///< reflected and transmitted, for some Lambda
  std::vector<Matrix2> resistance;            ///< bulk and boundary
  double smallest_nu;
};

/// max |a - b| / max |b|
double relative_distance(const Matrix2& a, const Matrix2& b) {
  const auto element = [](const Matrix2& m, std::size_t i) { return m[i / 2][i % 2]; };
  const double change = largest_of(4, [&](std::size_t i) { return element(a, i) - element(b, i); });
  return change / largest_of(4, [&](std::size_t i) { return element(b, i); });
}

/// Means of neighbours: values on half as many momenta. As K is a multiple of four, no two of them
/// lie on different sides of k = 0, where what enters and what leaves jumps.
std::vector<double> halved(const std::vector<double>& values) {
  std::vector<double> means;
  for (std::size_t m = 0; m < values.size(); m += 2)
    means.push_back((values[m] + values[m + 1]) / 2);
  return means;
}

Answer halved(Answer answer) {
  for (std::vector<double>& dn : answer.outgoing) dn = halved(dn);
  return answer;
}

/// The least, the middle and the largest.
std::vector<double> probes(std::vector<double> Lambda) {
  std::sort(Lambda.begin(), Lambda.end());
  std::vector<double> some{Lambda.front(), Lambda[Lambda.size() / 2], Lambda.back()};
  some.erase(std::unique(some.begin(), some.end()), some.end());
  return some;
}

/// A problem at any resolution.
class Solver {
 public:
  Solver(kinetic::Backend& backend, Problem problem)
      : problem_(std::move(problem)),
        probes_(probes(problem_.Lambda)),
        linearise_(backend, problem_.model, problem_.background) {}

  const LinearisedCollision& linearise(const Resolution& resolution) {
    return linearise_(resolution);
  }
  Answer answer(const Resolution& resolution);
  double distance(const Answer& a, const Answer& b) const;

 private:
  Problem problem_;
  std::vector<double> probes_;
  Lineariser linearise_;
};

Answer Solver::answer(const Resolution& resolution) {
  const Modes modes(linearise_(resolution));
  Answer result{{}, {}, modes.spectrum().front()};
  result.resistance = {modes.bulk_resistance(), modes.boundary_resistance(Modes::infinity)};
  for (const double Lambda : probes_) {
    Scattering::Outgoing out = modes.at(Lambda).respond(problem_.dn_in);
    result.outgoing.push_back(std::move(out.reflected));
    result.outgoing.push_back(std::move(out.transmitted));
  }
  return result;
}

/// The largest of: the outgoing currents, sum |v| |a - b| / sum |v| |dn_in|; the resistances; nu.
double Solver::distance(const Answer& a, const Answer& b) const {
  std::vector<double> distances{a.smallest_nu / b.smallest_nu - 1};
  for (std::size_t i = 0; i < b.resistance.size(); ++i)
    distances.push_back(relative_distance(a.resistance[i], b.resistance[i]));
  const std::vector<double> v = problem_.model.dispersion.velocity(problem_.model.grid.momenta());
  double injected = 0;
  for (std::size_t k = 0; k < v.size(); ++k) injected += std::abs(v[k] * problem_.dn_in[k]);
  if (injected == 0) return largest(distances);
  for (std::size_t i = 0; i < b.outgoing.size(); ++i) {
    double change = 0;
    for (std::size_t k = 0; k < v.size(); ++k)
      change += std::abs(v[k] * (a.outgoing[i][k] - b.outgoing[i][k]));
    distances.push_back(change / injected);
  }
  return largest(distances);
}

struct Stopped {};

/// What the next answer takes, from the parts of those before. The sizes are those of Jacobians.
class LinearPace {
 public:
  double expected(const Resolution& next) const {
    double seconds = modes_.expected(1);
    if (next.collision != last_.collision) seconds += sweep_.expected(sweep_size(next));
    if (next.refinement != last_.refinement) seconds += pairs_.expected(pairs_size(next));
    return seconds;
  }

  /// linearise() and solve() are what an answer at this resolution consists of.
  template <class Linearise, class Solve>
  auto operator()(const Resolution& resolution, Linearise linearise, Solve solve) {
    const double seconds = seconds_of(linearise);
    if (resolution.collision != last_.collision) sweep_.record(sweep_size(resolution), seconds);
    if (resolution.refinement != last_.refinement) pairs_.record(pairs_size(resolution), seconds);
    last_ = resolution;
    return modes_(1, solve);
  }

 private:
  static double sweep_size(const Resolution& r) { return kinetic::sweep_size(r.collision); }
  static double pairs_size(const Resolution& r) {
    return static_cast<double>(r.refinement) * r.refinement;
  }

  Resolution last_;
  Pace sweep_, pairs_, modes_;
};

/// Looks for the resolution of a linear problem.
class Resolver {
 public:
  Resolver(kinetic::Backend& backend, const Problem& problem,
           const kinetic::ResolutionRequest& request, const StopRefining& stop)
      : backend_(backend),
        problem_(problem),
        request_(request),
        stop_(stop),
        solver_(backend, problem) {}

  Response run();
  /// The finest that was begun.
  const Resolution& resolution() const { return resolution_; }

 private:
  using Step = std::function<bool(Resolution&)>;  ///< false: no further

  Resolution coarsest() const;
  std::optional<Answer> try_answer();
  Answer answer();
  bool double_T(Resolution& r) const;
  Answer first_answer();
  std::optional<double> refine_by(const Step& step);
  double refine_sites();
  double refine_pairs();
  double refine_T();
  double last_doubling_of_T();
  double grid_error();

  kinetic::Backend& backend_;
  const Problem& problem_;
  const kinetic::ResolutionRequest& request_;
  const StopRefining& stop_;
  Solver solver_;
  LinearPace pace_;
  Resolution resolution_;
};

Resolution Resolver::coarsest() const {
  const kinetic::CollisionModel& model = problem_.model;
  Resolution resolution;
  kinetic::Resolution& sweep = resolution.collision;
  if (model.has_pairs()) {
    resolution.refinement = 1;
    // Enough to integrate the products of the grid's functions along the manifold.
    sweep.points = 2 * model.grid.K;
  }
  if (!model.has_sweep()) return resolution;
  sweep.dtau = request_.dtau.value_or(kinetic::Resolution::safe_dtau(model));
  sweep.M_first = model.grid.K;
  while (sweep.M_first < least_sites) sweep.M_first *= 2;
  sweep.M_first = request_.M.value_or(sweep.M_first);
  kinetic::resize_to_T(model, request_, kinetic::least_T(model), sweep);
  return resolution;
}

Answer Resolver::answer() {
  return pace_(
      resolution_, [&] { solver_.linearise(resolution_); },
      [&] { return solver_.answer(resolution_); });
}

/// The answer at the present resolution; none where that is so coarse that S is not negative
/// definite.
std::optional<Answer> Resolver::try_answer() {
  if (stop_ && stop_(pace_.expected(resolution_))) throw Stopped{};
  try {
    return answer();
  } catch (const NumericsError&) {
    return std::nullopt;
  }
}

/// False where T was given, or cannot grow.
bool Resolver::double_T(Resolution& r) const {
  const double T = 2 * r.collision.T;
  return problem_.model.has_sweep() && r.collision.T != request_.T &&
         T <= kinetic::greatest_T(problem_.model) &&
         kinetic::resize_to_T(problem_.model, request_, T, r.collision);
}

/// The answer at the present resolution, or at the first T beyond it that gives one.
Answer Resolver::first_answer() {
  while (true) {
    if (const std::optional<Answer> answer = try_answer()) return *answer;
    if (!double_T(resolution_)) return solver_.answer(resolution_);  // throws again
  }
}

/// Takes steps until the error that is left is within its share; none if no two answers could be
/// compared.
std::optional<double> Resolver::refine_by(const Step& step) {
  constexpr double share = 1.0 / 3;
  bool comparable = true;
  const auto finer = [&]() -> std::optional<Answer> {
    if (!step(resolution_)) return std::nullopt;
    const double T = resolution_.collision.T;
    Answer fine = first_answer();
    comparable = resolution_.collision.T == T;  // else more than the step has changed
    return fine;
  };
  GeometricTail tail;
  const auto error = [&](const Answer& coarse, const Answer& fine) -> std::optional<double> {
    if (!comparable) return std::nullopt;
    return tail(solver_.distance(coarse, fine));
  };
  return refine(first_answer(), finer, error, share * request_.tolerance).error;
}

/// At a short T, because the light cone of a long one would hide what they do.
double Resolver::refine_sites() {
  const auto twice = [&](Resolution& r) {
    if (2 * r.collision.M_first > greatest_sites) return false;
    r.collision.M_first *= 2;
    return kinetic::resize_to_T(problem_.model, request_, r.collision.T, r.collision);
  };
  return refine_by(twice).value_or(1);
}

double Resolver::refine_pairs() {
  const int K = problem_.model.grid.K, most = std::max(most_fine_momenta, 2 * K);
  const auto twice = [&](Resolution& r) {
    if (2 * r.refinement * K > most) return false;
    r.refinement *= 2;
    return true;
  };
  return refine_by(twice).value_or(1);
}

double Resolver::refine_T() {
  const std::optional<double> error = refine_by([&](Resolution& r) { return double_T(r); });
  return error ? *error : last_doubling_of_T();
}

/// What is known about a T that was given: all of it may be wrong where half of it gives nothing.
double Resolver::last_doubling_of_T() {
  const Resolution given = resolution_;
  kinetic::resize_to_T(problem_.model, request_, given.collision.T / 2, resolution_.collision);
  const std::optional<Answer> coarse = try_answer();
  resolution_ = given;
  return coarse ? solver_.distance(*coarse, solver_.answer(resolution_)) : 1;
}

/// What half as many momenta change. Layers are not smooth at v = 0, so that results converge like
/// 1/K, and K momenta are as far from the limit as half as many are from them.
double Resolver::grid_error() {
  if (stop_ && stop_(pace_.expected(resolution_))) throw Stopped{};
  Solver half(backend_, halved(problem_));
  try {
    return half.distance(half.answer(resolution_), halved(solver_.answer(resolution_)));
  } catch (const NumericsError&) {
    solver_.answer(resolution_);  // throws again where the fault is not that of half the momenta
    return 1;
  }
}

Response Resolver::run() {
  const kinetic::CollisionModel& model = problem_.model;
  resolution_ = coarsest();
  double error = 0;
  if (model.has_sweep() && !request_.M) error += refine_sites();
  if (model.has_sweep() && request_.T)
    kinetic::resize_to_T(model, request_, *request_.T, resolution_.collision);
  if (model.has_pairs()) error += refine_pairs();
  if (model.has_sweep()) error += request_.T ? last_doubling_of_T() : refine_T();
  const kinetic::ResolutionErrors errors{error, grid_error(), request_.tolerance};
  const LinearisedCollision& collision = solver_.linearise(resolution_);
  return {collision, Modes(collision), resolution_, errors};
}

}  // namespace

Problem halved(Problem problem) {
  problem.model.grid.K /= 2;
  problem.dn_in = halved(problem.dn_in);
  return problem;
}

Resolved resolve(kinetic::Backend& backend, const Problem& problem,
                 const kinetic::ResolutionRequest& request, const StopRefining& stop) {
  kinetic::check_request(problem.model, request);
  require_even(problem.model.dispersion);
  require_resolved(problem.model, problem.background);
  Resolver resolver(backend, problem, request, stop);
  try {
    Response response = resolver.run();
    return {std::move(response), resolver.resolution()};
  } catch (const Stopped&) {
    return {std::nullopt, resolver.resolution()};
  }
}

Response resolve(kinetic::Backend& backend, const Problem& problem,
                 const kinetic::ResolutionRequest& request) {
  return *resolve(backend, problem, request, {}).response;
}

}  // namespace kapitza::linear
