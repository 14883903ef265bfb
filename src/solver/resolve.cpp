// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/solver/resolve.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "kapitza/core/error.hpp"

namespace kapitza {
namespace {

/// How the tolerance is shared out between the sources of error.
constexpr double share_of_points = 0.1, share_of_sites = 0.2, share_of_T = 0.6;

constexpr int most_points = 1024;

double largest(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

/// Largest over the densities of max_k |a - b| / max_k gain.
double distance(const CollisionBatch& a, const CollisionBatch& b, int K) {
  double worst = 0;
  for (std::size_t first = 0; first < a.I.size(); first += K) {
    double change = 0, gain = 0;
    for (std::size_t i = first; i < first + K; ++i) {
      change = std::max(change, std::abs(a.I[i] - b.I[i]));
      gain = std::max(gain, b.gain[i]);
    }
    if (gain > 0) worst = std::max(worst, change / gain);
  }
  return worst;
}

class Resolver {
 public:
  Resolver(Backend& backend, const CollisionModel& model, std::span<const double> n,
           const ResolutionRequest& request)
      : backend_(backend), model_(model), n_(n), request_(request) {
    resolution_.dtau = request.dtau.value_or(Resolution::safe_dtau(model));
  }

  ResolvedCollision run() {
    find_constants();
    return model_.has_sweep() ? find_T() : finish();
  }

  ResolvedRow run_row() {
    find_constants();
    ResolvedRow row = find_each_T();
    row.constant_error = sites_error_ + points_error_;
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

  /// What no T changes.
  void find_constants() {
    if (model_.has_pairs()) find_points();
    if (model_.has_sweep()) find_sites();
  }

  /// Points on the manifold, by comparing each number with its double.
  void find_points() {
    CollisionModel pairs = model_;
    pairs.channels = {2};
    resolution_.points = 32;
    CollisionBatch coarse = evaluate(*build(pairs, {0, 0, 0, 0, resolution_.points}));
    while (true) {
      CollisionBatch fine = evaluate(*build(pairs, {0, 0, 0, 0, 2 * resolution_.points}));
      points_error_ = distance(coarse, fine, model_.grid.K);
      if (points_error_ <= share_of_points * request_.tolerance) return;
      resolution_.points *= 2;
      if (resolution_.points >= most_points) return;
      coarse = std::move(fine);
    }
  }

  /// Sites at small times. The kink of the band gives F_j a tail ~ j^-2, whose periodic images
  /// disturb the centre like M^-2; the disturbance comes from small times, so a short T shows it.
  void find_sites() {
    if (request_.M) {
      resolution_.M = resolution_.M_first = *request_.M;
      return;
    }
    CollisionModel sweep = model_;
    std::erase(sweep.channels, 2);
    const double T = least_T(model_);
    const auto probe = [&](int M) {
      return evaluate(*build(sweep, {T, resolution_.dtau, M, M, 0}));
    };
    int M = model_.grid.K;
    while (M < 256) M *= 2;
    CollisionBatch coarse = probe(M);
    for (; M < 64 * 1024; M *= 2) {
      CollisionBatch fine = probe(2 * M);
      sites_error_ = 4.0 / 3.0 * distance(coarse, fine, model_.grid.K);
      if (sites_error_ <= share_of_sites * request_.tolerance) break;
      coarse = std::move(fine);
    }
    resolution_.M_first = M;
  }

  ResolvedCollision find_T() {
    resize_to_T(model_, request_, request_.T.value_or(least_T(model_)), resolution_);
    while (true) {
      ResolvedCollision result = finish();
      if (T_error_ <= share_of_T * request_.tolerance || request_.T) return result;
      const double T = std::sqrt(2.0) * resolution_.T;
      if (T > greatest_T(model_) || !resize_to_T(model_, request_, T, resolution_)) return result;
    }
  }

  /// T doubles for those densities that are not resolved yet.
  ResolvedRow find_each_T() {
    ResolvedRow row;
    std::vector<std::size_t> left(n_.size() / model_.grid.K);
    std::iota(left.begin(), left.end(), std::size_t{0});
    if (model_.has_sweep())
      resize_to_T(model_, request_, request_.T.value_or(least_T(model_)), resolution_);
    while (!left.empty()) {
      ResolvedGroup group{build(model_, resolution_), {}};
      Resolution finer = resolution_;
      const bool can_grow = model_.has_sweep() && !request_.T &&
                            2 * resolution_.T <= greatest_T(model_) &&
                            resize_to_T(model_, request_, 2 * resolution_.T, finer);
      std::vector<std::size_t> unresolved;
      if (can_grow) {
        CollisionBatch batch;
        group.collision->evaluate(gather(n_, left, model_.grid.K), batch);
        for (std::size_t i = 0; i < left.size(); ++i) {
          const bool resolved = batch.error[i] <= share_of_T * request_.tolerance;
          (resolved ? group.members : unresolved).push_back(left[i]);
        }
      } else {
        group.members = left;
      }
      if (!group.members.empty()) row.groups.push_back(std::move(group));
      left = std::move(unresolved);
      resolution_ = finer;
    }
    return row;
  }

  ResolvedCollision finish() {
    ResolvedCollision result;
    result.collision = build(model_, resolution_);
    const CollisionBatch batch = evaluate(*result.collision);
    T_error_ = largest(batch.error);
    result.errors = {T_error_ + sites_error_ + points_error_, largest(batch.grid_error),
                     request_.tolerance};
    return result;
  }

  Backend& backend_;
  const CollisionModel& model_;
  std::span<const double> n_;
  const ResolutionRequest& request_;
  Resolution resolution_;
  double points_error_ = 0, sites_error_ = 0, T_error_ = 0;
};

}  // namespace

// 16 and 2500 for the parabola.
double least_T(const CollisionModel& model) { return 160 / model.dispersion.bandwidth(); }
double greatest_T(const CollisionModel& model) { return 25000 / model.dispersion.bandwidth(); }

bool resize_to_T(const CollisionModel& model, const ResolutionRequest& request, double T,
                 Resolution& resolution) {
  if (request.M && *request.M < 0.8 * Resolution::light_cone(model, T)) return false;
  resolution.T = T;
  resolution.M = request.M.value_or(std::max(resolution.M_first, Resolution::safe_M(model, T)));
  return true;
}

void check_request(const CollisionModel& model, const ResolutionRequest& request) {
  if (!model.has_sweep()) return;
  const double dtau_limit = Resolution::safe_dtau(model);
  if (request.dtau && *request.dtau > dtau_limit)
    throw InputError(
        "numerics.dtau = " + std::to_string(*request.dtau) +
        ": the sum over auxiliary time aliases (allowed: at most 2 pi / (l bandwidth) = " +
        std::to_string(dtau_limit) + ")");
  if (!request.M) return;
  const int M = *request.M, K = model.grid.K;
  if (M < K || M % K != 0)
    throw InputError("numerics.M = " + std::to_string(M) +
                     ": no multiple of K (allowed: " + std::to_string(K) + ", " +
                     std::to_string(2 * K) + ", " + std::to_string(3 * K) + ", ...)");
  const double T = request.T.value_or(least_T(model));
  const double needed = 0.8 * Resolution::light_cone(model, T);
  if (M < needed)
    throw InputError("numerics.M = " + std::to_string(M) + ": too small for T = " +
                     std::to_string(T) + ", the light cone would wrap around (allowed: at least " +
                     std::to_string(static_cast<int>(std::ceil(needed / K)) * K) + ")");
}

ResolvedCollision resolve_collision(Backend& backend, const CollisionModel& model,
                                    std::span<const double> n, const ResolutionRequest& request) {
  check_request(model, request);
  return Resolver(backend, model, n, request).run();
}

ResolvedRow resolve_row(Backend& backend, const CollisionModel& model, std::span<const double> n,
                        const ResolutionRequest& request) {
  check_request(model, request);
  return Resolver(backend, model, n, request).run_row();
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

}  // namespace kapitza
