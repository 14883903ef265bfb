// SPDX-License-Identifier: BSD-3-Clause
#include "host/output/hdf5.hpp"

#include <cstring>
#include <fmt/format.h>
#include <hdf5_hl.h>

#include "kapitza/core/error.hpp"

/// An HDF5 call whose status is checked; the error names the call as it is written here.
#define KAPITZA_HDF5(call) check((call), #call, name_)

namespace kapitza::host::hdf5 {
namespace {

std::string innermost_reason() {
  std::string reason;
  const auto keep_first = [](unsigned n, const H5E_error2_t* error, void* text) -> herr_t {
    if (n == 0 && error->desc) *static_cast<std::string*>(text) = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &reason);
  return reason;
}

[[noreturn]] void fail(const char* call, const std::string& file) {
  std::string reason = innermost_reason();
  if (reason.find("lock") != std::string::npos)
    reason += "; if this file system has no locks, set HDF5_USE_FILE_LOCKING=FALSE";
  const std::string function(call, std::strcspn(call, "("));
  throw IoError(fmt::format("{}: {} failed: {}", file, function,
                            reason.empty() ? "no reason given" : reason));
}

/// For calls that return an identifier, a status, a length or a truth value: negative is bad.
template <class Status>
Status check(Status status, const char* call, const std::string& file) {
  if (status < 0) fail(call, file);
  return status;
}

/// The library prints its errors on stderr by default; ours are exceptions.
void silence() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

Handle string_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.id(), H5T_VARIABLE);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return type;
}

}  // namespace

File File::create(const std::string& name_) {
  silence();
  const Handle access(KAPITZA_HDF5(H5Pcreate(H5P_FILE_ACCESS)), H5Pclose);
  constexpr std::size_t growth = 1 << 20;
  KAPITZA_HDF5(H5Pset_fapl_core(access.id(), growth, /*backing_store=*/false));
  const Handle creation(KAPITZA_HDF5(H5Pcreate(H5P_FILE_CREATE)), H5Pclose);
  // `info` lists datasets and attributes in the order of writing.
  constexpr unsigned in_order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
  KAPITZA_HDF5(H5Pset_link_creation_order(creation.id(), in_order));
  KAPITZA_HDF5(H5Pset_attr_creation_order(creation.id(), in_order));
  Handle file(KAPITZA_HDF5(H5Fcreate(name_.c_str(), H5F_ACC_TRUNC, creation.id(), access.id())),
              H5Fclose);
  return {std::move(file), name_};
}

File File::open(const std::filesystem::path& path) {
  silence();
  const std::string name_ = path.string();
  Handle file(KAPITZA_HDF5(H5Fopen(name_.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT)), H5Fclose);
  return {std::move(file), name_};
}

std::vector<char> File::image() const {
  KAPITZA_HDF5(H5Fflush(file_.id(), H5F_SCOPE_GLOBAL));
  const ssize_t size = KAPITZA_HDF5(H5Fget_file_image(file_.id(), nullptr, 0));
  std::vector<char> bytes(static_cast<std::size_t>(size));
  KAPITZA_HDF5(H5Fget_file_image(file_.id(), bytes.data(), bytes.size()));
  return bytes;
}

void File::set_attribute(const std::string& object, const std::string& name, const Scalar& value) {
  const Handle target(KAPITZA_HDF5(H5Oopen(file_.id(), object.c_str(), H5P_DEFAULT)), H5Oclose);
  // netCDF's attributes have one dimension at most: a matrix is written row by row.
  const auto* matrix = std::get_if<Matrix2>(&value);
  constexpr hsize_t elements = 4;
  const Handle space(
      KAPITZA_HDF5(matrix ? H5Screate_simple(1, &elements, nullptr) : H5Screate(H5S_SCALAR)),
      H5Sclose);
  const auto write = [&](hid_t file_type, hid_t memory_type, const void* data) {
    const Handle attribute(KAPITZA_HDF5(H5Acreate2(target.id(), name.c_str(), file_type, space.id(),
                                                   H5P_DEFAULT, H5P_DEFAULT)),
                           H5Aclose);
    KAPITZA_HDF5(H5Awrite(attribute.id(), memory_type, data));
  };
  if (const auto* text = std::get_if<std::string>(&value)) {
    const Handle type = string_type();
    const char* characters = text->c_str();
    write(type.id(), type.id(), &characters);
  } else if (const auto* number = std::get_if<double>(&value)) {
    write(H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, number);
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    write(H5T_STD_I64LE, H5T_NATIVE_INT64, integer);
  } else if (matrix) {
    write(H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, matrix);
  } else {
    // netCDF has no truth values: 0 or 1.
    const std::int8_t flag = std::get<bool>(value) ? 1 : 0;
    write(H5T_STD_I8LE, H5T_NATIVE_INT8, &flag);
  }
}

