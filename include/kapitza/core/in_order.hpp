// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "kapitza/core/hd.hpp"

namespace kapitza {

/// A few numbers that are added up side by side.
template <int N>
struct Sums {
  double value[N];

  KAPITZA_HD constexpr double& operator[](int i) { return value[i]; }
  KAPITZA_HD constexpr const double& operator[](int i) const { return value[i]; }
};

/// Indices 0 ... count - 1 one after the other, by whoever calls. What is written in terms of
///
///   over.count()
///   over.each(f)               f(i) for every index
///   over.template sum<N>(f)    N sums over all indices of the terms f(i), a Sums<N>
///   over.template most<N>(f)   likewise the largest of them and zero
///
/// runs over block::InBlock as well, where a lane has some of the indices, in all loops the same.
class InOrder {
 public:
  KAPITZA_HD explicit constexpr InOrder(int count) : count_(count) {}

  KAPITZA_HD constexpr int count() const { return count_; }

  template <class F>
  KAPITZA_HD void each(const F& f) const {
    for (int i = 0; i < count_; ++i) f(i);
  }

  template <int N, class F>
  KAPITZA_HD Sums<N> sum(const F& f) const {
    Sums<N> all{};
    for (int i = 0; i < count_; ++i) {
      const Sums<N> terms = f(i);
      for (int j = 0; j < N; ++j) all[j] += terms[j];
    }
    return all;
  }

  template <int N, class F>
  KAPITZA_HD Sums<N> most(const F& f) const {
    Sums<N> all{};
    for (int i = 0; i < count_; ++i) {
      const Sums<N> terms = f(i);
      for (int j = 0; j < N; ++j) all[j] = terms[j] > all[j] ? terms[j] : all[j];
    }
    return all;
  }

 private:
  int count_;
};

}  // namespace kapitza
