// SPDX-License-Identifier: BSD-3-Clause
#include "host/json.hpp"

#include <nlohmann/json.hpp>
#include <variant>

namespace kapitza::host {

using nlohmann::ordered_json;

JsonObject::JsonObject() : object_(std::make_unique<ordered_json>(ordered_json::object())) {}
JsonObject::~JsonObject() = default;
JsonObject::JsonObject(JsonObject&&) noexcept = default;

JsonObject& JsonObject::add(std::string_view key, const Scalar& value) {
  std::visit([&](const auto& one) { (*object_)[std::string(key)] = one; }, value);
  return *this;
}

JsonObject& JsonObject::add(std::string_view key, std::span<const std::int64_t> numbers) {
  (*object_)[std::string(key)] = std::vector(numbers.begin(), numbers.end());
  return *this;
}

JsonObject& JsonObject::add(std::string_view key, const JsonObject& object) {
  (*object_)[std::string(key)] = *object.object_;
  return *this;
}

JsonObject& JsonObject::add(std::string_view key, std::span<const JsonObject> objects) {
  ordered_json array = ordered_json::array();
  for (const JsonObject& object : objects) array.push_back(*object.object_);
  (*object_)[std::string(key)] = std::move(array);
  return *this;
}

JsonObject& JsonObject::add(const Quantities& quantities) {
  for (const Quantity& row : quantities) add(row.key, row.value);
  return *this;
}

JsonObject& JsonObject::add(const Series& series) {
  ordered_json arrays = ordered_json::object();
  for (const Quantities& row : series.rows)
    for (const Quantity& quantity : row)
      std::visit([&](const auto& value) { arrays[quantity.key].push_back(value); }, quantity.value);
  object_->update(arrays);
  return *this;
}

std::string JsonObject::text() const {
  return object_->dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace kapitza::host
