// SPDX-License-Identifier: BSD-3-Clause
#include "kernels/kinetic/cpu/node_system.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "kapitza/core/error.hpp"

namespace kapitza::cpu {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using Factors = Eigen::PartialPivLU<Matrix>;

/// Columns per work item of a triangular solve.
constexpr int panel_columns = 32;

/// The elimination runs from both ends at once and meets in the middle: two sequences of nodes that
/// know nothing of each other, whatever the number of threads.
struct Arm {
  std::vector<std::size_t> nodes;  ///< from the end to the middle, which belongs to both
  std::vector<int> columns;        ///< those of W that are not zero
  Matrix W;                        ///< of the node eliminated last, these columns only

  std::size_t links() const { return nodes.size() - 1; }
};

bool is_regular(const Factors& factors) {
  const auto pivots = factors.matrixLU().diagonal().array();
  return pivots.isFinite().all() && (pivots != 0).all();
}

class CpuNodeSystem final : public kinetic::NodeSystem {
 public:
  CpuNodeSystem(int K, std::size_t nodes, int threads);

  std::span<double> jacobians() { return J_; }
  void factorise(const kinetic::NodeCoefficients& coefficients);
  void solve(std::span<double> f);
  std::size_t memory() const override;

 private:
  using Diagonal = Eigen::Map<const Vector>;
  using Node = Eigen::Map<Vector>;

  std::size_t N() const { return factors_.size(); }
  std::size_t middle() const { return N() / 2; }
  /// What couples the equation at `to` with its neighbour `from`.
  Diagonal coupling(std::size_t to, std::size_t from) const {
    return {&(from < to ? lower_ : upper_)[to * K_], K_};
  }
  Node at(std::span<double> f, std::size_t x) const { return {&f[x * K_], K_}; }

  Matrix block(const kinetic::NodeCoefficients& coefficients, std::size_t x) const;
  void subtract(const Arm& arm, std::size_t link, Matrix& D) const;
  void choose_columns(Arm& arm, std::size_t link) const;
  void fill_panel(Arm& arm, std::size_t link, int panel) const;
  void throw_if_singular() const;

