// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "kapitza/core/aligned.hpp"
#include "kapitza/field/parts.hpp"
#include "kernels/device/block/lines.hpp"
#include "kernels/device/block/ring_fft.hpp"
#include "kernels/device/block/stockham.hpp"

/// Steps of the field on a ring that no Block holds, Eqs. (28) to (32), in two passes over memory.
///
/// The N sites are a matrix: site r C + c is row r, column c, of R rows and C columns. Mode q + R p
/// is entry p of row q of
///   sum_c e^{-2 pi i p c / C} e^{-2 pi i q c / N} sum_r e^{-2 pi i q r / R} psi_{r C + c}.
/// A ColumnPass does the sum over r, a RowPass the rest: it takes the rows to the modes, turns
/// these by a kinetic stage, and takes them back to where they were. The next ColumnPass takes the
/// columns back to the sites, does what is local there, and transforms them again. All in place.
namespace kapitza::block {

/// The shape of a ring, and who holds what: a tile of neighbouring columns, or some rows, share a
/// Block. A tile is as wide as a line of the caches, 128 bytes.
template <int Rows, int Columns, class Real>
struct TwoPass {
  using Value = BasicComplex<Real>;
  static constexpr int rows = Rows, columns = Columns, sites = Rows * Columns;

  using ColumnIndex = InterleavedIndex<Rows, Real>;
  static constexpr int tile = 128 / static_cast<int>(sizeof(Value));
  using ColumnLines = Interleaved<tile, ColumnIndex::lanes>;

  using RowIndex = StockhamIndex<Columns, Real>;
  static constexpr int rows_together = std::max(1, 256 / RowIndex::lanes);
  using RowLines = SideBySide<rows_together, RowIndex::lanes>;

  static_assert(Columns % tile == 0 && Rows % rows_together == 0);

  /// Blocks that are to share a multiprocessor: see AdvanceFields.
  static constexpr int resident(int lanes) {
    const int registers = sizeof(Real) == sizeof(double) ? 80 : 64;
    return std::clamp(65536 / (registers * lanes), 1, 24);
  }
};

/// What is to be done at the sites between two kinetic stages, in this order: local stretches by
/// their slot in split_steps(), and kicks. One number, because a kernel cannot index its parameters
/// at run time without a copy of them in local memory.
class LocalParts {
 public:
  static constexpr int most = 4, kick = 15;  ///< slots are fewer

  KAPITZA_HD constexpr int count() const { return count_; }
  KAPITZA_HD constexpr int operator[](int i) const { return parts_ >> 4 * i & 15; }

  constexpr void add(int part) {
    if (part < 0 || part > kick || count_ == most)
      throw std::length_error("more local parts than a pass over columns takes");
    parts_ |= part << 4 * count_++;
  }

 private:
  int parts_ = 0, count_ = 0;
};

/// What the columns of all trajectories share. Tables go over the whole ring.
template <class Real>
struct ColumnTables {
  field::LocalStep<Real> step;
  const Real* local;                     ///< [slot of split_steps()][site]: see LocalStep
  const BasicComplex<Real>* twiddles;    ///< of StockhamIndex, for a column
  const BasicComplex<Real>* kick_shape;  ///< [site]
  const BasicComplex<Real>* noise;       ///< [trajectory][place]
  int noise_modes;
};

/// A tile of columns: the work of Block number i is tile i mod tiles of trajectory i / tiles.
template <class Shape, class Real>
struct ColumnPass {
  ColumnTables<Real> tables;
  BasicComplex<Real>* fields;  ///< [trajectory][site]
  LocalParts parts;
  bool from_rows, to_rows;  ///< whether it starts from rows of a RowPass, and ends with them

  using Value = typename Shape::Value;
  using Index = typename Shape::ColumnIndex;
  using Lines = typename Shape::ColumnLines;

  static constexpr int tiles = Shape::columns / Shape::tile;
  static constexpr int lanes = Lines::lines * Lines::lanes;
  static constexpr int resident = Shape::resident(lanes);

  static constexpr std::size_t shared_bytes() {
    return sizeof(Value) * Lines::lines * Index::cells;
  }

  template <Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t block) const {
    const std::size_t trajectory = static_cast<unsigned>(block) / tiles;
    const int first = static_cast<int>(static_cast<unsigned>(block) % tiles) * Shape::tile;
    Value* field = fields + trajectory * Shape::sites;
    const Value* noise = tables.noise + trajectory * tables.noise_modes;

    LinesInBlock<B, Lines> columns(blk);
    typename LinesInBlock<B, Lines>::template Private<Value, Index::slots> psi(columns);
    const auto buffer = columns.template shared<Value>(Index::cells);
    BufferUse use;
    const auto twiddles = [&](int entry) { return aligned(tables.twiddles + entry); };
    const auto each_site = [&](const auto& f) {
      columns.each([&](int place) {
        const int site = place * Shape::columns + first + columns.line();
        unroll<Index::slots>(
            [&](auto slot) { f(psi[place][slot], site + Index::home(0, slot) * Shape::columns); });
      });
    };

    each_site([&](Value& value, int site) { value = aligned(field + site); });
    if (from_rows) stockham<Index, Sign::plus>(columns, psi, buffer, use, twiddles);
    for (int i = 0; i < parts.count(); ++i) {
      if (const int slot = parts[i]; slot == LocalParts::kick)
        each_site([&](Value& value, int site) { add_kick(value, site, noise); });
      else
        each_site([&](Value& value, int site) {
          tables.step(value, site, tables.local + slot * Shape::sites);
        });
    }
    if (to_rows) stockham<Index, Sign::minus>(columns, psi, buffer, use, twiddles);
    each_site([&](const Value& value, int site) { aligned(field + site) = value; });
  }

