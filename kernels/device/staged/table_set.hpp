// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "kernels/device/staged/device.hpp"

namespace kapitza::staged {

/// Tables in device memory that know how much of it they take. A base class, so that the sum is
/// there before the first table of a derived one is made.
template <Device D>
class TableSet {
 public:
  template <class T>
  using Buffer = typename D::template Buffer<T>;

  std::size_t bytes() const { return bytes_; }

  /// One table more.
  template <class T>
  Buffer<T> upload(D& device, const std::vector<T>& values) {
    Buffer<T> buffer(device, values.size());
    device.upload(std::span<const T>(values), buffer.data());
    bytes_ += values.size() * sizeof(T);
    return buffer;
  }

  /// One that others may have as well. It is counted here, too.
  template <class T>
  std::shared_ptr<Buffer<T>> share(D& device, const std::shared_ptr<const void>& owner,
                                   const std::vector<T>& values) {
    bytes_ += values.size() * sizeof(T);
    return device.shared_table(owner, values);
  }

 private:
  std::size_t bytes_ = 0;
};

}  // namespace kapitza::staged
