// SPDX-License-Identifier: BSD-3-Clause
#include "host/budget.hpp"

#include <fmt/format.h>

#include "host/report.hpp"

namespace kapitza::host {

StopRefining Budget::stop() {
  return [this](double seconds) {
    constexpr double seconds_of_silence = 1;
    if (!has_time_for(seconds)) {
      refused_ = seconds;
      console_.note(fmt::format("after {}: the next refinement would take {}: not tried",
                                readable_duration(elapsed()), readable_duration(seconds)));
      return true;
    }
    if (elapsed() - said_ < seconds_of_silence) return false;
    said_ = elapsed();
    console_.note(fmt::format("after {}: refining, the next step takes about {}",
                              readable_duration(said_), readable_duration(seconds)));
    return false;
  };
}

}  // namespace kapitza::host
