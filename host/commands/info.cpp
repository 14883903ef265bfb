// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <fmt/format.h>
#include <sstream>
#include <string_view>

#include "host/commands/commands.hpp"
#include "host/exit_code.hpp"
#include "host/json.hpp"
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
  JsonObject object, results, datasets;
  object.add("file", file).add("job", reader.job()).add("finished", reader.finished());
  object.add(origin(reader)).add("config", reader.config());
  object.add("results", results.add(reader.results()));
  for (const std::string& name : reader.datasets()) {
    const hdf5::Shape shape = reader.shape(name);
    JsonObject dataset;
    dataset.add("shape", std::vector<std::int64_t>(shape.begin(), shape.end()))
        .add("units", word(reader, "units", name))
        .add("long_name", word(reader, "long_name", name));
    datasets.add(name, dataset);
  }
  fmt::print("{}\n", object.add("datasets", datasets).text());
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