 private:
  /// What the absorber injects, Eq. (31).
  KAPITZA_HD void add_kick(Value& psi, int site, const Value* noise) const {
    const field::LocalSites& sites = tables.step.sites;
    if (!sites.is_absorber(site)) return;
    const int y = site < sites.absorber ? site : site - Shape::sites;
    psi +=
        aligned(tables.kick_shape + site) * aligned(noise + field::on_ring(y, tables.noise_modes));
  }
};

/// What the rows of all trajectories share. The turns between rows and columns,
/// e^{2 pi i q c / N} of row q, are products: c = place + slot lanes.
template <class Real>
struct RowTables {
  const BasicComplex<Real>* phases;    ///< of a kinetic stage: [row][entry], mode row + R entry
  const BasicComplex<Real>* twiddles;  ///< of StockhamIndex, for a row
  const BasicComplex<Real>* places;    ///< [row][place]: e^{2 pi i row place / N}
  const BasicComplex<Real>* slots;     ///< [row][slot]: e^{2 pi i row slot lanes / N}
};

/// Some rows: the work of Block number i is group i / trajectories of the rows of trajectory
/// i mod trajectories, so that Blocks which run together share their tables in the caches.
template <class Shape, class Real>
struct RowPass {
  RowTables<Real> tables;
  BasicComplex<Real>* fields;  ///< [trajectory][row][entry]
  int trajectories;

  using Value = typename Shape::Value;
  using Index = typename Shape::RowIndex;
  using Lines = typename Shape::RowLines;

  static constexpr int groups = Shape::rows / Shape::rows_together;
  static constexpr int lanes = Lines::lines * Lines::lanes;
  static constexpr int resident = Shape::resident(lanes);

  static constexpr std::size_t shared_bytes() {
    return sizeof(Value) * Lines::lines * Index::cells;
  }

  template <Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t i) const {
    const auto all = static_cast<unsigned>(trajectories);
    const int first = static_cast<int>(static_cast<unsigned>(i) / all) * Shape::rows_together;
    const std::size_t trajectory = static_cast<unsigned>(i) % all;
    Value* field = fields + trajectory * Shape::sites;

    LinesInBlock<B, Lines> rows(blk);
    typename LinesInBlock<B, Lines>::template Private<Value, Index::slots> x(rows);
    const auto buffer = rows.template shared<Value>(Index::cells);
    BufferUse use;
    const auto twiddles = [&](int entry) { return aligned(tables.twiddles + entry); };
    /// f(x, row, place, slot)
    const auto each_entry = [&](const auto& f) {
      rows.each([&](int place) {
        const int row = first + rows.line();
        unroll<Index::slots>([&](auto slot) { f(x[place][slot], row, place, slot); });
      });
    };
    const auto at = [](int row, int place, int slot) {
      return row * Shape::columns + Index::home(place, slot);
    };

    each_entry([&](Value& value, int row, int place, auto slot) {
      value = aligned(field + at(row, place, slot)) * conj(turn(row, place, slot));
    });
    stockham<Index, Sign::minus>(rows, x, buffer, use, twiddles);
    each_entry([&](Value& value, int row, int place, auto slot) {
      value = value * aligned(tables.phases + at(row, place, slot));
    });
    stockham<Index, Sign::plus>(rows, x, buffer, use, twiddles);
    each_entry([&](const Value& value, int row, int place, auto slot) {
      aligned(field + at(row, place, slot)) = value * turn(row, place, slot);
    });
  }

 private:
  template <int slot>
  KAPITZA_HD Value turn(int row, int place, Constant<slot>) const {
    const Value of_place = aligned(tables.places + row * Index::lanes + place);
    if constexpr (slot == 0) return of_place;
    return of_place * aligned(tables.slots + row * Index::slots + slot);
  }
};

/// The noise of a kick: the work of Block number i is trajectory i.
template <class Real>
struct MakeNoise {
  field::NoiseModes<Real> noise;
  const BasicComplex<Real>* roots;  ///< e^{2 pi i m / modes}
  BasicComplex<Real>* out;          ///< [trajectory][place]
  std::uint32_t first_trajectory;
  long index;

  static constexpr int lanes = 128, resident = 4;

  static constexpr std::size_t shared_bytes_of(int modes) {
    return 2 * sizeof(BasicComplex<Real>) * static_cast<std::size_t>(modes);
  }
  std::size_t shared_bytes() const { return shared_bytes_of(noise.modes); }

  template <Block B>
  KAPITZA_HD void operator()(B& blk, std::size_t i) const {
    const auto buffer = blk.template shared<BasicComplex<Real>>(2 * noise.modes);
    blk.each(noise.draws(), [&](int draw) {
      noise(first_trajectory + static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(index),
            draw, [&](int mode, BasicComplex<Real> z) { buffer.store(mode, z); });
    });
    blk.sync();
    const int first =
        ring_transform<1>(blk, buffer, noise.modes, [&](int m) { return aligned(roots + m); });
    BasicComplex<Real>* row = out + i * noise.modes;
    blk.each(noise.modes, [&](int place) { aligned(row + place) = buffer.load(first + place); });
  }
};

}  // namespace kapitza::block
