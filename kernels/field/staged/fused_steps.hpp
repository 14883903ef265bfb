// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kapitza/numerics/fast_length.hpp"
#include "kernels/device/block/fft_tables.hpp"
#include "kernels/device/block/power_of_two.hpp"
#include "kernels/field/block/split_step.hpp"
#include "kernels/field/staged/ensemble_tables.hpp"

namespace kapitza::staged {

/// Calls f(Index{}) with the index maps for a ring of so many sites; false where there are none.
///
/// Eight values per lane up to 2048 sites. Longer rings would have so many lanes that one block
/// fills a multiprocessor, and all of it waits at every barrier: they get sixteen values, and radix
/// 16. At 2048 sites that is as fast as radix 8.
template <class Real, class F>
bool with_field_index(int sites, const F& f) {
  using block::StockhamIndex;
  constexpr int longest = sizeof(Real) == sizeof(float) ? 16384 : 8192;
  return block::with_power_of_two<256, longest>(sites, [&](auto length) {
    return f(StockhamIndex<length, Real, (length > 2048 ? 16 : 8)>{});
  });
}

/// Whether the field of a plan fits into a block with so much shared memory.
template <class Real>
bool fits_in_block(const field::EnsemblePlan& plan, std::size_t most_shared_bytes) {
  const int modes = static_cast<int>(plan.noise.size());
  if (modes > 0 && !is_fast_length(modes)) return false;
  return with_field_index<Real>(plan.sites, [&](auto index) {
    return block::field_cells<decltype(index)>(modes) * sizeof(BasicComplex<Real>) <=
           most_shared_bytes;
  });
}

/// The steps of an ensemble with one block for each trajectory, with tables of the whole ring: a
/// field leaves its block once in an advance().
template <Device D, class Real>
class FusedSteps {
 public:
  FusedSteps(D& device, const field::EnsemblePlan& plan, EnsembleTables<D, Real>& tables)
      : twiddles_(tables.upload(device, twiddles(plan.sites))),
        noise_roots_(tables.upload(device, block::unit_roots<Real>(modes_of(plan)))) {}

  /// Steps `first` to first + steps - 1 of the fields of some trajectories.
  void advance(D& device, const field::EnsemblePlan& plan, EnsembleTables<D, Real>& tables,
               TrajectoryBatch batch, BasicComplex<Real>* fields, long first, long steps) {
    const block::FieldTables<Real> shared{
        tables.step,
        tables.local.data(),
        tables.kinetic.data(),
        twiddles_.data(),
        {tables.noise.data(), plan.seed, Stream::noise, modes_of(plan)},
        noise_roots_.data(),
        tables.kick_shape.data(),
        plan.composition.stages(),
        plan.kick_every};
    with_field_index<Real>(plan.sites, [&](auto index) {
      device.each_block(batch.size,
                        block::AdvanceFields<decltype(index), Real>{
                            shared, fields, static_cast<std::uint32_t>(batch.first), first, steps});
      return true;
    });
  }

 private:
  using Table = typename D::template Buffer<BasicComplex<Real>>;

  static int modes_of(const field::EnsemblePlan& plan) {
    return static_cast<int>(plan.noise.size());
  }

  static std::vector<BasicComplex<Real>> twiddles(int sites) {
    std::vector<BasicComplex<Real>> table;
    with_field_index<Real>(sites, [&](auto index) {
      table = block::stockham_twiddles<Real>(index.length, index.full_radix);
      return true;
    });
    return table;
  }

  Table twiddles_, noise_roots_;
};

}  // namespace kapitza::staged
