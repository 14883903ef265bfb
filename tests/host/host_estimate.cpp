// SPDX-License-Identifier: BSD-3-Clause
//
// Estimates end when their time does. The clock is made up, and the machine takes down how much it
// was asked for.
#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "host/jobs/job.hpp"
#include "host/json.hpp"
#include "kapitza/field/backend.hpp"
#include "kapitza/kinetic/backend.hpp"
#include "tests/host/program.hpp"

namespace kapitza::host {
namespace {

/// The largest that was built.
struct Largest {
  int collision = 0, node_system = 0;  ///< momenta
  long ensemble = 0;                   ///< sites of all trajectories
};

class WatchedKinetic final : public kinetic::Backend {
 public:
  WatchedKinetic(kinetic::Backend& backend, Largest& largest)
      : backend_(backend), largest_(largest) {}

  std::unique_ptr<kinetic::CollisionOperator> collision(kinetic::CollisionPlan plan) override {
    largest_.collision = std::max(largest_.collision, plan.K());
    return backend_.collision(std::move(plan));
  }
  std::unique_ptr<kinetic::NodeSystem> node_system(int K, std::size_t nodes) override {
    largest_.node_system = std::max(largest_.node_system, K);
    return backend_.node_system(K, nodes);
  }
  void factorise(std::span<const kinetic::Factorisation> all) override { backend_.factorise(all); }
  void solve(std::span<const kinetic::Solution> all) override { backend_.solve(all); }

 private:
  kinetic::Backend& backend_;
  Largest& largest_;
};

class WatchedField final : public field::Backend {
 public:
  WatchedField(field::Backend& backend, Largest& largest) : backend_(backend), largest_(largest) {}

  std::unique_ptr<field::Ensemble> ensemble(field::EnsemblePlan plan) override {
    largest_.ensemble =
        std::max(largest_.ensemble, static_cast<long>(plan.sites) * plan.trajectories);
    return backend_.ensemble(std::move(plan));
  }

 private:
  field::Backend& backend_;
  Largest& largest_;
};

class WatchedMachine final : public Machine {
 public:
  std::string name() const override { return machine_->name(); }
  std::string description() const override { return machine_->description(); }
  kinetic::Backend& kinetic() override { return kinetic_; }
  field::Backend& field() override { return field_; }
  const Largest& largest() const { return largest_; }

