// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "kapitza/field/ensemble.hpp"
#include "kapitza/field/steps.hpp"
#include "kernels/field/staged/ensemble_stages.hpp"
#include "kernels/field/staged/ensemble_tables.hpp"
#include "kernels/field/staged/fused_steps.hpp"
#include "kernels/field/staged/two_pass_steps.hpp"

namespace kapitza::staged {

/// Devices refuse stages of more indices.
inline constexpr std::size_t most_indices = (std::size_t{1} << 31) - 1;

/// `steps`, or what is best of a plan. Throws std::invalid_argument where they do not suit it.
template <class Real>
field::Steps choose_steps(const field::EnsemblePlan& plan, field::Steps steps,
                          std::size_t most_shared_bytes) {
  const bool best = steps == field::Steps::best;
  if (steps == field::Steps::transforms) return steps;
  if ((best || steps == field::Steps::fused) && fits_in_block<Real>(plan, most_shared_bytes))
    return field::Steps::fused;
  if ((best || steps == field::Steps::two_pass) &&
      with_two_pass<Real>(plan.sites, [](auto) { return true; }))
    return field::Steps::two_pass;
  if (best) return field::Steps::transforms;
  throw std::invalid_argument(steps == field::Steps::two_pass
                                  ? "a ring that two passes do not suit"
                                  : "a field that does not fit into a block");
}

/// An ensemble of fields on a device: measured by a row of pointwise stages and batched transforms,
/// evolved likewise or, where a field fits into a block, by FusedSteps, or on longer rings by
/// TwoPassSteps.
///
/// All trajectories of a batch go together. Between two measurements nothing travels; a measurement
/// brings back one number per trajectory, which says whether it is finite. The bits of a trajectory
/// may depend on the size of the ensemble, because an FFT library may choose its algorithm by the
/// batch; its random numbers do not.
template <Device D, class Real>
class StagedEnsemble final : public field::Ensemble {
 public:
  /// most: numbers in an array that stages and transforms work on; exceeded only where a single
  /// trajectory has more. Throws std::invalid_argument where the steps do not suit the plan.
  template <class... DeviceArguments>
  explicit StagedEnsemble(field::EnsemblePlan plan_in, std::size_t most = most_indices,
                          field::Steps steps = field::Steps::transforms,
                          DeviceArguments&&... device_arguments)
      : field::Ensemble(std::move(plan_in)),
        device_(std::forward<DeviceArguments>(device_arguments)...),
        steps_(choose_steps<Real>(plan(), steps, device_.most_shared_bytes())),
        tables_(device_, plan()),
        batches_(plan().trajectories, std::max(sites(), noise_modes()), most),
        fields_(device_, batches_.rows() * sites()),
        totals_(device_, plan().observables() * plan().trajectories),
        before_(device_, capacity() * sites()),
        in_(device_, capacity() * std::max(sites(), noise_modes())),
        out_(device_, capacity() * std::max(noise_modes(), windows() * plan().window_sites())),
        values_(device_, capacity() * sites()),
        numbers_(device_, capacity()),
        energies_(device_, capacity()),
        backward_(device_, plan().sites, batches_.capacity, Sign::plus),
        window_(device_, plan().window_sites(), batches_.capacity * windows(), Sign::minus) {
    if (steps_ == field::Steps::two_pass)
      two_pass_.emplace(device_, plan(), tables_);
    else if (steps_ == field::Steps::transforms)
      forward_.emplace(device_, plan().sites, batches_.capacity, Sign::minus);
    else
      fused_.emplace(device_, plan(), tables_);
    if (!fused_ && plan().kick_every > 0)
      noise_transform_.emplace(device_, noise_modes(), batches_.capacity, Sign::plus);
  }

  void start() override {
    clear();
    each_batch([&](TrajectoryBatch batch) {
      draw(tables_.start, Stream::start, batch, 0);
      backward_(in_.data(), field(batch));
    });
  }

  std::optional<field::BlowUp> advance(long first, long steps) override {
    std::optional<field::BlowUp> blow_up;
    each_batch([&](TrajectoryBatch batch) {
      device_.each(cells(batch, sites()), CopyFields<Real>{field(batch), before_.data()});
      evolve(batch, field(batch), first, steps);
      measure(batch);
      const std::optional<int> bad = first_bad(batch);
      if (bad && !blow_up) blow_up = find_blow_up(batch, *bad, first, steps);
    });
    return blow_up;
  }

  void totals(std::span<double> sums) const override { device_.download(totals_.data(), sums); }
  void set_totals(std::span<const double> sums) override { device_.upload(sums, totals_.data()); }

  void fields(std::span<Complex> phi) const override;
  void set_fields(std::span<const Complex> phi) override;

  std::size_t memory() const override {
    return tables_.bytes() +
           (fields_.size() + before_.size() + in_.size() + out_.size()) * sizeof(Field) +
           (totals_.size() + values_.size() + numbers_.size() + energies_.size()) * sizeof(double);
  }

