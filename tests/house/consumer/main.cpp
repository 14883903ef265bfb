// SPDX-License-Identifier: BSD-3-Clause
// The collision integral of a thermal state is zero; so says the library as installed.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <kapitza/kinetic/backend.hpp>
#include <kapitza/kinetic/resolve.hpp>
#include <kapitza/linear/lineariser.hpp>
#include <kapitza/machine/machine.hpp>
#include <kapitza/model/thermal.hpp>
#include <memory>
#include <vector>

int main() {
  using namespace kapitza;
  const std::unique_ptr<Machine> machine = make_cpu_machine(1);
  const kinetic::CollisionModel model{Dispersion::parabolic(), Interaction::psi6(), {32}, {2, 3}};
  const std::vector<double> n =
      ThermalState::from_beta_mu(1, -1)(model.dispersion.energy(model.grid.momenta()));
  const kinetic::ResolvedCollision resolved =
      kinetic::resolve_collision(machine->kinetic(), model, n, {.tolerance = 1e-2});
  kinetic::CollisionBatch batch;
  resolved.collision->evaluate(n, batch);
  double largest = 0, gain = 0;
  for (std::size_t k = 0; k < n.size(); ++k) {
    largest = std::max(largest, std::abs(batch.I[k]));
    gain = std::max(gain, batch.gain[k]);
  }
  // What is in another subject is linked, too.
  linear::require_resolved(model, ThermalState::from_beta_mu(1, -1));
  std::printf("%s: |I| <= %.1e of the gain\n", machine->description().c_str(), largest / gain);
  return gain > 0 && largest < 1e-12 * gain ? 0 : 1;
}
