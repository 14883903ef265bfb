// SPDX-License-Identifier: BSD-3-Clause
#include "kapitza/defect/mesh.hpp"

#include <algorithm>
#include <cmath>

namespace kapitza::defect {

Mesh Mesh::uniform(int cells) {
  std::vector<double> face(cells + 1);
  for (int i = 0; i <= cells; ++i) face[i] = static_cast<double>(i) / cells;
  return Mesh(std::move(face));
}

// X = layer (e^{a t} - 1) for the left half, t = 2 i / cells, with a such that X(1) = 1/2: then
// dX/dt = a (layer + X).
Mesh Mesh::graded(int cells, double layer) {
  const double a = std::log1p(0.5 / layer);
  std::vector<double> face(cells + 1);
  for (int i = 0; 2 * i <= cells; ++i) {
    face[i] = layer * std::expm1(a * 2 * i / cells);
    face[cells - i] = 1 - face[i];
  }
  if (cells % 2 == 0) face[cells / 2] = 0.5;
  return Mesh(std::move(face));
}

double Mesh::layer_of(double mean_free_path) { return std::max(mean_free_path / 20, 1e-9); }

std::vector<double> Mesh::centres() const {
  std::vector<double> centre(cells());
  for (std::size_t i = 0; i < cells(); ++i) centre[i] = (face_[i] + face_[i + 1]) / 2;
  return centre;
}

Mesh Mesh::left_half() const {
  return Mesh(std::vector<double>(face_.begin(), face_.begin() + cells() / 2 + 1));
}

}  // namespace kapitza::defect
