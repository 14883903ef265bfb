// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kernels/field/staged/staged_ensemble.hpp"
#include "kernels/kinetic/staged/cyclic_reduction.hpp"
#include "kernels/kinetic/staged/staged_collision.hpp"
#include "kernels/kinetic/staged/staged_node_system.hpp"
#include "tests/support/host_device.hpp"

/// The stages of the GPU path on the host, compiled once: with every size of their fused kernels
/// they take minutes.
namespace kapitza::staged {

extern template class Tables<HostDevice>;
extern template class DensityPass<HostDevice>;
extern template class JacobianPass<HostDevice>;
extern template class StagedCollision<HostDevice>;
extern template class CyclicReduction<HostDevice>;
extern template class StagedNodeSystem<HostDevice>;
extern template class StagedEnsemble<HostDevice, double>;
extern template class StagedEnsemble<HostDevice, float>;

}  // namespace kapitza::staged
