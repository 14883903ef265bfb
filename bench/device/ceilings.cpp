// SPDX-License-Identifier: BSD-3-Clause
// What the GPU can do at most: memory, arithmetic, and cuFFT's batched transforms against memory.
//
//   bench_ceilings [--json]
#include "bench/device/ceilings.hpp"

#include <fmt/core.h>

#include "bench/harness.hpp"

namespace kapitza::bench {
namespace {

nlohmann::json report_ceilings(const cuda::Ceilings& c) {
  fmt::print(table,
             "device memory, copied:  {:8.1f} GB/s read and written\n"
             "shared memory, moved:   {:8.1f} GB/s read and written\n"
             "double precision:       {:8.1f} 1e9 multiply-adds/s\n"
             "single precision:       {:8.1f} 1e9 multiply-adds/s\n",
             c.copy_bytes_per_second / 1e9, c.shared_bytes_per_second / 1e9,
             c.fp64_fma_per_second / 1e9, c.fp32_fma_per_second / 1e9);
  return {{"copy_bytes_per_second", c.copy_bytes_per_second},
          {"shared_bytes_per_second", c.shared_bytes_per_second},
          {"fp64_fma_per_second", c.fp64_fma_per_second},
          {"fp32_fma_per_second", c.fp32_fma_per_second}};
}

nlohmann::json report_transforms(int values, double copy_bytes_per_second) {
  nlohmann::json rows;
  for (const Precision precision : {Precision::double_, Precision::single_})
    for (int n = 512; n <= 8192; n *= 2) {
      const bool in_double = precision == Precision::double_;
      const double seconds = cuda::fft_seconds(n, values / n, precision);
      const double bytes = 2.0 * values * (in_double ? 16 : 8);  // each value read and written
      const double of_copy = bytes / seconds / copy_bytes_per_second;
      fmt::print(table, "{:>10} {:>6} {:>8} {:>12.4f} {:>10.1f} {:>12.2f}\n",
                 in_double ? "double" : "single", n, values / n, 1e9 * seconds / values,
                 bytes / seconds / 1e9, of_copy);
      rows.push_back({{"precision", in_double ? "double" : "single"},
                      {"n", n},
                      {"batch", values / n},
                      {"ns_per_value", 1e9 * seconds / values},
                      {"bytes_per_second", bytes / seconds},
                      {"of_copy", of_copy}});
    }
  return rows;
}

nlohmann::json ceilings() {
  if (!cuda_unavailable().empty()) {
    fmt::print(table, "no GPU: nothing measured\n");
    return nlohmann::json::object();
  }
  const std::string device = make_cuda_machine()->description();
  fmt::print(table, "{}\n", device);
  const cuda::Ceilings c = cuda::measure_ceilings();
  nlohmann::json results{{"device", device}, {"ceilings", report_ceilings(c)}};

  fmt::print(table,
             "\ncuFFT, contiguous lines, out of place\n{:>10} {:>6} {:>8} {:>12} {:>10} {:>12}\n",
             "precision", "n", "batch", "ns/value", "GB/s", "over copy");
  // As many values as an ensemble has; and so many that no second-level cache holds any of them.
  for (const int values : {1 << 22, 1 << 24})
    for (auto& row : report_transforms(values, c.copy_bytes_per_second))
      results["transforms"].push_back(row);
  return results;
}

}  // namespace
}  // namespace kapitza::bench

int main(int argc, char** argv) {
  return kapitza::bench::report(argc, argv, kapitza::bench::ceilings);
}
