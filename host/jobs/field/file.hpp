// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/output/result_file.hpp"
#include "kapitza/field/closed_chain.hpp"
#include "kapitza/field/steady_state.hpp"

namespace kapitza::host {

/// Checkpoints of ensembles in result files.
void write_checkpoint(ResultWriter& writer, const field::SteadyStateCheckpoint& state);
void write_checkpoint(ResultWriter& writer, const field::ClosedChainCheckpoint& state);

/// Throw IoError where a file has none, or a damaged one; plan says how large it must be.
field::SteadyStateCheckpoint read_steady_state(const ResultReader& reader,
                                               const field::EnsemblePlan& plan,
                                               std::size_t ensembles);
field::ClosedChainCheckpoint read_closed_chain(const ResultReader& reader,
                                               const field::EnsemblePlan& plan,
                                               std::size_t ensembles);

/// Bytes of a checkpoint, roughly.
std::size_t checkpoint_size(const field::TotalsLayout& totals, int trajectories, bool error_check);

}  // namespace kapitza::host
