// SPDX-License-Identifier: BSD-3-Clause
#include "kernels/field/cpu/ensemble.hpp"

#include <algorithm>
#include <cmath>
#include <omp.h>
#include <utility>
#include <vector>

#include "kapitza/core/precision.hpp"
#include "kapitza/random/normal.hpp"
#include "kernels/device/cpu/fftw.hpp"

namespace kapitza::cpu {
namespace {

// The loops of a step. Pointers come in by value: so g++ knows that no store changes them.

template <class Real>
void multiply(BasicSplit<Real> z, const Real* re, const Real* im, int count) {
  for (int i = 0; i < count; ++i) {
    const BasicComplex<Real> product =
        BasicComplex<Real>{z.re[i], z.im[i]} * BasicComplex<Real>{re[i], im[i]};
    z.re[i] = product.re;
    z.im[i] = product.im;
  }
}

template <class Real>
void rotate(BasicSplit<Real> psi, field::PhaseKick<Real> kick, const Real* turns, int count) {
  for (int i = 0; i < count; ++i) {
    const BasicComplex<Real> turned = kick(BasicComplex<Real>{psi.re[i], psi.im[i]}, turns[i]);
    psi.re[i] = turned.re;
    psi.im[i] = turned.im;
  }
}

template <class Real>
void damp(BasicSplit<Real> psi, const Real* decay, int count) {
  for (int i = 0; i < count; ++i) {
    psi.re[i] *= decay[i];
    psi.im[i] *= decay[i];
  }
}

/// White normals, two to a draw, each times its entry of a table.
template <class Real>
void draw(BasicSplit<Real> z, const Real* amplitude, int draws, std::uint64_t seed, Stream stream,
          std::uint32_t trajectory, std::uint32_t step) {
  for (int i = 0; i < draws; ++i) {
    const NormalPair<Real> pair =
        white_noise<Real>(seed, stream, trajectory, step, static_cast<std::uint32_t>(i));
    z.re[2 * i] = amplitude[2 * i] * pair.even.re;
    z.im[2 * i] = amplitude[2 * i] * pair.even.im;
    z.re[2 * i + 1] = amplitude[2 * i + 1] * pair.odd.re;
    z.im[2 * i + 1] = amplitude[2 * i + 1] * pair.odd.im;
  }
}

template <class Real>
void add_product(BasicSplit<Real> psi, const Real* a_re, const Real* a_im, const Real* b_re,
                 const Real* b_im, int count) {
  for (int i = 0; i < count; ++i) {
    const BasicComplex<Real> product =
        BasicComplex<Real>{a_re[i], a_im[i]} * BasicComplex<Real>{b_re[i], b_im[i]};
    psi.re[i] += product.re;
    psi.im[i] += product.im;
  }
}

template <class Real>
class CpuEnsemble final : public field::Ensemble {
 public:
  CpuEnsemble(field::EnsemblePlan plan_in, int threads)
      : field::Ensemble(std::move(plan_in)),
        threads_(threads),
        stride_(BasicSplitArray<Real>::distance(plan().sites)),
        fields_(2 * stride_ * plan().trajectories),
        totals_(plan().observables() * plan().trajectories),
        kick_{field::in_precision<Real>(plan().slope)},
        noise_(in_precision<Real>(padded_to_draws(plan().noise))),
        kick_shape_(in_precision<Real>(plan().kick_shape)),
        start_(in_precision<Real>(padded_to_draws(plan().start))),
        taper_(in_precision<Real>(plan().taper)),
        forward_(plan().sites, 1, Sign::minus),
        backward_(plan().sites, 1, Sign::plus),
        window_(plan().window_sites(), 1, Sign::minus) {
    for (int slot = 0; slot < plan().local_slots(); ++slot)
      local_.emplace_back(in_precision<Real>(plan().local_values(slot)));
    for (const std::vector<Complex>& stage : plan().kinetic)
      kinetic_.emplace_back(in_precision<Real>(stage));
    if (plan().kick_every > 0) noise_transform_.emplace(noise_modes(), 1, Sign::plus);
    for (int thread = 0; thread < threads_; ++thread) scratch_.emplace_back(*this);
  }

  void start() override {
    clear();
    each_trajectory([&](int trajectory, Scratch& scratch) {
      draw(scratch.modes.view(), start_.data(), static_cast<int>(start_.size() / 2), plan().seed,
           Stream::start, static_cast<std::uint32_t>(trajectory), 0);
      backward_(scratch.modes.view(), field(trajectory));
    });
  }

