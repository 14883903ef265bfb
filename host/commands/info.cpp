// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "host/commands/commands.hpp"
#include "host/exit_code.hpp"
#include "host/output/provenance.hpp"
#include "host/output/result_file.hpp"

namespace kapitza::host {
namespace {

std::string word(const ResultReader& reader, const char* name, const std::string& object) {
  const std::optional<Scalar> value = reader.attribute(name, object);
  return value ? readable(*value) : std::string();
}

std::string shape_text(const hdf5::Shape& shape) {
  std::string text;
  for (const hsize_t extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

Quantities origin(const ResultReader& reader) {
  Quantities rows;
  for (const std::string_view name : provenance_names()) {
    if (name == "job" || name == "finished" || name == "config") continue;
    if (const auto value = reader.attribute(std::string(name)))
      rows.push_back({std::string(name), *value, ""});
  }
  return rows;
}

void print_json(const std::string& file, const ResultReader& reader) {
  nlohmann::ordered_json object;
  object["file"] = file;
  object["job"] = reader.job();
  object["finished"] = reader.finished();
  object.update(to_json(origin(reader)));
  object["config"] = reader.config();
  object["results"] = to_json(reader.results());
  for (const std::string& name : reader.datasets())
    object["datasets"][name] = {{"shape", reader.shape(name)},
                                {"units", word(reader, "units", name)},
                                {"long_name", word(reader, "long_name", name)}};
  fmt::print("{}\n", json_text(object));
}

void print_text(const std::string& file, const ResultReader& reader) {
  fmt::print("{}: job \"{}\", {}\n\n", file, reader.job(),
             reader.finished() ? "finished" : "unfinished: kapitza run --resume continues it");
  fmt::print("how it was made\n{}\n", to_table(origin(reader)));
  fmt::print("results\n{}\n", to_table(reader.results()));
  fmt::print("configuration\n");
  std::istringstream config(reader.config());
  for (std::string line; std::getline(config, line);)
    fmt::print("{}{}\n", line.empty() ? "" : "  ", line);
  fmt::print("\ndatasets\n");
  std::size_t width = 10;
  for (const std::string& name : reader.datasets()) width = std::max(width, name.size());
  for (const std::string& name : reader.datasets())
    fmt::print("  {:<{}} {:<12} {:<4} {}\n", name, width, shape_text(reader.shape(name)),
               word(reader, "units", name), word(reader, "long_name", name));
}

}  // namespace

int info_command(const Options& options) {
  const ResultReader reader(options.file);
  if (options.json) {
    print_json(options.file, reader);
  } else {
    print_text(options.file, reader);
  }
  return done;
}

}  // namespace kapitza::host
