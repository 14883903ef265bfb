// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/jobs/defect/file.hpp"
#include "host/jobs/job.hpp"

/// What both ways through a list of Lambdas share: one after the other, and side by side.
namespace kapitza::host {

/// The job, but for how it gets on.
struct DefectTask {
  explicit DefectTask(const JobContext& context);

  const Config& config;
  std::string file;         ///< the result file
  defect::Problem problem;  ///< Lambda and the mesh are those of a DefectPoint
  defect::StationaryOptions options;
  std::vector<double> Lambdas;
  bool is_list, symmetric;
  double mean_free_path;  ///< at Lambda = 1
};

/// Where a Lambda begins, and what it has taken in earlier runs.
struct DefectStart {
  std::vector<double> nodes = {};  ///< densities at all nodes; none: the solver's own choice
  double dt = 0;                   ///< and its step in pseudo-time
  Effort before = {};
};

/// "Lambda = 2: why"
std::string failure_at(double Lambda, const std::string& why);

/// One Lambda on its way to the stationary state.
class DefectPoint {
 public:
  /// Throws IoError where the start, which comes from the result file, does not fit.
  DefectPoint(const DefectTask& task, kinetic::Backend& backend, double Lambda,
              const DefectStart& start);

  double Lambda() const { return Lambda_; }
  defect::StationarySolver& solver() { return *solver_; }
  const defect::StationarySolver& solver() const { return *solver_; }
  /// Adds the latest iteration.
  void append_to(IterationLog& log) const;

  Effort effort() const;
  /// As it is now.
  DefectResult result(bool converged) const;
  /// "12 iterations, residual 1e-11"
  std::string summary() const;
  /// Where the tolerance is out of reach; empty where it is not.
  std::string warning() const;
  /// Why it has failed, with the latest residuals.
  std::string failure(const std::string& why) const;
  /// What may help; says that the best densities are in the file, and is for after they are.
  std::string advice() const;

 private:
  const defect::Slab& slab() const { return solver_->slab(); }
  std::string latest_residuals() const;

  const DefectTask& task_;
  double Lambda_;
  Effort before_;
  std::unique_ptr<defect::StationarySolver> solver_;
};

/// What a run has come to so far.
struct DefectProgress {
  std::vector<DefectResult> results;
  IterationLog log;
  double wall_seconds = 0;
  bool finished = false;
};

/// Writes the result file, with what `add` puts into it.
JobResult write_defect(const JobContext& context, const DefectTask& task,
                       const DefectProgress& progress,
                       const std::function<void(ResultWriter&)>& add);

}  // namespace kapitza::host
