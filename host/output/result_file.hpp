// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/output/hdf5.hpp"
#include "host/report.hpp"

namespace kapitza::host {

/// Throws IoError where a result of that many bytes could not be written: better before a long
/// computation than after it. Leaves nothing behind.
void require_writable(const std::filesystem::path& target, std::size_t bytes);

/// 0, 1, 2, ...: the values of a coordinate that has none of its own.
std::vector<double> counted(std::size_t count);

/// A result file in the making. commit() writes it under a temporary name beside its target, onto
/// the disk, and then renames it: under its final name there never is half a result.
class ResultWriter {
 public:
  explicit ResultWriter(std::filesystem::path target);

  void attribute(const std::string& name, const Scalar& value, const std::string& object = "/");
  void attributes(const Quantities& quantities, const std::string& object = "/");
  /// A coordinate, to be named as the dimension of other datasets.
  void coordinate(const std::string& name, std::span<const double> values,
                  const std::string& long_name);
  /// Values over coordinates, the last one running fastest.
  void dataset(const std::string& name, const std::vector<std::string>& coordinates,
               std::span<const double> values, const std::string& long_name);
  void group(const std::string& name);

  void commit();

 private:
  std::filesystem::path target_;
  hdf5::File file_;
};

/// A result file to look into. Throws IoError where it is none of ours, broken or cut off.
class ResultReader {
 public:
  explicit ResultReader(const std::filesystem::path& path);

  const std::string& job() const { return job_; }
  bool finished() const { return finished_; }
  const std::string& config() const { return config_; }  ///< the resolved configuration, as TOML

  std::optional<Scalar> attribute(const std::string& name, const std::string& object = "/") const {
    return file_.attribute(object, name);
  }
  double number(const std::string& name, const std::string& object) const;  ///< must be there
  /// Root attributes that are results, not provenance, in the order of writing.
  Quantities results() const;
  std::vector<double> read(const std::string& dataset) const { return file_.read(dataset); }
  bool contains(const std::string& name) const { return file_.contains(name); }
  hdf5::Shape shape(const std::string& dataset) const { return file_.shape(dataset); }
  std::vector<std::string> datasets() const;  ///< but for those of a checkpoint

 private:
  std::string word(const std::string& name) const;

  std::string name_;
  hdf5::File file_;
  std::string job_, config_;
  bool finished_ = false;
};

}  // namespace kapitza::host
