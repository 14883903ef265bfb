// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/kinetic/resolve.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "kapitza/core/digits.hpp"
#include "kapitza/numerics/norms.hpp"

namespace kapitza::kinetic {
namespace {

/// How the tolerance is shared out between the sources of error.
constexpr double share_of_points = 0.1, share_of_sites = 0.2, share_of_T = 0.6;

constexpr int most_points = 1024;
constexpr double infinite = std::numeric_limits<double>::infinity();

/// Largest over the densities of max_k |a - b| / max_k gain; what is no number agrees with nothing.
double distance(const CollisionBatch& a, const CollisionBatch& b, int K) {
  double worst = 0;
  for (std::size_t first = 0; first < a.I.size(); first += K) {
    const auto of = [&](const std::vector<double>& all) {
      return std::span(all).subspan(first, K);
    };
    const double change = largest_difference(of(a.I), of(b.I)), gain = largest(of(b.gain));
    if (std::isnan(change) || std::isnan(gain)) return infinite;
    if (gain > 0) worst = std::max(worst, change / gain);
  }
  return worst;
}

/// Looks for the resolution of the collision integrals of some densities.
class CollisionResolver {
 public:
  CollisionResolver(Backend& backend, const CollisionModel& model, std::span<const double> n,
                    const ResolutionRequest& request, const StopRefining& stop)
      : backend_(backend), model_(model), n_(n), request_(request), stop_(stop) {
    resolution_.dtau = request.dtau.value_or(Resolution::safe_dtau(model));
  }

  ResolvedCollision run() {
    find_constants();
    return model_.has_sweep() ? find_T() : finish();
  }

  ResolvedRow run_row() {
    find_constants();
    std::vector<std::size_t> all(densities());
    std::iota(all.begin(), all.end(), std::size_t{0});
    ResolvedRow row;
    if (model_.has_sweep()) {
      row.groups = find_each_T(std::move(all));
    } else {
      row.groups.push_back({build(model_, resolution_), std::move(all)});
    }
    row.constant_error = sites_error_ + points_error_;
    row.complete = !stopped_;
    return row;
  }

 private:
  std::unique_ptr<CollisionOperator> build(const CollisionModel& model,
                                           const Resolution& resolution) {
    return backend_.collision(CollisionPlan(model, resolution));
  }

  CollisionBatch evaluate(CollisionOperator& collision) const {
    CollisionBatch batch;
    collision.evaluate(n_, batch);
    return batch;
  }

  std::size_t densities() const { return n_.size() / model_.grid.K; }

  /// Of a sweep for so many densities.
  static double size(const Resolution& resolution, std::size_t densities) {
    return sweep_size(resolution) * static_cast<double>(densities);
  }

  bool stops(double seconds) {
    stopped_ = stopped_ || (stop_ && stop_(seconds));
    return stopped_;
  }

  /// Of a row of refinements that ended without two answers to compare.
  double unknown_error() const { return stopped_ ? infinite : 0; }

  /// What no T changes.
  void find_constants() {
    if (model_.has_pairs()) find_points();
    if (model_.has_sweep()) find_sites();
  }

  /// Points on the manifold, by comparing each number with its double.
  void find_points() {
    CollisionModel pairs = model_;
    pairs.channels = {2};
    Pace pace;
    const auto probe = [&](int points) {
      return pace(points, [&] { return evaluate(*build(pairs, {0, 0, 0, 0, points})); });
    };
    int points = 32;
    const auto twice = [&]() -> std::optional<CollisionBatch> {
      if (points >= most_points || stops(pace.expected(2 * points))) return std::nullopt;
      return probe(points *= 2);
    };
    const auto error = [&](const CollisionBatch& coarse, const CollisionBatch& fine) {
      return std::optional(distance(coarse, fine, model_.grid.K));
    };
    const Refined refined =
        refine(probe(points), twice, error, share_of_points * request_.tolerance);
    points_error_ = refined.error.value_or(unknown_error());
    resolution_.points = refined.agreed ? points / 2 : points;
  }

