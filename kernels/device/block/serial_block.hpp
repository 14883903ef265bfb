// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <stdexcept>
#include <vector>

#include "kernels/device/block/block.hpp"

namespace kapitza::block {

/// One host thread plays every lane, phase by phase. Its numbers are the algorithm's numbers, but
/// it cannot notice a missing barrier: a phase is always complete before the next one starts.
class SerialBlock {
 public:
  template <class T, int E>
  class Private {
   public:
    explicit Private(const SerialBlock& blk) : lanes_(static_cast<std::size_t>(blk.lanes())) {}
    Registers<T, E>& operator[](int lane) { return lanes_[static_cast<std::size_t>(lane)]; }

   private:
    std::vector<Registers<T, E>> lanes_;
  };

  template <class T>
  class Shared {
   public:
    explicit Shared(T* cells) : cells_(cells) {}
    T load(int i) const { return cells_[i]; }
    T load_for_all(int i) const { return cells_[i]; }
    void store(int i, T value) const { cells_[i] = value; }

   private:
    T* cells_;
  };

  SerialBlock(int lanes, std::size_t shared_bytes)
      : lanes_(lanes), memory_(shared_bytes, all_ones), arena_(memory_.data()) {}
  SerialBlock(const SerialBlock&) = delete;
  SerialBlock& operator=(const SerialBlock&) = delete;

  int lanes() const { return lanes_; }

  template <class F>
  void each(F&& f) {
    each(lanes_, f);
  }

  template <class F>
  void each(int count, F&& f) {
    for (int i = 0; i < count; ++i) f(i);
  }

  void sync() {}

  template <class T>
  Shared<T> shared(int count) {
    T* cells = arena_.take<T>(count);
    if (arena_.used() > memory_.size()) throw std::length_error("shared memory exhausted");
    return Shared<T>(cells);
  }

 private:
  // All bits set is a NaN in either precision: memory used before it is written shows.
  static constexpr std::byte all_ones{0xff};

  int lanes_;
  std::vector<std::byte> memory_;
  Arena arena_;
};

}  // namespace kapitza::block
