// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "host/output/result_file.hpp"
#include "host/report.hpp"
#include "kapitza/defect/stationary.hpp"

/// What the stationary job leaves in its file, and finds there when it goes on.
namespace kapitza::host {

/// Values over the cells or faces of the mesh, over momenta, or over both.
struct Field {
  std::string name;
  std::vector<std::string> dimensions;  ///< of "cell", "face" and "k"
  std::vector<double> values;
  std::string long_name;
};

/// The outcome at one Lambda.
struct DefectResult {
  double Lambda = 0;
  Quantities quantities;
  std::vector<Field> fields;
};

std::vector<Field> fields_of(const defect::Profile& profile);

/// Currents and thermal predictions; the latter once where both ends look the same.
Quantities profile_rows(const defect::Profile& profile, bool symmetric);

/// The iterations at all Lambdas.
struct IterationLog {
  std::vector<double> Lambda, iteration, residual, number_spread, energy_spread, dt;

  void append(double at_Lambda, double number, const defect::Iteration& entry);
  void append(const IterationLog& other);
  /// One log for every Lambda, where they follow each other: each begins with iteration 0.
  std::vector<IterationLog> split() const;
};

/// Work at one Lambda.
struct Effort {
  long iterations = 0, evaluations = 0, jacobians = 0;
};

/// What a run was interrupted with, beside the results.
struct DefectCheckpoint {
  std::size_t completed = 0;  ///< number of Lambdas
  std::vector<double> nodes;  ///< densities at all nodes that the next one goes on from
  double dt = 0;              ///< and its step in pseudo-time
  Effort effort;              ///< at the next one
  IterationLog log;
};

/// What a run side by side was interrupted with, Lambda by Lambda of the results.
struct DefectStates {
  std::vector<double> nodes;  ///< densities at all nodes
  std::vector<double> dt;
};

/// One result, or those of a list of Lambdas with a leading dimension.
void write_results(ResultWriter& writer, const defect::Problem& problem,
                   const std::vector<DefectResult>& results, bool is_list);
void write_log(ResultWriter& writer, const IterationLog& log);
void write_checkpoint(ResultWriter& writer, const DefectCheckpoint& checkpoint);
void write_states(ResultWriter& writer, const DefectStates& states);

/// Throw where there is no checkpoint, or where it belongs to another band or injection.
DefectCheckpoint read_checkpoint(const ResultReader& reader, const defect::Problem& problem,
                                 const std::string& name);
DefectStates read_states(const ResultReader& reader, const defect::Problem& problem,
                         const std::string& name);
IterationLog read_log(const ResultReader& reader);

/// A result out of a list, with the quantities and fields of another one.
DefectResult read_result(const ResultReader& reader, std::size_t index, const DefectResult& like);

}  // namespace kapitza::host
