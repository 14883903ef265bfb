// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "kapitza/defect/stationary.hpp"
#include "kapitza/numerics/norms.hpp"

namespace kapitza::defect {
namespace {

class March final : public StationarySolver {
 public:
  March(kinetic::Backend& backend, Problem problem, StationaryOptions options, MarchOptions march)
      : StationarySolver(backend, std::move(problem), with_defaults(options, march)),
        march_(march) {}

 private:
  // A streamed density has not collided yet: its currents are constant only to order dt.
  static StationaryOptions with_defaults(StationaryOptions options, const MarchOptions& march) {
    if (options.max_iterations == 0) options.max_iterations = 200'000;
    if (march.split) options.spread = std::numeric_limits<double>::infinity();
    return options;
  }

  Advance advance() override;
  /// A change at another resolution says nothing.
  double residual() const override {
    if (!march_.split) return StationarySolver::residual();
    return resolutions_ == slab_.resolutions() ? change_ : 1;
  }
  std::vector<double> both_at_once(double dt) const;
  std::vector<double> collide_then_stream(double dt) const;
  double streaming(std::size_t i) const;
  double scattering(std::size_t i) const;
  double largest_dt() const;
  double change_to(const std::vector<double>& n, double dt) const;

  MarchOptions march_;
  double change_ = 1;     ///< by the latest step,
  long resolutions_ = 0;  ///< and Slab::resolutions() then
};

StationarySolver::Advance March::advance() {
  const double dt = largest_dt();
  std::vector<double> n = march_.split ? collide_then_stream(dt) : both_at_once(dt);
  if (march_.split) change_ = change_to(n, dt);
  resolutions_ = slab_.resolutions();
  slab_.set(std::move(n));
  return {dt};
}

std::vector<double> March::both_at_once(double dt) const {
  std::vector<double> n = slab_.n();
  for (std::size_t i = 0; i < n.size(); ++i) n[i] -= dt * slab_.imbalance()[i];
  return n;
}

/// The published steps, seen from the other half: what is kept has streamed and will collide, so
/// that its collision integral, and no other, is needed.
std::vector<double> March::collide_then_stream(double dt) const {
  std::vector<double> n = slab_.n(), rate(n.size());
  for (std::size_t i = 0; i < n.size(); ++i)
    n[i] += dt * slab_.problem().Lambda * slab_.values().I[i];
  slab_.transport().apply(n, rate);
  for (std::size_t i = 0; i < n.size(); ++i) n[i] -= dt * rate[i];
  return n;
}

double March::streaming(std::size_t i) const {
  const Transport& transport = slab_.transport();
  const double nodes_per_cell = static_cast<double>(transport.nodes_per_cell());
  return nodes_per_cell * transport.frequency(i / transport.K(), i % transport.K());
}

double March::scattering(std::size_t i) const {
  return slab_.problem().Lambda * std::abs(slab_.values().loss[i]);
}

/// What leaves a mode in dt must be less than what is there; all else is gain.
double March::largest_dt() const {
  double fastest = 0;
  for (std::size_t i = 0; i < slab_.n().size(); ++i) {
    const double s = streaming(i), c = scattering(i);
    fastest = std::max(fastest, march_.split ? std::max(s, c) : s + c);
  }
  return march_.courant / fastest;
}

/// The step from here to n, in the units of Slab::residual().
double March::change_to(const std::vector<double>& n, double dt) const {
  return largest_of(n.size(), [&](std::size_t i) {
    const double now = slab_.n()[i], scale = dt * (streaming(i) + scattering(i)) * now;
    return (n[i] - now) / scale;
  });
}

}  // namespace

std::unique_ptr<StationarySolver> make_march(kinetic::Backend& backend, Problem problem,
                                             const StationaryOptions& options,
                                             const MarchOptions& march) {
  return std::make_unique<March>(backend, std::move(problem), options, march);
}

}  // namespace kapitza::defect
