// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/kinetic/read.hpp"

#include <fmt/format.h>

#include "host/jobs/kinetic/collision_keys.hpp"
#include "host/jobs/model/keys.hpp"
#include "host/jobs/model/read.hpp"

namespace kapitza::host {
namespace {

std::vector<int> make_channels(const Config& config, const Interaction& interaction) {
  const Key& key = keys::collision::channels;
  if (interaction.degree() < 2)
    throw config.error(keys::carriers::interaction,
                       "no c_l with l >= 2: the carriers do not collide");
  if (!config.has(key)) return kinetic::CollisionModel::all_channels(interaction);
  std::vector<int> channels;
  for (const Value& item : *config.at(key).as<Value::List>())
    channels.push_back(static_cast<int>(item.number()));
  if (channels.back() > interaction.degree())
    throw config.out_of_place(
        key, fmt::format("the interaction opens no channel beyond l = {}", interaction.degree()));
  return channels;
}

const Key& key_of(kinetic::UnsuitableResolution::Parameter parameter) {
  return parameter == kinetic::UnsuitableResolution::Parameter::dtau ? keys::collision::dtau
                                                                     : keys::collision::M;
}

}  // namespace

void check_collision_keys(Config& config) {
  if (make_channels(config, make_interaction(config)).back() > 2) return;
  for (const Key* key : {&keys::collision::T, &keys::collision::M, &keys::collision::dtau})
    config.not_read(*key,
                    "2 -> 2 collisions alone are summed on their resonant manifold, without "
                    "auxiliary time: leave it out");
}

kinetic::CollisionModel make_model(const Config& config) {
  kinetic::CollisionModel model;
  model.dispersion = make_dispersion(config);
  model.interaction = make_interaction(config);
  model.grid = {config.integer(keys::collision::K)};
  model.channels = make_channels(config, model.interaction);
  if (!model.has_pairs()) return model;
  const std::string why = kinetic::ResonantManifold::divergence(model.dispersion);
  if (!why.empty()) throw config.error(keys::carriers::dispersion, why);
  return model;
}

std::vector<double> make_density(const Config& config, std::string_view key,
                                 const kinetic::CollisionModel& model) {
  return density_of(config, key, model.dispersion)(model.grid.momenta());
}

kinetic::ResolutionRequest make_request(const Config& config,
                                        const kinetic::CollisionModel& model) {
  kinetic::ResolutionRequest request;
  request.tolerance = config.number(keys::collision::tolerance);
  request.T = config.optional_number(keys::collision::T);
  request.dtau = config.optional_number(keys::collision::dtau);
  request.M = config.optional_integer(keys::collision::M);
  try {
    kinetic::check_request(model, request);
  } catch (const kinetic::UnsuitableResolution& error) {
    throw config.out_of_place(key_of(error.parameter), error.what());
  }
  return request;
}

}  // namespace kapitza::host
