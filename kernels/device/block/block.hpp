// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <concepts>
#include <cstddef>
#include <utility>

#include "kapitza/core/hd.hpp"

/// The vocabulary of a block algorithm: lanes that work in phases, and barriers between phases.
///
/// The algorithm is written once, as a template over a Block, and runs on the GPU as it stands.
/// Host Blocks replay it: SerialBlock for its numbers, CheckedBlock for its missing barriers,
/// ThreadBlock for the thread sanitizer.
namespace kapitza::block {

/// E values of one lane. Its own type, because std::array is not callable on the device.
template <class T, int E>
struct Registers {
  T value[static_cast<std::size_t>(E)];

  KAPITZA_HD constexpr T& operator[](int e) { return value[e]; }
  KAPITZA_HD constexpr const T& operator[](int e) const { return value[e]; }
};

/// An int that stays a constant expression when it is passed as an argument.
template <int I>
struct Constant {
  KAPITZA_HD constexpr operator int() const { return I; }
};

/// f(0), f(1), ..., f(E - 1), each index a Constant. An array indexed by constants alone can live
/// in registers; one run-time index sends all of it to local memory, and no warning says so.
template <int E, class F>
KAPITZA_HD constexpr void unroll(F&& f) {
  [&]<int... I>(std::integer_sequence<int, I...>) {
    (f(Constant<I>{}), ...);
  }(std::make_integer_sequence<int, E>{});
}

/// Hands out consecutive pieces of one block's shared memory, aligned for 16-byte accesses.
class Arena {
 public:
  KAPITZA_HD explicit Arena(void* memory) : memory_(static_cast<std::byte*>(memory)) {}

  template <class T>
  KAPITZA_HD T* take(int count) {
    T* piece = reinterpret_cast<T*>(memory_ + used_);
    used_ += (static_cast<std::size_t>(count) * sizeof(T) + 15) / 16 * 16;
    return piece;
  }

  KAPITZA_HD std::size_t used() const { return used_; }

 private:
  std::byte* memory_;
  std::size_t used_ = 0;
};

/// A group of lanes that share memory.
///
///   blk.lanes()               number of lanes
///   blk.each(f)               a phase: f(lane), once for every lane, in no particular order
///   blk.each(count, f)        a phase: f(i) for 0 <= i < count, by lane i mod lanes()
///   blk.sync()                barrier; every lane reaches it, so never inside a phase
///   Private<T, E> x(blk)      x[lane][e]: E values per lane that survive from phase to phase
///   blk.shared<T>(count)      Shared<T>: count cells that all lanes see, uninitialised
///   s.load(i), s.store(i, v)  functions, not references, so that a checker sees every access
///   s.load_for_all(i)         outside a phase: what every lane reads there
///
/// Between two barriers a cell that one lane writes belongs to that lane: no other lane may read
/// or write it. Nothing else is promised about order, not even between two phases.
///
/// Lanes may do without load_for_all: parts of a Block, which have no value for all of it.
template <class B>
concept Lanes =
    requires(B& blk, const B& view, void (*f)(int), typename B::template Private<double, 2>& x,
             const typename B::template Shared<double>& s) {
      { view.lanes() } -> std::same_as<int>;
      blk.each(f);
      blk.each(1, f);
      blk.sync();
      requires std::constructible_from<typename B::template Private<double, 2>, B&>;
      { x[0] } -> std::same_as<Registers<double, 2>&>;
      { blk.template shared<double>(1) } -> std::same_as<typename B::template Shared<double>>;
      { s.load(0) } -> std::same_as<double>;
      s.store(0, 1.0);
    };

template <class B>
concept Block = Lanes<B> && requires(const typename B::template Shared<double>& s) {
  { s.load_for_all(0) } -> std::same_as<double>;
};

}  // namespace kapitza::block
