// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/field/closed.hpp"

#include <fmt/format.h>

#include "host/jobs/field/file.hpp"
#include "host/jobs/field/keys.hpp"
#include "host/jobs/field/run.hpp"
#include "kapitza/field/summary.hpp"

namespace kapitza::host {
namespace {

/// A closed chain, followed in time.
class ClosedField final : public FieldRun {
 public:
  explicit ClosedField(JobContext& context)
      : FieldRun(context, FieldSetup(context.config)),
        solver_(context.machine.field(), problem(), setup_.numerics, setup_.size,
                context.config.number(keys::field::max_time),
                context.config.integer(keys::field::records),
                context.config.flag(keys::field::error_check)) {
    if (!context.resume) records_.push_back(solver_.record());
    resume([&](const ResultReader& reader) {
      const field::EnsemblePlan plan =
          field::make_plan(setup_.problem, setup_.numerics, setup_.size);
      solver_.restore(read_closed_chain(reader, plan, ensembles(context_.config)));
      read_records(reader);
    });
  }

  void step() override {
    solver_.step();
    if (solver_.due()) records_.push_back(solver_.record());
  }
  bool finished() const override { return solver_.finished(); }
  double progress() const override { return solver_.progress(); }
  std::string detail() const override { return fmt::format("t = {:.5g}", solver_.time()); }

 private:
  long steps() const override { return solver_.steps(); }

  Quantities results() const override {
    const field::ChainRecord& last = records_.back();
    Quantities rows{
        {"time", solver_.time(), "reached"},
        {"number", last.totals.mean[0], "carriers per site"},
        {"number_drift", last.number_drift, "largest relative change in any trajectory"},
        {"energy", last.totals.mean[1], "energy per site, with that of the interaction"},
        {"energy_drift", last.energy_drift, "largest relative change in any trajectory"},
    };
    if (!last.step.mean.empty())
      rows.push_back({"step_error", field::relative_change(last.step.mean, last.n.mean),
                      "relative change of n with half the step, root mean square"});
    return rows;
  }

  /// The datasets over t, and over t and k, once for writing them and for reading them back.
  template <class Records, class F>
  static void each_series(Records& records, F f) {
    f("number", "carriers per site", records, [](auto& r) -> auto& { return r.totals.mean[0]; });
    f("number_err", "standard error of number", records,
      [](auto& r) -> auto& { return r.totals.error[0]; });
    f("energy", "energy per site", records, [](auto& r) -> auto& { return r.totals.mean[1]; });
    f("energy_err", "standard error of energy", records,
      [](auto& r) -> auto& { return r.totals.error[1]; });
    f("number_drift", "largest relative change of number in any trajectory", records,
      [](auto& r) -> auto& { return r.number_drift; });
    f("energy_drift", "largest relative change of energy in any trajectory", records,
      [](auto& r) -> auto& { return r.energy_drift; });
  }
  template <class Records, class F>
  static void each_density(Records& records, bool error_check, F f) {
    f("n", "density", records, [](auto& r) -> auto& { return r.n.mean; });
    f("n_err", "standard error of n", records, [](auto& r) -> auto& { return r.n.error; });
    f("dn", "change of n since t = 0", records, [](auto& r) -> auto& { return r.change.mean; });
    f("dn_err", "standard error of dn, from the changes of single trajectories", records,
      [](auto& r) -> auto& { return r.change.error; });
    if (!error_check) return;
    f("n_step", "what half the time step changes in n", records,
      [](auto& r) -> auto& { return r.step.mean; });
    f("n_step_err", "standard error of n_step", records,
      [](auto& r) -> auto& { return r.step.error; });
  }

  void write_results(ResultWriter& writer) const override {
    std::vector<double> t;
    for (const field::ChainRecord& record : records_) t.push_back(record.t);
    writer.coordinate("t", t, "time");
    each_series(records_, [&](const char* name, const char* meaning, const auto& records, auto of) {
      std::vector<double> values;
      for (const field::ChainRecord& record : records) values.push_back(of(record));
      writer.dataset(name, {"t"}, values, meaning);
    });
    each_density(records_, ensembles(context_.config) > 1,
                 [&](const char* name, const char* meaning, const auto& records, auto of) {
                   std::vector<double> values;
                   for (const field::ChainRecord& record : records)
                     values.insert(values.end(), of(record).begin(), of(record).end());
                   writer.dataset(name, {"t", "k"}, values, meaning);
                 });
  }

  void write_checkpoint(ResultWriter& writer) const override {
    host::write_checkpoint(writer, solver_.checkpoint());
  }

  void read_records(const ResultReader& reader) {
    const std::vector<double> t = reader.read("t");
    const auto K = static_cast<std::size_t>(grid().K);
    const auto read = [&](const char* name, std::size_t count) {
      std::vector<double> values = reader.read(name);
      if (values.size() != count || t.empty())
        throw IoError(fmt::format("the records are damaged: {} has the wrong size", name));
      return values;
    };
    records_.resize(t.size());
    for (std::size_t i = 0; i < t.size(); ++i) {
      records_[i].t = t[i];
      records_[i].totals = {std::vector<double>(2), std::vector<double>(2)};
    }
    each_series(records_, [&](const char* name, const char*, auto& records, auto of) {
      const std::vector<double> values = read(name, t.size());
      for (std::size_t i = 0; i < t.size(); ++i) of(records[i]) = values[i];
    });
    each_density(records_, ensembles(context_.config) > 1,
                 [&](const char* name, const char*, auto& records, auto of) {
                   const std::vector<double> values = read(name, t.size() * K);
                   for (std::size_t i = 0; i < t.size(); ++i) {
                     const double* row = values.data() + i * K;
                     of(records[i]) = std::vector<double>(row, row + K);
                   }
                 });
  }

  field::ClosedChain solver_;
  std::vector<field::ChainRecord> records_;
};

}  // namespace

JobResult run_closed_field(JobContext& context) {
  ClosedField field(context);
  return run_stepwise(field, context);
}

}  // namespace kapitza::host
