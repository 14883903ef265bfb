// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/field/file.hpp"

#include <fmt/format.h>
#include <span>

#include "kapitza/core/error.hpp"

namespace kapitza::host {
namespace {

constexpr const char* group = "checkpoint";

std::string name_of(const char* what, std::size_t ensemble) {
  return fmt::format("{}/{}_{}", group, what, ensemble);
}

/// Rows of equal length, one for every trajectory.
void write_rows(ResultWriter& writer, const std::string& name, std::span<const double> values,
                const std::string& trajectory, const std::string& column) {
  if (!values.empty()) writer.dataset(name, {trajectory, column}, values, name);
}

std::span<const double> as_numbers(const std::vector<Complex>& fields) {
  static_assert(sizeof(Complex) == 2 * sizeof(double));
  return {&fields.front().re, 2 * fields.size()};
}

[[noreturn]] void damaged(const std::string& what) {
  throw IoError(fmt::format("the checkpoint is damaged: {}", what));
}

std::vector<double> read_numbers(const ResultReader& reader, const std::string& name,
                                 std::size_t count) {
  if (!reader.contains(name)) damaged(name + " is missing");
  std::vector<double> numbers = reader.read(name);
  if (numbers.size() != count) damaged(name + " has the wrong size");
  return numbers;
}

std::vector<Complex> read_fields(const ResultReader& reader, const std::string& name,
                                 const field::EnsemblePlan& plan) {
  const std::size_t count = static_cast<std::size_t>(plan.sites) * plan.trajectories;
  const std::vector<double> numbers = read_numbers(reader, name, 2 * count);
  std::vector<Complex> fields(count);
  for (std::size_t i = 0; i < count; ++i) fields[i] = {numbers[2 * i], numbers[2 * i + 1]};
  return fields;
}

void require_checkpoint(const ResultReader& reader) {
  if (!reader.contains(group)) throw IoError("there is no checkpoint in it");
}

/// The counters of a checkpoint, once for writing them and for reading them back.
template <class State, class F>
void each_counter(State& state, F f) {
  f("slices", state.slices);
  f("measured", state.measured);
  f("first_part", state.first_part);
  f("slices_per_block", state.slices_per_block);
  f("settled", state.settled);
  f("drift_probability", state.drift_probability);
}

/// Names of the coordinates that the rows of a checkpoint have.
struct Coordinates {
  std::string trajectory = fmt::format("{}/trajectory", group);
  std::string part = fmt::format("{}/part", group);
  std::string observable = fmt::format("{}/observable", group);
};

Coordinates begin(ResultWriter& writer, std::size_t trajectories, std::size_t parts,
                  std::size_t observables) {
  const Coordinates names;
  writer.group(group);
  writer.coordinate(names.trajectory, counted(trajectories), "trajectory");
  writer.coordinate(names.part, counted(parts), "real and imaginary parts of the field");
  writer.coordinate(names.observable, counted(observables), "what is measured");
  return names;
}

}  // namespace

void write_checkpoint(ResultWriter& writer, const field::SteadyStateCheckpoint& state) {
  const std::size_t observables = state.observables;
  const std::size_t trajectories = state.totals.front().size() / observables;
  const std::size_t parts = 2 * state.fields.front().size() / trajectories;
  const Coordinates names = begin(writer, trajectories, parts, observables);
  each_counter(state, [&](const char* name, auto value) {
    writer.attribute(name, static_cast<double>(value), group);
  });
  for (std::size_t i = 0; i < state.fields.size(); ++i) {
    write_rows(writer, name_of("fields", i), as_numbers(state.fields[i]), names.trajectory,
               names.part);
    write_rows(writer, name_of("totals", i), state.totals[i], names.trajectory, names.observable);
    if (!state.first_totals.empty())
      write_rows(writer, name_of("first_part", i), state.first_totals[i], names.trajectory,
                 names.observable);
  }
  if (state.blocks.empty()) return;
  const std::string block = fmt::format("{}/block", group);
  writer.coordinate(block, counted(state.blocks.size() / observables), "block of time");
  writer.dataset(fmt::format("{}/blocks", group), {block, names.observable}, state.blocks,
                 "ensemble means of every block");
  writer.dataset(fmt::format("{}/block_end", group), {names.observable}, state.block_end,
                 "ensemble means of the totals when the last block ended");
}

field::SteadyStateCheckpoint read_steady_state(const ResultReader& reader,
                                               const field::EnsemblePlan& plan,
                                               std::size_t ensembles) {
  require_checkpoint(reader);
  field::SteadyStateCheckpoint state;
  state.observables = plan.observables();
  each_counter(state, [&](const char* name, auto& value) {
    value = static_cast<std::decay_t<decltype(value)>>(reader.number(name, group));
  });
  const std::size_t rows = plan.observables() * plan.trajectories;
  for (std::size_t i = 0; i < ensembles; ++i) {
    state.fields.push_back(read_fields(reader, name_of("fields", i), plan));
    state.totals.push_back(read_numbers(reader, name_of("totals", i), rows));
    if (state.first_part > 0)
      state.first_totals.push_back(read_numbers(reader, name_of("first_part", i), rows));
  }
  if (state.slices_per_block <= 0 || state.measured < 0 || state.measured > state.slices)
    damaged("its counters contradict each other");
  if (state.first_part == 0) return state;  // no block has ended yet
  const auto blocks = static_cast<std::size_t>(state.measured / state.slices_per_block);
  state.blocks = read_numbers(reader, fmt::format("{}/blocks", group), blocks * plan.observables());
  state.block_end = read_numbers(reader, fmt::format("{}/block_end", group), plan.observables());
  return state;
}

void write_checkpoint(ResultWriter& writer, const field::ClosedChainCheckpoint& state) {
  const std::size_t trajectories = state.trajectories;
  const Coordinates names =
      begin(writer, trajectories, 2 * state.fields.front().size() / trajectories,
            state.first.size() / trajectories);
  writer.attribute("steps", static_cast<double>(state.steps), group);
  for (std::size_t i = 0; i < state.fields.size(); ++i)
    write_rows(writer, name_of("fields", i), as_numbers(state.fields[i]), names.trajectory,
               names.part);
  write_rows(writer, name_of("first", 0), state.first, names.trajectory, names.observable);
}

field::ClosedChainCheckpoint read_closed_chain(const ResultReader& reader,
                                               const field::EnsemblePlan& plan,
                                               std::size_t ensembles) {
  require_checkpoint(reader);
  field::ClosedChainCheckpoint state;
  state.trajectories = plan.trajectories;
  state.steps = static_cast<long>(reader.number("steps", group));
  for (std::size_t i = 0; i < ensembles; ++i)
    state.fields.push_back(read_fields(reader, name_of("fields", i), plan));
  state.first = read_numbers(reader, name_of("first", 0), plan.observables() * plan.trajectories);
  return state;
}

std::size_t checkpoint_size(const field::TotalsLayout& totals, int trajectories, bool error_check) {
  const std::size_t row = 2 * static_cast<std::size_t>(totals.sites) + 2 * totals.size();
  return sizeof(double) * field::StepCheckedEnsemble::count(error_check) * row * trajectories;
}

}  // namespace kapitza::host
