// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <mutex>

namespace kapitza {

/// What is made once because many want the same few of it, by any number of threads. It stays where
/// it is as long as this lives. Making one must not ask for another.
template <class Key, class Value>
class Remembered {
 public:
  template <class Make>
  const Value& operator()(const Key& key, const Make& make) {
    const std::lock_guard lock(one_at_a_time_);
    const auto place = values_.find(key);
    return place != values_.end() ? place->second : values_.emplace(key, make()).first->second;
  }

 private:
  std::mutex one_at_a_time_;
  std::map<Key, Value> values_;
};

}  // namespace kapitza