  /// Sites at small times. The kink of the band gives F_j a tail ~ j^-2, whose periodic images
  /// disturb the centre like M^-2; the disturbance comes from small times, so a short T shows it.
  void find_sites() {
    if (request_.M) {
      resolution_.M = resolution_.M_first = *request_.M;
      return;
    }
    int M = model_.grid.K;
    while (M < 256) M *= 2;
    const auto twice = [&]() -> std::optional<CollisionBatch> {
      if (M >= 64 * 1024 || stops(pace_.expected(size(short_sweep(2 * M), densities()))))
        return std::nullopt;
      return probe_sites(M *= 2);
    };
    const auto error = [&](const CollisionBatch& coarse, const CollisionBatch& fine) {
      return std::optional(4.0 / 3.0 * distance(coarse, fine, model_.grid.K));
    };
    const Refined refined =
        refine(probe_sites(M), twice, error, share_of_sites * request_.tolerance);
    sites_error_ = refined.error.value_or(unknown_error());
    resolution_.M_first = refined.agreed ? M / 2 : M;
  }

  Resolution short_sweep(int M) const { return {least_T(model_), resolution_.dtau, M, M, 0}; }

  CollisionBatch probe_sites(int M) {
    CollisionModel sweep = model_;
    std::erase(sweep.channels, 2);
    return pace_(size(short_sweep(M), densities()),
                 [&] { return evaluate(*build(sweep, short_sweep(M))); });
  }

  /// Where a large M or T was given, not even the first evaluation may have the time it takes: a
  /// short one tells.
  bool stops_at_first(std::size_t densities) {
    if (stop_ && !pace_.known()) probe_sites(model_.grid.K);
    return stops(pace_.expected(size(resolution_, densities)));
  }

  /// The resolution at a larger T, where it may be tried.
  std::optional<Resolution> with_longer_T(double factor) const {
    const double T = factor * resolution_.T;
    Resolution finer = resolution_;
    if (request_.T || T > greatest_T(model_) || !resize_to_T(model_, request_, T, finer))
      return std::nullopt;
    return finer;
  }

  ResolvedCollision find_T() {
    resize_to_T(model_, request_, request_.T.value_or(least_T(model_)), resolution_);
    if (stops_at_first(densities())) return unevaluated();
    while (true) {
      ResolvedCollision result = finish();
      if (T_error_ <= share_of_T * request_.tolerance) return result;
      const std::optional<Resolution> finer = with_longer_T(std::sqrt(2.0));
      if (!finer) return result;
      if (stops(pace_.expected(size(*finer, densities())))) {
        result.complete = false;
        return result;
      }
      resolution_ = *finer;
    }
  }

  /// T doubles for those densities that are not resolved yet.
  std::vector<ResolvedGroup> find_each_T(std::vector<std::size_t> left) {
    std::vector<ResolvedGroup> groups;
    resize_to_T(model_, request_, request_.T.value_or(least_T(model_)), resolution_);
    Resolution affordable = resolution_;  // for those that are left when it is stopped
    if (stop_) resize_to_T(model_, request_, least_T(model_), affordable);
    while (!left.empty()) {
      if (stops_at_first(left.size())) {
        groups.push_back({build(model_, affordable), std::move(left)});
        break;
      }
      const std::optional<Resolution> finer = with_longer_T(2);
      ResolvedGroup group{build(model_, resolution_), std::exchange(left, {})};
      if (finer) left = take_unresolved(group);
      if (!group.members.empty()) groups.push_back(std::move(group));
      affordable = resolution_;
      if (finer) resolution_ = *finer;
    }
    return groups;
  }

  /// Removes from a group those whose T is too short.
  std::vector<std::size_t> take_unresolved(ResolvedGroup& group) {
    const std::vector<std::size_t> all = std::exchange(group.members, {});
    const std::vector<double> part = gather(n_, all, model_.grid.K);
    CollisionBatch batch;
    pace_.record(size(resolution_, all.size()),
                 seconds_of([&] { group.collision->evaluate(part, batch); }));
    std::vector<std::size_t> unresolved;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool resolved = batch.error[i] <= share_of_T * request_.tolerance;
      (resolved ? group.members : unresolved).push_back(all[i]);
    }
    return unresolved;
  }

