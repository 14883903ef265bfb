// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/solver/linear_response.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace kapitza {
namespace {

constexpr int most_fine_momenta = 4096;  ///< of the grid that pairs are counted on
constexpr int least_sites = 256, greatest_sites = 64 * 1024;

/// What two resolutions are compared by.
struct Answer {
  std::vector<double> currents;    ///< |v| dn_out for some Lambda
  std::vector<double> resistance;  ///< bulk and boundary
  double smallest_nu;
};

void append(const Matrix2& matrix, std::vector<double>& values) {
  for (const auto& row : matrix) values.insert(values.end(), row.begin(), row.end());
}

class Resolver {
 public:
  Resolver(Backend& backend, const LinearProblem& problem, const ResolutionRequest& request)
      : problem_(problem),
        request_(request),
        linearise_(backend, problem.model, problem.background) {
    if (!problem.Lambda.empty()) {
      std::vector<double> sorted = problem.Lambda;
      std::sort(sorted.begin(), sorted.end());
      probes_ = {sorted.front(), sorted[sorted.size() / 2], sorted.back()};
      probes_.erase(std::unique(probes_.begin(), probes_.end()), probes_.end());
    }
  }

  LinearResponse run();

 private:
  using Step = std::function<bool(LinearResolution&)>;  ///< false: no further

  LinearResolution coarsest() const;
  Answer answer(const DefectModes& modes) const;
  double distance(const Answer& a, const Answer& b) const;
  double refine(const Step& step);

  const LinearProblem& problem_;
  const ResolutionRequest& request_;
  Lineariser linearise_;
  std::vector<double> probes_;
  LinearResolution resolution_;
};

LinearResolution Resolver::coarsest() const {
  const CollisionModel& model = problem_.model;
  LinearResolution resolution;
  Resolution& sweep = resolution.collision;
  if (model.has_pairs()) {
    resolution.refinement = 1;
    // Enough to integrate the products of the grid's functions along the manifold.
    sweep.points = 2 * model.grid.K;
  }
  if (!model.has_sweep()) return resolution;
  sweep.dtau = request_.dtau.value_or(Resolution::safe_dtau(model));
  sweep.M_first = model.grid.K;
  while (sweep.M_first < least_sites) sweep.M_first *= 2;
  sweep.M_first = request_.M.value_or(sweep.M_first);
  resize_to_T(model, request_, least_T(model), sweep);
  return resolution;
}

Answer Resolver::answer(const DefectModes& modes) const {
  Answer result{{}, {}, modes.spectrum().front()};
  append(modes.bulk_resistance(), result.resistance);
  append(modes.boundary_resistance(DefectModes::infinity), result.resistance);
  const std::vector<double> v = problem_.model.dispersion.velocity(problem_.model.grid.momenta());
  for (const double Lambda : probes_) {
    const Scattering::Outgoing out = modes.at(Lambda).respond(problem_.dn_in);
    for (std::size_t k = 0; k < v.size(); ++k) {
      result.currents.push_back(std::abs(v[k]) * out.reflected[k]);
      result.currents.push_back(std::abs(v[k]) * out.transmitted[k]);
    }
  }
  return result;
}

double Resolver::distance(const Answer& a, const Answer& b) const {
  double worst = std::abs(a.smallest_nu - b.smallest_nu) / b.smallest_nu;
  for (std::size_t first = 0; first < b.resistance.size(); first += 4) {
    double change = 0, size = 0;
    for (std::size_t i = first; i < first + 4; ++i) {
      change = std::max(change, std::abs(a.resistance[i] - b.resistance[i]));
      size = std::max(size, std::abs(b.resistance[i]));
    }
    worst = std::max(worst, change / size);
  }
  const std::vector<double> v = problem_.model.dispersion.velocity(problem_.model.grid.momenta());
  double injected = 0;
  for (std::size_t k = 0; k < v.size(); ++k) injected += std::abs(v[k] * problem_.dn_in[k]);
  if (injected == 0) return worst;
  for (std::size_t first = 0; first < b.currents.size(); first += 2 * v.size()) {
    double change = 0;
    for (std::size_t i = first; i < first + 2 * v.size(); ++i)
      change += std::abs(a.currents[i] - b.currents[i]);
    worst = std::max(worst, change / injected);
  }
  return worst;
}

/// Takes steps until the error that is left is within its share. The changes still to come form a
/// geometric series with the ratio of the last two.
double Resolver::refine(const Step& step) {
  constexpr double share = 1.0 / 3;
  Answer coarse = answer(DefectModes(linearise_(resolution_)));
  double error = 0, before = 0;
  while (step(resolution_)) {
    const Answer fine = answer(DefectModes(linearise_(resolution_)));
    const double change = distance(coarse, fine);
    const double ratio = before > 0 ? std::clamp(change / before, 0.125, 0.75) : 0.75;
    error = change * ratio / (1 - ratio);
    if (error <= share * request_.tolerance) break;
    before = change;
    coarse = fine;
  }
  return error;
}

/// Sites at small times first, while T is small: at large T the light cone would hide them.
LinearResponse Resolver::run() {
  const CollisionModel& model = problem_.model;
  resolution_ = coarsest();
  double error = 0;
  if (model.has_sweep() && !request_.M)
    error += refine([&](LinearResolution& r) {
      if (2 * r.collision.M_first > greatest_sites) return false;
      r.collision.M_first *= 2;
      return resize_to_T(model, request_, r.collision.T, r.collision);
    });
  if (model.has_sweep() && request_.T)
    resize_to_T(model, request_, *request_.T, resolution_.collision);
  if (model.has_pairs())
    error += refine([&](LinearResolution& r) {
      if (2 * r.refinement * model.grid.K > most_fine_momenta) return false;
      r.refinement *= 2;
      return true;
    });
  if (model.has_sweep() && !request_.T)
    error += refine([&](LinearResolution& r) {
      return 2 * r.collision.T <= greatest_T(model) &&
             resize_to_T(model, request_, 2 * r.collision.T, r.collision);
    });
  const LinearCollision& collision = linearise_(resolution_);
  return {collision, DefectModes(collision), resolution_, error};
}

}  // namespace

LinearResponse resolve_linear(Backend& backend, const LinearProblem& problem,
                              const ResolutionRequest& request) {
  check_request(problem.model, request);
  return Resolver(backend, problem, request).run();
}

}  // namespace kapitza
