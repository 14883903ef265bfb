// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "kapitza/field/backend.hpp"
#include "kapitza/kinetic/backend.hpp"
#include "kapitza/machine/machine.hpp"

namespace kapitza::bench {

/// Where the tables go; with --json, standard error.
inline std::FILE* table = stdout;

/// Every benchmark: a table for people, and with --json one object on standard output.
inline int report(int argc, char** argv, const std::function<nlohmann::json()>& benchmark) {
  const bool as_json = std::any_of(
      argv + 1, argv + argc, [](const char* word) { return std::strcmp(word, "--json") == 0; });
  if (as_json) table = stderr;
  const nlohmann::json results = benchmark();
  if (!results.is_object()) throw std::logic_error("./dev gpu takes nothing but a JSON object");
  if (as_json) std::printf("%s\n", results.dump(2).c_str());
  return 0;
}

struct Section {
  std::string name;
  nlohmann::json (*run)();
  bool only_if_named = false;  ///< for what takes long
};

/// The same for a benchmark of several sections, of which those named on the command line are run,
/// or all that need not be named.
inline int report(int argc, char** argv, const std::vector<Section>& sections) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto said = [&](const Section& section) {
    return std::find(words.begin(), words.end(), section.name) != words.end();
  };
  const bool all = std::none_of(sections.begin(), sections.end(), said);
  return report(argc, argv, [&] {
    nlohmann::json results;
    for (const Section& section : sections) {
      if (!said(section) && (!all || section.only_if_named)) continue;
      results[section.name] = section.run();
      std::fprintf(table, "\n");
    }
    return results;
  });
}

/// |psi|^6 on K momenta, with the given channels.
inline kinetic::CollisionModel psi6(int K, std::vector<int> channels) {
  kinetic::CollisionModel model;
  model.grid = {K};
  model.channels = std::move(channels);
  return model;
}

/// The CPU with so many threads (0: as many as OMP_NUM_THREADS says, or all), and the GPU if there
/// is one or KAPITZA_REQUIRE_GPU is set: then its absence is an error.
inline std::vector<std::unique_ptr<Machine>> machines(const std::vector<int>& threads = {0}) {
  std::vector<std::unique_ptr<Machine>> all;
  for (const int count : threads) all.push_back(make_cpu_machine(count));
  if (cuda_unavailable().empty() || std::getenv("KAPITZA_REQUIRE_GPU"))
    all.push_back(make_cuda_machine());
  return all;
}

inline double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/// Times of two pieces of work, taken in turn so that a drift of the machine's speed hits both;
/// the ratio is the median of the ratios pair by pair.
struct Comparison {
  double first, second;  ///< medians, in seconds
  double ratio;          ///< first / second
};

inline Comparison compare(const std::function<void()>& first, const std::function<void()>& second,
                          int pairs) {
  first();
  second();
  std::vector<double> a, b, ratio;
  for (int i = 0; i < pairs; ++i) {
    a.push_back(seconds(first));
    b.push_back(seconds(second));
    ratio.push_back(a.back() / b.back());
  }
  return {median(a), median(b), median(ratio)};
}

}  // namespace kapitza::bench
