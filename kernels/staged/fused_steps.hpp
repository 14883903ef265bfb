// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <stdexcept>
#include <vector>

#include "kapitza/solver/backend.hpp"
#include "kapitza/spectral/block_fft.hpp"
#include "kapitza/spectral/fast_length.hpp"
#include "kernels/block/split_step.hpp"
#include "kernels/staged/ensemble_tables.hpp"

namespace kapitza::staged {

/// Calls f(Index{}) with the index maps for a ring of so many sites; false where there are none.
///
/// Eight values per lane up to 4096 sites. Longer rings have more than 512 lanes then, with too few
/// registers each: they get sixteen values, and radix 16, which needs the fewest registers of what
/// was tried there. The rungs of the ladder are there for comparison, at one size.
template <class Real, class F>
bool with_field_index(int sites, FieldSteps steps, const F& f) {
  using block::StockhamIndex;
  if (steps == FieldSteps::best || steps == FieldSteps::fused) switch (sites) {
      case 256:
        return f(StockhamIndex<256, Real>{});
      case 512:
        return f(StockhamIndex<512, Real>{});
      case 1024:
        return f(StockhamIndex<1024, Real>{});
      case 2048:
        return f(StockhamIndex<2048, Real>{});
      case 4096:
        return f(StockhamIndex<4096, Real>{});
      case 8192:
        return f(StockhamIndex<8192, Real, 16, 16>{});
      case 16384:
        if constexpr (sizeof(Real) == sizeof(float)) return f(StockhamIndex<16384, Real, 16, 16>{});
        return false;
      default:
        return false;
    }
  if (sites != 2048) return false;
  switch (steps) {
    case FieldSteps::fused_radix4:
      return f(StockhamIndex<2048, Real, 4, 8>{});
    case FieldSteps::fused_wide:
      return f(StockhamIndex<2048, Real, 8, 16>{});
    case FieldSteps::fused_radix16:
      return f(StockhamIndex<2048, Real, 16, 16>{});
    default:
      return false;
  }
}

/// Whether the field of a plan fits into a block.
template <class Real>
bool fits_in_block(const EnsemblePlan& plan, FieldSteps steps) {
  const int modes = static_cast<int>(plan.noise.size());
  if (modes > 0 && !is_fast_length(modes)) return false;
  return with_field_index<Real>(plan.sites, steps, [&](auto index) {
    return block::field_cells<decltype(index)>(modes) * sizeof(BasicComplex<Real>) <=
           most_shared_bytes;
  });
}

/// `steps`, or what is best of a plan. Throws std::invalid_argument where they do not suit it.
template <class Real>
FieldSteps choose_steps(const EnsemblePlan& plan, FieldSteps steps) {
  if (steps == FieldSteps::transforms) return steps;
  if (fits_in_block<Real>(plan, steps))
    return steps == FieldSteps::best ? FieldSteps::fused : steps;
  if (steps == FieldSteps::best) return FieldSteps::transforms;
  throw std::invalid_argument("a field that does not fit into a block");
}

/// What LocalStep needs of every slot and site of the ring.
inline std::vector<double> ring_local_table(const EnsemblePlan& plan) {
  const LocalSites sites = local_sites(plan);
  const std::vector<double> at_local_sites = local_table(plan);
  std::vector<double> table(static_cast<std::size_t>(plan.local_slots()) * plan.sites);
  for (int slot = 0; slot < plan.local_slots(); ++slot)
    for (int j = 0; j < sites.size(); ++j)
      table[slot * plan.sites + sites(j)] = at_local_sites[slot * sites.size() + j];
  return table;
}

/// The shape of a kick at every site of the ring.
inline std::vector<Complex> ring_kick_shape(const EnsemblePlan& plan) {
  std::vector<Complex> shape(plan.kick_every > 0 ? plan.sites : 0);
  for (int y = -plan.absorber_width; y < plan.absorber_width && !shape.empty(); ++y)
    shape[on_ring(y, plan.sites)] = plan.kick_shape[y + plan.absorber_width];
  return shape;
}

/// The steps of an ensemble with one block for each trajectory: a field leaves its block once in an
/// advance().
template <Device D, class Real>
class FusedSteps {
 public:
  FusedSteps(D& device, const EnsemblePlan& plan, FieldSteps steps, EnsembleTables<D, Real>& tables)
      : steps_(steps),
        local_(tables.upload(device, in_precision<Real>(ring_local_table(plan)))),
        kick_shape_(tables.upload(device, in_precision<Real>(ring_kick_shape(plan)))),
        twiddles_(tables.upload(device, twiddles(plan.sites, steps))),
        noise_roots_(tables.upload(device, block::unit_roots<Real>(modes_of(plan)))) {}

  /// Steps `first` to first + steps - 1 of the fields of some trajectories.
  void advance(D& device, const EnsemblePlan& plan, EnsembleTables<D, Real>& tables, Chunk chunk,
               BasicComplex<Real>* fields, long first, long steps) {
    const block::FieldTables<Real> shared{
        tables.step,
        local_.data(),
        tables.kinetic.data(),
        twiddles_.data(),
        {tables.noise.data(), plan.seed, Stream::noise, modes_of(plan)},
        noise_roots_.data(),
        kick_shape_.data(),
        plan.composition.stages(),
        plan.kick_every};
    with_field_index<Real>(plan.sites, steps_, [&](auto index) {
      device.each_block(chunk.size,
                        block::AdvanceFields<decltype(index), Real>{
                            shared, fields, static_cast<std::uint32_t>(chunk.first), first, steps});
      return true;
    });
  }

 private:
  using Table = typename D::template Buffer<BasicComplex<Real>>;

  static int modes_of(const EnsemblePlan& plan) { return static_cast<int>(plan.noise.size()); }

  static std::vector<BasicComplex<Real>> twiddles(int sites, FieldSteps steps) {
    std::vector<BasicComplex<Real>> table;
    with_field_index<Real>(sites, steps, [&](auto index) {
      table = block::stockham_twiddles<Real>(index.length, index.full_radix);
      return true;
    });
    return table;
  }

  FieldSteps steps_;
  typename D::template Buffer<Real> local_;
  Table kick_shape_, twiddles_, noise_roots_;
};

}  // namespace kapitza::staged
