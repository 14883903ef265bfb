// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kapitza/core/aligned.hpp"
#include "kapitza/field/parts.hpp"
#include "kapitza/numerics/composition.hpp"
#include "kernels/device/block/ring_fft.hpp"
#include "kernels/device/block/stockham.hpp"

/// Many steps of the field on a ring, Eqs. (28) to (32), one Block holding one trajectory.
///
/// Layout: registers psi[lane][slot] = site lane + slot * lanes, and in momentum space likewise:
/// local and kinetic stretches, damping and kicks all work where the field is. Shared memory holds
/// what changes lanes: a transform on its way, and the noise of a kick. Global memory is read and
/// written once, however many steps there are; tables come through the caches.
namespace kapitza::block {

/// What all trajectories share. Pointers are to memory of the device. Tables go over the whole
/// ring, so that a lane has one address for all its sites.
template <class Real>
struct FieldTables {
  field::LocalStep<Real> step;
  const Real* local;                      ///< [slot of split_steps()][site]: see LocalStep
  const BasicComplex<Real>* kinetic;      ///< [stage][mode]
  const BasicComplex<Real>* twiddles;     ///< of StockhamIndex
  field::NoiseModes<Real> noise;          ///< of a kick
  const BasicComplex<Real>* noise_roots;  ///< e^{2 pi i m / modes}
  const BasicComplex<Real>* kick_shape;   ///< [site]
  int stages, kick_every;
};

/// Cells of shared memory, of which a kick needs two for every mode of the noise.
template <class Index>
KAPITZA_HD constexpr int field_cells(int noise_modes) {
  return 2 * noise_modes > Index::cells ? 2 * noise_modes : Index::cells;
}

/// One trajectory in a Block: what split_steps() drives. Every lane runs all of it.
template <class Index, class Real, Block B>
class FieldInBlock {
  using Value = typename Index::Value;

 public:
  KAPITZA_HD FieldInBlock(B& blk, const FieldTables<Real>& tables, std::uint32_t trajectory)
      : blk_(blk),
        tables_(tables),
        trajectory_(trajectory),
        psi_(blk),
        buffer_(blk.template shared<Value>(field_cells<Index>(tables.noise.modes))) {}

  KAPITZA_HD void load(const Value* field) {
    each_site([&](Value& psi, int site) { psi = aligned(field + site); });
  }
  KAPITZA_HD void store(Value* field) {
    each_site([&](const Value& psi, int site) { aligned(field + site) = psi; });
  }

  KAPITZA_HD void local(int slot) {
    const field::LocalStep<Real>& step = tables_.step;
    const Real* values = tables_.local + slot * Index::length;
    each_site([&](Value& psi, int site) { step(psi, site, values); });
  }

  KAPITZA_HD void kinetic(int stage) {
    const auto twiddles = [&](int i) { return aligned(tables_.twiddles + i); };
    const Value* phases = tables_.kinetic + stage * Index::length;
    stockham<Index, Sign::minus>(blk_, psi_, buffer_, use_, twiddles);
    each_site([&](Value& psi, int mode) { psi = psi * aligned(phases + mode); });
    stockham<Index, Sign::plus>(blk_, psi_, buffer_, use_, twiddles);
  }

  /// What the absorber injects, Eq. (31).
  KAPITZA_HD void kick(long index) {
    const field::NoiseModes<Real>& noise = tables_.noise;
    use_.begin(blk_);
    blk_.each(noise.draws(), [&](int draw) {
      noise(trajectory_, static_cast<std::uint32_t>(index), draw,
            [&](int mode, Value z) { buffer_.store(mode, z); });
    });
    blk_.sync();
    const int first = ring_transform<1>(blk_, buffer_, noise.modes,
                                        [&](int i) { return aligned(tables_.noise_roots + i); });
    const field::LocalSites& sites = tables_.step.sites;
    each_site([&](Value& psi, int site) {
      if (!sites.is_absorber(site)) return;
      const int place = site < sites.absorber ? site : site - Index::length + noise.modes;
      psi += aligned(tables_.kick_shape + site) * buffer_.load(first + place);
    });
  }

 private:
  /// f(psi, site) for every site, by the lane that holds it; the same with modes.
  template <class F>
  KAPITZA_HD void each_site(const F& f) {
    blk_.each([&](int lane) {
      unroll<Index::slots>([&](auto slot) { f(psi_[lane][slot], Index::home(lane, slot)); });
    });
  }

  B& blk_;
  const FieldTables<Real>& tables_;
  std::uint32_t trajectory_;
  typename B::template Private<Value, Index::slots> psi_;
  typename B::template Shared<Value> buffer_;
  BufferUse use_;
};

/// Steps number `first` to first + steps - 1 of many fields: the work of Block number i is
/// trajectory i.
template <class Index, class Real>
struct AdvanceFields {
  FieldTables<Real> tables;
  BasicComplex<Real>* fields;  ///< [trajectory][site]
  std::uint32_t first_trajectory;
  long first, steps;

  static constexpr int lanes = Index::lanes;
  /// Blocks that are to share a multiprocessor: what its 65536 registers allow where each lane has
  /// those that it needs, as read off the compiler (docs/performance.md).
  static constexpr int needed_registers = Index::full_radix == 8 ? 80 : 128;
  static constexpr int resident = std::clamp(65536 / (needed_registers * lanes), 1, 24);

  std::size_t shared_bytes() const {
    return field_cells<Index>(tables.noise.modes) * sizeof(*fields);
  }

  template <Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t i) const {
    BasicComplex<Real>* field = fields + i * Index::length;
    FieldInBlock<Index, Real, B> trajectory(blk, tables,
                                            first_trajectory + static_cast<std::uint32_t>(i));
    trajectory.load(field);
    split_steps(tables.stages, first, steps, tables.kick_every, trajectory);
    trajectory.store(field);
  }
};

}  // namespace kapitza::block