  std::optional<field::BlowUp> advance(long first, long steps) override {
    std::vector<char> finite(plan().trajectories);
    std::vector<std::vector<Real>> lost(plan().trajectories);
    each_trajectory([&](int trajectory, Scratch& scratch) {
      const Real* const begin = field(trajectory).re;
      scratch.before.assign(begin, begin + 2 * stride_);
      Walker walker{*this, field(trajectory), scratch, static_cast<std::uint32_t>(trajectory)};
      split_steps(plan().composition.stages(), first, steps, plan().kick_every, walker);
      finite[trajectory] = measure(trajectory, scratch);
      if (!finite[trajectory]) lost[trajectory] = scratch.before;
    });
    const auto bad = std::find(finite.begin(), finite.end(), 0);
    if (bad == finite.end()) return std::nullopt;
    const int trajectory = static_cast<int>(bad - finite.begin());
    return find_blow_up(trajectory, lost[trajectory], first, steps);
  }

  void totals(std::span<double> sums) const override {
    std::copy(totals_.begin(), totals_.end(), sums.begin());
  }
  void set_totals(std::span<const double> sums) override {
    std::copy(sums.begin(), sums.end(), totals_.begin());
  }

  void fields(std::span<Complex> phi) const override {
    for (int trajectory = 0; trajectory < plan().trajectories; ++trajectory) {
      const Real* re = fields_.data() + 2 * stride_ * trajectory;
      for (int x = 0; x < plan().sites; ++x, phi = phi.subspan(1))
        phi[0] = {static_cast<double>(re[x]), static_cast<double>(re[stride_ + x])};
    }
  }
  void set_fields(std::span<const Complex> phi) override {
    for (int trajectory = 0; trajectory < plan().trajectories; ++trajectory) {
      const BasicSplit<Real> to = field(trajectory);
      for (int x = 0; x < plan().sites; ++x, phi = phi.subspan(1)) {
        to.re[x] = static_cast<Real>(phi[0].re);
        to.im[x] = static_cast<Real>(phi[0].im);
      }
    }
  }

  std::size_t memory() const override {
    return fields_.size() * sizeof(Real) + totals_.size() * sizeof(double);
  }

 private:
  struct Scratch {
    explicit Scratch(const CpuEnsemble& of)
        : modes(of.start_.size()),
          noise(of.noise_.size()),
          kicks(of.noise_.size()),
          tapered(of.plan().window_sites()),
          spectrum(of.plan().window_sites()) {}
    BasicSplitArray<Real> modes, noise, kicks, tapered, spectrum;
    std::vector<Real> before;
  };

  /// One trajectory on its way: what split_steps() drives.
  struct Walker {
    const CpuEnsemble& of;
    BasicSplit<Real> psi;
    Scratch& scratch;
    std::uint32_t trajectory;

    void local(int slot) {
      const auto [begin, end] = of.plan().defect;
      const int b = of.plan().absorber_width, tail = of.plan().sites - b;
      const Real* values = of.local_[slot].data();
      rotate(psi + begin, of.kick_, values + begin, end - begin);
      damp(psi, values, b);
      damp(psi + tail, values + tail, b);
    }

    void kinetic(int stage) {
      const BasicSplitArray<Real>& phases = of.kinetic_[stage];
      of.forward_(psi, scratch.modes.view());
      multiply(scratch.modes.view(), phases.re(), phases.im(), of.plan().sites);
      of.backward_(scratch.modes.view(), psi);
    }

    void kick(long index) {
      const int modes = of.noise_modes(), b = of.plan().absorber_width;
      draw(scratch.noise.view(), of.noise_.data(), modes / 2, of.plan().seed, Stream::noise,
           trajectory, static_cast<std::uint32_t>(index));
      (*of.noise_transform_)(scratch.noise.view(), scratch.kicks.view());
      const Real *re = scratch.kicks.re(), *im = scratch.kicks.im();
      const Real *shape_re = of.kick_shape_.re(), *shape_im = of.kick_shape_.im();
      add_product(psi + (of.plan().sites - b), shape_re, shape_im, re + (modes - b),
                  im + (modes - b), b);
      add_product(psi, shape_re + b, shape_im + b, re, im, b);
    }
  };

  /// A draw of white noise is two modes.
  static std::vector<double> padded_to_draws(std::vector<double> table) {
    table.resize(table.size() + table.size() % 2, 0.0);
    return table;
  }

  BasicSplit<Real> field(int trajectory) {
    Real* re = fields_.data() + 2 * stride_ * trajectory;
    return {re, re + stride_};
  }
  int noise_modes() const { return static_cast<int>(noise_.size()); }

