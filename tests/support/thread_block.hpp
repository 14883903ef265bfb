// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <barrier>
#include <cstddef>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kernels/device/block/block.hpp"

namespace kapitza::block {

/// One thread's view of a Block whose lanes are real threads, as on the device: every thread runs
/// the whole algorithm, for its own lanes. Made by run_threads; meant for the thread sanitizer.
class ThreadBlock {
 public:
  template <class T, int E>
  class Private {
   public:
    explicit Private(const ThreadBlock& blk)
        : first_(blk.first_), own_(static_cast<std::size_t>(blk.last_ - blk.first_)) {}
    Registers<T, E>& operator[](int lane) { return own_[static_cast<std::size_t>(lane - first_)]; }

   private:
    int first_;
    std::vector<Registers<T, E>> own_;
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

  ThreadBlock(int lanes, int first, int last, std::vector<std::byte>& memory,
              std::barrier<>& barrier)
      : lanes_(lanes),
        first_(first),
        last_(last),
        bytes_(memory.size()),
        arena_(memory.data()),
        barrier_(barrier) {}

  int lanes() const { return lanes_; }

  template <class F>
  void each(F&& f) {
    each(lanes_, f);
  }

  template <class F>
  void each(int count, F&& f) {
    for (int lane = first_; lane < last_; ++lane)
      for (int i = lane; i < count; i += lanes_) f(i);
  }

  void sync() { barrier_.arrive_and_wait(); }

  /// Every thread takes the same pieces in the same order, so all of them get the same cells.
  template <class T>
  Shared<T> shared(int count) {
    T* cells = arena_.take<T>(count);
    if (arena_.used() > bytes_) throw std::length_error("shared memory exhausted");
    return Shared<T>(cells);
  }

 private:
  int lanes_;
  int first_;
  int last_;
  std::size_t bytes_;
  Arena arena_;
  std::barrier<>& barrier_;
};

/// Runs body(ThreadBlock&) on `threads` threads, each with an equal share of the lanes.
template <class F>
void run_threads(int lanes, int threads, std::size_t shared_bytes, const F& body) {
  threads = std::min(threads, lanes);
  std::vector<std::byte> memory(shared_bytes);
  std::barrier<> barrier(threads);
  std::vector<std::jthread> team;
  for (int t = 0; t < threads; ++t) {
    team.emplace_back([&, t] {
      ThreadBlock blk(lanes, t * lanes / threads, (t + 1) * lanes / threads, memory, barrier);
      body(blk);
    });
  }
}

}  // namespace kapitza::block