std::optional<Scalar> File::attribute(const std::string& object, const std::string& name) const {
  if (object != "/" && !contains(object)) return std::nullopt;
  const Handle source(KAPITZA_HDF5(H5Oopen(file_.id(), object.c_str(), H5P_DEFAULT)), H5Oclose);
  if (KAPITZA_HDF5(H5Aexists(source.id(), name.c_str())) == 0) return std::nullopt;
  const Handle attribute(KAPITZA_HDF5(H5Aopen(source.id(), name.c_str(), H5P_DEFAULT)), H5Aclose);
  const Handle space(KAPITZA_HDF5(H5Aget_space(attribute.id())), H5Sclose);
  const hssize_t elements = KAPITZA_HDF5(H5Sget_simple_extent_npoints(space.id()));
  const Handle type(KAPITZA_HDF5(H5Aget_type(attribute.id())), H5Tclose);
  const H5T_class_t type_class = H5Tget_class(type.id());
  if (elements == 4 && type_class == H5T_FLOAT) {
    Matrix2 matrix;
    KAPITZA_HDF5(H5Aread(attribute.id(), H5T_NATIVE_DOUBLE, &matrix));
    return matrix;
  }
  if (elements != 1) return std::nullopt;
  if (type_class == H5T_STRING && KAPITZA_HDF5(H5Tis_variable_str(type.id())) > 0) {
    const Handle memory = string_type();
    char* characters = nullptr;
    KAPITZA_HDF5(H5Aread(attribute.id(), memory.id(), &characters));
    std::string text = characters ? characters : "";
    H5free_memory(characters);
    return text;
  }
  if (type_class == H5T_FLOAT) {
    double number = 0;
    KAPITZA_HDF5(H5Aread(attribute.id(), H5T_NATIVE_DOUBLE, &number));
    return number;
  }
  if (type_class != H5T_INTEGER) return std::nullopt;
  std::int64_t integer = 0;
  KAPITZA_HDF5(H5Aread(attribute.id(), H5T_NATIVE_INT64, &integer));
  if (H5Tget_size(type.id()) == 1) return integer != 0;
  return integer;
}

std::vector<std::string> File::attribute_names(const std::string& object) const {
  const Handle source(KAPITZA_HDF5(H5Oopen(file_.id(), object.c_str(), H5P_DEFAULT)), H5Oclose);
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5A_info_t*, void* list) -> herr_t {
    static_cast<std::vector<std::string>*>(list)->emplace_back(name);
    return 0;
  };
  KAPITZA_HDF5(H5Aiterate2(source.id(), H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, collect, &names));
  return names;
}

void File::create_group(const std::string& path) {
  const Handle group(
      KAPITZA_HDF5(H5Gcreate2(file_.id(), path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)),
      H5Gclose);
}

void File::write(const std::string& path, const Shape& shape, std::span<const double> values) {
  const Handle space(
      KAPITZA_HDF5(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr)),
      H5Sclose);
  const Handle dataset(KAPITZA_HDF5(H5Dcreate2(file_.id(), path.c_str(), H5T_IEEE_F64LE, space.id(),
                                               H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)),
                       H5Dclose);
  KAPITZA_HDF5(
      H5Dwrite(dataset.id(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
}

void File::make_scale(const std::string& path) {
  const Handle dataset(KAPITZA_HDF5(H5Dopen2(file_.id(), path.c_str(), H5P_DEFAULT)), H5Dclose);
  KAPITZA_HDF5(H5DSset_scale(dataset.id(), path.c_str()));
}

void File::attach_scale(const std::string& path, unsigned axis, const std::string& scale) {
  const Handle dataset(KAPITZA_HDF5(H5Dopen2(file_.id(), path.c_str(), H5P_DEFAULT)), H5Dclose);
  const Handle axis_scale(KAPITZA_HDF5(H5Dopen2(file_.id(), scale.c_str(), H5P_DEFAULT)), H5Dclose);
  KAPITZA_HDF5(H5DSattach_scale(dataset.id(), axis_scale.id(), axis));
}

bool File::contains(const std::string& path) const {
  return KAPITZA_HDF5(H5Lexists(file_.id(), path.c_str(), H5P_DEFAULT)) > 0;
}

Shape File::shape(const std::string& path) const {
  const Handle dataset(KAPITZA_HDF5(H5Dopen2(file_.id(), path.c_str(), H5P_DEFAULT)), H5Dclose);
  const Handle space(KAPITZA_HDF5(H5Dget_space(dataset.id())), H5Sclose);
  Shape shape(static_cast<std::size_t>(KAPITZA_HDF5(H5Sget_simple_extent_ndims(space.id()))));
  KAPITZA_HDF5(H5Sget_simple_extent_dims(space.id(), shape.data(), nullptr));
  return shape;
}

std::vector<double> File::read(const std::string& path) const {
  std::size_t size = 1;
  for (const hsize_t extent : shape(path)) size *= extent;
  std::vector<double> values(size);
  const Handle dataset(KAPITZA_HDF5(H5Dopen2(file_.id(), path.c_str(), H5P_DEFAULT)), H5Dclose);
  KAPITZA_HDF5(
      H5Dread(dataset.id(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
  return values;
}

std::vector<std::string> File::links_of(const std::string& group) const {
  std::vector<std::string> links;
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
    static_cast<std::vector<std::string>*>(list)->emplace_back(name);
    return 0;
  };
  const Handle object(KAPITZA_HDF5(H5Gopen2(file_.id(), group.c_str(), H5P_DEFAULT)), H5Gclose);
  // Files of other programs keep no creation order.
  if (H5Literate(object.id(), H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, collect, &links) < 0)
    KAPITZA_HDF5(H5Literate(object.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &links));
  return links;
}

std::vector<std::string> File::datasets(const std::string& group) const {
  std::vector<std::string> names;
  for (const std::string& link : links_of("/" + group)) {
    const std::string name = group.empty() ? link : group + "/" + link;
    const Handle object(KAPITZA_HDF5(H5Oopen(file_.id(), name.c_str(), H5P_DEFAULT)), H5Oclose);
    const H5I_type_t type = H5Iget_type(object.id());
    if (type == H5I_DATASET) names.push_back(name);
    if (type != H5I_GROUP) continue;
    const std::vector<std::string> inside = datasets(name);
    names.insert(names.end(), inside.begin(), inside.end());
  }
  return names;
}

std::string library_version() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return fmt::format("{}.{}.{}", major, minor, release);
}

}  // namespace kapitza::host::hdf5
