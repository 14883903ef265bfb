// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <vector>

#include "kapitza/kinetic/backend.hpp"

namespace kapitza::kinetic {

/// Independent pieces of work side by side, as many small problems that fill a device together.
///
/// work(i, own) runs in a thread of its own. Its backend does the same as `backend`, to the last
/// bit, but a call to it waits until all other pieces wait, too, or have ended: then what several
/// of them ask for is done at once. Pieces with equal plans share one operator; their evaluations
/// and Jacobians on it become one call, and so do factors and solutions of systems of one shape.
/// `backend` itself is only ever used by the calling thread.
///
/// - What a piece makes with its backend must not outlive its work.
/// - `between` is called by the calling thread while every piece waits: it may look at all they
///   have, and change it. What it throws is thrown by whatever they ask for next, and in the end.
/// - A piece that throws leaves the others alone.
///
/// Returns what each piece has thrown: null where it has not.
std::vector<std::exception_ptr> side_by_side(
    Backend& backend, std::size_t count,
    const std::function<void(std::size_t i, Backend& own)>& work,
    const std::function<void()>& between = {});

}  // namespace kapitza::kinetic
