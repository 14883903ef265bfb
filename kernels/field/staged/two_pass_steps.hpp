// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <vector>

#include "kapitza/field/ensemble.hpp"
#include "kapitza/numerics/composition.hpp"
#include "kapitza/numerics/fast_length.hpp"
#include "kernels/device/block/fft_tables.hpp"
#include "kernels/device/block/power_of_two.hpp"
#include "kernels/field/block/two_pass.hpp"
#include "kernels/field/staged/ensemble_tables.hpp"

namespace kapitza::staged {

/// Calls f(Shape{}) with the shape of a ring of so many sites; false where there is none.
///
/// Columns of 256 entries at most, because a tile of them fills a block of 256 lanes in double
/// precision, of which three share a multiprocessor; rows take what is left.
template <class Real, class F>
bool with_two_pass(int sites, const F& f) {
  return block::with_power_of_two<4096, 1048576>(sites, [&](auto all) {
    constexpr int rows = all < 16384 ? 64 : all < 65536 ? 128 : 256;
    return f(block::TwoPass<rows, all / rows, Real>{});
  });
}

/// The phases of every stage as a RowPass reads them: [stage][row][entry].
template <class Shape>
std::vector<Complex> phases_by_row(const field::EnsemblePlan& plan) {
  std::vector<Complex> table;
  for (const std::vector<Complex>& stage : plan.kinetic)
    for (int row = 0; row < Shape::rows; ++row)
      for (int entry = 0; entry < Shape::columns; ++entry)
        table.push_back(stage[row + Shape::rows * entry]);
  return table;
}

/// What the passes need beside the tables that all kinds of steps have.
template <Device D, class Real>
struct TwoPassTables {
  using Values = typename D::template Buffer<BasicComplex<Real>>;
  Values phases;         ///< [stage][row][entry]
  Values rows, columns;  ///< twiddle factors of their transforms
  Values places, slots;  ///< turns between them: see block::RowTables
  Values noise_roots;    ///< e^{2 pi i m / modes}
};

template <class Shape, Device D, class Real>
TwoPassTables<D, Real> make_two_pass_tables(D& device, const field::EnsemblePlan& plan,
                                            EnsembleTables<D, Real>& tables) {
  using Index = typename Shape::RowIndex;
  const auto upload = [&](const std::vector<BasicComplex<Real>>& table) {
    return tables.upload(device, table);
  };
  return {upload(in_precision<Real>(phases_by_row<Shape>(plan))),
          upload(block::stockham_twiddles<Real>(Shape::columns)),
          upload(block::stockham_twiddles<Real>(Shape::rows)),
          upload(block::turns_of_rows<Real>(Shape::rows, Shape::columns, Index::lanes)),
          upload(block::turns_of_rows<Real>(Shape::rows, Index::slots, Index::slots)),
          upload(block::unit_roots<Real>(static_cast<int>(plan.noise.size())))};
}

/// The fields of some trajectories on their way: what split_steps() drives. Whatever happens at the
/// sites waits for the pass over the columns before the next kinetic stage, or for finish().
///
/// make_noise(index) leaves the noise of a kick in `noise`, as many values for each trajectory as
/// there are modes; it is asked where that is more than a block holds.
template <class Shape, Device D, class Real, class Noise>
class TwoPassWalker {
  using Value = BasicComplex<Real>;

 public:
  TwoPassWalker(D& device, const field::EnsemblePlan& plan, EnsembleTables<D, Real>& tables,
                TwoPassTables<D, Real>& own, TrajectoryBatch batch, Value* fields, Value* noise,
                const Noise& make_noise)
      : device_(device),
        plan_(plan),
        tables_(tables),
        own_(own),
        batch_(batch),
        fields_(fields),
        noise_(noise),
        make_noise_(make_noise) {}

  void local(int slot) { waiting_.add(slot); }

  void kick(long index) {
    if (kicked_) throw std::logic_error("two kicks without a kinetic stage between them");
    kicked_ = true;
    const field::NoiseModes<Real> noise{tables_.noise.data(), plan_.seed, Stream::noise,
                                        noise_modes()};
    const block::MakeNoise<Real> in_block{noise, own_.noise_roots.data(), noise_,
                                          static_cast<std::uint32_t>(batch_.first), index};
    if (is_fast_length(noise.modes) && in_block.shared_bytes() <= device_.most_shared_bytes())
      device_.each_block(batch_.size, in_block);
    else
      make_noise_(index);
    waiting_.add(block::LocalParts::kick);
  }

  void kinetic(int stage) {
    pass_over_columns(true);
    using Pass = block::RowPass<Shape, Real>;
    const block::RowTables<Real> rows{own_.phases.data() + stage * Shape::sites, own_.rows.data(),
                                      own_.places.data(), own_.slots.data()};
    device_.each_block(batch_.size * Pass::groups, Pass{rows, fields_, batch_.size});
    in_rows_ = true;
  }

  /// The fields are at the sites from now on.
  void finish() {
    if (in_rows_ || waiting_.count() > 0) pass_over_columns(false);
    in_rows_ = false;
  }

 private:
  int noise_modes() const { return static_cast<int>(plan_.noise.size()); }

  void pass_over_columns(bool to_rows) {
    using Pass = block::ColumnPass<Shape, Real>;
    const block::ColumnTables<Real> columns{
        tables_.step, tables_.local.data(), own_.columns.data(), tables_.kick_shape.data(),
        noise_,       noise_modes()};
    device_.each_block(batch_.size * Pass::tiles,
                       Pass{columns, fields_, waiting_, in_rows_, to_rows});
    waiting_ = {};
    kicked_ = false;
  }

  D& device_;
  const field::EnsemblePlan& plan_;
  EnsembleTables<D, Real>& tables_;
  TwoPassTables<D, Real>& own_;
  TrajectoryBatch batch_;
  Value *fields_, *noise_;
  const Noise& make_noise_;
  block::LocalParts waiting_;
  bool in_rows_ = false, kicked_ = false;
};

/// The steps of an ensemble on rings that no block holds: between the first and the last pass over
/// the columns in an advance() a kinetic stage is one pass over the rows and one over the columns,
/// with all that happens at the sites.
template <Device D, class Real>
class TwoPassSteps {
  using Value = BasicComplex<Real>;

 public:
  TwoPassSteps(D& device, const field::EnsemblePlan& plan, EnsembleTables<D, Real>& tables) {
    with_two_pass<Real>(plan.sites, [&](auto shape) {
      own_.emplace(make_two_pass_tables<decltype(shape)>(device, plan, tables));
      return true;
    });
  }

  /// Steps `first` to first + steps - 1 of the fields of some trajectories; `noise` and make_noise
  /// as TwoPassWalker wants them.
  template <class Noise>
  void advance(D& device, const field::EnsemblePlan& plan, EnsembleTables<D, Real>& tables,
               TrajectoryBatch batch, Value* fields, Value* noise, const Noise& make_noise,
               long first, long steps) {
    with_two_pass<Real>(plan.sites, [&](auto shape) {
      TwoPassWalker<decltype(shape), D, Real, Noise> walker(device, plan, tables, *own_, batch,
                                                            fields, noise, make_noise);
      split_steps(plan.composition.stages(), first, steps, plan.kick_every, walker);
      walker.finish();
      return true;
    });
  }

 private:
  std::optional<TwoPassTables<D, Real>> own_;
};

}  // namespace kapitza::staged
