// SPDX-License-Identifier: BSD-3-Clause
#include "host/output/result_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <numeric>
#include <unistd.h>
#include <utility>

#include "host/output/provenance.hpp"
#include "kapitza/core/error.hpp"

namespace kapitza::host {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what, int error) {
  throw IoError(fmt::format("{}: {}: {}", path.string(), what, std::strerror(error)));
}

/// An open file or directory whose every failure is an IoError about `target`.
class FileDescriptor {
 public:
  FileDescriptor(const std::filesystem::path& path, int flags, std::filesystem::path target)
      : target_(std::move(target)), id_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (id_ < 0) fail(target_, "cannot be written", errno);
  }
  ~FileDescriptor() {
    if (id_ >= 0) ::close(id_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  void write(std::span<const char> bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::write(id_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail(target_, "cannot be written", errno);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }
  void reserve(std::size_t bytes) const {
    const int error = ::posix_fallocate(id_, 0, static_cast<off_t>(bytes));
    // A file system that cannot reserve space says nothing about whether there is some.
    if (error == 0 || error == EOPNOTSUPP || error == EINVAL) return;
    const std::string size = readable_bytes(static_cast<double>(bytes));
    fail(target_, fmt::format("no room for the {} of the result", size), error);
  }
  void sync() const {
    // Some file systems cannot sync a directory and say so with EINVAL: nothing to be done.
    if (::fsync(id_) != 0 && errno != EINVAL) fail(target_, "cannot be written", errno);
  }
  void close() {
    if (::close(std::exchange(id_, -1)) != 0) fail(target_, "cannot be written", errno);
  }

 private:
  std::filesystem::path target_;
  int id_;
};

/// Removes a file when it goes, unless that was renamed by then.
class Removal {
 public:
  explicit Removal(std::filesystem::path path) : path_(std::move(path)) {}
  ~Removal() { ::unlink(path_.c_str()); }
  Removal(const Removal&) = delete;
  Removal& operator=(const Removal&) = delete;

 private:
  std::filesystem::path path_;
};

/// Sixteen bytes behind the HDF5 file, where the library does not look: a mark and the checksum of
/// everything before. The library notices damage by chance only, and may crash on it. A file that
/// another program has rewritten has lost its seal, and is taken as it is.
class Seal {
 public:
  static constexpr std::size_t size = 16;

  explicit Seal(std::span<const char> bytes) {
    // FNV-1a: no change of a single byte leaves it the same.
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    for (std::size_t i = 0; i < 8; ++i) text_[8 + i] = static_cast<char>(hash >> (8 * i) & 0xff);
  }

  std::span<const char> text() const { return text_; }
  bool marks(std::span<const char> end) const {
    return std::equal(text_.begin(), text_.begin() + 8, end.begin());
  }
  bool equals(std::span<const char> end) const {
    return std::equal(text_.begin(), text_.end(), end.begin());
  }

 private:
  std::array<char, size> text_{'k', 'a', 'p', 'i', 't', 'z', 'a', '1'};
};

constexpr int create_new = O_WRONLY | O_CREAT | O_EXCL;

std::filesystem::path directory_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

/// Hidden, in the same directory so that it can be renamed, one per process.
std::filesystem::path temporary_name(const std::filesystem::path& target) {
  const std::string name = fmt::format(".{}.{}.part", target.filename().string(), ::getpid());
  return directory_of(target) / name;
}

}  // namespace

void require_writable(const std::filesystem::path& target, std::size_t bytes) {
  std::error_code ignored;
  if (std::filesystem::is_directory(target, ignored)) fail(target, "cannot be written", EISDIR);
  const std::filesystem::path probe = temporary_name(target);
  const FileDescriptor file(probe, create_new, target);
  const Removal removal(probe);
  file.reserve(bytes);
}

std::vector<double> counted(std::size_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

ResultWriter::ResultWriter(std::filesystem::path target)
    : target_(std::move(target)), file_(hdf5::File::create(target_.string())) {}

void ResultWriter::attribute(const std::string& name, const Scalar& value,
                             const std::string& object) {
  file_.set_attribute(object, name, value);
}

void ResultWriter::attributes(const Quantities& quantities, const std::string& object) {
  for (const Quantity& quantity : quantities) attribute(quantity.key, quantity.value, object);
}

void ResultWriter::coordinate(const std::string& name, std::span<const double> values,
                              const std::string& long_name) {
  file_.write(name, {values.size()}, values);
  file_.make_scale(name);
  attribute("units", "1", name);
  attribute("long_name", long_name, name);
}

void ResultWriter::dataset(const std::string& name, const std::vector<std::string>& coordinates,
                           std::span<const double> values, const std::string& long_name) {
  hdf5::Shape shape;
  for (const std::string& coordinate : coordinates) shape.push_back(file_.shape(coordinate).at(0));
  file_.write(name, shape, values);
  for (unsigned axis = 0; axis < coordinates.size(); ++axis)
    file_.attach_scale(name, axis, coordinates[axis]);
  attribute("units", "1", name);
  attribute("long_name", long_name, name);
}

void ResultWriter::group(const std::string& name) { file_.create_group(name); }

void ResultWriter::commit() {
  const std::filesystem::path temporary = temporary_name(target_);
  FileDescriptor file(temporary, create_new, target_);
  const Removal removal(temporary);
  const std::vector<char> image = file_.image();
  file.write(image);
  file.write(Seal(image).text());
  file.sync();
  file.close();
  if (::rename(temporary.c_str(), target_.c_str()) != 0)
    fail(target_, "cannot be renamed into place", errno);
  FileDescriptor(directory_of(target_), O_RDONLY | O_DIRECTORY, target_).sync();
}

namespace {

void require_intact(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) fail(path, "cannot be read", errno);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(stream), {});
  if (bytes.size() < Seal::size) return;
  const std::span<const char> all(bytes), end = all.last(Seal::size);
  const Seal seal(all.first(bytes.size() - Seal::size));
  if (seal.marks(end) && !seal.equals(end))
    throw IoError(
        fmt::format("{}: damaged: its bytes are not those that were written", path.string()));
}

hdf5::File open_result(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) fail(path, "cannot be read", EISDIR);
  require_intact(path);
  try {
    return hdf5::File::open(path);
  } catch (const IoError& error) {
    throw IoError(
        fmt::format("{} (it is no HDF5 file, or a damaged or cut-off one)", error.what()));
  }
}

}  // namespace

