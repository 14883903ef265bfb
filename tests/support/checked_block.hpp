// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/device/block/block.hpp"

namespace kapitza::block {

enum class Hazard {
  read_after_write,
  write_after_read,
  write_after_write,
  uninitialised_read,
  out_of_bounds,
  foreign_private,
  outside_phase,
  barrier_inside_phase,
};

/// Counts hazards, and describes the first few.
class HazardLog {
 public:
  static constexpr std::size_t described = 8;

  void add(Hazard hazard, const std::string& where) {
    ++counts_[static_cast<std::size_t>(hazard)];
    if (reports_.size() < described) reports_.push_back(name(hazard) + ": " + where);
  }

  int count(Hazard hazard) const { return counts_[static_cast<std::size_t>(hazard)]; }
  int count() const { return std::accumulate(counts_.begin(), counts_.end(), 0); }

  std::string text() const {
    std::string all = std::to_string(count()) + " hazards";
    for (const std::string& report : reports_) all += "\n  " + report;
    return all;
  }

 private:
  static std::string name(Hazard hazard) {
    static const std::array<const char*, 8> names = {
        "read after write", "write after read", "write after write", "uninitialised read",
        "out of bounds",    "foreign private",  "outside a phase",   "barrier inside a phase"};
    return names[static_cast<std::size_t>(hazard)];
  }

  std::array<int, 8> counts_{};
  std::vector<std::string> reports_;
};

/// Who touched a shared cell last. An epoch is the time between two barriers; within one epoch
/// the lanes are in no order, so two of them meet in a cell without hazard only if both read.
/// One writer and two different readers suffice: a third reader changes no verdict, and a second
/// writer is a hazard already.
struct CellHistory {
  int write_epoch = -1;
  int writer = -1;
  int read_epoch = -1;
  int reader = -1;
  int other_reader = -1;

  bool written() const { return writer >= 0; }
  bool written_by_other(int lane, int epoch) const {
    return write_epoch == epoch && writer != lane;
  }
  int reader_other_than(int lane, int epoch) const {
    if (read_epoch != epoch) return -1;
    return reader != lane ? reader : other_reader;
  }
  void note_read(int lane, int epoch) {
    if (read_epoch != epoch) {
      read_epoch = epoch;
      reader = lane;
      other_reader = -1;
    } else if (reader != lane) {
      other_reader = lane;
    }
  }
  void note_write(int lane, int epoch) {
    write_epoch = epoch;
    writer = lane;
  }
};

/// Plays the lanes like SerialBlock, and watches every access to shared and private memory.
/// Finds a missing barrier from one run, without threads, the same way every time.
class CheckedBlock {
 public:
  template <class T, int E>
  class Private {
   public:
    explicit Private(CheckedBlock& blk)
        : blk_(&blk), lanes_(static_cast<std::size_t>(blk.lanes())) {}
    Registers<T, E>& operator[](int lane) {
      blk_->check_private(lane);
      return lanes_.at(static_cast<std::size_t>(lane));
    }

   private:
    CheckedBlock* blk_;
    std::vector<Registers<T, E>> lanes_;
  };

  template <class T>
  class Shared {
   public:
    Shared(CheckedBlock& blk, int count)
        : blk_(&blk),
          cells_(std::make_shared<std::vector<Cell>>(static_cast<std::size_t>(count))) {}

    T load(int i) const {
      Cell* cell = find(i);
      if (cell == nullptr) return T{};
      blk_->check_read(i, cell->history);
      return cell->value;
    }

    T load_for_all(int i) const {
      T value{};
      blk_->each([&](int) { value = load(i); });
      return value;
    }

    void store(int i, T value) const {
      Cell* cell = find(i);
      if (cell == nullptr) return;
      blk_->check_write(i, cell->history);
      cell->value = value;
    }

   private:
    struct Cell {
      T value{};
      CellHistory history;
    };

    Cell* find(int i) const {
      if (blk_->check_bounds(i, static_cast<int>(cells_->size())))
        return &(*cells_)[static_cast<std::size_t>(i)];
      return nullptr;
    }

    CheckedBlock* blk_;
    std::shared_ptr<std::vector<Cell>> cells_;
  };

  CheckedBlock(int lanes, std::size_t shared_bytes) : lanes_(lanes), bytes_left_(shared_bytes) {}
  CheckedBlock(const CheckedBlock&) = delete;
  CheckedBlock& operator=(const CheckedBlock&) = delete;

  int lanes() const { return lanes_; }

  template <class F>
  void each(F&& f) {
    each(lanes_, f);
  }

  template <class F>
  void each(int count, F&& f) {
    for (int i = 0; i < count; ++i) {
      lane_ = i % lanes_;
      f(i);
    }
    lane_ = nobody;
  }

  void sync() {
    if (lane_ != nobody) log_.add(Hazard::barrier_inside_phase, by(lane_));
    ++epoch_;
  }

  template <class T>
  Shared<T> shared(int count) {
    const std::size_t bytes = (static_cast<std::size_t>(count) * sizeof(T) + 15) / 16 * 16;
    if (bytes > bytes_left_) throw std::length_error("shared memory exhausted");
    bytes_left_ -= bytes;
    return Shared<T>(*this, count);
  }

  const HazardLog& hazards() const { return log_; }
  int barriers() const { return epoch_; }

 private:
  static constexpr int nobody = -1;

  static std::string by(int lane) { return "lane " + std::to_string(lane); }
  std::string at(int cell) const {
    return "cell " + std::to_string(cell) + ", epoch " + std::to_string(epoch_) + ", ";
  }

  bool check_bounds(int i, int count) {
    if (lane_ == nobody) log_.add(Hazard::outside_phase, at(i));
    const bool inside = i >= 0 && i < count;
    if (!inside)
      log_.add(Hazard::out_of_bounds,
               at(i) + by(lane_) + ", of " + std::to_string(count) + " cells");
    return inside;
  }

  void check_read(int i, CellHistory& history) {
    if (!history.written()) log_.add(Hazard::uninitialised_read, at(i) + by(lane_));
    if (history.written_by_other(lane_, epoch_))
      log_.add(Hazard::read_after_write, at(i) + by(lane_) + " after " + by(history.writer));
    history.note_read(lane_, epoch_);
  }

  void check_write(int i, CellHistory& history) {
    if (history.written_by_other(lane_, epoch_))
      log_.add(Hazard::write_after_write, at(i) + by(lane_) + " after " + by(history.writer));
    const int reader = history.reader_other_than(lane_, epoch_);
    if (reader >= 0) log_.add(Hazard::write_after_read, at(i) + by(lane_) + " after " + by(reader));
    history.note_write(lane_, epoch_);
  }

  void check_private(int lane) {
    if (lane_ == nobody)
      log_.add(Hazard::outside_phase, "private values of " + by(lane));
    else if (lane != lane_)
      log_.add(Hazard::foreign_private, by(lane_) + " uses private values of " + by(lane));
  }

  int lanes_;
  std::size_t bytes_left_;
  int lane_ = nobody;
  int epoch_ = 0;
  HazardLog log_;
};

}  // namespace kapitza::block
