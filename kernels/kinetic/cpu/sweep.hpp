// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <vector>

#include "kapitza/kinetic/collision_schedule.hpp"
#include "kernels/kinetic/cpu/balanced_density.hpp"
#include "kernels/kinetic/cpu/grid_transforms.hpp"

namespace kapitza::cpu {

/// The channels l >= 3: the sum over auxiliary time of Eq. (9) and its derivative, Eq. (12).
class Sweep {
 public:
  static constexpr int chunk_times = kinetic::SweepSchedule::chunk_times;

  explicit Sweep(const kinetic::CollisionPlan& plan);

  struct Chunk : kinetic::SweepSchedule::Chunk {
    SplitArray start;            ///< phases of the first time, on the lattice
    SplitArray grid_start;       ///< and on the K grid
    double weight[chunk_times];  ///< of the time quadrature
  };
  const std::vector<Chunk>& chunks() const { return chunks_; }

  /// n / M and h / M on every lattice: the transforms that make F and H are sums with weight 1/M.
  struct Lattices {
    std::vector<AlignedArray> n, h;  ///< [level][site]
  };
  Lattices refine(const BalancedDensity& density) const;

  struct Scratch {
    Scratch(int K, int M)
        : start(2 * M),
          in(2 * M),
          out(2 * M),
          folded(2 * chunk_times * K),
          spectrum(2 * chunk_times * K),
          sum(2 * K) {}
    SplitArray start, in, out, folded, spectrum, sum;
  };
  Scratch scratch() const { return {K_, levels_.empty() ? 0 : levels_.back().M}; }

  /// One chunk of times: result[0, K) = B, result[K, 2K) = S. rates: C_3, C_4, ...
  void sums(const Lattices& density, const Chunk& chunk, const std::vector<double>& rates,
            Scratch& scratch, double* result) const;

  /// Densities whose Jacobians are best made at once, of so many.
  std::size_t jacobian_group(std::size_t densities) const;
  /// Memory for jacobian(), worth keeping from group to group.
  struct JacobianSpace {
    AlignedArray sums, sequences;
  };
  JacobianSpace jacobian_space(std::size_t group) const;

  /// Adds K x K matrices per density, dI/dn at fixed h and dI/dh at fixed n, without their diagonal
  /// parts.
  void jacobian(std::span<const BalancedDensity> group, int threads, JacobianSpace& space,
                std::span<double> by_n, std::span<double> by_h) const;

  std::size_t table_bytes() const;
  std::size_t bytes_per_density() const;
  std::size_t bytes_per_thread() const;

 private:
  struct Level {
    Level(const kinetic::CollisionPlan& plan, const kinetic::SweepSchedule::Level& scheduled,
          std::size_t scratch_size);
    int M;
    SplitArray offset;  ///< phases [time in chunk][site]
    Interpolation interpolation;
    std::vector<double> kink;  ///< shape of a kink of amplitude one
    Transform to_FH;           ///< both at once
    Transform to_sequences;    ///< the derivative sequences at once
  };
  class LevelJacobian;

  void load(const Level& level, int t, Scratch& scratch) const;
  void start(const Lattices& density, const Chunk& chunk, Scratch& scratch) const;

  std::size_t sums_per_panel() const;
  std::size_t sequences_per_density() const;

  const kinetic::CollisionPlan& plan_;
  int K_;
  std::vector<Level> levels_;
  std::vector<Chunk> chunks_;
  SplitArray grid_offset_;  ///< [time in chunk][K]
  Transform to_grid_;       ///< 2 x chunk_times transforms of length K
};

}  // namespace kapitza::cpu
