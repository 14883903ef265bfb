// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/core/hd.hpp"
#include "kernels/device/block/block.hpp"
#include "kernels/device/block/stockham_index.hpp"

/// Several lines in one Block, each with lanes and cells of its own.
namespace kapitza::block {

/// Line after line: neighbouring lanes hold neighbouring elements of a line.
template <int Lines, int Lanes>
struct SideBySide {
  static constexpr int lines = Lines, lanes = Lanes;

  KAPITZA_HD static constexpr int line(int lane) {
    return static_cast<int>(unsigned(lane) / Lanes);
  }
  KAPITZA_HD static constexpr int place(int lane) {
    return static_cast<int>(unsigned(lane) % Lanes);
  }
  KAPITZA_HD static constexpr int lane(int line, int place) { return line * Lanes + place; }
  KAPITZA_HD static constexpr int cell(int line, int i, int count) { return line * count + i; }
};

/// Columns: neighbouring lanes hold the same element of neighbouring lines, and so do neighbouring
/// cells.
template <int Lines, int Lanes>
struct Interleaved {
  static constexpr int lines = Lines, lanes = Lanes;

  KAPITZA_HD static constexpr int line(int lane) {
    return static_cast<int>(unsigned(lane) % Lines);
  }
  KAPITZA_HD static constexpr int place(int lane) {
    return static_cast<int>(unsigned(lane) / Lines);
  }
  KAPITZA_HD static constexpr int lane(int line, int place) { return place * Lines + line; }
  KAPITZA_HD static constexpr int cell(int line, int i, int) { return i * Lines + line; }
};

/// StockhamIndex of interleaved lines: as many of them as fill the 32 banks meet in no bank,
/// whatever their elements are, so nothing is padded.
template <int N, class T>
struct InterleavedIndex : StockhamIndex<N, T> {
  KAPITZA_HD static constexpr int pad(int /*span*/, int i) { return i; }
  static constexpr int cells = N;
};

/// The lanes of a Block, line by line. A phase goes over the lanes of all lines, and line() is
/// whose turn it is; lanes, private values and cells are counted within it. A barrier stops all
/// lines.
template <Block B, class Map>
class LinesInBlock {
 public:
  template <class T, int E>
  class Private {
   public:
    KAPITZA_HD explicit Private(LinesInBlock& lines) : lines_(lines), all_(lines.blk_) {}
    KAPITZA_HD Registers<T, E>& operator[](int place) {
      return all_[Map::lane(lines_.line_, place)];
    }

   private:
    LinesInBlock& lines_;
    typename B::template Private<T, E> all_;
  };

  template <class T>
  class Shared {
   public:
    KAPITZA_HD Shared(LinesInBlock& lines, int count)
        : lines_(lines), count_(count), all_(lines.blk_.template shared<T>(Map::lines * count)) {}
    KAPITZA_HD T load(int i) const { return all_.load(Map::cell(lines_.line_, i, count_)); }
    KAPITZA_HD void store(int i, T value) const {
      all_.store(Map::cell(lines_.line_, i, count_), value);
    }

   private:
    LinesInBlock& lines_;
    int count_;
    typename B::template Shared<T> all_;
  };

  KAPITZA_HD explicit LinesInBlock(B& blk) : blk_(blk) {}
  LinesInBlock(const LinesInBlock&) = delete;
  LinesInBlock& operator=(const LinesInBlock&) = delete;

  KAPITZA_HD static constexpr int lanes() { return Map::lanes; }
  KAPITZA_HD int line() const { return line_; }

  template <class F>
  KAPITZA_HD void each(F&& f) {
    blk_.each([&](int lane) {
      line_ = Map::line(lane);
      f(Map::place(lane));
    });
  }

  template <class F>
  KAPITZA_HD void each(int count, F&& f) {
    each([&](int place) {
      for (int i = place; i < count; i += Map::lanes) f(i);
    });
  }

  KAPITZA_HD void sync() { blk_.sync(); }

  template <class T>
  KAPITZA_HD Shared<T> shared(int count) {
    return Shared<T>(*this, count);
  }

 private:
  B& blk_;
  int line_ = 0;
};

}  // namespace kapitza::block
