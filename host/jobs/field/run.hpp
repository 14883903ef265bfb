// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "host/jobs/job.hpp"
#include "host/runs/stepwise.hpp"
#include "kapitza/field/ensemble.hpp"

/// What both kinds of the job microscopic share: driven by an absorber, or closed.
namespace kapitza::host {

/// What a configuration asks for.
struct FieldSetup {
  field::Problem problem;
  field::Numerics numerics;
  field::EnsembleSize size;

  explicit FieldSetup(const Config& config);
};

/// What both say about the field and its numerics.
Quantities setup_rows(const FieldSetup& setup);

std::size_t ensembles(const Config& config);

/// A run of either kind, and what both write.
class FieldRun : public StepwiseRun {
 public:
  JobResult write() override;
  std::string fail(const std::string& why) override;

 protected:
  FieldRun(JobContext& context, FieldSetup setup);
  ~FieldRun() override = default;

  virtual long steps() const = 0;
  virtual Quantities results() const = 0;
  virtual void write_results(ResultWriter& writer) const = 0;
  virtual void write_checkpoint(ResultWriter& writer) const = 0;

  /// Of the file that this run goes on from.
  template <class Read>
  void resume(Read read) {
    if (!context_.resume) return;
    const ResultReader reader(context_.target);
    try {
      read(reader);
    } catch (const IoError& error) {
      throw IoError(context_.target.string() + ": " + error.what());
    }
    require_same_density(reader);
  }

  MomentumGrid grid() const { return {setup_.problem.window}; }
  const field::Problem& problem() const { return setup_.problem; }

  JobContext& context_;
  FieldSetup setup_;

 private:
  std::vector<double> given_density() const { return problem().density(grid().momenta()); }
  void require_same_density(const ResultReader& reader) const;
  void note_slow_transforms() const;
  double site_steps() const;

  RunTime time_;
  bool written_ = false;
};

}  // namespace kapitza::host
