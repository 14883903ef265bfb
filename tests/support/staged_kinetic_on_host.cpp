// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/staged_on_host.hpp"

namespace kapitza::staged {

template class Tables<HostDevice>;
template class DensityPass<HostDevice>;
template class JacobianPass<HostDevice>;
template class StagedCollision<HostDevice>;
template class CyclicReduction<HostDevice>;
template class StagedNodeSystem<HostDevice>;

}  // namespace kapitza::staged
