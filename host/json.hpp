// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/report.hpp"

namespace kapitza::host {

/// What --json prints: members stay in the order in which they come. The library behind it, which
/// takes seconds to compile, is read by one file only.
class JsonObject {
 public:
  JsonObject();
  ~JsonObject();
  JsonObject(JsonObject&&) noexcept;

  JsonObject& add(std::string_view key, const Scalar& value);
  JsonObject& add(std::string_view key, std::span<const std::int64_t> numbers);
  JsonObject& add(std::string_view key, const JsonObject& object);
  JsonObject& add(std::string_view key, std::span<const JsonObject> objects);
  JsonObject& add(const Quantities& quantities);  ///< each a member
  JsonObject& add(const Series& series);          ///< each an array

  /// Bytes that are no UTF-8, which names of files may have, are replaced.
  std::string text() const;

 private:
  std::unique_ptr<nlohmann::ordered_json> object_;
};

}  // namespace kapitza::host
