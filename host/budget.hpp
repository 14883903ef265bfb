// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>

#include "host/console.hpp"
#include "kapitza/numerics/refine.hpp"

namespace kapitza::host {

/// The time that an estimate may take, and now and then a word on how it gets on.
class Budget {
 public:
  using Seconds = std::function<double()>;

  /// clock: seconds since the beginning.
  Budget(double limit_seconds, Seconds clock, Console& console)
      : limit_(limit_seconds), clock_(std::move(clock)), console_(console) {}

  double elapsed() const { return clock_(); }
  bool has_time_for(double seconds) const { return elapsed() + seconds <= limit_; }

  /// Ends what would take longer. This budget must outlive it.
  StopRefining stop();
  /// What there was no time for, at last; 0 if there was for all.
  double refused_seconds() const { return refused_; }

 private:
  double limit_;
  Seconds clock_;
  Console& console_;
  double refused_ = 0, said_ = 0;
};

}  // namespace kapitza::host
