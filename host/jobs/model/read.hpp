// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

#include "host/config/config.hpp"
#include "host/config/table.hpp"
#include "kapitza/model/dispersion.hpp"
#include "kapitza/model/interaction.hpp"
#include "kapitza/model/spectrum.hpp"
#include "kapitza/model/thermal.hpp"

/// The carriers that a configuration asks for. Errors name the key and where it was written.

namespace kapitza::host {

Dispersion make_dispersion(const Config& config);
Interaction make_interaction(const Config& config);

ThermalState thermal_state_of(const Config& config, std::string_view key,
                              const Dispersion& dispersion, const Value::Members& thermal);

/// What stands at a key of type density, at any momenta. Its errors name the key, whatever
/// has become of the configuration.
Spectrum density_of(const Config& config, std::string_view key, const Dispersion& dispersion);

/// value: what stands at the key, or a member of it.
MomentumTable read_table(const Config& config, std::string_view key, const Value& value,
                         AllowedValues allowed);

/// Runs f and lets its InputErrors name the key.
template <class F>
auto about(const Config& config, std::string_view key, F f) {
  try {
    return f();
  } catch (const InputError& error) {
    throw config.error(key, error.what());
  }
}

}  // namespace kapitza::host