ResultReader::ResultReader(const std::filesystem::path& path)
    : name_(path.string()), file_(open_result(path)), job_(word("job")), config_(word("config")) {
  word("version");
  const std::optional<Scalar> flag = attribute("finished");
  if (!flag || !std::holds_alternative<bool>(*flag))
    throw IoError(name_ + ": this HDF5 file is no result of kapitza: no attribute \"finished\"");
  finished_ = std::get<bool>(*flag);
}

Quantities ResultReader::results() const {
  Quantities rows;
  for (const std::string& name : file_.attribute_names("/")) {
    if (is_provenance(name)) continue;
    if (const std::optional<Scalar> value = attribute(name)) rows.push_back({name, *value, ""});
  }
  return rows;
}

std::vector<std::string> ResultReader::datasets() const {
  std::vector<std::string> names = file_.datasets();
  std::erase_if(names, [](const std::string& name) { return name.starts_with("checkpoint/"); });
  return names;
}

std::string ResultReader::word(const std::string& name) const {
  const std::optional<Scalar> value = attribute(name);
  if (!value || !std::holds_alternative<std::string>(*value))
    throw IoError(fmt::format("{}: this HDF5 file is no result of kapitza: no attribute \"{}\"",
                              name_, name));
  return std::get<std::string>(*value);
}

double ResultReader::number(const std::string& name, const std::string& object) const {
  const std::optional<Scalar> value = attribute(name, object);
  if (value && std::holds_alternative<double>(*value)) return std::get<double>(*value);
  if (value && std::holds_alternative<std::int64_t>(*value))
    return static_cast<double>(std::get<std::int64_t>(*value));
  throw IoError(fmt::format("{}: {} has no number \"{}\"", name_, object, name));
}

}  // namespace kapitza::host
