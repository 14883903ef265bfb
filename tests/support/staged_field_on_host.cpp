// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/staged_on_host.hpp"

namespace kapitza::staged {

template class StagedEnsemble<HostDevice, double>;
template class StagedEnsemble<HostDevice, float>;

}  // namespace kapitza::staged
