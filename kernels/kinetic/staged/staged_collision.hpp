// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "kapitza/kinetic/collision.hpp"
#include "kernels/kinetic/staged/density_pass.hpp"
#include "kernels/kinetic/staged/jacobian_pass.hpp"
#include "kernels/kinetic/staged/staged_node_system.hpp"
#include "kernels/kinetic/staged/tables.hpp"

namespace kapitza::staged {

/// Device memory for what lives during one call, beside the tables.
inline constexpr std::size_t default_workspace = std::size_t{1} << 30;

/// The collision operator as a row of pointwise stages and batched transforms, Eqs. (8) to (13):
/// the cuFFT path of the GPU, and on the host its own test.
///
///   n -> h -> modes -> n + i h on every lattice
///     -> [ times e^{i tau E} -> F, H -> b, s folded onto K -> transform -> sum over times ]
///        (each arrow a stage or a batched transform; or all of it one block: SweepChunk)
///     -> sums of segments -> gain, loss, I
///
/// All of it is repeated over passes of densities, the bracket over batches of auxiliary times.
/// The bits of a result do not depend on the passes, hence neither on the number of densities nor
/// on a density's place among them: sums have one order, and transforms a fixed batch.
template <Device D>
class StagedCollision final : public kinetic::CollisionOperator {
 public:
  /// workspace: bytes that passes and batches are cut to; exceeded only where one density and one
  /// chunk of times need more.
  template <class... DeviceArguments>
  explicit StagedCollision(kinetic::CollisionPlan plan_in,
                           std::size_t workspace = default_workspace,
                           kinetic::TimeSweep sweep = kinetic::TimeSweep::transforms,
                           DeviceArguments&&... device_arguments)
      : kinetic::CollisionOperator(std::move(plan_in)),
        device_(std::forward<DeviceArguments>(device_arguments)...),
        workspace_(workspace),
        tables_(device_, plan(), workspace, sweep) {}

  void evaluate(std::span<const double> n, kinetic::CollisionBatch& out) override {
    const std::size_t N = n.size() / K();
    out.resize(N, K());
    each_pass(n, pass_size(N), [&](std::size_t first, std::span<const double> part) {
      densities_->start(part, rates(part), {});
      densities_->sum(densities_->rates());
      densities_->assemble(out, first);
    });
  }

  void jacobian(std::span<const double> n, std::span<double> J) override {
    typename D::template Buffer<double> buffer(device_, J.size());
    std::vector<double*> matrices;
    for (std::size_t x = 0; x < n.size() / K(); ++x) matrices.push_back(buffer.data() + x * area());
    jacobian_on_device(n, matrices);
    device_.download(buffer.data(), J);
  }

  void linearise(std::span<const kinetic::Linearisation> stretches) override {
    std::vector<double> n;
    std::vector<double*> matrices;
    for (const auto& [part, system, first] : stretches) {
      StagedNodeSystem<D>& target = StagedNodeSystem<D>::made_here(*system);
      n.insert(n.end(), part.begin(), part.end());
      for (std::size_t x = 0; x < part.size() / K(); ++x)
        matrices.push_back(target.jacobian(first + x));
    }
    // What is done with the systems has a stream of its own; that includes what frees them where
    // this fails.
    try {
      jacobian_on_device(n, matrices);
    } catch (...) {
      device_.wait();
      throw;
    }
    device_.wait();
  }

  std::size_t memory(std::size_t densities) const override {
    return tables_.bytes() + DensityPass<D>::bytes(tables_, pass_size(densities));
  }

 private:
  int K() const { return plan().K(); }
  std::size_t area() const { return static_cast<std::size_t>(K()) * K(); }

  /// Densities per pass: as many as the workspace holds, evened out so that no pass is a remnant.
  std::size_t even_passes(std::size_t N, std::size_t bytes_per_group) const {
    const std::size_t most = std::max<std::size_t>(1, workspace_ * group / bytes_per_group);
    const std::size_t passes = (N + most - 1) / most;
    return passes > 0 ? (N + passes - 1) / passes : 0;
  }
  std::size_t pass_size(std::size_t N) const {
    return even_passes(N, DensityPass<D>::bytes(tables_, group));
  }
  std::size_t jacobian_pass_size(std::size_t N) const {
    return even_passes(
        N, DensityPass<D>::bytes(tables_, group) + JacobianPass<D>::bytes(tables_, group));
  }

  /// J: where in device memory every density's matrix belongs.
  void jacobian_on_device(std::span<const double> n, std::span<double* const> J) {
    const std::size_t X = jacobian_pass_size(n.size() / K());
    each_pass(n, X, [&](std::size_t first, std::span<const double> part) {
      reserve(jacobian_, X);
      densities_->start(part, rates(part), rate_slopes(part));
      jacobian_->run(*densities_, J.subspan(first, part.size() / K()));
    });
  }

  template <class Pass>
  void reserve(std::unique_ptr<Pass>& pass, std::size_t capacity) {
    if (pass && pass->capacity() >= capacity) return;
    pass.reset();  // first, so that old and new memory never coexist
    pass = std::make_unique<Pass>(device_, tables_, capacity);
  }

  /// body(first density, their values) for X densities at a time.
  template <class Body>
  void each_pass(std::span<const double> n, std::size_t X, const Body& body) {
    const std::size_t N = n.size() / K();
    for (std::size_t first = 0; first < N; first += X) {
      reserve(densities_, X);
      body(first, n.subspan(first * K(), std::min(X, N - first) * K()));
    }
  }

  /// C_l of every density. Made here, from densities that have not left the host yet.
  std::vector<ChannelRates> rates(std::span<const double> n) const {
    return per_density(
        n, [&](double rho) { return std::pair(plan().sweep_rates(rho), plan().pair_rate(rho)); });
  }
  std::vector<ChannelRates> rate_slopes(std::span<const double> n) const {
    return per_density(n, [&](double rho) {
      return std::pair(plan().sweep_rate_slopes(rho), plan().pair_rate_slope(rho));
    });
  }
  template <class Rates>
  std::vector<ChannelRates> per_density(std::span<const double> n, const Rates& rates_at) const {
    std::vector<ChannelRates> all(n.size() / K());
    for (std::size_t x = 0; x < all.size(); ++x) {
      const double* first = n.data() + x * K();
      const auto [sweep, pairs] = rates_at(std::accumulate(first, first + K(), 0.0) / K());
      std::copy(sweep.begin(), sweep.end(), all[x].sweep);
      all[x].pairs = pairs;
    }
    return all;
  }

  D device_;
  std::size_t workspace_;
  Tables<D> tables_;
  std::unique_ptr<DensityPass<D>> densities_;
  std::unique_ptr<JacobianPass<D>> jacobian_;
};

}  // namespace kapitza::staged
