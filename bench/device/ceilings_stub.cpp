// SPDX-License-Identifier: BSD-3-Clause
#include "bench/device/ceilings.hpp"
#include "kapitza/core/error.hpp"
#include "kapitza/machine/machine.hpp"

namespace kapitza::cuda {

Ceilings measure_ceilings() { throw BackendUnavailable(cuda_unavailable()); }

double fft_seconds(int /*n*/, int /*batch*/, Precision /*precision*/) {
  throw BackendUnavailable(cuda_unavailable());
}

}  // namespace kapitza::cuda