 private:
  using Field = BasicComplex<Real>;
  template <class T>
  using Buffer = typename D::template Buffer<T>;
  using Fft = typename D::template Fft<Real>;

  /// A batch on its way: what split_steps() drives.
  struct Walker {
    StagedEnsemble& of;
    TrajectoryBatch batch;
    Field* psi;

    void local(int slot) { of.step_locally(batch, psi, slot); }
    void kinetic(int stage) { of.step_kinetically(batch, psi, stage); }
    void kick(long index) { of.kick(batch, psi, static_cast<std::uint32_t>(index)); }
  };

  /// Indices of a stage that has so many for every trajectory.
  static std::size_t cells(TrajectoryBatch batch, int per_trajectory) {
    return static_cast<std::size_t>(batch.size) * per_trajectory;
  }
  std::size_t capacity() const { return batches_.capacity; }
  int sites() const { return plan().sites; }
  int noise_modes() const { return static_cast<int>(plan().noise.size()); }
  int windows() const { return static_cast<int>(plan().windows.size()); }
  Field* field(TrajectoryBatch batch) {
    return fields_.data() + static_cast<std::size_t>(batch.first) * sites();
  }
  double* total(TrajectoryBatch batch) { return plan().totals().row(totals_.data(), batch.first); }

  template <class Body>
  void each_batch(const Body& body) const {
    for (int i = 0; i < batches_.count; ++i) body(batches_[i]);
  }

  void draw(Buffer<Real>& amplitude, Stream stream, TrajectoryBatch batch, std::uint32_t step);
  void evolve(TrajectoryBatch batch, Field* psi, long first, long steps);
  void step_locally(TrajectoryBatch batch, Field* psi, int slot);
  void step_kinetically(TrajectoryBatch batch, Field* psi, int stage);
  void kick(TrajectoryBatch batch, Field* psi, std::uint32_t index);
  void make_noise(TrajectoryBatch batch, std::uint32_t index);

  void measure(TrajectoryBatch batch);
  void measure_windows(TrajectoryBatch batch);
  void measure_sites(TrajectoryBatch batch);
  void measure_energies(TrajectoryBatch batch);

  std::optional<int> first_bad(TrajectoryBatch batch);
  field::BlowUp find_blow_up(TrajectoryBatch batch, int bad, long first, long steps);
  std::vector<double> site_densities(const Field* psi);

