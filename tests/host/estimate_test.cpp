// SPDX-License-Identifier: BSD-3-Clause
//
// Estimates end when their time does. The clock is made up: a second passes with every question.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "host/jobs/job.hpp"
#include "tests/host/program.hpp"

namespace kapitza::host {
namespace {

/// No smaller part of this band's 3 -> 3 integral has converged in T after minutes.
constexpr const char* slow =
    "model.dispersion = \"cosine\"\ngrid.K = 32\nnumerics.channels = [3]\n"
    "numerics.tolerance = 1e-8\n";

nlohmann::ordered_json estimated(const std::string& text, int& questions) {
  const TemporaryDirectory directory;
  const Config config = Config::load(directory.write("c.toml", text + slow), {});
  const std::unique_ptr<Machine> machine = make_cpu_machine(1);
  Console console(Console::Style::quiet);
  Budget budget(10, [&] { return static_cast<double>(questions++); }, console);
  return to_json(job_of(config).estimate(config, *machine, budget));
}

TEST(Estimate, EndsAfterABoundedNumberOfRefinements) {
  for (const std::string& job :
       {std::string("job = \"collision\"\nstate.n = \"0.1+exp(-5*k^2)\"\n"),
        std::string("job = \"relax\"\nstate.n = \"0.1+exp(-5*k^2)\"\n"),
        std::string("job = \"stationary\"\ninjection.left = \"0.1+exp(-5*k^2)\"\n")}) {
    int questions = 0;
    const auto object = estimated(job, questions);
    EXPECT_FALSE(object.at("estimate_complete")) << job;
    EXPECT_FALSE(object.at("tolerance_reached")) << job;
    EXPECT_GT(object.at("estimated_seconds"), 0) << job;
    EXPECT_LT(questions, 40) << job;
  }
}

}  // namespace
}  // namespace kapitza::host