  /// Trajectories know nothing of each other: their order and their threads do not matter.
  template <class F>
  void each_trajectory(F f) {
#pragma omp parallel for schedule(dynamic) num_threads(threads_)
    for (int trajectory = 0; trajectory < plan().trajectories; ++trajectory)
      f(trajectory, scratch_[omp_get_thread_num()]);
  }

  /// Adds to the totals; whether all it saw was finite.
  bool measure(int trajectory, Scratch& scratch) {
    const field::TotalsLayout at = plan().totals();
    double* sums = at.row(totals_.data(), trajectory);
    const BasicSplit<Real> psi = field(trajectory);
    for (int window = 0; window < at.windows; ++window)
      measure_window(psi + plan().windows[window], scratch, sums + at.n(window),
                     sums + at.n_squared(window));
    return measure_sites(psi, sums + at.site(), sums[at.energy()]);
  }

  void measure_window(BasicSplit<Real> psi, Scratch& scratch, double* sum,
                      double* sum_of_squares) const {
    const int W = plan().window_sites();
    std::copy_n(psi.re, W, scratch.tapered.re());
    std::copy_n(psi.im, W, scratch.tapered.im());
    multiply(scratch.tapered.view(), taper_.re(), taper_.im(), W);
    window_(scratch.tapered.view(), scratch.spectrum.view());
    const Real *re = scratch.spectrum.re(), *im = scratch.spectrum.im();
    for (int m = 0; m < W; ++m) {
      const double n = norm(Complex{re[m], im[m]});
      sum[m] += n;
      sum_of_squares[m] += n * n;
    }
  }

  bool measure_sites(BasicSplit<Real> psi, double* sum, double& total_energy) const {
    const int N = plan().sites;
    bool finite = true;
    for (int x = 0; x < N; ++x) {
      const double y = norm(Complex{psi.re[x], psi.im[x]});
      sum[x] += y;
      finite &= std::isfinite(y);
    }
    const auto [begin, end] = plan().defect;
    double energy = 0;
    for (int x = begin; x < end; ++x)
      energy += plan().potential[x] * plan().slope.integral(norm(Complex{psi.re[x], psi.im[x]}));
    total_energy += energy;
    return finite && std::isfinite(energy);
  }

  std::vector<double> site_densities(BasicSplit<Real> psi) const {
    std::vector<double> density(plan().sites);
    for (int x = 0; x < plan().sites; ++x) density[x] = norm(Complex{psi.re[x], psi.im[x]});
    return density;
  }

  /// Once more, step by step, from the field before.
  field::BlowUp find_blow_up(int trajectory, const std::vector<Real>& before, long first,
                             long steps) {
    const BasicSplit<Real> psi = field(trajectory);
    std::copy(before.begin(), before.end(), psi.re);
    Walker walker{*this, psi, scratch_[0], static_cast<std::uint32_t>(trajectory)};
    std::vector<double> density = site_densities(psi);
    long step = first;
    for (; step + 1 < first + steps; ++step) {
      split_steps(plan().composition.stages(), step, 1, plan().kick_every, walker);
      std::vector<double> next = site_densities(psi);
      if (!std::ranges::all_of(next, [](double y) { return std::isfinite(y); })) break;
      density = std::move(next);
    }
    return {trajectory, field::BlowUp::worst_site(density), step};
  }

  int threads_;
  std::size_t stride_;
  BasicAlignedArray<Real> fields_;
  std::vector<double> totals_;
  field::PhaseKick<Real> kick_;
  std::vector<BasicAlignedArray<Real>> local_;  ///< values of the sites, by slot
  BasicAlignedArray<Real> noise_;
  BasicSplitArray<Real> kick_shape_;
  BasicAlignedArray<Real> start_;
  BasicSplitArray<Real> taper_;
  std::vector<BasicSplitArray<Real>> kinetic_;  ///< by stage
  BasicTransform<Real> forward_, backward_, window_;
  std::optional<BasicTransform<Real>> noise_transform_;
  std::vector<Scratch> scratch_;
};

}  // namespace

std::unique_ptr<field::Ensemble> make_ensemble(field::EnsemblePlan plan, int threads) {
  if (plan.precision == Precision::single_)
    return std::make_unique<CpuEnsemble<float>>(std::move(plan), threads);
  return std::make_unique<CpuEnsemble<double>>(std::move(plan), threads);
}

}  // namespace kapitza::cpu