  int K_, threads_;
  std::vector<double> J_, lower_, upper_;
  std::vector<Factors> factors_;
  std::array<Arm, 2> arms_;
};

CpuNodeSystem::CpuNodeSystem(int K, std::size_t nodes, int threads)
    : K_(K), threads_(threads), J_(nodes * K_ * K_), factors_(nodes, Factors(K_)) {
  for (std::size_t x = 0; x <= middle(); ++x) arms_[0].nodes.push_back(x);
  for (std::size_t x = nodes; x-- > middle();) arms_[1].nodes.push_back(x);
  for (Arm& arm : arms_) arm.W.resize(K_, K_);
}

/// A_x, Eq. (19).
Matrix CpuNodeSystem::block(const kinetic::NodeCoefficients& c, std::size_t x) const {
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const RowMajor> J(&J_[x * K_ * K_], K_, K_);
  Matrix A = -c.Lambda * J;
  A.diagonal() += Diagonal(&c.diagonal[x * K_], K_);
  if (x + 1 == N() && !c.mirror.empty())
    A.rowwise().reverse().diagonal() += Diagonal(c.mirror.data(), K_);
  return A;
}

/// D_{x+1} = A_{x+1} - lower_{x+1} W_x, or its mirror image.
void CpuNodeSystem::subtract(const Arm& arm, std::size_t link, Matrix& D) const {
  const Diagonal back = coupling(arm.nodes[link + 1], arm.nodes[link]);
  for (std::size_t j = 0; j < arm.columns.size(); ++j)
    D.col(arm.columns[j]) -= back.cwiseProduct(arm.W.col(j));
}

/// At every second link half of the momenta are not coupled: their columns are zero.
void CpuNodeSystem::choose_columns(Arm& arm, std::size_t link) const {
  const Diagonal ahead = coupling(arm.nodes[link], arm.nodes[link + 1]);
  arm.columns.clear();
  for (int k = 0; k < K_; ++k)
    if (ahead[k] != 0) arm.columns.push_back(k);
}

/// A few columns of W_x = D_x^{-1} diag(upper_x), or its mirror image.
void CpuNodeSystem::fill_panel(Arm& arm, std::size_t link, int panel) const {
  const int first = panel * panel_columns;
  const int count = std::min(panel_columns, static_cast<int>(arm.columns.size()) - first);
  if (count <= 0) return;
  const Diagonal ahead = coupling(arm.nodes[link], arm.nodes[link + 1]);
  Matrix diagonal = Matrix::Zero(K_, count);
  for (int j = 0; j < count; ++j) {
    const int k = arm.columns[first + j];
    diagonal(k, j) = ahead[k];
  }
  arm.W.middleCols(first, count) = factors_[arm.nodes[link]].solve(diagonal);
}

/// The two arms advance in step: first both factor a block, then all threads share the columns.
void CpuNodeSystem::factorise(const kinetic::NodeCoefficients& c) {
  lower_ = c.lower;
  upper_ = c.upper;
  const int panels = (K_ + panel_columns - 1) / panel_columns;
#pragma omp parallel num_threads(threads_)
  for (std::size_t link = 0; link < middle(); ++link) {
#pragma omp for schedule(static, 1)
    for (std::size_t a = 0; a < arms_.size(); ++a) {
      Arm& arm = arms_[a];
      if (link >= arm.links()) continue;
      Matrix D = block(c, arm.nodes[link]);
      if (link > 0) subtract(arm, link - 1, D);
      factors_[arm.nodes[link]].compute(D);
      choose_columns(arm, link);
    }
#pragma omp for schedule(dynamic) collapse(2)
    for (std::size_t a = 0; a < arms_.size(); ++a)
      for (int panel = 0; panel < panels; ++panel)
        if (link < arms_[a].links()) fill_panel(arms_[a], link, panel);
  }
  Matrix D = block(c, middle());
  for (const Arm& arm : arms_)
    if (arm.links() > 0) subtract(arm, arm.links() - 1, D);
  factors_[middle()].compute(D);
  throw_if_singular();
}

void CpuNodeSystem::throw_if_singular() const {
  for (std::size_t x = 0; x < N(); ++x)
    if (!is_regular(factors_[x]))
      throw NumericsError("the linear system of the chain is singular at node " +
                          std::to_string(x));
}

/// Both arms inwards, the middle, both arms outwards.
void CpuNodeSystem::solve(std::span<double> f) {
#pragma omp parallel for num_threads(threads_) schedule(static, 1)
  for (std::size_t a = 0; a < arms_.size(); ++a) {
    const auto& nodes = arms_[a].nodes;
    for (std::size_t i = 0; i < arms_[a].links(); ++i) {
      Node g = at(f, nodes[i]);
      if (i > 0) g -= coupling(nodes[i], nodes[i - 1]).cwiseProduct(at(f, nodes[i - 1]));
      g = factors_[nodes[i]].solve(g).eval();
    }
  }
  Node y = at(f, middle());
  for (const Arm& arm : arms_) {
    if (arm.links() == 0) continue;
    const std::size_t neighbour = arm.nodes[arm.links() - 1];
    y -= coupling(middle(), neighbour).cwiseProduct(at(f, neighbour));
  }
  y = factors_[middle()].solve(y).eval();
#pragma omp parallel for num_threads(threads_) schedule(static, 1)
  for (std::size_t a = 0; a < arms_.size(); ++a) {
    const auto& nodes = arms_[a].nodes;
    for (std::size_t i = arms_[a].links(); i-- > 0;) {
      const Vector known = coupling(nodes[i], nodes[i + 1]).cwiseProduct(at(f, nodes[i + 1]));
      at(f, nodes[i]) -= factors_[nodes[i]].solve(known);
    }
  }
}

std::size_t CpuNodeSystem::memory() const {
  const std::size_t area = static_cast<std::size_t>(K_) * K_ * sizeof(double);
  const std::size_t rows = K_ * (2 * sizeof(double) + 2 * sizeof(int));  // couplings, pivots
  return N() * (2 * area + rows) + 2 * arms_.size() * area;
}

CpuNodeSystem& made_here(kinetic::NodeSystem& system) {
  return dynamic_cast<CpuNodeSystem&>(system);
}

}  // namespace

std::unique_ptr<kinetic::NodeSystem> make_node_system(int K, std::size_t nodes, int threads) {
  return std::make_unique<CpuNodeSystem>(K, nodes, threads);
}

void factorise(std::span<const kinetic::Factorisation> all) {
  for (const auto& [system, coefficients] : all) made_here(*system).factorise(*coefficients);
}

void solve(std::span<const kinetic::Solution> all) {
  for (const auto& [system, f] : all) made_here(*system).solve(f);
}

std::span<double> jacobians(kinetic::NodeSystem& system) { return made_here(system).jacobians(); }

}  // namespace kapitza::cpu
