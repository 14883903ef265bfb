// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/defect/file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

#include "kapitza/core/error.hpp"

namespace kapitza::host {
namespace {

using Coordinates = std::vector<std::string>;

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Quantities thermal_rows(const std::string& name, const ThermalFit& fit,
                        const std::string& meaning) {
  return {
      {name + ".beta", fit.state.beta(), "of the thermal state " + meaning},
      {name + ".mu", fit.state.mu(), ""},
      {name + ".deviation", fit.deviation, "max_k |n / n_thermal - 1|"},
      {name + ".misplaced", fit.misplaced, "share that is not where the thermal state has it"},
  };
}

/// As a dataset, which knows numbers only.
double as_number(const Scalar& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  return std::get<double>(value);
}

Scalar like_scalar(const Scalar& like, double number) {
  if (std::holds_alternative<bool>(like)) return number != 0;
  if (std::holds_alternative<std::int64_t>(like)) return static_cast<std::int64_t>(number);
  return number;
}

/// A quantity as a dataset over Lambda. Currents are the names of fields already.
std::string dataset_name(const DefectResult& result, const std::string& key) {
  const auto same = [&](const Field& field) { return field.name == key; };
  const bool taken = std::any_of(result.fields.begin(), result.fields.end(), same);
  return taken ? key + "_mean" : key;
}

/// What does not depend on Lambda.
struct Constant {
  const char* name;
  std::vector<double> values;
  const char* long_name;
};

std::vector<Constant> constants(const defect::Problem& problem) {
  const std::vector<double> k = problem.model.grid.momenta();
  return {
      {"E", problem.model.dispersion.energy(k), "energy of a carrier"},
      {"v", problem.model.dispersion.velocity(k), "velocity of a carrier"},
      {"n_in_left", problem.injection.left, "density of the reservoir at X = 0"},
      {"n_in_right", problem.injection.right, "density of the reservoir at X = 1"},
  };
}

void write_one(ResultWriter& writer, const DefectResult& result) {
  const auto coordinate = [](const std::string& dimension) -> std::string {
    if (dimension == "k") return "k";
    return dimension == "cell" ? "X" : "X_face";
  };
  for (const Field& field : result.fields) {
    Coordinates coordinates;
    for (const std::string& dimension : field.dimensions)
      coordinates.push_back(coordinate(dimension));
    if (coordinates == Coordinates{field.name}) {
      writer.coordinate(field.name, field.values, field.long_name);
    } else {
      writer.dataset(field.name, coordinates, field.values, field.long_name);
    }
  }
}

/// The mesh depends on Lambda, so that X is no coordinate: cells and faces are counted.
void write_list(ResultWriter& writer, const std::vector<DefectResult>& results) {
  std::vector<double> Lambda;
  for (const DefectResult& result : results) Lambda.push_back(result.Lambda);
  writer.coordinate("Lambda", Lambda, "strength of the defect");
  const DefectResult& first = results.front();
  for (const Field& field : first.fields)
    if (field.dimensions.size() == 1 && field.name.starts_with("X"))
      writer.coordinate(field.dimensions[0], counted(field.values.size()),
                        "number of the " + field.dimensions[0] + ", from the left");
  for (std::size_t i = 0; i < first.fields.size(); ++i) {
    Coordinates coordinates = first.fields[i].dimensions;
    coordinates.insert(coordinates.begin(), "Lambda");
    std::vector<double> values;
    for (const DefectResult& result : results)
      values.insert(values.end(), result.fields[i].values.begin(), result.fields[i].values.end());
    writer.dataset(first.fields[i].name, coordinates, values, first.fields[i].long_name);
  }
  for (std::size_t i = 0; i < first.quantities.size(); ++i) {
    const Quantity& quantity = first.quantities[i];
    if (quantity.key == "Lambda") continue;
    std::vector<double> values;
    for (const DefectResult& result : results)
      values.push_back(as_number(result.quantities[i].value));
    writer.dataset(dataset_name(first, quantity.key), {"Lambda"}, values,
                   quantity.meaning.empty() ? quantity.key : quantity.meaning);
  }
}

constexpr const char* checkpoint_group = "checkpoint";

/// A column of a log, in memory and in the file.
struct LogColumn {
  const char* name;
  std::vector<double> IterationLog::* values;
  const char* long_name;
};

constexpr LogColumn log_columns[] = {
    {"Lambda", &IterationLog::Lambda, "strength of the defect"},
    {"iteration", &IterationLog::iteration, "number of the iteration at this Lambda"},
    {"residual", &IterationLog::residual, "largest relative imbalance of streaming and collisions"},
    {"number_current_spread", &IterationLog::number_spread,
     "(max - min over X) / injected number current"},
    {"energy_current_spread", &IterationLog::energy_spread,
     "(max - min over X) / injected energy current"},
    {"dt", &IterationLog::dt, "step in (pseudo-)time that led here"},
};

std::string in_log(const LogColumn& column) { return std::string("log/") + column.name; }

template <class Checkpoint, class F>
void each_count(Checkpoint& checkpoint, F f) {
  f("completed", checkpoint.completed);
  f("iterations", checkpoint.effort.iterations);
  f("evaluations", checkpoint.effort.evaluations);
  f("jacobians", checkpoint.effort.jacobians);
}

}  // namespace

std::vector<Field> fields_of(const defect::Profile& profile) {
  return {
      {"X", {"cell"}, profile.X, "place in the defect: centres of the cells"},
      {"X_face", {"face"}, profile.X_face, "faces of the cells"},
      {"n", {"cell", "k"}, profile.n, "density"},
      {"n_left", {"k"}, profile.n_left, "density at X = 0"},
      {"n_right", {"k"}, profile.n_right, "density at X = 1"},
      {"n_centre", {"k"}, profile.n_centre, "density at X = 1/2"},
      {"density", {"cell"}, profile.density, "density of carriers, int dk/2pi n"},
      {"number_current", {"face"}, profile.currents.number, "int dk/2pi v n"},
      {"energy_current", {"face"}, profile.currents.energy, "int dk/2pi v E n"},
  };
}

Quantities profile_rows(const defect::Profile& profile, bool symmetric) {
  const defect::Currents& currents = profile.currents;
  Quantities rows{
      {"number_current", mean(currents.number), "int dk/2pi v n, mean over X"},
      {"number_current_spread", currents.number_spread, "(max - min over X) / injected current"},
      {"energy_current", mean(currents.energy), "int dk/2pi v E n, mean over X"},
      {"energy_current_spread", currents.energy_spread, "(max - min over X) / injected current"},
  };
  append(rows, thermal_rows("centre", profile.centre, "with the number and energy at X = 1/2"));
  if (symmetric) {
    append(rows, thermal_rows("outgoing", profile.right, "with the currents that leave"));
  } else {
    append(rows, thermal_rows("outgoing.left", profile.left, "with the currents out of X = 0"));
    append(rows, thermal_rows("outgoing.right", profile.right, "with the currents out of X = 1"));
  }
  return rows;
}

void IterationLog::append(double at_Lambda, double number, const defect::Iteration& entry) {
  Lambda.push_back(at_Lambda);
  iteration.push_back(number);
  residual.push_back(entry.residual);
  number_spread.push_back(entry.number_spread);
  energy_spread.push_back(entry.energy_spread);
  dt.push_back(entry.dt);
}

void IterationLog::append(const IterationLog& other) {
  for (const LogColumn& column : log_columns) {
    std::vector<double>& mine = this->*column.values;
    const std::vector<double>& theirs = other.*column.values;
    mine.insert(mine.end(), theirs.begin(), theirs.end());
  }
}

std::vector<IterationLog> IterationLog::split() const {
  std::vector<IterationLog> logs;
  for (std::size_t i = 0; i < iteration.size(); ++i) {
    if (iteration[i] == 0 || logs.empty()) logs.emplace_back();
    for (const LogColumn& column : log_columns)
      (logs.back().*column.values).push_back((this->*column.values)[i]);
  }
  return logs;
}

void write_results(ResultWriter& writer, const defect::Problem& problem,
                   const std::vector<DefectResult>& results, bool is_list) {
  writer.coordinate("k", problem.model.grid.momenta(), "momentum");
  if (is_list) {
    write_list(writer, results);
  } else {
    write_one(writer, results.front());
  }
  for (const Constant& constant : constants(problem))
    writer.dataset(constant.name, {"k"}, constant.values, constant.long_name);
}

void write_log(ResultWriter& writer, const IterationLog& log) {
  writer.group("log");
  writer.coordinate("log/entry", counted(log.Lambda.size()), "number of the entry");
  for (const LogColumn& column : log_columns)
    writer.dataset(in_log(column), {"log/entry"}, log.*column.values, column.long_name);
}

void write_checkpoint(ResultWriter& writer, const DefectCheckpoint& checkpoint) {
  writer.group(checkpoint_group);
  each_count(checkpoint, [&](const char* name, auto count) {
    writer.attribute(name, static_cast<std::int64_t>(count), checkpoint_group);
  });
  writer.attribute("dt", checkpoint.dt, checkpoint_group);
  writer.coordinate("checkpoint/value", counted(checkpoint.nodes.size()), "node and momentum");
  writer.dataset("checkpoint/n", {"checkpoint/value"}, checkpoint.nodes,
                 "densities at all nodes, momentum by momentum");
}

void write_states(ResultWriter& writer, const DefectStates& states) {
  const std::size_t Lambdas = states.dt.size();
  writer.group(checkpoint_group);
  writer.coordinate("checkpoint/value", counted(states.nodes.size() / Lambdas),
                    "node and momentum");
  writer.dataset("checkpoint/n", {"Lambda", "checkpoint/value"}, states.nodes,
                 "densities at all nodes, momentum by momentum");
  writer.dataset("checkpoint/dt", {"Lambda"}, states.dt, "next step in (pseudo-)time");
}

namespace {

void require_checkpoint(const ResultReader& reader, const defect::Problem& problem,
                        const std::string& name) {
  if (!reader.contains(checkpoint_group))
    throw IoError(fmt::format("{}: there is no checkpoint in it", name));
  // The configuration is compared elsewhere; a table that it names may have changed as well.
  for (const Constant& constant : constants(problem))
    if (reader.read(constant.name) != constant.values)
      throw InputError(
          fmt::format("{}: cannot be resumed: {} is not the one it was made with (a table that the "
                      "configuration names has changed)",
                      name, constant.name));
}

}  // namespace

DefectCheckpoint read_checkpoint(const ResultReader& reader, const defect::Problem& problem,
                                 const std::string& name) {
  require_checkpoint(reader, problem, name);
  DefectCheckpoint from;
  each_count(from, [&](const char* count, auto& value) {
    value = static_cast<std::decay_t<decltype(value)>>(reader.number(count, checkpoint_group));
  });
  from.dt = reader.number("dt", checkpoint_group);
  from.nodes = reader.read("checkpoint/n");
  from.log = read_log(reader);
  return from;
}

DefectStates read_states(const ResultReader& reader, const defect::Problem& problem,
                         const std::string& name) {
  require_checkpoint(reader, problem, name);
  return {reader.read("checkpoint/n"), reader.read("checkpoint/dt")};
}

IterationLog read_log(const ResultReader& reader) {
  IterationLog log;
  for (const LogColumn& column : log_columns) log.*column.values = reader.read(in_log(column));
  return log;
}

DefectResult read_result(const ResultReader& reader, std::size_t index, const DefectResult& like) {
  DefectResult result = like;
  const auto slice = [&](const std::string& name, std::size_t size) {
    const std::vector<double> all = reader.read(name);
    if (all.size() < (index + 1) * size)
      throw IoError("the checkpoint is damaged: \"" + name + "\" is too short");
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(index * size);
    return std::vector<double>(first, first + static_cast<std::ptrdiff_t>(size));
  };
  for (Field& field : result.fields) field.values = slice(field.name, field.values.size());
  for (Quantity& quantity : result.quantities)
    quantity.value =
        like_scalar(quantity.value, slice(dataset_name(like, quantity.key), 1).front());
  result.Lambda = slice("Lambda", 1).front();
  return result;
}

}  // namespace kapitza::host
