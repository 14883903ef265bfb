// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <hdf5.h>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "host/report.hpp"

/// A thin layer over the HDF5 C library: identifiers that close themselves, and an IoError that
/// carries the call and the library's own reason wherever a status is bad.
namespace kapitza::host::hdf5 {

/// An identifier of any kind, closed when it goes. An error on this way is dropped: nothing can be
/// lost by it, because files that are open on disk are only read.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);

  Handle() = default;
  Handle(hid_t id, Close close) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept
      : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }

  hid_t id() const { return id_; }

 private:
  hid_t id_ = H5I_INVALID_HID;
  Close close_ = nullptr;
};

using Shape = std::vector<hsize_t>;

class File {
 public:
  /// A new file in memory. The library crashes at the end of a program whose disk was full when it
  /// closed a file, so it writes to no disk here: image() gives the bytes to write.
  static File create(const std::string& name);
  static File open(const std::filesystem::path& path);  ///< to read

  std::vector<char> image() const;

  /// Attributes of an object: "/" for the file itself, or a group or dataset.
  void set_attribute(const std::string& object, const std::string& name, const Scalar& value);
  std::optional<Scalar> attribute(const std::string& object, const std::string& name) const;

  std::vector<std::string> attribute_names(const std::string& object) const;  ///< as written

  void create_group(const std::string& path);
  void write(const std::string& path, const Shape& shape, std::span<const double> values);
  /// Makes a dataset the scale of a dimension, in netCDF-4's way.
  void make_scale(const std::string& path);
  void attach_scale(const std::string& path, unsigned axis, const std::string& scale);

  bool contains(const std::string& path) const;
  Shape shape(const std::string& path) const;
  std::vector<double> read(const std::string& path) const;
  /// In a group and those in it, in the order of writing.
  std::vector<std::string> datasets(const std::string& group = "") const;

 private:
  std::vector<std::string> links_of(const std::string& group) const;

  File(Handle file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  Handle file_;
  std::string name_;
};

std::string library_version();

}  // namespace kapitza::host::hdf5