  ResolvedCollision finish() {
    ResolvedCollision result;
    const CollisionBatch batch = pace_(size(resolution_, densities()), [&] {
      result.collision = build(model_, resolution_);
      return evaluate(*result.collision);
    });
    T_error_ = largest(batch.error);
    result.errors = {T_error_ + sites_error_ + points_error_, largest(batch.grid_error),
                     request_.tolerance};
    result.complete = !stopped_;
    result.seconds = pace_.last_seconds();
    return result;
  }

  ResolvedCollision unevaluated() {
    const double seconds = pace_.expected(size(resolution_, densities()));
    return {build(model_, resolution_), {infinite, 0, request_.tolerance}, false, seconds};
  }

  Backend& backend_;
  const CollisionModel& model_;
  std::span<const double> n_;
  const ResolutionRequest& request_;
  const StopRefining& stop_;
  bool stopped_ = false;
  Resolution resolution_;
  Pace pace_;  ///< of sweeps
  double points_error_ = 0, sites_error_ = 0, T_error_ = 0;
};

}  // namespace

// 16 and 2500 for the parabola.
double least_T(const CollisionModel& model) { return 160 / model.dispersion.bandwidth(); }
double greatest_T(const CollisionModel& model) { return 25000 / model.dispersion.bandwidth(); }

double sweep_size(const Resolution& resolution) {
  // Half of the times, the later ones, have all sites.
  const double sites = resolution.M + std::max(resolution.M_first, resolution.M / 4);
  return resolution.T / resolution.dtau * sites / 2;
}

bool resize_to_T(const CollisionModel& model, const ResolutionRequest& request, double T,
                 Resolution& resolution) {
  if (request.M && *request.M < 0.8 * Resolution::light_cone(model, T)) return false;
  resolution.T = T;
  resolution.M = request.M.value_or(std::max(resolution.M_first, Resolution::safe_M(model, T)));
  return true;
}

void check_request(const CollisionModel& model, const ResolutionRequest& request) {
  using Parameter = UnsuitableResolution::Parameter;
  if (!model.has_sweep()) return;
  const double dtau_limit = Resolution::safe_dtau(model);
  if (request.dtau && *request.dtau > dtau_limit)
    throw UnsuitableResolution(
        Parameter::dtau,
        "the sum over auxiliary time aliases (allowed: at most 2 pi / (l bandwidth) = " +
            digits(dtau_limit * (1 - 1e-5)) + ")");  // allowed as it is printed
  if (!request.M) return;
  const int M = *request.M, K = model.grid.K;
  if (M < K || M % K != 0)
    throw UnsuitableResolution(Parameter::M, "no multiple of K (allowed: " + std::to_string(K) +
                                                 ", " + std::to_string(2 * K) + ", " +
                                                 std::to_string(3 * K) + ", ...)");
  const double T = request.T.value_or(least_T(model));
  const double needed = 0.8 * Resolution::light_cone(model, T);
  if (M < needed)
    throw UnsuitableResolution(
        Parameter::M, "too small for T = " + digits(T) +
                          ", the light cone would wrap around (allowed: at least " +
                          std::to_string(static_cast<int>(std::ceil(needed / K)) * K) + ")");
}

ResolvedCollision resolve_collision(Backend& backend, const CollisionModel& model,
                                    std::span<const double> n, const ResolutionRequest& request,
                                    const StopRefining& stop) {
  check_request(model, request);
  return CollisionResolver(backend, model, n, request, stop).run();
}

ResolvedRow resolve_row(Backend& backend, const CollisionModel& model, std::span<const double> n,
                        const ResolutionRequest& request, const StopRefining& stop) {
  check_request(model, request);
  return CollisionResolver(backend, model, n, request, stop).run_row();
}

std::vector<double> gather(std::span<const double> n, std::span<const std::size_t> members, int K) {
  std::vector<double> result;
  result.reserve(members.size() * K);
  for (std::size_t x : members) {
    const auto row = n.subspan(x * K, K);
    result.insert(result.end(), row.begin(), row.end());
  }
  return result;
}

}  // namespace kapitza::kinetic
