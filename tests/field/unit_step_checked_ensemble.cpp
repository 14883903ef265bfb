// SPDX-License-Identifier: BSD-3-Clause
// An ensemble with its twin of half the step: on ensembles that only write down what they are told.
#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <utility>
#include <vector>

#include "kapitza/core/error.hpp"
#include "kapitza/field/step_checked_ensemble.hpp"

namespace kapitza::field {
namespace {

constexpr int sites = 12, trajectories = 2;

/// Adds 1 + dt to every total and every field in an advance().
class Counting final : public Ensemble {
 public:
  Counting(EnsemblePlan plan, bool blows_up)
      : Ensemble(std::move(plan)),
        blows_up_(blows_up),
        fields_(static_cast<std::size_t>(sites) * trajectories),
        totals_(this->plan().observables() * trajectories) {}

  void start() override {
    std::ranges::fill(fields_, Complex{1, -1});
    clear();
  }
  std::optional<BlowUp> advance(long first, long steps) override {
    advances.emplace_back(first, steps);
    if (blows_up_) return BlowUp{1, 7, first + 3};
    for (double& total : totals_) total += 1 + plan().dt;
    for (Complex& phi : fields_) phi += Complex{1 + plan().dt, 0};
    return std::nullopt;
  }
  void totals(std::span<double> sums) const override { std::ranges::copy(totals_, sums.begin()); }
  void set_totals(std::span<const double> sums) override {
    std::ranges::copy(sums, totals_.begin());
  }
  void fields(std::span<Complex> phi) const override { std::ranges::copy(fields_, phi.begin()); }
  void set_fields(std::span<const Complex> phi) override {
    std::ranges::copy(phi, fields_.begin());
  }
  std::size_t memory() const override { return 0; }

  std::vector<std::pair<long, long>> advances;

 private:
  bool blows_up_;
  std::vector<Complex> fields_;
  std::vector<double> totals_;
};

class CountingBackend final : public Backend {
 public:
  std::unique_ptr<Ensemble> ensemble(EnsemblePlan plan) override {
    auto made = std::make_unique<Counting>(std::move(plan), static_cast<int>(all.size()) == bad);
    all.push_back(made.get());
    return made;
  }

  std::vector<Counting*> all;
  int bad = -1;  ///< which ensemble blows up
};

StepCheckedEnsemble make(CountingBackend& backend, bool step_check) {
  Problem chain;
  chain.profile.assign(sites, 1.0);
  chain.density = [](const std::vector<double>& k) { return std::vector<double>(k.size(), 1.0); };
  const Numerics numerics{.dt = 0.5, .kick_every = 3};
  return {backend, chain, numerics, {trajectories, 5, Precision::double_}, step_check};
}

using Advances = std::vector<std::pair<long, long>>;

TEST(StepCheckedEnsemble, HasNoTwinUnlessAsked) {
  CountingBackend backend;
  StepCheckedEnsemble alone = make(backend, false);
  alone.start();
  alone.advance(4, 3);
  ASSERT_EQ(backend.all.size(), StepCheckedEnsemble::count(false));
  EXPECT_FALSE(alone.checks_step());
  EXPECT_EQ(backend.all[0]->advances, (Advances{{4, 3}}));
  EXPECT_TRUE(alone.step_difference().empty());
  EXPECT_EQ(alone.each_totals().size(), 1u);
  EXPECT_EQ(alone.each_totals()[0], alone.totals());
}

TEST(StepCheckedEnsemble, TakesItsTwinToTheSameTimeWithTheSameNoise) {
  CountingBackend backend;
  StepCheckedEnsemble both = make(backend, true);
  both.start();
  both.advance(4, 3);
  ASSERT_EQ(backend.all.size(), StepCheckedEnsemble::count(true));
  const EnsemblePlan &own = backend.all[0]->plan(), &twin = backend.all[1]->plan();
  EXPECT_EQ(&both.plan(), &own);
  EXPECT_EQ(twin.dt, own.dt / 2);
  EXPECT_EQ(twin.seed, own.seed);
  EXPECT_EQ(backend.all[0]->advances, (Advances{{4, 3}}));
  EXPECT_EQ(backend.all[1]->advances, (Advances{{8, 6}}));
  long steps = 0;
  for (const Counting* one : backend.all) steps += one->advances[0].second;
  EXPECT_EQ(steps, 3 * StepCheckedEnsemble::work(true));
}

TEST(StepCheckedEnsemble, SaysWhatHalfTheStepChanges) {
  CountingBackend backend;
  StepCheckedEnsemble both = make(backend, true);
  both.start();
  both.advance(0, 1);
  both.advance(1, 1);
  for (const double total : both.totals()) EXPECT_EQ(total, 2 * 1.5);
  ASSERT_EQ(both.step_difference().size(), both.totals().size());
  for (const double change : both.step_difference()) EXPECT_EQ(change, 2 * (1.25 - 1.5));
  both.clear();
  for (const auto& totals : both.each_totals())
    for (const double total : totals) EXPECT_EQ(total, 0);
}

TEST(StepCheckedEnsemble, GoesOnFromFieldsAndTotals) {
  CountingBackend backend, other_backend;
  StepCheckedEnsemble first = make(backend, true), second = make(other_backend, true);
  first.start();
  first.advance(0, 2);
  second.set_each_fields(first.each_fields());
  second.set_each_totals(first.each_totals());
  first.advance(2, 2);
  second.advance(2, 2);
  EXPECT_EQ(first.each_totals(), second.each_totals());
  const auto a = first.each_fields(), b = second.each_fields();
  ASSERT_EQ(b.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(std::ranges::equal(
        a[i], b[i], [](Complex x, Complex y) { return x.re == y.re && x.im == y.im; }));
}

TEST(StepCheckedEnsemble, NamesTheStepOfWhoeverBlewUp) {
  for (const int bad : {0, 1}) {
    CountingBackend backend;
    backend.bad = bad;
    StepCheckedEnsemble both = make(backend, true);
    both.start();
    try {
      both.advance(4, 2);
      FAIL() << "did not notice";
    } catch (const NumericsError& error) {
      const BlowUp expected{1, 7, (bad == 0 ? 4 : 8) + 3};
      EXPECT_EQ(error.what(), expected.text(bad == 0 ? 0.5 : 0.25));
    }
  }
}

}  // namespace
}  // namespace kapitza::field
