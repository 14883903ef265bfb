// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

namespace kapitza {

/// Asked before every refinement with the seconds that it may take, 0 where nothing is known: true
/// ends the refining there.
using StopRefining = std::function<bool(double seconds)>;

/// What refining has come to.
struct Refined {
  std::optional<double> error = {};  ///< that is left; none if no two answers could be compared
  bool agreed = false;               ///< it is as small as was asked for
};

/// Refines until two answers in a row agree.
/// step(): an answer finer than the last; nothing where there is none, or no time for it.
/// error_between(coarse, fine): what is left; nothing where the two cannot be compared.
template <class Answer, class Step, class Error>
Refined refine(Answer coarse, Step step, Error error_between, double allowed) {
  Refined refined;
  while (std::optional<Answer> fine = step()) {
    if (const std::optional<double> error = error_between(coarse, *fine)) {
      refined.error = error;
      refined.agreed = *error <= allowed;
      if (refined.agreed) break;
    }
    coarse = std::move(*fine);
  }
  return refined;
}

/// What is left after a row of changes: those still to come are taken for a geometric series with
/// the ratio of the last two.
class GeometricTail {
 public:
  double operator()(double change) {
    const double ratio = before_ > 0 ? std::clamp(change / before_, 0.125, 0.75) : 0.75;
    before_ = change;
    return change * ratio / (1 - ratio);
  }

 private:
  double before_ = 0;
};

template <class Work>
double seconds_of(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// How long work takes whose seconds grow like its size: told from the last piece of it.
class Pace {
 public:
  /// 0 before any was done.
  double expected(double size) const { return seconds_ / size_ * size; }
  double last_seconds() const { return seconds_; }
  bool known() const { return seconds_ > 0; }

  void record(double size, double seconds) {
    size_ = size;
    seconds_ = seconds;
  }

  template <class Work>
  auto operator()(double size, Work work) {
    std::optional<decltype(work())> result;
    record(size, seconds_of([&] { result.emplace(work()); }));
    return std::move(*result);
  }

 private:
  double seconds_ = 0, size_ = 1;
};

}  // namespace kapitza