  mutable D device_;  ///< reading needs it, too
  field::Steps steps_;
  EnsembleTables<D, Real> tables_;
  TrajectoryBatches batches_;
  Buffer<Field> fields_;     ///< [trajectory][site]
  Buffer<double> totals_;    ///< [trajectory][observable]
  Buffer<Field> before_;     ///< fields of a batch at the last measurement
  Buffer<Field> in_, out_;   ///< what is on its way through a transform
  Buffer<double> values_;    ///< [trajectory][site]: densities, then energies
  Buffer<double> numbers_;   ///< [trajectory]: sum of |psi|^2, and more: see SumEnergies
  Buffer<double> energies_;  ///< [trajectory]
  Fft backward_, window_;
  std::optional<Fft> forward_, noise_transform_;  ///< of steps that are not fused
  std::optional<FusedSteps<D, Real>> fused_;
  std::optional<TwoPassSteps<D, Real>> two_pass_;
};

template <Device D, class Real>
void StagedEnsemble<D, Real>::fields(std::span<Complex> phi) const {
  const std::size_t N = sites();
  each_batch([&](TrajectoryBatch batch) {
    std::vector<Field> rows(batch.size * N);
    device_.download(fields_.data() + batch.first * N, std::span(rows));
    std::transform(rows.begin(), rows.end(), phi.begin() + batch.first * N, [](Field z) {
      return Complex{static_cast<double>(z.re), static_cast<double>(z.im)};
    });
  });
}

template <Device D, class Real>
void StagedEnsemble<D, Real>::set_fields(std::span<const Complex> phi) {
  const std::size_t N = sites();
  each_batch([&](TrajectoryBatch batch) {
    const auto part = phi.subspan(batch.first * N, batch.size * N);
    const auto rows = in_precision<Real>(std::vector<Complex>(part.begin(), part.end()));
    device_.upload(std::span<const Field>(rows), field(batch));
  });
}

/// White noise times an amplitude, into in_.
template <Device D, class Real>
void StagedEnsemble<D, Real>::draw(Buffer<Real>& amplitude, Stream stream, TrajectoryBatch batch,
                                   std::uint32_t step) {
  const field::NoiseModes<Real> noise{amplitude.data(), plan().seed, stream,
                                      static_cast<int>(amplitude.size())};
  device_.each(cells(batch, noise.draws()),
               DrawNoise<Real>{noise, in_.data(), static_cast<std::uint32_t>(batch.first), step});
}

template <Device D, class Real>
void StagedEnsemble<D, Real>::evolve(TrajectoryBatch batch, Field* psi, long first, long steps) {
  if (fused_) return fused_->advance(device_, plan(), tables_, batch, psi, first, steps);
  if (two_pass_) {
    const auto noise = [&](long index) { make_noise(batch, static_cast<std::uint32_t>(index)); };
    return two_pass_->advance(device_, plan(), tables_, batch, psi, out_.data(), noise, first,
                              steps);
  }
  Walker walker{*this, batch, psi};
  split_steps(plan().composition.stages(), first, steps, plan().kick_every, walker);
}

template <Device D, class Real>
void StagedEnsemble<D, Real>::step_locally(TrajectoryBatch batch, Field* psi, int slot) {
  const int count = tables_.step.sites.size();
  device_.each(cells(batch, count),
               StepLocally<Real>{tables_.step, tables_.local.data() + slot * sites(), psi});
}

template <Device D, class Real>
void StagedEnsemble<D, Real>::step_kinetically(TrajectoryBatch batch, Field* psi, int stage) {
  const int N = sites();
  (*forward_)(psi, in_.data());
  device_.each(cells(batch, N), TurnModes<Real>{tables_.kinetic.data() + stage * N, in_.data(), N});
  backward_(in_.data(), psi);
}

template <Device D, class Real>
void StagedEnsemble<D, Real>::kick(TrajectoryBatch batch, Field* psi, std::uint32_t index) {
  make_noise(batch, index);
  device_.each(cells(batch, 2 * plan().absorber_width),
               AddKick<Real>{tables_.kick_shape.data(), out_.data(), psi, plan().absorber_width,
                             noise_modes(), sites()});
}

/// The noise of a kick, into out_.
template <Device D, class Real>
void StagedEnsemble<D, Real>::make_noise(TrajectoryBatch batch, std::uint32_t index) {
  draw(tables_.noise, Stream::noise, batch, index);
  (*noise_transform_)(in_.data(), out_.data());
}

template <Device D, class Real>
void StagedEnsemble<D, Real>::measure(TrajectoryBatch batch) {
  measure_windows(batch);
  measure_sites(batch);
  measure_energies(batch);
}

template <Device D, class Real>
void StagedEnsemble<D, Real>::measure_windows(TrajectoryBatch batch) {
  const int W = plan().window_sites();
  const std::size_t count = cells(batch, windows() * W);
  device_.each(count, LoadWindows<Real>{field(batch), tables_.windows.data(), tables_.taper.data(),
                                        in_.data(), windows(), W, sites()});
  window_(in_.data(), out_.data());
  device_.each(count, MeasureWindows<Real>{out_.data(), total(batch), plan().totals()});
}

template <Device D, class Real>
void StagedEnsemble<D, Real>::measure_sites(TrajectoryBatch batch) {
  device_.each(cells(batch, sites()),
               MeasureSites<Real>{field(batch), values_.data(), total(batch), plan().totals()});
  device_.sum_rows(values_.data(), batch.size, sites(), numbers_.data());
}

template <Device D, class Real>
void StagedEnsemble<D, Real>::measure_energies(TrajectoryBatch batch) {
  const int defect = plan().defect.size();
  device_.each(cells(batch, defect),
               MeasureEnergies<Real>{tables_.step.sites, plan().slope, tables_.potential.data(),
                                     field(batch), values_.data()});
  device_.sum_rows(values_.data(), batch.size, defect, energies_.data());
  device_.each(batch.size,
               SumEnergies{energies_.data(), numbers_.data(), total(batch), plan().totals()});
}

/// The first trajectory of a batch, counted within it, that was not finite when it was measured.
template <Device D, class Real>
std::optional<int> StagedEnsemble<D, Real>::first_bad(TrajectoryBatch batch) {
  std::vector<double> numbers(batch.size);
  device_.download(numbers_.data(), std::span(numbers));
  const auto finite = [](double number) { return std::isfinite(number); };
  const auto bad = std::find_if_not(numbers.begin(), numbers.end(), finite);
  if (bad == numbers.end()) return std::nullopt;
  return static_cast<int>(bad - numbers.begin());
}

/// Once more, step by step, with the copy of the fields before: the other trajectories of the batch
/// stay where they are.
template <Device D, class Real>
field::BlowUp StagedEnsemble<D, Real>::find_blow_up(TrajectoryBatch batch, int bad, long first,
                                                    long steps) {
  const Field* psi = before_.data() + static_cast<std::size_t>(bad) * sites();
  std::vector<double> density = site_densities(psi);
  long step = first;
  for (; step + 1 < first + steps; ++step) {
    evolve(batch, before_.data(), step, 1);
    std::vector<double> next = site_densities(psi);
    if (!std::ranges::all_of(next, [](double y) { return std::isfinite(y); })) break;
    density = std::move(next);
  }
  return {batch.first + bad, field::BlowUp::worst_site(density), step};
}

template <Device D, class Real>
std::vector<double> StagedEnsemble<D, Real>::site_densities(const Field* psi) {
  device_.each(sites(), MeasureSites<Real>{psi, values_.data(), nullptr, plan().totals()});
  std::vector<double> density(sites());
  device_.download(values_.data(), std::span(density));
  return density;
}

}  // namespace kapitza::staged
