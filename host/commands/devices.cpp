// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "host/commands/commands.hpp"
#include "host/exit_code.hpp"
#include "host/json.hpp"

namespace kapitza::host {

std::unique_ptr<Machine> make_machine(const Options& options, Console& console) {
  if (options.device == "cuda") return make_cuda_machine();
  if (options.device == "cpu") return make_cpu_machine(options.threads);
  const std::string why_not = cuda_unavailable();
  std::unique_ptr<Machine> machine =
      why_not.empty() ? make_cuda_machine() : make_cpu_machine(options.threads);
  console.note(fmt::format("device: {} ({})", machine->description(),
                           why_not.empty() ? "auto: there is a GPU" : "auto: no GPU: " + why_not));
  return machine;
}

int devices_command(const Options& options) {
  const std::string cpu = make_cpu_machine(options.threads)->description();
  const std::string why_not = cuda_unavailable();
  const std::string cuda = why_not.empty() ? make_cuda_machine()->description() : std::string();
  if (options.json) {
    JsonObject of_cpu, of_cuda, object;
    of_cpu.add("available", true).add("description", cpu);
    of_cuda.add("available", why_not.empty()).add("description", why_not.empty() ? cuda : why_not);
    fmt::print("{}\n", object.add("cpu", of_cpu).add("cuda", of_cuda).text());
    return done;
  }
  fmt::print("cpu   {}\n", cpu);
  fmt::print("cuda  {}\n", why_not.empty() ? cuda : "not available: " + why_not);
  fmt::print("auto  takes {}\n", why_not.empty() ? "cuda" : "cpu");
  return done;
}

}  // namespace kapitza::host
