// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <tuple>
#include <utility>

#include "kapitza/field/backend.hpp"
#include "kapitza/field/steps.hpp"
#include "kernels/field/staged/staged_ensemble.hpp"

namespace kapitza::staged {

/// The backend of fields of a kind of devices: every ensemble has one of its own, made with the
/// arguments given.
template <Device D, class... DeviceArguments>
class StagedField final : public field::Backend {
 public:
  explicit StagedField(field::Steps steps, DeviceArguments... arguments)
      : steps_(steps), arguments_(arguments...) {}

  std::unique_ptr<field::Ensemble> ensemble(field::EnsemblePlan plan) override {
    if (plan.precision == Precision::single_) return make<float>(std::move(plan));
    return make<double>(std::move(plan));
  }

 private:
  template <class Real>
  std::unique_ptr<field::Ensemble> make(field::EnsemblePlan plan) const {
    const auto make_one = [&](const DeviceArguments&... arguments) {
      return std::make_unique<StagedEnsemble<D, Real>>(std::move(plan), most_indices, steps_,
                                                       arguments...);
    };
    return std::apply(make_one, arguments_);
  }

  field::Steps steps_;
  std::tuple<DeviceArguments...> arguments_;
};

}  // namespace kapitza::staged
