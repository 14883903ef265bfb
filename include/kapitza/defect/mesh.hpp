// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace kapitza::defect {

/// Cells of the defect, 0 <= X <= 1.
class Mesh {
 public:
  static Mesh uniform(int cells);

  /// Cells that grow in proportion to layer + (distance from the nearer end): each end's layer of
  /// that width gets its share of cells, whatever its width, Eq. (17).
  static Mesh graded(int cells, double layer);

  /// The layer that suits a mean free path: thin enough for carriers a good deal slower than the
  /// mean, thick enough for rounding to leave widths to the cells beside X = 1.
  static double layer_of(double mean_free_path);

  std::size_t cells() const { return face_.size() - 1; }
  const std::vector<double>& faces() const { return face_; }
  double width(std::size_t cell) const { return face_[cell + 1] - face_[cell]; }
  std::vector<double> centres() const;

  /// The cells left of X = 1/2; their number must be even.
  Mesh left_half() const;

 private:
  explicit Mesh(std::vector<double> face) : face_(std::move(face)) {}

  std::vector<double> face_;
};

}  // namespace kapitza::defect
