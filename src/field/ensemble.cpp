// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/field/ensemble.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "kapitza/core/digits.hpp"
#include "kapitza/core/error.hpp"
#include "kapitza/model/momentum_grid.hpp"
#include "kapitza/numerics/fast_length.hpp"

namespace kapitza::field {
namespace {

using std::numbers::pi;

Complex cis(double angle) { return {std::cos(angle), std::sin(angle)}; }

std::vector<std::vector<Complex>> kinetic_phases(const Problem& problem, const Numerics& numerics) {
  const std::vector<double> E = problem.dispersion.energy(MomentumGrid{problem.sites()}.momenta());
  std::vector<std::vector<Complex>> stages;
  for (const double b : numerics.composition().kinetic) {
    std::vector<Complex>& phases = stages.emplace_back();
    for (const double energy : E)
      phases.push_back(1.0 / problem.sites() * cis(-energy * b * numerics.dt));
  }
  return stages;
}

/// Amplitudes of white noise that give a field on a ring the density n(k): sum_m |amplitude_m|^2 is
/// <|psi_x|^2>.
std::vector<double> amplitudes(const std::vector<double>& n) {
  std::vector<double> result;
  for (const double value : n) result.push_back(std::sqrt(value / static_cast<double>(n.size())));
  return result;
}

void plan_noise(const Problem& problem, const Numerics& numerics, EnsemblePlan& plan) {
  const Absorber& absorber = *problem.absorber;
  const int b = absorber.width;
  // Noise on a ring of its own, which is longer than the absorber by half: its ends are half a ring
  // apart, farther than correlations of a smooth density reach.
  const MomentumGrid modes{fast_length(3 * b)}, ring{problem.sites()};
  std::vector<double> s = problem.density(modes.momenta());
  for (double& value : s) value = Absorber::source(value);
  plan.kick_every = numerics.kick_every;
  plan.absorber_width = b;
  plan.noise = amplitudes(s);
  for (int y = -b; y < b; ++y) {
    const double amplitude =
        Absorber::kick(absorber.rate(y + 0.5), numerics.kick_every * numerics.dt);
    plan.kick_shape.push_back(amplitude * cis((modes(0) - ring(0)) * y));
  }
}

}  // namespace

double smooth_step(double x) {
  if (x <= 0.25) return 1;
  if (x >= 0.5) return 0;
  const double c = std::cos(2 * pi * (x - 0.25));
  return c * c;
}

double Problem::carrier_density() const {
  const std::vector<double> n = density(MomentumGrid{sites()}.momenta());
  return std::accumulate(n.begin(), n.end(), 0.0) / sites();
}

double Problem::strength() const {
  double sum = 0;
  for (const double D : profile) sum += D * D;
  return lambda * lambda * sum;
}

Problem::Range Problem::defect() const {
  const auto inside = [](double D) { return D != 0; };
  const auto begin = std::find_if(profile.begin(), profile.end(), inside);
  if (begin == profile.end()) return {sites() / 2, sites() / 2};
  const auto end = std::find_if(profile.rbegin(), profile.rend(), inside).base();
  return {static_cast<int>(begin - profile.begin()), static_cast<int>(end - profile.begin())};
}

std::vector<int> Problem::windows() const {
  if (!absorber) return {0};
  const auto [begin, end] = defect();
  const int b = absorber->width;
  if (begin < b || end > sites() - b)
    throw InputError("the absorber, " + std::to_string(b) +
                     " sites on each side of the seam, overlaps the defect, which leaves " +
                     std::to_string(std::min(begin, sites() - end)));
  const int left = begin - b, right = sites() - b - end;
  if (std::min(left, right) < window)
    throw InputError("a window of " + std::to_string(window) +
                     " sites reaches into the absorber or the defect: there are " +
                     std::to_string(std::min(left, right)) + " sites between them, and a ring of " +
                     std::to_string(end - begin + 2 * b + 2 * window) + " would have room");
  return {b + (left - window) / 2, sites() - b - (right - window) / 2 - window};
}

Composition Numerics::composition() const {
  return order == 4 ? Composition::blanes_moan() : Composition::strang();
}

double Numerics::longest_step(const Dispersion& dispersion) { return pi / dispersion.bandwidth(); }

void Numerics::check(const Problem& problem) const {
  using Parameter = UnsuitableNumerics::Parameter;
  const double longest = longest_step(problem.dispersion);
  if (dt > longest)
    throw UnsuitableNumerics(Parameter::dt, "too long for the band, whose width is " +
                                                digits(problem.dispersion.bandwidth(), 4) +
                                                ": at most pi / width = " + digits(longest, 4));
  if (!problem.absorber) return;
  constexpr double most = 0.5;
  const double damping = problem.absorber->max_rate() * dt * kick_every;
  if (damping <= most) return;
  const double steps = std::floor(kick_every * most / damping);
  if (steps < 1)
    throw UnsuitableNumerics(Parameter::absorber,
                             "the field decays by exp(-" + digits(damping / kick_every, 3) +
                                 ") within a time step: a wider absorber, or a smaller "
                                 "Gamma or time step, would do");
  throw UnsuitableNumerics(Parameter::kick_every, "the field decays by exp(-" + digits(damping, 3) +
                                                      ") between two kicks: at most " +
                                                      std::to_string(std::lround(steps)) +
                                                      " steps, or a wider absorber");
}

double EnsemblePlan::local(int slot) const {
  if (slot <= composition.stages()) return composition.local[slot];
  return composition.local.back() + composition.local.front();
}

std::vector<double> EnsemblePlan::local_values(int slot) const {
  const LocalSites places = local_sites();
  std::vector<double> values(sites);
  for (int site = 0; site < sites; ++site) {
    if (places.is_defect(site))
      values[site] = local(slot) * turns[site];
    else if (places.is_absorber(site))
      values[site] = std::exp(-local(slot) * damping[site]);
  }
  return values;
}

EnsemblePlan make_plan(const Problem& problem, const Numerics& numerics, const EnsembleSize& size) {
  const MomentumGrid ring{problem.sites()};
  EnsemblePlan plan;
  plan.sites = problem.sites();
  plan.trajectories = size.trajectories;
  plan.seed = size.seed;
  plan.precision = size.precision;

  plan.composition = numerics.composition();
  plan.dt = numerics.dt;
  plan.defect = problem.lambda == 0 ? Problem::Range{0, 0} : problem.defect();
  static_assert(PotentialSlope<double>::size == Interaction::max_degree);
  for (int l = 0; l < PotentialSlope<double>::size; ++l)
    plan.slope.slope[l] = problem.interaction.slope(l);
  for (int site = 0; site < plan.sites; ++site) {
    plan.turns.push_back(problem.lambda * problem.profile[site] * numerics.dt / (2 * pi));
    plan.potential.push_back(problem.lambda * problem.profile[site]);
  }
  plan.kinetic = kinetic_phases(problem, numerics);

  plan.damping.assign(plan.sites, 0.0);
  if (problem.absorber) {
    plan_noise(problem, numerics, plan);
    for (int y = 0; y < plan.absorber_width; ++y) {
      const double decay = problem.absorber->rate(y + 0.5) * numerics.dt;
      plan.damping[y] = plan.damping[plan.sites - 1 - y] = decay;
    }
  }
  plan.start = problem.starts_from_zero ? std::vector<double>(plan.sites, 0.0)
                                        : amplitudes(problem.density(ring.momenta()));

  plan.windows = problem.windows();
  const Window window = problem.absorber ? Window::sine(problem.window) : Window::ring(plan.sites);
  for (int j = 0; j < window.sites(); ++j)
    plan.taper.push_back(window.taper()[j] * cis((ring(0) - window.grid()(0)) * j));
  return plan;
}

int BlowUp::worst_site(std::span<const double> density) {
  const auto infinite = [](double y) { return !std::isfinite(y); };
  auto worst = std::ranges::find_if(density, infinite);
  if (worst == density.end()) worst = std::ranges::max_element(density);
  return static_cast<int>(worst - density.begin());
}

std::string BlowUp::text(double dt) const {
  return "the field is not finite any more: trajectory " + std::to_string(trajectory) + ", site " +
         std::to_string(site) + ", step " + std::to_string(step) +
         " (t = " + std::to_string(static_cast<double>(step) * dt) + ")";
}

void Ensemble::clear() {
  set_totals(std::vector<double>(plan_.observables() * plan_.trajectories, 0.0));
}

}  // namespace kapitza::field
