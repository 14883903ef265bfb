// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "kapitza/core/error.hpp"
#include "kapitza/solver/chain.hpp"
#include "kernels/staged/chain_stages.hpp"

namespace kapitza::staged {

/// Newton's linear systems, Eq. (19): block elimination from the first node to the last. Jacobians
/// and factors stay on the device; couplings, right-hand sides and solutions travel.
template <Device D>
class StagedChain final : public CollisionChain {
 public:
  StagedChain(D& device, std::size_t nodes, int K);

  /// Where the Jacobian of a node is kept.
  double* jacobian(std::size_t x) { return block(J_, x); }

  void factorise(const ChainCoefficients& coefficients) override;
  void solve(std::span<double> f) override;
  std::size_t memory() const override;

 private:
  template <class T>
  using Buffer = typename D::template Buffer<T>;

  std::size_t N() const { return singular_.size(); }
  /// The row of node x in an array of K values per node.
  template <class T>
  T* at(Buffer<T>& rows, std::size_t x) {
    return rows.data() + x * K_;
  }
  double* block(Buffer<double>& blocks, std::size_t x) { return at(blocks, x * K_); }

  void upload(const ChainCoefficients& coefficients);
  void factor_block(std::size_t x, double Lambda, bool mirrored);
  void throw_if_singular();

  D& device_;
  int K_;
  Buffer<double> J_;                             ///< [x][k][p]
  Buffer<double> factors_;                       ///< [x][p][k]
  Buffer<double> W_;                             ///< [p][k]: of the block eliminated last
  Buffer<int> pivots_;                           ///< [x][K]
  Buffer<int> singular_;                         ///< [x]
  Buffer<double> diagonal_, lower_, upper_, f_;  ///< [x][K]
  Buffer<double> mirror_, product_;              ///< [K]
  typename D::Lu lu_;
};

template <Device D>
StagedChain<D>::StagedChain(D& device, std::size_t nodes, int K)
    : device_(device),
      K_(K),
      J_(device, nodes * K * K),
      factors_(device, J_.size()),
      W_(device, static_cast<std::size_t>(K) * K),
      pivots_(device, nodes * K),
      singular_(device, nodes),
      diagonal_(device, nodes * K),
      lower_(device, diagonal_.size()),
      upper_(device, diagonal_.size()),
      f_(device, diagonal_.size()),
      mirror_(device, K),
      product_(device, K),
      lu_(device, K) {}

template <Device D>
std::size_t StagedChain<D>::memory() const {
  return (J_.size() + factors_.size() + W_.size() + 4 * f_.size() + 2 * product_.size()) *
             sizeof(double) +
         (pivots_.size() + singular_.size()) * sizeof(int);
}

template <Device D>
void StagedChain<D>::upload(const ChainCoefficients& c) {
  device_.upload(std::span(c.diagonal), diagonal_.data());
  device_.upload(std::span(c.lower), lower_.data());
  device_.upload(std::span(c.upper), upper_.data());
  device_.upload(std::span(c.mirror), mirror_.data());
}

template <Device D>
void StagedChain<D>::factorise(const ChainCoefficients& c) {
  upload(c);
  for (std::size_t x = 0; x < N(); ++x)
    factor_block(x, c.Lambda, x + 1 == N() && !c.mirror.empty());
  throw_if_singular();
}

/// D_x, its factors, and W_x for the block after it.
template <Device D>
void StagedChain<D>::factor_block(std::size_t x, double Lambda, bool mirrored) {
  double* D_x = block(factors_, x);
  device_.each(W_.size(),
               AssembleBlock{block(J_, x), at(diagonal_, x), mirrored ? mirror_.data() : nullptr,
                             at(lower_, x), x > 0 ? W_.data() : nullptr, D_x, Lambda, K_});
  lu_.factor(D_x, at(pivots_, x));
  if (x + 1 == N()) return;
  device_.each(W_.size(), SpreadDiagonal{at(upper_, x), W_.data(), K_});
  lu_.solve(D_x, at(pivots_, x), W_.data(), K_);
}

template <Device D>
void StagedChain<D>::throw_if_singular() {
  device_.each(N(), FindSingular{factors_.data(), singular_.data(), K_});
  std::vector<int> singular(N());
  device_.download(singular_.data(), std::span(singular));
  const auto first = std::find(singular.begin(), singular.end(), 1);
  if (first != singular.end())
    throw NumericsError("the linear system of the chain is singular at node " +
                        std::to_string(first - singular.begin()));
}

template <Device D>
void StagedChain<D>::solve(std::span<double> f) {
  const auto K = static_cast<std::size_t>(K_);
  device_.upload(std::span<const double>(f), f_.data());
  for (std::size_t x = 0; x < N(); ++x) {
    if (x > 0) device_.each(K, SubtractCoupled{at(lower_, x), at(f_, x - 1), at(f_, x)});
    lu_.solve(block(factors_, x), at(pivots_, x), at(f_, x), 1);
  }
  for (std::size_t x = N() - 1; x-- > 0;) {
    device_.each(K, Couple{at(upper_, x), at(f_, x + 1), product_.data()});
    lu_.solve(block(factors_, x), at(pivots_, x), product_.data(), 1);
    device_.each(K, Subtract{product_.data(), at(f_, x)});
  }
  device_.download(f_.data(), f);
}

}  // namespace kapitza::staged
