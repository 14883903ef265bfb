// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace kapitza {

/// The sign s of a Fourier transform, X_k = sum_j x_j e^{s 2 pi i jk / n}.
enum class Sign { minus = -1, plus = +1 };

}  // namespace kapitza