 private:
  std::unique_ptr<Machine> machine_ = make_cpu_machine(1);
  Largest largest_;
  WatchedKinetic kinetic_{machine_->kinetic(), largest_};
  WatchedField field_{machine_->field(), largest_};
};

/// Ten seconds by this clock.
Quantities estimated(const std::string& text, Machine& machine, Budget::Seconds clock) {
  const TemporaryDirectory directory;
  const Config config = Config::load(program_schema(), directory.write("c.toml", text), {});
  Console console(Console::Style::quiet);
  Budget budget(10, std::move(clock), console);
  return job_of(config).estimate(config, machine, budget);
}

std::string meaning(const Quantities& rows, const std::string& key) {
  for (const Quantity& row : rows)
    if (row.key == key) return row.meaning;
  return "no such row";
}

nlohmann::json as_json(const Quantities& rows) {
  JsonObject object;
  return nlohmann::json::parse(object.add(rows).text());
}

/// What was built, and that the estimate is a bound, where there was no time at all.
Largest built_without_time(const std::string& text) {
  WatchedMachine machine;
  const Quantities rows = estimated(text, machine, [] { return 11.0; });
  const nlohmann::json object = as_json(rows);
  EXPECT_FALSE(object.at("estimate_complete")) << text;
  EXPECT_GT(object.at("estimated_seconds"), 0) << text;
  const std::string how = meaning(rows, "estimated_seconds");
  EXPECT_TRUE(how.starts_with("at least ") || how.starts_with("extrapolated: ")) << text << how;
  return machine.largest();
}

const std::string density = "\"0.1+exp(-5*k^2)\"\n";

/// No smaller part of this band's 3 -> 3 integral has converged in T after minutes.
const std::string slow =
    "model.dispersion = \"cosine\"\ngrid.K = 32\nnumerics.channels = [3]\n"
    "numerics.tolerance = 1e-8\n";

TEST(Estimate, EndsAfterABoundedNumberOfRefinements) {
  for (const std::string& job :
       {"job = \"collision\"\nstate.n = " + density, "job = \"relax\"\nstate.n = " + density,
        "job = \"stationary\"\ninjection.left = " + density}) {
    int questions = 0;  // a second passes with every one
    WatchedMachine machine;
    const auto object =
        as_json(estimated(job + slow, machine, [&] { return static_cast<double>(questions++); }));
    EXPECT_FALSE(object.at("estimate_complete")) << job;
    EXPECT_FALSE(object.at("tolerance_reached")) << job;
    EXPECT_GT(object.at("estimated_seconds"), 0) << job;
    EXPECT_LT(questions, 40) << job;
  }
}

TEST(Estimate, OfCollisionIntegralsIsABoundWhereThereIsNoTime) {
  for (const char* job : {"collision", "relax"})
    for (const int K : {130, 1022})
      built_without_time("job = \"" + std::string(job) + "\"\nstate.n = " + density +
                         "numerics.channels = [3]\ngrid.K = " + std::to_string(K) + "\n");
}

TEST(Estimate, SolvesNoLinearSystemOfAllMomentaUnasked) {
  for (const int K : {66, 130, 254, 1022, 1024}) {
    const Largest built = built_without_time("job = \"stationary\"\ninjection.left = " + density +
                                             "grid.K = " + std::to_string(K) + "\n");
    EXPECT_EQ(built.node_system, 64) << K;
  }
}

TEST(Estimate, RoundsSitesToFewerMomenta) {
  const Largest built = built_without_time("job = \"stationary\"\ninjection.left = " + density +
                                           "grid.K = 130\nnumerics.M = 520\n");
  EXPECT_EQ(built.node_system, 64);
}

std::string linear_job(int K, double mu) {
  return "job = \"linear\"\nstate.n = {thermal = {beta = 1.0, mu = " + std::to_string(mu) +
         "}}\nlinear.dn = {left = \"sin(k)\"}\ndefect.Lambda = 1\ngrid.K = " + std::to_string(K) +
         "\n";
}

TEST(Estimate, LinearisesNothingOnAllMomentaUnasked) {
  for (const int K : {132, 260, 1020, 2044, 2048})
    EXPECT_EQ(built_without_time(linear_job(K, -1)).collision, 128) << K;
}

TEST(Estimate, BoundsALinearProblemThatNoFewerMomentaResolve) {
  EXPECT_EQ(built_without_time(linear_job(2044, -4e-4)).collision, 128);
}

TEST(Estimate, OfALinearProblemMeasuresAllMomentaWhereThereIsTime) {
  WatchedMachine machine;
  const Quantities rows = estimated(linear_job(132, -1), machine, [] { return 0.0; });
  EXPECT_TRUE(as_json(rows).at("estimate_complete"));
  EXPECT_TRUE(meaning(rows, "estimated_seconds").starts_with("about "));
  EXPECT_GE(machine.largest().collision, 132);
}

TEST(Estimate, EvolvesNoWholeEnsembleUnasked) {
  constexpr long most = 1 << 20;
  const std::string closed =
      "job = \"microscopic\"\nlattice.absorber = \"none\"\ndefect.Lambda = 1\n"
      "ensemble.max_time = 100\nstate.n = " +
      density;
  const std::string driven =
      "job = \"microscopic\"\ndefect = {Lambda = 1, L = 50}\n"
      "ensemble.max_time = 100\ninjection.left = " +
      density;
  for (const std::string& job : {closed, driven})
    for (const char* size : {"lattice.sites = 1024\nensemble.trajectories = 1000000\n",
                             "lattice.sites = 2097154\nensemble.trajectories = 2\n",
                             "lattice.sites = 2097152\nensemble.trajectories = 3\n"}) {
      const Largest built = built_without_time(job + size);
      EXPECT_GT(built.ensemble, 0) << job << size;
      EXPECT_LE(built.ensemble, most) << job << size;
    }
}

}  // namespace
}  // namespace kapitza::host
